// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package sysapi

import (
	"cmp"
	"slices"
	"strings"
)

// Table has every system call, ascending by ID.
var Table = sorted(memory, text, console, stores(), timing, saul, coap, random, threads, self)

func sorted(groups ...[]Call) []Call {
	return slices.SortedFunc(slices.Values(slices.Concat(groups...)), func(a, b Call) int { return cmp.Compare(a.ID, b.ID) })
}

var memory = []Call{
	{ID: 0x02, Name: "memcpy", Module: "base", Capability: "base", Price: 4, Ret: First, Impl: "memmove",
		Args: []Arg{
			{Name: "dst", Kind: Out, Len: "n", Doc: "where to"},
			{Name: "src", Kind: In, Len: "n", Doc: "where from; may overlap dst"},
			{Name: "n", Type: Size, Doc: "bytes"}},
		Doc: "Copy n bytes.\nUnlike in C the two may overlap."},
	{ID: 0x03, Name: "memset", Module: "base", Capability: "base", Price: 4, Ret: First,
		Args: []Arg{
			{Name: "dst", Kind: Out, Len: "n", Doc: "where to"},
			{Name: "c", Type: Int, Doc: "the byte, in its low 8 bits"},
			{Name: "n", Type: Size, Doc: "bytes"}},
		Doc: "Fill n bytes with one value."},
	{ID: 0x04, Name: "memmove", Module: "base", Capability: "base", Price: 4, Ret: First,
		Args: []Arg{
			{Name: "dst", Kind: Out, Len: "n", Doc: "where to"},
			{Name: "src", Kind: In, Len: "n", Doc: "where from; may overlap dst"},
			{Name: "n", Type: Size, Doc: "bytes"}},
		Doc: "Copy n bytes."},
	{ID: 0x05, Name: "memcmp", Module: "base", Capability: "base", Price: 4, Ret: Int,
		Args: []Arg{
			{Name: "a", Kind: In, Len: "n", Doc: "first block"},
			{Name: "b", Kind: In, Len: "n", Doc: "second block"},
			{Name: "n", Type: Size, Doc: "bytes"}},
		Doc: "Compare n bytes.\nReturns -1, 0 or 1."},
	{ID: 0x06, Name: "strlen", Module: "base", Capability: "base", Price: 4, Ret: Size,
		Args: []Arg{{Name: "s", Kind: String, Doc: "the string"}},
		Doc:  "Length of a string, without its terminating zero."},
	{ID: 0x07, Name: "strcmp", Module: "base", Capability: "base", Price: 4, Ret: Int,
		Args: []Arg{
			{Name: "a", Kind: String, Doc: "first string"},
			{Name: "b", Kind: String, Doc: "second string"}},
		Doc: "Compare two strings.\nReturns -1, 0 or 1."},
	{ID: 0x08, Name: "strlcpy", Module: "base", Capability: "base", Price: 4, Ret: Size,
		Args: []Arg{
			{Name: "dst", Kind: Out, Type: Char, Len: "size", Doc: "where to"},
			{Name: "src", Kind: String, Doc: "the string"},
			{Name: "size", Type: Size, Doc: "bytes there are at dst"}},
		Doc: "Copy a string, cut to size - 1 characters, and terminate it.\nReturns the length of src: the copy was cut if that is size or more. With size 0 nothing is written."},
}

var text = []Call{
	{ID: 0x50, Name: "fmt_s16_dfp", Module: "base", Capability: "base", Price: 16, Ret: I32, Errors: []string{"EINVAL"},
		Args: []Arg{
			{Name: "buf", Kind: Text, Doc: "where to, or NULL to only get the length"},
			{Name: "value", Type: I16, Doc: "the digits"},
			{Name: "digits", Type: Int, Doc: "power of ten that value is multiplied by, -16 to 16"}},
		Doc: "Write a decimal fraction: value 2156 with digits -2 is \"21.56\".\nNo terminating zero is written. Returns the number of characters."},
	{ID: 0x51, Name: "fmt_u32_dec", Module: "base", Capability: "base", Price: 16, Ret: I32,
		Args: []Arg{
			{Name: "buf", Kind: Text, Doc: "where to, or NULL to only get the length"},
			{Name: "value", Type: U32, Doc: "the number"}},
		Doc: "Write a number in decimal.\nNo terminating zero is written. Returns the number of characters."},
}

