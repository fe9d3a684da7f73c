// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package prove

import (
	"github.com/femtocontainer/femtocontainer/femto/bv"
	"github.com/femtocontainer/femtocontainer/femto/prove/cir"
	"github.com/femtocontainer/femtocontainer/femto/prove/sym"
)

// A threader compares the register form of the fast engine with one row. Its
// handlers end by calling each other through a table; each such call is what
// the head of the loop is in the other forms, with the instruction at pc
// fetched and pc behind it. Instructions without a handler leave the handlers,
// and femto_resume executes them in a loop of its own.
type threader struct {
	stepper
	fast  *cir.Unit   // where the registers are declared
	head  *sym.State  // at the head of femto_resume's loop
	table *sym.Object // in which TABLE points
}

func (t *threader) global(st *sym.State, name string) sym.Ptr { return t.ex.Variable(st, t.fast, name) }

// fetched says whether the handlers get the instruction in a register.
func (t *threader) fetched() bool { return t.fast.Globals["INSN"] != nil }

func (t *threader) runThreads() error {
	ex := t.ex
	st := t.arbitrary()
	before := st.Clone()
	ex.Loops = map[string]*sym.Loop{"femto_resume#0": {
		First: func(h *sym.Head) []sym.Cond {
			t.kept(h.State, before, "begins: ")
			return t.refuelled(t.vmPC(h.State), t.int(h.State, t.vmField("room")))
		},
		Inv:    func(h *sym.Head) []sym.Cond { return t.between(h.State) },
		Forget: true,
		Havoc: func(h *sym.Head) {
			t.havoc(h.State, "resume_")
			ex.Set(h.State, t.vmField("pc"), t.slot(bv.Var("resume_pc", 32)))
			ex.Set(h.State, t.vmField("room"), ex.S(t.boundOf(bv.Var("resume_bound", 32))))
			ex.Assume(h.State, bv.Ult(bv.Var("resume_bound", 32), bv.Const(1<<29, 32)))
		},
		Enter: func(h *sym.Head) { t.head = h.State.Clone() },
		Ends: func(h *sym.Head) {
			t.goal(h.State, "loop ends: it fetched an instruction", bv.Bool(h.State.Dispatched()))
			t.uses(h.State, t.vmFuel(h.State))
		},
		Back: t.stepped,
	}}
	ex.Calls = map[string]sym.Contract{"host": t.host}
	ex.Dispatch = &sym.Dispatch{Enter: t.fetch, Back: t.threaded}
	ex.OnReturn = t.ends_
	return ex.Run(st, "femto_resume", sym.Ptr{Obj: t.vm}, bv.Var("fuel", 32))
}

func (t *threader) vmPC(st *sym.State) *bv.Term {
	p, ok := t.ex.Get(st, t.vmField("pc")).(sym.Ptr)
	if !ok {
		panic(&sym.Unsupported{Pos: "vm.pc", What: "not a determined pointer"})
	}
	return t.textPtr(p)
}

func (t *threader) vmFuel(st *sym.State) *bv.Term {
	return t.fuelLeft(t.vmPC(st), bv.Sub(t.int(st, t.vmField("room")), t.textLow))
}

// between is the invariant outside the handlers.
func (t *threader) between(st *sym.State) []sym.Cond {
	return append(t.runInvariant(t.vmPC(st), bv.Sub(t.int(st, t.vmField("room")), t.textLow)), t.stateInvariant(st)...)
}

// uses: an instruction used some of the fuel there was when it was fetched.
func (t *threader) uses(st *sym.State, now *bv.Term) {
	left := t.fuelLeft(t.slot(t.pc).Off, bv.Mul(bv.Const(8, 32), t.bound))
	t.ex.Goal(st, "loop ends", "femto_resume", bv.Ult(now, left))
}

// pcReg is the place of the instruction fetched: before where the register is.
func (t *threader) pcReg(st *sym.State) *bv.Term {
	p, ok := t.ex.Get(st, t.global(st, "PC")).(sym.Ptr)
	if !ok {
		panic(&sym.Unsupported{Pos: "PC", What: "not a determined pointer"})
	}
	return t.ex.S(bv.Sub(t.textPtr(p), bv.Const(8, 64)))
}

func (t *threader) boundReg(st *sym.State) *bv.Term { return t.int(st, t.global(st, "BOUND")) }

