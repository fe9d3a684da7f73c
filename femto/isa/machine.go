// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package isa

import . "github.com/femtocontainer/femtocontainer/femto/bv" //nolint:revive // read as formulas

// The numbers of the machine that are not instructions.
const (
	SegmentBits = 24 // a guest address is segment number above offset
	NumSegments = 8  // 0 and 7 are never mapped

	SegStack   = 1
	SegData    = 2 // .data, then .bss
	SegROData  = 3
	SegContext = 4
	SegGrant5  = 5
	SegGrant6  = 6

	// MaxSegment keeps offset + 7 below 2^24 for every legal offset.
	MaxSegment = 1<<SegmentBits - 8

	// MaxFuel keeps differences of byte positions below 2^31 on a 32-bit CPU.
	// A longer run is resumed.
	MaxFuel = 1 << 27

	MaxFrame = 512 // bytes of stack in one frame, a multiple of 8
	MaxDepth = 32  // frames, the entry's included

	// FirstSaved..LastSaved are kept by a local call.
	FirstSaved = 6
	LastSaved  = 9
	SaveSize   = 8 + 8*(LastSaved-FirstSaved+1) // bytes of host RAM per suspended frame
)

// SegmentBase is the guest address of a segment's first byte.
func SegmentBase(segment uint32) uint32 { return segment << SegmentBits }

// Resolve decides an access of size bytes at the 32-bit address addr. The host
// keeps for each of the NumSegments numbers the guest address one past the
// last byte that may be accessed in this way (read or written), or 0 when none
// may; end is the one at Index.
//
// Because numbers 0 and 7 are never mapped and a segment is at most
// MaxSegment long, the one comparison covers unmapped segments, numbers above
// 7, the end of the segment, and sums that wrap.
func Resolve(addr, end *Term, size uint8) *Term {
	return Ult(Add(addr, Const(uint64(size-1), 32)), end)
}

// Index is the number of the table entry that decides about addr.
func Index(addr *Term) *Term {
	return And(LShr(addr, Const(SegmentBits, 32)), Const(NumSegments-1, 32))
}

// Offset is the place within its segment of a legal addr.
func Offset(addr *Term) *Term { return And(addr, Const(1<<SegmentBits-1, 32)) }

// Fuel. A charge is for the slots from the start of the straight-line run
// through the current instruction, which ends at slot next. The machine keeps
// bound = start of the run + fuel left, so that nothing is counted per
// instruction. All three are 32 bits, and their differences stay below 2^31.

// Affords is the truth value that fuel suffices for a charge.
func Affords(bound, next *Term) *Term { return Sle(Const(0, 32), Sub(bound, next)) }

// Moved is bound after control moved from next to target, the charge made.
func Moved(bound, next, target *Term) *Term { return Add(bound, Sub(target, next)) }

// Legal is the truth value that a slot satisfies the field rules of some row:
// the verifier's predicate over one slot, but for targets, granted helpers and
// second slots, which depend on where it stands.
// Its variables are op 8, dreg 4, sreg 4, off 16 and imm 32.
func Legal() *Term {
	var rows []*Term
	for i := range Table {
		rows = append(rows, Table[i].Matches())
	}
	return Any(rows...)
}

// Matches is the truth value that a slot is an instance of r, over the
// variables of Legal.
func (r *Row) Matches() *Term {
	return All(
		Eq(Var("op", 8), Const(uint64(r.Opcode), 8)),
		r.DstRule.Holds(Var("dreg", 4)),
		r.SrcRule.Holds(Var("sreg", 4)),
		r.OffRule.Holds(off),
		r.ImmRule.Holds(imm),
	)
}

// Distance is the 32-bit distance in slots from the next instruction to the
// target of a jump or local call, and nil for other rows.
func (r *Row) Distance() *Term {
	switch {
	case r.OffRule.Use == Slots:
		return SExt(off, 32)
	case r.ImmRule.Use == Slots:
		return imm
	}
	return nil
}

// Target is Distance for one instruction, as a number.
func (r *Row) Target(in Insn) (distance int32, ok bool) {
	switch {
	case r.OffRule.Use == Slots:
		return int32(in.Off), true
	case r.ImmRule.Use == Slots:
		return in.Imm, true
	}
	return 0, false
}