var console = []Call{
	{ID: 0x01, Name: "printf", Module: "console", Capability: "console", Price: 64, Ret: Int, Errors: []string{"EDQUOT"},
		Args: []Arg{
			{Name: "fmt", Kind: Format, Doc: "format string"},
			{Name: "...", Kind: Variadic, Doc: "up to 4 arguments"}},
		Doc: "Print on the console.\n" +
			"Conversions are %d %i %u %x %X %c %s %p and %%, with l or ll for 64-bit numbers, the flags - and 0, and a width up to 64. " +
			"Any other conversion, %n among them, or more conversions than arguments faults, and nothing is printed. " +
			"Returns the number of characters; when they exceed what is left of the quota, nothing is printed."},
	{ID: 0x09, Name: "log_write", Module: "console", Capability: "log", Price: 64, Ret: Int, Errors: []string{"EDQUOT", "EINVAL"},
		Args: []Arg{
			{Name: "level", Type: U32, Doc: "FEMTO_LOG_ERROR to FEMTO_LOG_DEBUG"},
			{Name: "fmt", Kind: Format, Doc: "format string, as for printf"},
			{Name: "...", Kind: Variadic, Doc: "up to 3 arguments"}},
		Doc: "Write one line to the log of the host.\nThe host adds the container's name and the end of the line, and drops what is below its own level. Returns the number of characters of the message."},
}

// stores has the same calls for each scope of the key-value store, so that what
// a container may reach is known from the numbers that it imports.
func stores() []Call {
	var calls []Call
	add := func(scope Scope, id uint16, verb string, c Call) {
		c.ID, c.Name, c.Scope = id, verb+"_"+scope.String(), scope
		c.Impl = "kv_" + strings.TrimPrefix(verb, "kv_")
		c.Module, c.Capability, c.Ret = "kv", "kv_"+scope.String(), I32
		calls = append(calls, c)
	}
	key := Arg{Name: "key", Type: U32, Doc: "the key"}
	for _, s := range []struct {
		scope              Scope
		store, fetch, rest uint16
	}{{Local, 0x10, 0x12, 0x70}, {Global, 0x11, 0x13, 0x80}, {Tenant, 0x14, 0x15, 0x78}} {
		whose := s.scope.whose()
		add(s.scope, s.store, "store", Call{Price: 16, Errors: []string{"ENOSPC"},
			Args: []Arg{key, {Name: "value", Type: U32, Doc: "the value"}},
			Doc:  "Set a number in " + whose + ".\nReturns 0."})
		add(s.scope, s.fetch, "fetch", Call{Price: 16, Errors: []string{"ENOENT", "EMSGSIZE"},
			Args: []Arg{key, {Name: "value", Kind: Out, Type: U32, Doc: "set to the value; unchanged on error"}},
			Doc:  "Get a number from " + whose + ".\nA key that is not there is an error and is not created. So is a value that is not 4 bytes long. Returns 0."})
		add(s.scope, s.rest, "kv_put", Call{Price: 16, Errors: []string{"EEXIST", "EINVAL", "EMSGSIZE", "ENOSPC"},
			Args: []Arg{key,
				{Name: "value", Kind: In, Len: "len", Doc: "the value"},
				{Name: "len", Type: Size, Doc: "its length in bytes"},
				{Name: "flags", Type: U32, Doc: "FEMTO_KV_NEW, FEMTO_KV_PERSIST, or 0"}},
			Doc: "Set a value in " + whose + ".\nWith FEMTO_KV_NEW a key that is there is an error. With FEMTO_KV_PERSIST the host also keeps the entry over a restart, if it can. Returns 0."})
		add(s.scope, s.rest+1, "kv_get", Call{Price: 16, Errors: []string{"ENOENT", "EMSGSIZE"},
			Args: []Arg{key,
				{Name: "value", Kind: Out, Len: "size", Doc: "where to; unchanged on error"},
				{Name: "size", Type: Size, Doc: "bytes there are at value"}},
			Doc: "Get a value from " + whose + ".\nReturns its length."})
		add(s.scope, s.rest+2, "kv_delete", Call{Price: 16, Errors: []string{"ENOENT"},
			Args: []Arg{key},
			Doc:  "Delete a key of " + whose + ".\nReturns 0."})
		add(s.scope, s.rest+3, "kv_next", Call{Price: 16, Errors: []string{"ENOENT"},
			Args: []Arg{{Name: "key", Kind: InOut, Type: U32, Doc: "where to look from; set to the key found"}},
			Doc:  "Find the smallest key of " + whose + " that is not below *key.\nTo iterate, begin with 0 and add 1 after each. Returns the length of the value."})
		add(s.scope, s.rest+4, "kv_cas", Call{Price: 16, Errors: []string{"ENOENT", "EMSGSIZE", "EAGAIN"},
			Args: []Arg{key,
				{Name: "expected", Type: U32, Doc: "the value that is replaced"},
				{Name: "desired", Type: U32, Doc: "the new value"}},
			Doc: "Replace a number in " + whose + " if it is the expected one.\nNothing comes between the comparison and the change. Returns 0."})
	}
	return calls
}