// threadInvariant adds the goals that hold at each call of a handler.
func (t *threader) threadInvariant(st *sym.State, index *bv.Term, args []sym.Value, pos string) {
	ex := t.ex
	goal := func(kind string, c *bv.Term) { ex.Goal(st, "invariant: "+kind, pos, c) }
	pc := t.pcReg(st)
	for _, c := range append(t.runInvariant(pc, bv.Sub(t.boundReg(st), t.textLow)), t.stateInvariant(st)...) {
		goal(c.Name, c.Term)
	}
	vm, ok := ex.Get(st, t.global(st, "VM")).(sym.Ptr)
	goal("VM is the activation", bv.Bool(ok && vm.Obj == t.vm && len(vm.Path) == 0))
	table, ok := ex.Get(st, t.global(st, "TABLE")).(sym.Ptr)
	start := ok && table.Obj != nil && table.Obj.Const && len(table.Path) == 1 && table.Path[0].Idx == bv.Const(0, 64)
	goal("TABLE is the table of handlers", bv.Bool(start && (t.table == nil || table.Obj == t.table)))
	t.table = table.Obj
	insn := ex.Bytes(st, sym.Ptr{Obj: t.text, Off: pc}, 4, pos)
	goal("handler is that of the opcode", bv.Eq(index, bv.ZExt(bv.Extract(insn, 0, 8), 64)))
	if t.fetched() {
		imm := ex.Bytes(st, sym.Ptr{Obj: t.text, Off: bv.Add(pc, bv.Const(4, 64))}, 4, pos)
		goal("INSN is fetched", bv.Eq(t.int(st, t.global(st, "INSN")), insn))
		goal("IMM is fetched", bv.Eq(t.int(st, t.global(st, "IMM")), imm))
		return
	}
	got, ok := args[0].(*bv.Term)
	goal("handler gets the instruction", bv.And(bv.Bool(ok && len(args) == 1), bv.Eq(got, insn)))
}

// fetch makes the state at the call of a handler arbitrary, and the
// instruction one of the row's.
func (t *threader) fetch(st *sym.State, index *bv.Term, args []sym.Value, pos string) (uint64, []sym.Value) {
	ex := t.ex
	t.threadInvariant(st, index, args, pos)
	// Nothing happens, and no fuel is used, on the way from femto_resume to the
	// first handler.
	place, limit := t.slot(bv.Var("resume_pc", 32)).Off, bv.Var("resume_bound", 32)
	t.kept(st, t.head, "first handler: ")
	ex.Goal(st, "first handler: is that of pc", pos, bv.Eq(t.pcReg(st), place))
	ex.Goal(st, "first handler: has the fuel", pos, bv.Eq(t.boundReg(st), t.boundOf(limit)))
	ex.Goal(st, "loop ends", pos, bv.Eq(t.fuelLeft(t.pcReg(st), bv.Sub(t.boundReg(st), t.textLow)),
		t.fuelLeft(place, bv.Mul(bv.Const(8, 32), limit))))
	ex.Forget(st)
	for name, v := range t.fast.Globals {
		if v.Register != "" && name != "VM" && name != "TABLE" {
			ex.Set(st, t.global(st, name), nil)
		}
	}
	t.havoc(st, "")
	t.look(st)
	t.pc, t.bound = bv.Var("pc", 32), bv.Var("bound", 32)
	here := t.slot(t.pc)
	ex.Set(st, t.global(st, "PC"), sym.Ptr{Obj: t.text, Off: ex.S(bv.Add(here.Off, bv.Const(8, 64)))})
	ex.Set(st, t.global(st, "BOUND"), ex.S(t.boundOf(t.bound)))
	ex.Assume(st, bv.Ult(t.bound, bv.Const(1<<29, 32)))
	for _, c := range append(t.runInvariant(here.Off, bv.Mul(bv.Const(8, 32), t.bound)), t.stateInvariant(st)...) {
		ex.Assume(st, c.Term)
	}
	t.enter(st)
	insn := ex.Bytes(st, here, 4, pos)
	if t.fetched() {
		ex.Set(st, t.global(st, "INSN"), insn)
		ex.Set(st, t.global(st, "IMM"), ex.Bytes(st, sym.Ptr{Obj: t.text, Off: bv.Add(here.Off, bv.Const(4, 64))}, 4, pos))
		args = nil
	} else {
		args = []sym.Value{insn}
	}
	return uint64(t.op), args
}

// threaded compares the state at the next call of a handler.
func (t *threader) threaded(st *sym.State, index *bv.Term, args []sym.Value, pos string) {
	if t.row == nil {
		t.goal(st, "unassigned opcode is inert: it stops the run", bv.False)
		return
	}
	t.threadInvariant(st, index, args, pos)
	t.uses(st, t.fuelLeft(t.pcReg(st), bv.Sub(t.boundReg(st), t.textLow)))
	t.goal(st, "equals table: goes on", bv.Not(t.o.Stop))
	t.goal(st, "equals table: pc", bv.Eq(t.pcReg(st), t.slot(t.o.PC).Off))
	t.goal(st, "equals table: fuel", bv.Eq(t.boundReg(st), t.boundOf(t.o.Bound)))
	t.common(st)
}

// stepped compares the state after an instruction that femto_resume executed
// itself.
func (t *threader) stepped(h *sym.Head) {
	st := h.State
	if t.row == nil {
		t.goal(st, "unassigned opcode is inert: it stops the run", bv.False)
		return
	}
	t.goal(st, "equals table: goes on", bv.Not(t.o.Stop))
	t.goal(st, "equals table: pc", bv.Eq(t.vmPC(st), t.slot(t.o.PC).Off))
	t.goal(st, "equals table: fuel", bv.Eq(t.int(st, t.vmField("room")), t.boundOf(t.o.Bound)))
	t.common(st)
}
