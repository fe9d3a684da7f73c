// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package replay

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"

	"github.com/femtocontainer/femtocontainer/femto/diag"
	"github.com/femtocontainer/femtocontainer/femto/image"
	"github.com/femtocontainer/femtocontainer/femto/isa"
	"github.com/femtocontainer/femtocontainer/femto/sysapi"
	"github.com/femtocontainer/femtocontainer/femto/sysapi/hostapi"
	"github.com/femtocontainer/femtocontainer/femto/vm"
)

// lines are what is seen of a call, as "name value", in the order of driver.c.
type lines []string

func (l *lines) add(name, format string, args ...any) {
	*l = append(*l, name+" "+fmt.Sprintf(format, args...))
}

// ours is what the Go packages make of the call.
func (c *Call) ours() (lines, error) {
	if c.Function == "instance" {
		return c.instance()
	}
	mem, err := c.memory()
	if err != nil {
		return nil, err
	}
	var l lines
	r0, room, address := c.Regs[0], c.Room, c.Address
	switch c.Function {
	case "femto_read", "femto_write":
		access := mem.Read
		if c.Function == "femto_write" {
			access = mem.Write
		}
		addr, n := c.Args["address"], uint32(c.Args["len"])
		switch _, ok := access(addr, n); {
		case n == 0:
			l.add("gives", "no bytes, which are in reach")
		case ok:
			l.add("gives", "segment %d at %#x", uint32(addr)>>isa.SegmentBits, addr&(1<<isa.SegmentBits-1))
		default:
			l.add("gives", "nothing")
			address = uint32(addr)
		}
	case "femto_grant":
		if err := c.grant(&l); err != nil {
			return nil, err
		}
	case "femto_room":
		// What vm lets a system call have: between the fuel's end and the next slot.
		l.add("gives", "%#x", uint32(max(0, int32(c.Bound-(c.PC+1)))))
	case "femto_pc":
		l.add("gives", "%#x", c.PC)
	case "femto_sys_grant":
		c.allowed(&l)
	case "call":
		if c.row() != nil {
			return nil, errors.New("call is replayed for numbers without a row only; others by femto_sys_call")
		}
		l.add("status", "%d", diag.UnknownHelper)
	case "femto_sys_call":
		status, at := c.system(mem, &l, &r0, &room)
		l.add("status", "%d", status)
		if status == diag.BadAccess {
			address = at
		}
	default:
		return nil, fmt.Errorf("there is no function %q to call", c.Function)
	}
	for i, r := range c.Regs {
		if i == 0 {
			r = r0
		}
		l.add(fmt.Sprintf("r%d", i), "%#x", r)
	}
	l.add("room", "%#x", room)
	l.add("address", "0x%08x", address)
	for k := 1; k < isa.NumSegments-1; k++ {
		was, err := c.contents(k)
		if err != nil {
			return nil, err
		}
		l.add(fmt.Sprintf("segment %d", k), "%s", changes(was, mem.read.Segments[k].Bytes))
	}
	l.add("else", "as before")
	return l, nil
}

// changes says what became of a segment.
func changes(was, is []byte) string {
	first, last := -1, -1
	h := fnv.New32a()
	h.Write(is)
	for i := range is {
		if is[i] != was[i] {
			if first < 0 {
				first = i
			}
			last = i
		}
	}
	if first < 0 {
		return "as before"
	}
	out := fmt.Sprintf("written from %#x to %#x, now", first, last)
	for _, b := range is[first:min(last+1, first+16)] {
		out += fmt.Sprintf(" %02x", b)
	}
	return out + fmt.Sprintf(", sum %08x", h.Sum32())
}

// grant asks a VM of the reference interpreter to map a segment, and asks it
// what is mapped then.
func (c *Call) grant(l *lines) error {
	exit := binary.LittleEndian.AppendUint64(nil, isa.Insn{Opcode: isa.ByName("exit").Opcode}.Slot())
	m, err := vm.New(&image.Image{Entries: []image.Entry{{}}, Depth: 1, Text: exit}, vm.Options{})
	if err != nil {
		return err
	}
	segment, n := uint32(c.Args["segment"]), uint32(c.Args["len"])
	// One byte too many is as bad as four billion.
	b := make([]byte, min(n, isa.MaxSegment+1))
	refused := m.Grant(segment, b, c.Args["writable"] != 0)
	if refused != nil {
		l.add("status", "%d", diag.BadGrant)
	} else {
		l.add("status", "0")
	}
	for k := 1; k < isa.NumSegments-1; k++ {
		r, w := c.Segments[k].Readable, c.Segments[k].Writable
		if refused == nil && uint32(k) == segment {
			r, w = 0, 0
			base := uint64(isa.SegmentBase(segment))
			if _, ok := m.Read(base, n); ok {
				r = n
			}
			if _, ok := m.Write(base, n); ok {
				w = n
			}
		}
		l.add(fmt.Sprintf("mapped %d", k), "%#x bytes, %#x of them to write", r, w)
	}
	return nil
}