var timing = []Call{
	{ID: 0x20, Name: "now_ms", Module: "time", Capability: "time", Price: 4, Ret: U32,
		Doc: "Milliseconds since start-up.\nWraps after 49 days."},
	{ID: 0x60, Name: "ztimer_now", Module: "time", Capability: "time", Price: 4, Ret: U32,
		Doc: "Microseconds since start-up.\nWraps after 71 minutes."},
	{ID: 0x61, Name: "ztimer_periodic_wakeup", Module: "thread", Capability: "sleep", Price: 16, Ret: I32, Blocks: true, Errors: []string{"ECANCELED"},
		Args: []Arg{
			{Name: "last_wakeup", Kind: InOut, Type: U32, Doc: "in microseconds; ztimer_now() before the first call; period is added to it"},
			{Name: "period", Type: U32, Doc: "microseconds"}},
		Doc: "Sleep until *last_wakeup + period.\nReturns at once if that is over already. Returns 0, or FEMTO_ECANCELED when the container has been asked to stop and should return."},
	{ID: 0x62, Name: "ztimer_sleep", Module: "thread", Capability: "sleep", Price: 16, Ret: I32, Blocks: true, Errors: []string{"ECANCELED"},
		Args: []Arg{{Name: "duration", Type: U32, Doc: "microseconds"}},
		Doc:  "Sleep.\nReturns 0, or FEMTO_ECANCELED when the container has been asked to stop and should return."},
}

var device = Arg{Name: "dev", Kind: Handle, Type: I32, Doc: "from saul_reg_find_nth and the like"}

var saul = []Call{
	{ID: 0x30, Name: "saul_reg_find_nth", Module: "saul", Capability: "saul_read", Price: 16, Ret: I32, Errors: []string{"ENODEV"},
		Args: []Arg{{Name: "pos", Type: Int, Doc: "position in the registry, from 0"}},
		Doc:  "Find a sensor or actuator by its position.\nReturns a handle above 0."},
	{ID: 0x31, Name: "saul_reg_find_type", Module: "saul", Capability: "saul_read", Price: 16, Ret: I32, Errors: []string{"ENODEV"},
		Args: []Arg{{Name: "type", Type: U8, Doc: "such as SAUL_SENSE_TEMP"}},
		Doc:  "Find the first sensor or actuator of a class.\nReturns a handle above 0."},
	{ID: 0x32, Name: "saul_reg_read", Module: "saul", Capability: "saul_read", Price: 64, Ret: Int, Errors: []string{"EBADF", "ENOTSUP", "EIO"},
		Args: []Arg{device, {Name: "data", Kind: Out, Type: Phydat, Doc: "the reading; unchanged on error"}},
		Doc:  "Read a sensor.\nTakes as long as its driver does and cannot be interrupted. Returns the number of values, 1 to 3."},
	{ID: 0x33, Name: "saul_reg_write", Module: "saul", Capability: "saul_write", Price: 64, Ret: Int, Errors: []string{"EBADF", "ENOTSUP", "EIO"},
		Args: []Arg{device, {Name: "data", Kind: In, Type: Phydat, Doc: "what to set"}},
		Doc:  "Set an actuator.\nTakes as long as its driver does and cannot be interrupted. Returns the number of values used, 1 to 3."},
	{ID: 0x34, Name: "saul_reg_find_name", Module: "saul", Capability: "saul_read", Price: 16, Ret: I32, Errors: []string{"ENODEV"},
		Args: []Arg{{Name: "name", Kind: String, Doc: "as the firmware registered it"}},
		Doc:  "Find a sensor or actuator by its name.\nReturns a handle above 0."},
	{ID: 0x35, Name: "saul_reg_type", Module: "saul", Capability: "saul_read", Price: 8, Ret: I32, Errors: []string{"EBADF"},
		Args: []Arg{device},
		Doc:  "Class of a sensor or actuator, such as SAUL_SENSE_TEMP."},
	{ID: 0x36, Name: "gpio_read", Module: "saul", Capability: "saul_read", Price: 32, Ret: I32, Errors: []string{"EBADF", "ENOTSUP", "EIO"},
		Args: []Arg{device},
		Doc:  "Read a pin that the firmware registered with SAUL.\nReturns 0 or 1."},
	{ID: 0x37, Name: "gpio_write", Module: "saul", Capability: "saul_write", Price: 32, Ret: I32, Errors: []string{"EBADF", "ENOTSUP", "EIO"},
		Args: []Arg{device, {Name: "level", Type: U32, Doc: "0, or anything else for 1"}},
		Doc:  "Set a pin that the firmware registered with SAUL.\nReturns 0."},
}

