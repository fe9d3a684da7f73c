// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package prove

import (
	"github.com/femtocontainer/femtocontainer/femto/bv"
	"github.com/femtocontainer/femtocontainer/femto/diag"
	"github.com/femtocontainer/femtocontainer/femto/isa"
)

// A site is one slot that the verifier looks at, with what its verdict may
// depend on.
type site struct {
	Op       uint8
	Fields   map[string]*bv.Term // of isa.Legal but op
	PC       *bv.Term            // 32 bits
	Slots    *bv.Term            // length of the text
	Second   *bv.Term            // first word of the slot behind, 32 bits
	Before   *bv.Term            // opcode of the slot before the target, 8 bits
	Declared *bv.Term            // truth value: imm is in the image's list of helpers
}

// newSite is an arbitrary slot with a given opcode.
func newSite(op uint8) *site {
	return &site{Op: op, PC: bv.Var("pc", 32), Slots: bv.Var("slots", 32),
		Fields: map[string]*bv.Term{"dreg": bv.Var("dreg", 4), "sreg": bv.Var("sreg", 4), "off": bv.Var("off", 16), "imm": bv.Var("imm", 32),
			"op": bv.Const(uint64(op), 8)},
		Second: bv.Var("second", 32), Before: bv.Var("before", 8), Declared: bv.Var("declared", 1)}
}

// wideOpcode is the opcode of the wide instruction.
var wideOpcode = func() uint8 {
	op, n := uint8(0), 0
	for i := range isa.Table {
		if isa.Table[i].Kind == isa.Wide {
			op = isa.Table[i].Opcode
			n++
		}
	}
	if n != 1 {
		panic("prove: there is not exactly one wide instruction")
	}
	return op
}()

// landing: an instruction begins at slot t, given the opcode before it.
func landing(t, slots, before *bv.Term) *bv.Term {
	return bv.And(bv.Ult(t, slots), bv.Or(bv.Eq(t, c32(0)), bv.Ne(before, bv.Const(uint64(wideOpcode), 8))))
}

// distance is the jump distance of the slot, and whether it has one.
func (s *site) distance() (d, has *bv.Term) {
	d, has = c32(0), bv.False
	for _, r := range isa.ByOpcode(s.Op) {
		if t := r.Distance(); t != nil {
			is := bv.Subst(r.Matches(), s.Fields)
			d = bv.Ite(is, bv.Subst(t, s.Fields), d)
			has = bv.Or(has, is)
		}
	}
	return d, has
}

// target is where the slot may send control, if it has a distance.
func (s *site) target() *bv.Term {
	d, _ := s.distance()
	return bv.Add(bv.Add(s.PC, c32(1)), d)
}

// A verdict is what the verifier says about a slot.
type verdict struct {
	Status *bv.Term // 16 bits, 0 to go on
	PC     *bv.Term // that it reports
	Next   *bv.Term // slot that it looks at next
	Ends   *bv.Term // truth value: control does not run on behind the slot
}

// verdict is the verifier's rule for one slot, but for the end of the text; in
// the order of checks that femto/verify states.
func (s *site) verdict() verdict {
	one := func(c diag.Code) *bv.Term { return status(c) }
	v := verdict{Status: one(diag.IllegalInstruction), PC: s.PC, Next: bv.Add(s.PC, c32(1)), Ends: bv.False}
	for _, r := range isa.ByOpcode(s.Op) {
		is := bv.Subst(r.Matches(), s.Fields)
		next := bv.Add(s.PC, c32(uint32(r.Width())))
		st, pc := status(0), s.PC
		switch {
		case r.Kind == isa.Wide:
			cut := bv.Eq(bv.Add(s.PC, c32(1)), s.Slots)
			dirty := bv.Ne(s.Second, c32(0))
			st = bv.Ite(cut, one(diag.FallsOff), bv.Ite(dirty, one(diag.IllegalInstruction), st))
			pc = bv.Ite(bv.And(bv.Not(cut), dirty), bv.Add(s.PC, c32(1)), pc)
		case r.Kind == isa.CallHelper:
			st = bv.Ite(s.Declared, st, one(diag.UndeclaredHelper))
		case r.Distance() != nil:
			st = bv.Ite(landing(s.target(), s.Slots, s.Before), st, one(diag.BadTarget))
		}
		v.Status = bv.Ite(is, st, v.Status)
		v.PC = bv.Ite(is, pc, v.PC)
		v.Next = bv.Ite(is, next, v.Next)
		if r.EndsRun() {
			v.Ends = bv.Or(v.Ends, is)
		}
	}
	return v
}