// allowed lists what a set of capabilities allows.
func (c *Call) allowed(l *lines) {
	list := ""
	for i := range sysapi.Table {
		row := &sysapi.Table[i]
		bit := slices.IndexFunc(sysapi.Capabilities, func(x sysapi.Capability) bool { return x.Name == row.Capability })
		has := row.Module == "base" || slices.Contains(c.Modules, row.Module)
		if has && uint32(c.Args["capabilities"])>>sysapi.Capabilities[bit].Bit&1 != 0 && (!row.Blocks || uint32(c.Args["may_block"]) != 0) {
			list += fmt.Sprintf(" %#x", row.ID)
		}
	}
	l.add("gives", "calls%s", list)
}

// system answers a system call as the stubs have to.
func (c *Call) system(mem *memory, l *lines, r0 *uint64, room *uint32) (status diag.Code, address uint32) {
	row, regs := c.row(), [sysapi.MaxArgs]uint64(c.Regs[1:])
	if row == nil {
		return diag.UnknownHelper, 0
	}
	in, price, bad := row.Check(mem, regs)
	switch {
	case bad != nil:
		return bad.Code, bad.Address
	case price > *room:
		return diag.OutOfFuel, 0
	case row.Module == "base":
		v, paid, fault := hostapi.New(hostapi.Options{}).Call(mem, row.ID, regs, *room)
		if fault != 0 {
			return fault, uint32(regs[0]) // only a Text argument is looked at so late
		}
		*r0, *room = v, *room-paid
		return 0, 0
	}
	*room -= price
	result := c.Handler.Result
	l.add("handler", "%s", asked(row, in))
	for i := range row.Args {
		switch a := &row.Args[i]; {
		case a.IsScalar() && int32(result) >= 0:
			in[i].SetScalar(uint32(c.Handler.Number))
		case a.Kind == sysapi.Out && !a.IsScalar():
			for k := range in[i].Bytes {
				in[i].Bytes[k] = 0xa5
			}
		}
	}
	switch row.Ret {
	case sysapi.Void:
		*r0 = 0
	case sysapi.First:
		*r0 = regs[0]
	case sysapi.Address:
		*r0 = uint64(uint32(result))
	default:
		*r0 = row.Ret.Cut(result)
	}
	return 0, 0
}

// asked is what the handler of a row gets.
func asked(row *sysapi.Call, in [sysapi.MaxArgs]sysapi.Input) string {
	var args []string
	add := func(format string, v ...any) { args = append(args, fmt.Sprintf(format, v...)) }
	if row.Scope != sysapi.NoScope {
		add("%#x", uint32(row.Scope))
	}
	for i := range row.Args {
		a := &row.Args[i]
		sum := fnv.New32a()
		sum.Write(in[i].Bytes)
		switch {
		case a.Kind == sysapi.Variadic:
		case a.Kind == sysapi.Value || a.Kind == sysapi.Handle:
			v := in[i].Value
			if slices.ContainsFunc(row.Args, func(o sysapi.Arg) bool { return o.Len == a.Name }) {
				v = uint64(uint32(v))
			}
			add("%#x", v)
		case a.IsScalar():
			add("number %#x", in[i].Scalar())
		case a.Kind == sysapi.Format:
			text := sysapi.Render(in[i].Bytes, in[i+1:])
			sum := fnv.New32a()
			sum.Write(text)
			add("%d characters, sum %08x: %s", len(text), sum.Sum32(), graphic(text))
		case len(in[i].Bytes) == 0 && a.Kind != sysapi.String:
			add("no bytes")
		default:
			add("%d bytes at 0x%08x, sum %08x", len(in[i].Bytes), uint32(in[i].Value), sum.Sum32())
		}
	}
	return row.Handler() + "(" + strings.Join(args, ", ") + ")"
}

// graphic is the beginning of a text, on one line.
func graphic(text []byte) string {
	out := ""
	for _, b := range text[:min(len(text), 64)] {
		if b < ' ' || b > '~' {
			b = '.'
		}
		out += string(rune(b))
	}
	return out
}
