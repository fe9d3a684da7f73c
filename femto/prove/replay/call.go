// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package replay

import (
	"encoding/hex"
	"fmt"
	"slices"

	"github.com/femtocontainer/femtocontainer/femto/isa"
	"github.com/femtocontainer/femtocontainer/femto/sysapi"
	"github.com/femtocontainer/femtocontainer/femto/sysapi/attack"
)

// A Call is a call of a function of the core, and the state before it.
type Call struct {
	// Function is femto_read, femto_write, femto_grant, femto_room, femto_pc,
	// femto_sys_grant, femto_sys_call, or call, which is behind that. It is
	// "instance" for those that are asked of an image before it runs.
	Function string            `json:"function"`
	Args     map[string]uint64 `json:"arguments"` // by the names of its parameters

	Image []byte `json:"image,omitempty"` // of an instance

	Pointers int      `json:"pointer_bits,omitempty"` // 32 or 64; 0 is this machine's
	Modules  []string `json:"modules,omitempty"`      // that the firmware has, besides base

	Regs     [isa.NumRegs]uint64             `json:"registers"`
	Segments [isa.NumSegments]Segment        `json:"segments"`
	Address  uint32                          `json:"address"`         // of the last refused access
	Room     uint32                          `json:"room"`            // fuel left, within a system call
	PC       uint32                          `json:"pc"`              // slot
	Bound    uint32                          `json:"bound"`           // slot that the fuel reaches to
	Text     uint32                          `json:"text,omitempty"`  // low half of its address
	Slots    uint32                          `json:"slots,omitempty"` // of the text
	Handler  struct{ Result, Number uint64 } `json:"handler"`         // what it gives: its result, and the number that it sets

	State []string `json:"found"` // what the solver found
	Notes []string `json:"notes"` // in what this differs from that, and what is to be known of it
}

// A Segment of guest memory. Bytes without a run have a pattern without zeros.
type Segment struct {
	Readable uint32 `json:"readable"` // bytes
	Writable uint32 `json:"writable"` // of these, from the first on
	Bytes    []Run  `json:"bytes,omitempty"`
}

// A Run is bytes one after the other.
type Run struct {
	At  uint32 `json:"at"`
	Hex string `json:"hex"`
}

// Put gives bytes of the guest's memory a value, as far as there are such.
func (c *Call) Put(addr uint32, b ...byte) {
	s := &c.Segments[addr>>isa.SegmentBits%isa.NumSegments]
	s.Bytes = append(s.Bytes, Run{addr & (1<<isa.SegmentBits - 1), hex.EncodeToString(b)})
}

// contents of segment k.
func (c *Call) contents(k int) ([]byte, error) {
	s := &c.Segments[k]
	b := make([]byte, s.Readable)
	for i := range b {
		b[i] = byte(uint32(i+1)*2654435761>>24) + byte(31*k)
		if b[i] == 0 || b[i] == '%' {
			b[i] = 'A'
		}
	}
	for _, r := range s.Bytes {
		v, err := hex.DecodeString(r.Hex)
		if err != nil {
			return nil, fmt.Errorf("segment %d at %#x: %w", k, r.At, err)
		}
		if r.At < s.Readable {
			copy(b[r.At:], v)
		}
	}
	return b, nil
}

// Unreachable says why no run comes to this state, if it is one that no host and
// no container can bring about: the invariants of the proofs are wider than
// that.
func (c *Call) Unreachable() (why []string) {
	add := func(format string, args ...any) {
		why = append(why, "no run reaches this state: "+fmt.Sprintf(format, args...))
	}
	for k := 1; k < isa.NumSegments-1; k++ {
		s := &c.Segments[k]
		switch {
		case s.Writable != 0 && s.Writable != s.Readable:
			add("segment %d may be written in part", k)
		case k == isa.SegROData && s.Writable != 0:
			add("read-only data may be written")
		case (k == isa.SegStack || k == isa.SegData) && s.Writable != s.Readable:
			add("segment %d may not be written", k)
		}
	}
	if n := c.Segments[isa.SegStack].Readable; n%8 != 0 || n > isa.MaxFrame*isa.MaxDepth {
		add("a stack has no %d bytes", n)
	}
	return why
}

// row of a system call that this firmware has.
func (c *Call) row() *sysapi.Call {
	id := uint32(c.Args["id"])
	if id > 0xffff {
		return nil
	}
	row := sysapi.ByID[uint16(id)]
	if row == nil || row.Module != "base" && !slices.Contains(c.Modules, row.Module) {
		return nil
	}
	return row
}

// memory of the guest, as system calls see it. Both views are of one memory.
type memory struct{ read, write attack.Memory }

func (m *memory) Read(addr uint64, n uint32) ([]byte, bool)  { return m.read.Read(addr, n) }
func (m *memory) Write(addr uint64, n uint32) ([]byte, bool) { return m.write.Write(addr, n) }

func (c *Call) memory() (*memory, error) {
	m := &memory{}
	for k := range c.Segments {
		b, err := c.contents(k)
		if err != nil {
			return nil, err
		}
		w := min(c.Segments[k].Writable, c.Segments[k].Readable)
		m.read.Segments = append(m.read.Segments, attack.Segment{Number: uint32(k), Bytes: b})
		m.write.Segments = append(m.write.Segments, attack.Segment{Number: uint32(k), Bytes: b[:w], Writable: true})
	}
	return m, nil
}
