// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package sysapi

// Scope is whose key-value store a call works on.
type Scope uint8

const (
	NoScope Scope = iota
	Local         // one container's
	Tenant        // shared by the containers of one tenant
	Global        // shared by all
)

func (s Scope) String() string { return [...]string{"", "local", "tenant", "global"}[s] }

func (s Scope) whose() string {
	return [...]string{"", "the container's own store", "the store that the tenant's containers share", "the store that all containers share"}[s]
}

// A Capability is what a contract grants: the right to make some calls.
type Capability struct {
	Name string
	Bit  uint8 // in a device's set, and never given to another
	Doc  string
}

// Capabilities has all of them, ascending by bit.
var Capabilities = []Capability{
	{"base", 0, "memory, strings and formatting; harmless, and always granted"},
	{"console", 1, "printing on the console, within a quota"},
	{"log", 2, "writing to the host's log, within the same quota"},
	{"kv_local", 3, "the container's own store"},
	{"kv_tenant", 4, "the store that the tenant's containers share"},
	{"kv_global", 5, "the store that all containers share"},
	{"time", 6, "reading the clock"},
	{"sleep", 7, "sleeping; needs a thread of its own"},
	{"saul_read", 8, "finding and reading sensors and pins"},
	{"saul_write", 9, "setting actuators and pins"},
	{"coap", 10, "answering the CoAP request that the container was called for"},
	{"random", 11, "random numbers"},
	{"event", 12, "waiting for events; needs a thread of its own"},
	{"self", 13, "the container's own numbers"},
}

// A Module is a part of the firmware that offers calls.
type Module struct {
	Name    string
	Title   string
	Doc     string
	Example string // C, compiled and run by a test
	Output  string // what Example prints there
}

// An Errno is an error that a call returns, as a negative number.
type Errno struct {
	Name  string
	Value int32
	Doc   string
}

// Errnos has all of them. The numbers are Linux's.
var Errnos = []Errno{
	{"ENOENT", -2, "there is no such key"},
	{"EIO", -5, "the device failed"},
	{"EBADF", -9, "not a handle of this container, or no longer"},
	{"EAGAIN", -11, "the value is another one"},
	{"EEXIST", -17, "the key is there already"},
	{"ENODEV", -19, "there is no such device"},
	{"EINVAL", -22, "an argument has an impossible value, or the call comes at the wrong time"},
	{"ENOSPC", -28, "no room: the store, its quota or the message is full"},
	{"EMSGSIZE", -90, "the data has another length than asked for, or is too long"},
	{"ENOTSUP", -95, "the device or the event does not support this"},
	{"ETIMEDOUT", -110, "nothing happened in that time"},
	{"EDQUOT", -122, "the quota of output is used up for now"},
	{"ECANCELED", -125, "the container has been asked to stop and should return"},
}

// ErrnoByName is the number of an Errno, such as ErrnoByName["ENOENT"].
var ErrnoByName = map[string]int32{}

func init() {
	for _, e := range Errnos {
		ErrnoByName[e.Name] = e.Value
	}
}

// A Constant is a number with a name in <femto.h>.
type Constant struct {
	Name  string
	Value uint32
	Doc   string
}

// Flags of calls, for containers and hosts.
const (
	KVNew         = 1
	KVPersist     = 2
	LogError      = 1
	LogDebug      = 4
	Forever       = 0xffffffff
	NoFormat      = 0xffff
	FinishPayload = 1
)

// A ConstantGroup is an enumeration in <femto.h>.
type ConstantGroup struct {
	Doc       string
	Device    bool // also in femto_sys.h; otherwise RIOT has the same names
	Constants []Constant
}

