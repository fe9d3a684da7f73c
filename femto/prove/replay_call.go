// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package prove

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/femtocontainer/femtocontainer/femto/isa"
	"github.com/femtocontainer/femtocontainer/femto/prove/replay"
	"github.com/femtocontainer/femtocontainer/femto/sysapi"
)

// ReplayCall turns a failure about a function that the host calls, but for
// femto_image_open, or about a stub, with a counterexample into a call of that
// function, or a system call; nil for other failures:
//
//	go run ./femto/prove/verdicts FILE.json
func (f *Failure) ReplayCall() *replay.Call {
	words := strings.Fields(f.Unit)
	if len(f.Values) == 0 || len(words) < 3 {
		return nil
	}
	c := f.state()
	switch {
	case words[0] == "load" && (words[2] == "femto_image_open" || !f.instance(c, words[2:])):
		return nil
	case words[0] == "start" && !f.hostFunction(c, words[2]) && !f.instance(c, words[2:]):
		return nil
	case words[0] == "stubs" && !f.stub(c, words[2:]):
		return nil
	case words[0] != "load" && words[0] != "start" && words[0] != "stubs":
		return nil
	}
	if strings.Contains(words[1], "ilp32") {
		c.Pointers = 32
	} else {
		c.Pointers = 64
	}
	c.State = append(c.State, "with"+f.rest())
	return c
}

// state is the machine as the solver found it. What the goal says nothing of is
// not mapped, or zero.
func (f *Failure) state() *replay.Call {
	value := func(name string) uint32 { return uint32(f.Values[name]) }
	c := &replay.Call{Args: map[string]uint64{}, Address: value("address0"), PC: value("pc0"), Bound: value("bound0"),
		Text: value("text_addr"), Slots: max(value("slots"), value("pc0")+1), Room: isa.MaxFuel}
	if v, ok := f.Values["room"]; ok {
		c.Room = uint32(v)
	}
	for i := range c.Regs {
		c.Regs[i] = f.Values[fmt.Sprintf("r%d_before", i)]
	}
	for k := range c.Segments {
		length := func(name string) uint32 {
			base, end := isa.SegmentBase(uint32(k)), value(fmt.Sprintf("%s%d", name, k))
			if end <= base {
				return 0
			}
			return end - base
		}
		c.Segments[k] = replay.Segment{Readable: length("end"), Writable: length("writable_end")}
	}
	return c
}

func note(c *replay.Call, format string, args ...any) {
	c.Notes = append(c.Notes, fmt.Sprintf(format, args...))
}

// hostFunction makes c a call of a function of femto_host.c or femto_core.h.
func (f *Failure) hostFunction(c *replay.Call, name string) bool {
	arg := func(as, found string) { c.Args[as] = f.Values[found] }
	switch name {
	case "femto_read", "femto_write":
		arg("address", "addr")
		arg("len", "len")
	case "femto_grant":
		arg("segment", "segment")
		arg("len", "len")
		arg("writable", "writable")
	case "femto_room", "femto_pc":
	default:
		return false
	}
	c.Function = name
	return true
}

// stub makes c the system call that meets what was found of a unit of stubs.
func (f *Failure) stub(c *replay.Call, item []string) bool {
	c.Function = "femto_sys_call"
	for i := range sysapi.Modules {
		if m := &sysapi.Modules[i]; m.Macro() != "" {
			c.Modules = append(c.Modules, m.Name)
		}
	}
	if id, ok := f.Values["result"]; ok {
		c.Handler.Result = id
	}
	c.Handler.Number = ^f.Values["scalar_before"] // another one
	if v, ok := f.Values["scalar_after"]; ok {
		c.Handler.Number = v
	}
	switch item[0] {
	case "check", "dispatch":
		var id uint16
		if _, err := fmt.Sscanf(item[1], "0x%x", &id); err != nil || sysapi.ByID[id] == nil {
			return false
		}
		f.checked(c, sysapi.ByID[id])
	case "string":
		f.string(c)
	case "conversions":
		f.conversions(c)
	case "femto_sys_conversion":
		f.conversion(c)
	case "femto_sys_digits":
		f.digits(c)
	case "femto_sys_call":
		f.call(c)
	case "unknown":
		c.Function = "call"
		c.Args["id"] = f.Values["id"]
		note(c, "no run reaches this state: femto_sys_find comes before call, and is proved apart")
	case "modules":
		return f.selection(c, item[1])
	default:
		return false
	}
	return true
}

