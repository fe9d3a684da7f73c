// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package isa

import "github.com/femtocontainer/femtocontainer/femto/bv"

// Registers of the machine.
const (
	NumRegs  = 11
	FrameReg = 10 // r10 points one past the top of the frame, and is never written
)

// An Insn is one decoded 8-byte slot, little endian (RFC 9669, 3.1):
//
//	 63           32 31          16 15   12 11    8 7       0
//	+---------------+--------------+-------+-------+---------+
//	|      imm      |     off      |  src  |  dst  | opcode  |
//	+---------------+--------------+-------+-------+---------+
//
// The second slot of a wide instruction decodes like any other; its Imm is the
// upper half of the value and everything else must be 0.
type Insn struct {
	Opcode   uint8
	Dst, Src uint8
	Off      int16
	Imm      int32
}

// Decode splits a slot into its fields; every slot has some.
func Decode(slot uint64) Insn {
	return Insn{
		Opcode: uint8(slot),
		Dst:    uint8(slot >> 8 & 15),
		Src:    uint8(slot >> 12 & 15),
		Off:    int16(slot >> 16),
		Imm:    int32(slot >> 32),
	}
}

// Slot is the inverse of Decode.
func (in Insn) Slot() uint64 {
	return uint64(in.Opcode) | uint64(in.Dst&15)<<8 | uint64(in.Src&15)<<12 |
		uint64(uint16(in.Off))<<16 | uint64(uint32(in.Imm))<<32
}

// byOpcode lists the rows of each opcode.
var byOpcode = func() (m [256][]*Row) {
	for i := range Table {
		m[Table[i].Opcode] = append(m[Table[i].Opcode], &Table[i])
	}
	return m
}()

// ByOpcode lists the rows that share an opcode, none for an unassigned one.
func ByOpcode(opcode uint8) []*Row { return byOpcode[opcode] }

// ByName finds a row by its unique name, or returns nil.
func ByName(name string) *Row {
	for i := range Table {
		if Table[i].Name == name {
			return &Table[i]
		}
	}
	return nil
}

// Lookup finds the row whose every field rule in satisfies, or returns nil:
// then the instruction is illegal. No instruction satisfies two rows.
func Lookup(in Insn) *Row {
	for _, r := range byOpcode[in.Opcode] {
		if r.SrcRule.allows(int64(in.Src)) && r.OffRule.allows(int64(in.Off)) &&
			r.ImmRule.allows(int64(in.Imm)) && r.DstRule.allows(int64(in.Dst)) {
			return r
		}
	}
	return nil
}

// A Field is one field of one instruction, with the rule of a row for it.
type Field struct {
	Name  string // src, off, imm or dst
	Value int64
	Rule  Rule
}

// Broken lists the fields of in that break a rule of r, whose opcode it has.
func (r *Row) Broken(in Insn) []Field {
	var out []Field
	for _, f := range []Field{
		{"src", int64(in.Src), r.SrcRule}, {"off", int64(in.Off), r.OffRule},
		{"imm", int64(in.Imm), r.ImmRule}, {"dst", int64(in.Dst), r.DstRule},
	} {
		if !f.Rule.allows(f.Value) {
			out = append(out, f)
		}
	}
	return out
}

func (r Rule) allows(v int64) bool {
	switch r.Use {
	case Fixed:
		return v == r.Value
	case Reads:
		return v < NumRegs
	case Writes:
		return v < FrameReg
	case HelperID:
		return v >= 1 && v <= 0xffff
	}
	return true
}

// Holds is allows as a term over a field's variable.
func (r Rule) Holds(field *bv.Term) *bv.Term {
	w := field.Width
	switch r.Use {
	case Fixed:
		return bv.Eq(field, bv.Const(uint64(r.Value), w))
	case Reads:
		return bv.Ult(field, bv.Const(NumRegs, w))
	case Writes:
		return bv.Ult(field, bv.Const(FrameReg, w))
	case HelperID:
		return bv.Ult(bv.Sub(field, bv.Const(1, w)), bv.Const(0xffff, w))
	}
	return bv.True
}