// ConstantGroups has all of them. Names and numbers that are not FEMTO_ are
// RIOT's.
var ConstantGroups = []ConstantGroup{
	{Doc: "Flags of kv_put_local and the like", Device: true, Constants: []Constant{
		{"FEMTO_KV_NEW", KVNew, "only if the key is not there"},
		{"FEMTO_KV_PERSIST", KVPersist, "keep over a restart"},
	}},
	{Doc: "Levels of log_write", Device: true, Constants: []Constant{
		{"FEMTO_LOG_ERROR", LogError, ""}, {"FEMTO_LOG_WARNING", 2, ""}, {"FEMTO_LOG_INFO", 3, ""}, {"FEMTO_LOG_DEBUG", LogDebug, ""},
	}},
	{Doc: "Flags of coap_opt_finish", Constants: []Constant{
		{"COAP_OPT_FINISH_NONE", 0, "no payload"},
		{"COAP_OPT_FINISH_PAYLOAD", FinishPayload, "a payload follows"},
	}},
	{Doc: "CoAP methods", Constants: numbered("COAP_METHOD_", 1, "GET", "POST", "PUT", "DELETE", "FETCH", "PATCH", "IPATCH")},
	{Doc: "CoAP response codes", Constants: []Constant{
		{"COAP_CODE_CREATED", 2<<5 | 1, "2.01"}, {"COAP_CODE_DELETED", 2<<5 | 2, "2.02"}, {"COAP_CODE_VALID", 2<<5 | 3, "2.03"},
		{"COAP_CODE_CHANGED", 2<<5 | 4, "2.04"}, {"COAP_CODE_CONTENT", 2<<5 | 5, "2.05"},
		{"COAP_CODE_BAD_REQUEST", 4<<5 | 0, "4.00"}, {"COAP_CODE_UNAUTHORIZED", 4<<5 | 1, "4.01"}, {"COAP_CODE_FORBIDDEN", 4<<5 | 3, "4.03"},
		{"COAP_CODE_PATH_NOT_FOUND", 4<<5 | 4, "4.04"}, {"COAP_CODE_METHOD_NOT_ALLOWED", 4<<5 | 5, "4.05"}, {"COAP_CODE_NOT_ACCEPTABLE", 4<<5 | 6, "4.06"},
		{"COAP_CODE_REQUEST_ENTITY_TOO_LARGE", 4<<5 | 13, "4.13"}, {"COAP_CODE_UNSUPPORTED_CONTENT_FORMAT", 4<<5 | 15, "4.15"},
		{"COAP_CODE_INTERNAL_SERVER_ERROR", 5<<5 | 0, "5.00"}, {"COAP_CODE_NOT_IMPLEMENTED", 5<<5 | 1, "5.01"}, {"COAP_CODE_SERVICE_UNAVAILABLE", 5<<5 | 3, "5.03"},
	}},
	{Doc: "CoAP content formats", Constants: []Constant{
		{"COAP_FORMAT_TEXT", 0, ""}, {"COAP_FORMAT_LINK", 40, ""}, {"COAP_FORMAT_OCTET", 42, ""}, {"COAP_FORMAT_JSON", 50, ""},
		{"COAP_FORMAT_CBOR", 60, ""}, {"COAP_FORMAT_SENML_JSON", 110, ""}, {"COAP_FORMAT_SENML_CBOR", 112, ""},
		{"COAP_FORMAT_NONE", NoFormat, "the request has no Content-Format"},
	}},
	{Doc: "SAUL classes of actuators", Constants: numbered("SAUL_ACT_", 0x40, "ANY", "LED_RGB", "SERVO", "MOTOR", "SWITCH", "DIMMER", "VOLTAGE", "CURRENT")},
	{Doc: "SAUL classes of sensors", Constants: numbered("SAUL_SENSE_", 0x80, "ANY", "BTN", "TEMP", "HUM", "LIGHT", "ACCEL", "MAG", "GYRO", "COLOR", "PRESS", "ANALOG",
		"UV", "OBJTEMP", "COUNT", "DISTANCE", "CO2", "TVOC", "GAS", "OCCUP", "PROXIMITY", "RSSI", "CHARGE", "CURRENT", "PM", "CAPACITANCE", "VOLTAGE", "PH", "POWER", "SIZE")},
	{Doc: "Units of phydat_t", Constants: numbered("UNIT_", 0, "UNDEF", "NONE", "TEMP_C", "TEMP_F", "TEMP_K", "LUX", "M", "M2", "M3", "G_FORCE", "DPS", "GRAM",
		"A", "V", "W", "GAUSS", "T", "DBM", "COULOMB", "F", "OHM", "PH", "BAR", "PA", "CD", "BOOL", "CTS", "PERCENT", "PERMILL", "PPM", "PPB", "TIME", "DATE", "GPM3", "CPM3")},
}

func numbered(prefix string, first uint32, names ...string) []Constant {
	out := make([]Constant, len(names))
	for i, n := range names {
		out[i] = Constant{Name: prefix + n, Value: first + uint32(i)}
	}
	return out
}

// A Field of a Struct.
type Field struct {
	Name  string
	Type  CType
	Count uint32 // of an array, else 0
	Doc   string
}

// A Struct is shared with the host, little endian, without gaps.
type Struct struct {
	Name   string
	Fields []Field
	Doc    string
}

// Structs has all of them.
var Structs = []Struct{
	{"phydat_t", []Field{
		{"val", I16, 3, "up to three values"},
		{"unit", U8, 0, "UNIT_TEMP_C and so on"},
		{"scale", CType{C: "int8_t", Bits: 8, Signed: true}, 0, "power of ten that the values are multiplied by"},
	}, "A physical quantity, as RIOT's SAUL has it."},
	{"femto_coap_ctx_t", []Field{
		{"method", U8, 0, "COAP_METHOD_GET and so on"},
		{"reserved", U8, 0, ""},
		{"format", U16, 0, "Content-Format of the request's payload, or COAP_FORMAT_NONE"},
		{"payload_len", U32, 0, "bytes of the request's payload"},
	}, "Context of a container that answers a CoAP request."},
	{"femto_self_t", []Field{
		{"container", U32, 0, "number of the container on this host"},
		{"tenant", U32, 0, "number of its tenant"},
		{"sequence", U32, 0, "number of the manifest that brought the image, 0 if it is part of the firmware"},
		{"activations", U32, 0, "how often it was called, this time included"},
		{"faults", U32, 0, "how often it was ended by a fault"},
		{"fuel", U32, 0, "fuel left, this call's price paid"},
	}, "What self_info tells."},
}

// Bytes is the size of the structure.
func (s *Struct) Bytes() uint32 {
	var n uint32
	for _, f := range s.Fields {
		n += uint32(f.Type.Bits) / 8 * max(f.Count, 1)
	}
	return n
}