func call(c *replay.Call, name string) {
	c.Args["id"] = uint64(sysapi.ByName[name].ID)
}

// checked is the call of a row, with the strings and numbers that were found.
func (f *Failure) checked(c *replay.Call, row *sysapi.Call) {
	call(c, row.Name)
	strings := 0
	for i := range row.Args {
		a, addr := &row.Args[i], uint32(c.Regs[i+1])
		switch {
		case a.IsScalar():
			v := uint32(f.Values["scalar_before"])
			c.Put(addr, byte(v), byte(v>>8), byte(v>>16), byte(v>>24))
		case a.Kind == sysapi.String || a.Kind == sysapi.Format:
			// A string of which no length was found has no end.
			for _, name := range []string{fmt.Sprintf("a%d_len", i), fmt.Sprintf("string_len!%d", strings)} {
				if n, ok := f.Values[name]; ok {
					c.Put(addr+uint32(n), 0)
				}
			}
			strings++
		}
		if a.Kind == sysapi.Format {
			note(c, "the format is one without conversions; of those the goal says only what unit conversions proves")
		}
	}
}

// string is strlen of a string of which the byte found is where it was found.
func (f *Failure) string(c *replay.Call) {
	call(c, "strlen")
	addr, n := uint32(f.Values["addr"]), uint32(f.Values["n"])
	c.Regs[1] = f.Values["addr"]
	if v, ok := f.Values["byte"]; ok {
		c.Put(addr+n, byte(v))
	}
	c.Put(addr+n+1, 0)
	note(c, "what was found is at byte %d of a string; here the string is read from its first byte on", n)
}

// place puts a text where nothing is mapped, and gives its guest address.
func place(c *replay.Call, text []byte) uint64 {
	k := 6
	for _, i := range []int{3, 4, 5, 6} {
		if c.Segments[i].Readable == 0 {
			k = i
			break
		}
	}
	if c.Segments[k].Readable != 0 {
		note(c, "segment %d has the format here", k)
	}
	c.Segments[k] = replay.Segment{Readable: uint32(len(text))}
	base := isa.SegmentBase(uint32(k))
	c.Put(base, text...)
	return uint64(base)
}

// conversions is printf with a format that has the step found where it was
// found, behind as many conversions.
func (f *Failure) conversions(c *replay.Call) {
	call(c, "printf")
	const most = sysapi.MaxArgs - 1
	n, used, place_ := f.Values["n"], f.Values["used"], f.Values["place"]
	if _, ok := f.Values["n"]; !ok {
		n = most
	}
	if n < most {
		note(c, "there were %d registers; printf has %d, of which the first take no part here", n, most)
	}
	skip := most - min(n, most)
	text := []byte(strings.Repeat("%d", int(min(used+skip, most))))
	if uint64(len(text)) > place_ {
		note(c, "no run comes to byte %d of a format with %d conversions before it; here they take %d bytes", place_, used, len(text))
	}
	for uint64(len(text)) < min(place_, sysapi.MaxString-2) {
		text = append(text, '-')
	}
	if char, ok := f.Values["char"]; ok && char != 0 {
		text = append(text, byte(char))
		if char == '%' {
			verb := byte(f.Values["verb"])
			if f.Values["bad_conversion"] != 0 || verb == 0 {
				verb = 'n'
			}
			for range min(max(f.Values["next"], place_+2)-place_-2, 60) {
				text = append(text, '-')
			}
			text = append(text, verb)
		}
		for uint64(len(text)) < min(f.Values["text_len"], sysapi.MaxString-1) {
			text = append(text, '-')
		}
	}
	var regs [isa.NumRegs]uint64
	for i := range most {
		if uint64(i) >= skip {
			regs[2+i] = c.Regs[1+i-int(skip)]
		}
	}
	c.Regs = regs
	if len, ok := f.Values["string_len!0"]; ok {
		for _, r := range regs[2:6] {
			c.Put(uint32(r)+uint32(len), 0)
		}
	}
	c.Regs[1] = place(c, append(text, 0))
	c.Args["id"] = uint64(sysapi.ByName["printf"].ID)
	note(c, "what was found is at byte %d of a format; here the format is read from its first byte on", place_)
}

