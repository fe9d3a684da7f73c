// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package random

import (
	"bytes"
	"encoding/binary"
	"io"
	"math/rand/v2"

	"github.com/femtocontainer/femtocontainer/femto/diag"
	"github.com/femtocontainer/femtocontainer/femto/isa"
)

const (
	textSlots = 20
	segBytes  = 32
	frames    = 3
)

// What the driver calls.
const (
	resume = iota
	read
	write
	room
	pcOf
	grant
	verify
)

type frame struct {
	R          [4]uint64
	PC, Unused uint32
}

// A state is struct input of driver.c.
type state struct {
	R                    [isa.NumRegs]uint64
	Saved                [frames]frame
	Text                 [textSlots]uint64
	HelperR0, Address64  uint64
	End, Writable        [isa.NumSegments]uint32
	TextPage, PC, Fuel   uint32
	Room, Level, Address uint32
	HelperRoom, Len      uint32
	Segment, HelperStat  uint32
	FrameSize, Depth     uint32
	What, Flag           uint32
	Slots, Entry         uint32
	Helpers, Granted     [2]uint16
	Bytes                [isa.NumSegments][segBytes]byte
}

// An outcome is struct output of driver.c.
type outcome struct {
	R                      [isa.NumRegs]uint64
	Saved                  [frames]frame
	End, Writable          [isa.NumSegments]uint32
	PC, Room, Level        uint32
	Address, Result        uint32
	Segment, Offset        uint32
	Called, ID             uint32
	SeenPC, SeenRoom, Kept uint32
	Bytes                  [isa.NumSegments][segBytes]byte
}

func (s *state) encode(b []byte) ([]byte, error) {
	return binary.Append(b, binary.LittleEndian, s)
}

func (o *outcome) decode(r io.Reader, buf []byte) error {
	if _, err := io.ReadFull(r, buf); err != nil {
		return err
	}
	return binary.Read(bytes.NewReader(buf), binary.LittleEndian, o)
}

// textAddr is where the driver puts the text.
func (s *state) textAddr(ptrBits uint8) uint64 {
	page := uint64(0x7ffff000)
	switch {
	case s.TextPage == 1 && ptrBits == 64:
		page = 0xfffff000
	case s.TextPage == 1:
		page = 0x20000000
	}
	return page + 0x1000 - 8*textSlots/2
}

var edges = []uint64{
	0, 1, 2, 7, 8, 15, 16, 31, 32, 33, 63, 64, 65, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff,
	1 << 32, 1<<32 + 1, 1<<63 - 1, 1 << 63, ^uint64(0), ^uint64(1), 0xffffffff80000000, 0xffffffff7fffffff,
}

type dice struct{ *rand.Rand }

func (d dice) value() uint64 {
	switch d.IntN(4) {
	case 0:
		return edges[d.IntN(len(edges))]
	case 1:
		return d.Uint64() >> d.IntN(64)
	case 2:
		return -(d.Uint64() >> d.IntN(64))
	}
	return d.Uint64()
}

// guest is an address near a segment, more often than not within it.
func (d dice) guest() uint32 {
	return uint32(d.IntN(9))<<isa.SegmentBits + uint32(d.IntN(segBytes+12)) - 4
}

// common draws what every function sees.
func (d dice) common() *state {
	s := &state{}
	for i := range s.R {
		s.R[i] = d.value()
	}
	for k := uint32(1); k < isa.NumSegments-1; k++ {
		base := isa.SegmentBase(k)
		s.End[k] = base + uint32(d.IntN(segBytes+1))
		switch d.IntN(4) {
		case 0:
			s.End[k] = 0
		case 1:
			s.Writable[k] = base
		case 2:
			s.Writable[k] = base + uint32(d.IntN(int(s.End[k]-base)+1))
		case 3:
			s.Writable[k] = s.End[k]
		}
		if k == isa.SegROData {
			s.Writable[k] = 0
		}
		for i := range s.Bytes[k] {
			s.Bytes[k][i] = byte(d.Uint32())
		}
	}
	s.TextPage = uint32(d.IntN(2))
	s.PC = uint32(d.IntN(textSlots - 3))
	s.Room = uint32(max(0, int(s.PC)-3+d.IntN(8)))
	s.Fuel = []uint32{0, 1, 2, 3, 100, isa.MaxFuel, isa.MaxFuel + 1, ^uint32(0)}[d.IntN(8)]
	s.Depth = 1 + uint32(d.IntN(frames+1))
	s.Level = uint32(d.IntN(int(s.Depth)))
	s.FrameSize = 8 * uint32(d.IntN(isa.MaxFrame/8+1))
	s.Address = d.Uint32()
	for i := range s.Saved {
		f := &s.Saved[i]
		for j := range f.R {
			f.R[j] = d.value()
		}
		f.PC = 2 * d.slot(s.PC)
	}
	s.HelperR0 = d.value()
	s.HelperRoom = uint32(d.IntN(1000))
	s.HelperStat = uint32([]diag.Code{0, 0, diag.BadAccess, diag.OutOfFuel, diag.UnknownHelper}[d.IntN(5)])
	s.Address64 = d.Uint64()<<32 | uint64(d.guest())
	s.Len = []uint32{0, 1, 2, 8, uint32(d.IntN(40)), isa.MaxSegment, isa.MaxSegment + 1, ^uint32(0), d.Uint32()}[d.IntN(9)]
	s.Segment = uint32(d.IntN(9))
	s.Flag = []uint32{0, 1, 1 << 31, ^uint32(0)}[d.IntN(4)]
	return s
}

