// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package prove

import (
	"github.com/femtocontainer/femtocontainer/femto/bv"
	"github.com/femtocontainer/femtocontainer/femto/isa"
	"github.com/femtocontainer/femtocontainer/femto/prove/sym"
)

// acceptedUnits: in a text that the verifier's rule accepts, control never
// leaves the text, never enters the second slot of a wide instruction, and
// meets legal instructions only. It is about the table alone, and what it
// concludes is what the engines' proofs assume of the instruction at pc.
func acceptedUnits() []*Unit {
	unit := func(item, depends string, run func(ex *sym.Exec)) *Unit {
		return &Unit{Family: "accepted", Variant: "table", Item: item,
			depends: func() (string, error) { return depends, nil },
			run:     func(ex *sym.Exec) error { run(ex); return nil }}
	}
	all := ""
	for i := range isa.Table {
		all += describe(&isa.Table[i])
	}
	out := []*Unit{unit("the verifier visits the landing places", all, visits)}
	for i := range isa.Table {
		row := &isa.Table[i]
		out = append(out, unit(row.Name, all, func(ex *sym.Exec) { staysInText(ex, row) }))
	}
	return out
}

// visits is the step of an induction over the slots of an accepted text: the
// pass looks at slot j exactly when j is a landing place, that is, j is 0 or
// the opcode before it is not the wide one. Slots it does not look at are
// second slots, which it found to be zero in their first word.
func visits(ex *sym.Exec) {
	op := bv.Var("op", 8) // of slot j
	visited := bv.Var("visited_j", 1)
	legal, wide := isa.Legal(), bv.False
	for i := range isa.Table {
		if r := &isa.Table[i]; r.Kind == isa.Wide {
			wide = bv.Or(wide, r.Matches())
		}
	}
	st := ex.NewState()
	ex.Assume(st,
		bv.Or(bv.Not(visited), legal),             // verdict, status 0
		bv.Or(visited, bv.Eq(op, bv.Const(0, 8))), // verdict of the wide instruction before
	)
	// From a visited slot the pass goes on by the width of its row; from a
	// second slot's predecessor it has already gone to the slot behind.
	next := bv.Or(bv.And(visited, bv.Not(wide)), bv.Not(visited))
	lands := bv.Ne(op, bv.Const(uint64(wideOpcode), 8))
	ex.Goal(st, "slot j+1 is visited if and only if it is a landing place", "accept", bv.Eq(next, lands))
}

// staysInText: given the verdict on one visited slot that holds an instance of
// row, where the table sends control is a landing place in the text.
func staysInText(ex *sym.Exec, row *isa.Row) {
	s := newSite(row.Opcode)
	v := s.verdict()
	is := bv.Subst(row.Matches(), s.Fields)
	st := ex.NewState()
	ex.Assume(st, bv.Ult(s.PC, s.Slots), bv.Ule(s.Slots, c32(maxSlots)), is,
		bv.Eq(v.Status, status(0)),
		// The pass goes on behind the slot, or ends there because control does not.
		bv.Or(bv.Ult(v.Next, s.Slots), bv.And(bv.Eq(v.Next, s.Slots), v.Ends)))
	goal := func(kind string, c *bv.Term) { ex.Goal(st, kind, row.Name, c) }
	next := bv.Add(s.PC, c32(uint32(row.Width())))
	goal("is legal", bv.Subst(isa.Legal(), s.Fields))
	goal("next slot counted", bv.Eq(v.Next, next))
	goal("behind it is at most the end", bv.Ule(next, s.Slots))
	goal("does not run off the end", bv.Or(bv.Bool(row.EndsRun()), bv.Ult(next, s.Slots)))

	// The opcode in the slot before next: of this slot, or of a second one.
	before := bv.Const(uint64(row.Opcode), 8)
	if row.Kind == isa.Wide {
		goal("second slot is zero", bv.Eq(s.Second, c32(0)))
		before = bv.Extract(s.Second, 0, 8)
	}
	goal("next is a landing place", bv.Or(bv.Bool(row.EndsRun()), landing(next, s.Slots, before)))
	if row.Distance() != nil {
		goal("target is a landing place", landing(s.target(), s.Slots, s.Before))
	}

	// The table's step sends control to one of these and nowhere else. A
	// suspended frame continues at what was next of a local call.
	f := newFields(row)
	m := symbolicMachine(row, s.PC, s.Slots)
	o := step(m, f)
	d := c32(0)
	if t := row.Distance(); t != nil {
		d = bv.Subst(t, map[string]*bv.Term{"off": f.Off, "imm": f.Imm})
	}
	choices := bv.Any(o.Stop, bv.Eq(o.PC, next), bv.Eq(o.PC, bv.Add(next, d)))
	if row.Kind == isa.Exit {
		choices = bv.Or(choices, bv.Eq(o.PC, m.SavedPC))
	}
	goal("goes to next, target or a suspended frame", choices)
	if row.Kind == isa.CallLocal {
		goal("a suspended frame continues at next", bv.Eq(o.Next, next))
	}
	if row.Kind == isa.Jump && row.EndsRun() {
		goal("does not go on to next", bv.Or(o.Stop, bv.Eq(o.PC, bv.Add(next, d))))
	}
}

// symbolicMachine is an arbitrary state of the table's machine at pc.
func symbolicMachine(row *isa.Row, pc, slots *bv.Term) *machine {
	m := &machine{PC: pc, Bound: bv.Var("bound", 32), Level: bv.Var("level", 32), Depth: bv.Var("depth", 32), Frame: bv.Var("frame", 64),
		Slots: slots, SavedPC: bv.Var("saved_pc", 32),
		HelperStat: bv.Var("helper_status", 16), HelperR0: bv.Var("helper_r0", 64), HelperRoom: bv.Var("helper_room", 32)}
	for i := range m.Regs {
		m.Regs[i] = bv.Var("r"+string(rune('a'+i)), 64)
	}
	for i := range isa.NumSegments {
		m.ReadEnd[i], m.WriteEnd[i] = bv.Var("re"+string(rune('0'+i)), 32), bv.Var("we"+string(rune('0'+i)), 32)
	}
	for i := range m.SavedRegs {
		m.SavedRegs[i] = bv.Var("s"+string(rune('6'+i)), 64)
	}
	if row.Reads() {
		m.Mem = bv.Var("mem", 8*row.Size)
	}
	return m
}