// conversion is printf with the conversion found: zeros up to where the scan
// stands, the width that it has there, and what is behind it.
func (f *Failure) conversion(c *replay.Call) {
	call(c, "printf")
	n, begin := f.Values["text_len"], f.Values["begin"]
	at := begin
	for _, s := range []string{"s!0", "s!1"} {
		at = max(at, f.Values[s])
	}
	at = min(at, n)
	n = min(n, at+8) // what is behind the conversion is not looked at
	text := []byte("%" + strings.Repeat("0", int(min(at-begin, sysapi.MaxString-16))))
	if width, ok := f.Values["width!0"]; ok && width != 0 {
		digits := fmt.Sprint(width)
		if len(digits) >= len(text) {
			note(c, "no run comes to this place with a width of %d; here its digits come first", width)
			text = text[:1]
		}
		text = append(text[:max(1, len(text)-len(digits))], digits...)
	}
	for i := at; i < n; i++ {
		b, ok := f.Memory["string"][i]
		if !ok {
			b = 'd'
		}
		text = append(text, b)
	}
	c.Regs[1] = place(c, append(text, 0))
	note(c, "the format begins with the percent sign before the conversion")
}

// digits is printf of a number of which what was found is left after as many
// digits.
func (f *Failure) digits(c *replay.Call) {
	call(c, "printf")
	v, left := f.Values["value!0"]
	if !left {
		v = f.Values["value"]
	} else {
		n := f.Values["n!0"]
		for range min(n, 20) {
			v *= 10
		}
		note(c, "what was found is left after %d digits; here they are zeros", n)
	}
	c.Regs[2] = v
	c.Regs[1] = place(c, []byte("%lu\x00"))
}

// call is a system call that is refused, too dear, or made, as was found.
func (f *Failure) call(c *replay.Call) {
	price, priced := f.Values["price"]
	status, checked := f.Values["check_status"]
	_, late := f.Values["call_status"]
	c.Regs = [isa.NumRegs]uint64{}
	c.Regs[0] = f.Values["r0_before"]
	const cheap = 16 // fmt_u32_dec
	switch {
	case !priced && !checked:
		c.Args["id"] = math.MaxUint16
	case status != 0:
		call(c, "memset")
		c.Regs[1], c.Regs[3] = 4, 8
		note(c, "the argument is refused with FC3001 here")
	case late:
		// Refused after it was paid.
		call(c, "fmt_u32_dec")
		c.Regs[1], c.Regs[2] = 4, 1
		f.room(c, price, cheap)
	default:
		call(c, "memcpy")
		base := uint64(sysapi.ByName["memcpy"].Price)
		n := (max(price, base) - base) / 2 * sysapi.BytesPerSlot
		if n > isa.MaxSegment {
			n = isa.MaxSegment
		}
		k := uint32(isa.SegContext)
		c.Segments[k] = replay.Segment{Readable: uint32(n), Writable: uint32(n)}
		c.Regs[1], c.Regs[2], c.Regs[3] = uint64(isa.SegmentBase(k)), uint64(isa.SegmentBase(k)), n
		f.room(c, price, base+2*(n/sysapi.BytesPerSlot))
	}
}

// room has as much left, or as little, as was found, for a call of this price.
func (f *Failure) room(c *replay.Call, found, price uint64) {
	if found != price {
		note(c, "the price was %d; the call here costs %d", found, price)
	}
	c.Room = uint32(max(0, int64(f.Values["room"])+int64(price)-int64(found)))
}

// selection asks a firmware with some modules for a call, or for what a set of
// capabilities allows.
func (f *Failure) selection(c *replay.Call, modules string) bool {
	c.Modules = slices.DeleteFunc(strings.Split(modules, ","), func(m string) bool { return m == "base" })
	_, list := f.Values["capabilities"]
	id, find := f.Values["id"]
	switch {
	case list:
		c.Function = "femto_sys_grant"
		c.Args["capabilities"], c.Args["may_block"] = f.Values["capabilities"], f.Values["may_block"]
	case find:
		c.Args["id"] = id
	default:
		return false
	}
	return true
}