// slot is a place in the text where something may go on: not where it came
// from, since the driver's run ends at the next instruction, which is illegal.
func (d dice) slot(not uint32) uint32 {
	for {
		if n := uint32(d.IntN(textSlots - 1)); n != not {
			return n
		}
	}
}

// instruction draws a state in which an instance of row is due, and its fields.
func (d dice) instruction(row *isa.Row, op uint8) *state {
	s := d.common()
	in := isa.Insn{Opcode: op}
	if row == nil {
		in.Dst, in.Src, in.Off, in.Imm = uint8(d.IntN(isa.NumRegs)), uint8(d.IntN(isa.NumRegs)), int16(d.value()), int32(d.value())
		s.Text[s.PC] = in.Slot()
		return s
	}
	next := s.PC + uint32(row.Width())
	field := func(r isa.Rule) int64 {
		switch r.Use {
		case isa.Fixed:
			return r.Value
		case isa.Reads:
			return int64(d.IntN(isa.NumRegs))
		case isa.Writes:
			return int64(d.IntN(isa.NumRegs - 1))
		case isa.HelperID:
			return int64(1 + d.IntN(0xffff))
		case isa.Slots:
			return int64(d.slot(s.PC)) - int64(next)
		}
		return int64(d.value())
	}
	in.Dst, in.Src = uint8(field(row.DstRule)), uint8(field(row.SrcRule))
	in.Off, in.Imm = int16(field(row.OffRule)), int32(field(row.ImmRule))
	s.Text[s.PC] = in.Slot()
	if row.Kind == isa.Wide {
		s.Text[s.PC+1] = d.value() << 32
	}
	if row.Size > 0 && d.IntN(8) > 0 {
		base := &s.R[in.Dst]
		if row.Kind == isa.Load {
			base = &s.R[in.Src]
		}
		*base = d.Uint64()<<32 | uint64(d.guest()-uint32(int32(in.Off)))
		if d.IntN(2) == 0 { // for compare and exchange
			s.R[0] = binary.LittleEndian.Uint64(s.Bytes[uint32(*base)>>isa.SegmentBits&7][:])
		}
	}
	if row.Kind == isa.Jump && d.IntN(3) == 0 {
		s.R[in.Src] = s.R[in.Dst]
	}
	return s
}

// text draws the slots around the one at pc: whole instructions, of which the
// last is an exit more often than not.
func (d dice) text(s *state) {
	filler := []uint64{0xb7, 0x18, 0x95, 0x05, 0x85 | 1<<32, 0x0f}
	s.Slots = uint32(1 + d.IntN(6))
	s.PC = uint32(d.IntN(int(s.Slots)))
	s.Text = [textSlots]uint64{}
	for i := range s.Slots {
		s.Text[i] = filler[d.IntN(len(filler))]
		if i > 0 && s.Text[i-1] == 0x18 && d.IntN(4) > 0 {
			s.Text[i] = d.value() << 32
		}
	}
	if s.PC != s.Slots-1 && d.IntN(4) > 0 {
		s.Text[s.Slots-1] = 0x95
	}
}

// looked draws the slot that the verifier looks at, and the lists.
func (d dice) looked(s *state, op uint8) {
	reg := func() uint8 {
		if d.IntN(3) > 0 {
			return uint8(d.IntN(11))
		}
		return uint8(d.IntN(16))
	}
	in := isa.Insn{Opcode: op, Dst: reg(), Src: reg(), Off: int16(d.value()), Imm: int32(d.value())}
	if rows := isa.ByOpcode(op); len(rows) > 0 && d.IntN(3) > 0 {
		r := rows[d.IntN(len(rows))]
		for _, f := range []struct {
			rule isa.Rule
			set  func(v int64)
		}{
			{r.SrcRule, func(v int64) { in.Src = uint8(v) }},
			{r.OffRule, func(v int64) { in.Off = int16(v) }},
			{r.ImmRule, func(v int64) { in.Imm = int32(v) }},
		} {
			switch f.rule.Use {
			case isa.Fixed:
				if d.IntN(8) > 0 {
					f.set(f.rule.Value)
				}
			case isa.Slots:
				f.set(int64(d.IntN(10)) - 4)
			case isa.HelperID:
				f.set(int64(d.IntN(4)))
			}
		}
		if r.DstRule.Use == isa.Fixed && d.IntN(8) > 0 {
			in.Dst = uint8(r.DstRule.Value)
		}
	}
	s.Text[s.PC] = in.Slot()
	s.Entry = uint32(d.IntN(8))
	for i := range s.Helpers {
		s.Helpers[i], s.Granted[i] = uint16(d.IntN(4)), uint16(d.IntN(4))
	}
}