var exchange = Arg{Name: "ctx", Kind: In, Type: CoAP, Doc: "the context that the container was called with"}

var coap = []Call{
	{ID: 0x40, Name: "gcoap_resp_init", Module: "coap", Capability: "coap", Price: 16, Ret: I32, Errors: []string{"ENOTSUP", "EINVAL"},
		Args: []Arg{exchange, {Name: "code", Type: U32, Doc: "such as COAP_CODE_CONTENT"}},
		Doc:  "Begin the response to the CoAP request.\nIt takes the place of the request, whose payload is gone. Returns 0."},
	{ID: 0x41, Name: "coap_opt_finish", Module: "coap", Capability: "coap", Price: 16, Ret: I32, Errors: []string{"ENOTSUP", "EINVAL", "ENOSPC"},
		Args: []Arg{exchange, {Name: "flags", Type: U32, Doc: "COAP_OPT_FINISH_PAYLOAD if a payload follows, else COAP_OPT_FINISH_NONE"}},
		Doc:  "End the options of the response.\nReturns the length of the response so far. The container adds the length of its payload to that and returns the sum."},
	{ID: 0x42, Name: "coap_add_format", Module: "coap", Capability: "coap", Price: 16, Ret: I32, Errors: []string{"ENOTSUP", "EINVAL", "ENOSPC"},
		Args: []Arg{exchange, {Name: "format", Type: U16, Doc: "such as COAP_FORMAT_TEXT"}},
		Doc:  "Add the Content-Format option to the response.\nReturns 0 or the bytes that the option took."},
	{ID: 0x43, Name: "coap_get_pdu", Module: "coap", Capability: "coap", Price: 8, Ret: Address,
		Args: []Arg{exchange},
		Doc:  "Where the payload of the response goes.\nNULL before coap_opt_finish with COAP_OPT_FINISH_PAYLOAD. Writing past coap_payload_max() bytes faults."},
	{ID: 0x44, Name: "coap_get_payload", Module: "coap", Capability: "coap", Price: 16, Ret: I32, Errors: []string{"ENOTSUP", "EINVAL", "EMSGSIZE"},
		Args: []Arg{exchange,
			{Name: "buf", Kind: Out, Len: "size", Doc: "where to; unchanged on error"},
			{Name: "size", Type: Size, Doc: "bytes there are at buf"}},
		Doc: "Get the payload of the request.\nOnly before gcoap_resp_init. Returns its length."},
	{ID: 0x45, Name: "coap_payload_max", Module: "coap", Capability: "coap", Price: 8, Ret: I32, Errors: []string{"ENOTSUP", "EINVAL"},
		Args: []Arg{exchange},
		Doc:  "Bytes of payload that the response has room for.\nOnly after coap_opt_finish."},
}

var random = []Call{
	{ID: 0x68, Name: "random_uint32", Module: "random", Capability: "random", Price: 8, Ret: U32,
		Doc: "A random number.\nNot for keys: it comes from the system's general generator."},
	{ID: 0x69, Name: "random_bytes", Module: "random", Capability: "random", Price: 8, Ret: Void,
		Args: []Arg{
			{Name: "buf", Kind: Out, Len: "n", Doc: "where to"},
			{Name: "n", Type: Size, Doc: "bytes"}},
		Doc: "Fill n bytes with random ones.\nNot for keys: they come from the system's general generator."},
}

var threads = []Call{
	{ID: 0x90, Name: "event_wait", Module: "thread", Capability: "event", Price: 16, Ret: I32, Blocks: true, Errors: []string{"ETIMEDOUT", "ECANCELED", "EMSGSIZE"},
		Args: []Arg{
			{Name: "buf", Kind: Out, Len: "size", Doc: "where the event's context goes; unchanged on error"},
			{Name: "size", Type: Size, Doc: "bytes there are at buf"},
			{Name: "timeout", Type: U32, Doc: "milliseconds, or FEMTO_FOREVER"}},
		Doc: "Wait for the next event of the hook that the container is attached to.\nReturns the length of the event's context, or FEMTO_ECANCELED when the container has been asked to stop and should return. An event whose context is longer than size is lost."},
}

var self = []Call{
	{ID: 0x98, Name: "self_info", Module: "self", Capability: "self", Price: 16, Ret: Void,
		Args: []Arg{{Name: "info", Kind: Out, Type: Self, Doc: "set"}},
		Doc:  "What the host knows about the container that calls."},
}
