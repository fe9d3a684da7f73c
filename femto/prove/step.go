// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package prove

import (
	"fmt"
	"slices"

	"github.com/femtocontainer/femtocontainer/femto/bv"
	"github.com/femtocontainer/femtocontainer/femto/diag"
	"github.com/femtocontainer/femtocontainer/femto/isa"
	"github.com/femtocontainer/femtocontainer/femto/prove/cir"
	"github.com/femtocontainer/femtocontainer/femto/prove/sym"
)

// A stepper compares one iteration of an engine's loop with one row.
type stepper struct {
	*world
	row   *isa.Row // nil: an opcode without a row
	op    uint8
	loop  string
	names loopNames

	f     *fields
	m     *machine
	o     *outcome
	start *sym.State
	pc    *bv.Term
	bound *bv.Term
	gens  [2]int
}

// run executes femto_resume from every state that a host may call it in, up to
// the fetch, and from every state at the fetch for one instruction of the row.
func (s *stepper) run() error {
	ex := s.ex
	st := s.arbitrary()
	before := st.Clone()
	ex.Loops = map[string]*sym.Loop{s.loop: {
		First: func(h *sym.Head) []sym.Cond {
			s.kept(h.State, before, "begins: ")
			return s.refuelled(s.textPtr(h.Ptr(s.names.pc)), h.Int(s.names.bound))
		},
		Inv:     func(h *sym.Head) []sym.Cond { return s.invariant(h) },
		Havoc:   s.atHead,
		Enter:   func(h *sym.Head) { s.enter(h.State) },
		Variant: func(h *sym.Head) *bv.Term { return s.fuel(h) },
		Back:    s.goesOn,
		Forget:  true,
	}}
	ex.Calls = map[string]sym.Contract{"host": s.host}
	ex.OnReturn = s.ends_
	return ex.Run(st, "femto_resume", sym.Ptr{Obj: s.vm}, bv.Var("fuel", 32))
}

// refuelled: a resume begins where the run before it ended, with the fuel that
// was left and what is added, of which there is a limit.
func (w *world) refuelled(place, bound *bv.Term) []sym.Cond {
	fuel, limit := bv.Var("fuel", 32), c32(isa.MaxFuel)
	added := bv.Ite(bv.Ult(fuel, limit), fuel, limit)
	return []sym.Cond{
		{Name: "at the pc of the activation", Term: bv.Eq(place, w.slot(bv.Var("pc0", 32)).Off)},
		{Name: "with the fuel added", Term: bv.Eq(bound, w.boundOf(bv.Add(bv.Var("bound0", 32), added)))},
	}
}

// kept adds the goals that the activation but for pc, fuel and address, the
// instance and memory are what they were before. That a run changes nothing
// between two instructions follows from nothing else, since the state at the
// head of a loop is made arbitrary.
func (w *world) kept(st, before *sym.State, kind string) {
	skip := []string{w.vmField("pc").String(), w.vmField("room").String(), w.vmField("address").String()}
	w.sameAs(st, before, w.vm, kind, "femto_resume", func(p sym.Ptr) bool { return slices.Contains(skip, p.String()) })
	w.sameAs(st, before, w.inst, kind, "femto_resume", nil)
	for _, o := range []*sym.Object{w.segs, w.frames, w.text} {
		w.ex.Goal(st, kind+"memory is kept", "femto_resume", bv.Bool(st.Generation(o) == before.Generation(o) && len(st.Writes(o)) == len(before.Writes(o))))
	}
}

func (s *stepper) invariant(h *sym.Head) []sym.Cond {
	pc := s.textPtr(h.Ptr(s.names.pc))
	return append(s.runInvariant(pc, bv.Sub(h.Int(s.names.bound), s.textLow)), s.stateInvariant(h.State)...)
}

func (s *stepper) textPtr(p sym.Ptr) *bv.Term {
	if p.Obj != s.text {
		panic(&sym.Unsupported{Pos: "pc", What: "pointer outside the text: " + p.String()})
	}
	return p.Off
}

// fuel is what is left at the head of the loop. Each instruction uses some.
func (s *stepper) fuel(h *sym.Head) *bv.Term {
	return s.fuelLeft(h.Ptr(s.names.pc).Off, bv.Sub(h.Int(s.names.bound), s.textLow))
}

// atHead gives the arbitrary state at the fetch a form in which pc and bound
// count slots. That every state which the invariant admits has this form is
// the goal that slotForm states once.
func (s *stepper) atHead(h *sym.Head) {
	s.havoc(h.State, "")
	s.look(h.State)
	s.pc, s.bound = bv.Var("pc", 32), bv.Var("bound", 32)
	h.Set(s.names.pc, s.slot(s.pc))
	h.Set(s.names.bound, s.ex.S(s.boundOf(s.bound)))
	s.ex.Assume(h.State, bv.Ult(s.bound, bv.Const(1<<29, 32)))
}

// slotForm: places and bounds that satisfy the invariant are multiples of a
// slot, so nothing is lost by writing them as such.
func (w *world) slotForm() {
	ex := w.ex
	st := ex.NewState()
	bytes, rel := bv.Var("bytes", 64), bv.Var("rel", 32)
	ex.Assume(st, w.imageOK())
	for _, c := range w.runInvariant(bytes, rel) {
		ex.Assume(st, c.Term)
	}
	n := bv.Extract(bytes, 3, 32)
	ex.Goals = append(ex.Goals,
		sym.Goal{Kind: "pc counts slots", Path: st.Path, Cond: bv.Eq(bytes, bv.Mul(bv.Const(8, 64), bv.ZExt(n, 64)))},
		sym.Goal{Kind: "bound counts slots", Path: st.Path, Cond: bv.And(
			bv.Eq(rel, bv.Mul(bv.Const(8, 32), bv.LShr(rel, bv.Const(3, 32)))),
			bv.Ult(bv.LShr(rel, bv.Const(3, 32)), bv.Const(1<<29, 32)))})
}

// enter says which instruction is at pc, and what the verifier established
// about it (family "accepted").
func (s *stepper) enter(st *sym.State) {
	ex := s.ex
	level := s.int(st, s.vmField("level"))
	regs := [isa.NumRegs]*bv.Term{}
	for i := range regs {
		regs[i] = s.int(st, s.reg(i))
	}
	m := &machine{Regs: regs, PC: s.pc, Bound: s.bound, Level: level, Depth: bv.ZExt(s.depth, 32),
		Frame: bv.ZExt(s.frameSize, 64), Slots: s.slots,
		HelperStat: bv.Var("helper_status", 16), HelperR0: bv.Var("helper_r0", 64), HelperRoom: bv.Var("helper_room", 32)}
	for i := range isa.NumSegments {
		m.ReadEnd[i], m.WriteEnd[i] = s.ends[i], s.writeEnds[i]
	}
	for i := range m.SavedRegs {
		m.SavedRegs[i] = bv.Var(fmt.Sprintf("saved_r%d", isa.FirstSaved+i), 64)
	}
	m.SavedPC = bv.Var("saved_pc", 32)
	if s.row == nil {
		s.unassigned(st)
		s.m = m
		s.remember(st)
		return
	}
	s.f = newFields(s.row)
	ex.Assume(st, s.f.conds...)
	at := s.slot(s.pc).Off
	ex.Seed(st, s.text, nil, at, s.f.slot)
	next := bv.Add(s.pc, c32(s.f.Widen))
	if s.row.Kind == isa.Wide {
		ex.Seed(st, s.text, nil, bv.Add(at, bv.Const(8, 64)), s.f.slot2)
	}
	if !s.row.EndsRun() {
		ex.Assume(st, bv.Ult(next, s.slots))
	} else {
		ex.Assume(st, bv.Ule(next, s.slots))
	}
	if d := s.row.Distance(); d != nil {
		target := bv.Add(next, bv.Subst(d, map[string]*bv.Term{"off": s.f.Off, "imm": s.f.Imm}))
		ex.Assume(st, bv.Ult(target, s.slots))
	}
	if s.row.Reads() {
		m.Mem = bv.Var("mem", 8*s.row.Size)
	}
	s.m = m
	s.o = step(m, s.f)
	s.seed(st)
	s.remember(st)
}

func (s *stepper) remember(st *sym.State) {
	s.start = st.Clone()
	s.gens = [2]int{st.Generation(s.segs), st.Generation(s.frames)}
}

// unassigned is an opcode that no row has. The verifier refuses it; an engine
// that met it all the same must be inert, given register numbers that exist.
func (s *stepper) unassigned(st *sym.State) {
	ex := s.ex
	dst, src := bv.Var("dreg", 4), bv.Var("sreg", 4)
	ex.Assume(st, bv.Ult(dst, bv.Const(isa.NumRegs, 4)), bv.Ult(src, bv.Const(isa.NumRegs, 4)))
	insn := bv.Concat(bv.Concat(bv.Var("off", 16), src), bv.Concat(dst, bv.Const(uint64(s.op), 8)))
	ex.Seed(st, s.text, nil, s.slot(s.pc).Off, bv.Concat(bv.Var("imm", 32), insn))
	ex.Assume(st, bv.Ult(bv.Add(s.pc, c32(1)), s.slots))
}

// seed names the memory that the instruction reads, as the table's terms do.
func (s *stepper) seed(st *sym.State) {
	ex := s.ex
	if s.m.Mem != nil {
		ex.Seed(st, s.segs, s.o.Space, bv.ZExt(s.o.Offset, 64), s.m.Mem)
	}
	if s.row.Kind == isa.Exit {
		base := bv.Mul(bv.Const(uint64(s.frameT.Size), 64), bv.Sub(bv.ZExt(s.m.Level, 64), bv.Const(1, 64)))
		for _, c := range s.frameCells(s.m.SavedRegs[:], s.m.SavedPC) {
			ex.Seed(st, s.frames, nil, bv.Add(base, bv.Const(c.off, 64)), c.val)
		}
		// Kept by every call, goal "suspended frame": its pc is a slot.
		ex.Assume(st, bv.Ult(s.m.SavedPC, s.slots))
	}
}

type frameCell struct {
	off uint64
	val *bv.Term
}

// frameCells is how a suspended frame lies in memory: r6 to r9, and the place
// in the text at which it continues, in words.
func (s *stepper) frameCells(regs []*bv.Term, pc *bv.Term) []frameCell {
	var out []frameCell
	_, r := s.frameT.Field("r")
	_, at := s.frameT.Field("pc")
	if r == nil || at == nil || r.Type.Kind != cir.Array || r.Type.Len != int64(len(regs)) || at.Type.Bits != 32 {
		panic(&sym.Unsupported{Pos: "struct femto_frame", What: "layout"})
	}
	for i, v := range regs {
		out = append(out, frameCell{uint64(r.Offset) + 8*uint64(i), v})
	}
	return append(out, frameCell{uint64(at.Offset), bv.Mul(c32(2), pc)})
}

// host is the contract of the function that answers system calls: it gets the
// state as it would be after the instruction, sets r0 and the fuel that is
// left, and may map segments 5 and 6 anew; or it reports a fault.
func (s *stepper) host(ex *sym.Exec, st *sym.State, pos string, args []sym.Value) []sym.Outcome {
	if s.row == nil || s.row.Kind != isa.CallHelper || len(args) != 2 {
		ex.Goal(st, "call of the host by another instruction", pos, bv.False)
		return nil
	}
	if p, ok := args[0].(sym.Ptr); !ok || p.Obj != s.vm || len(p.Path) > 0 {
		ex.Goal(st, "helper gets the activation", pos, bv.False)
	}
	if len(st.Log) > 0 {
		ex.Goal(st, "second call of the host", pos, bv.False)
	}
	ex.Goal(st, "helper is due", pos, s.o.Called)
	ex.Goal(st, "helper gets its number", pos, bv.Eq(args[1].(*bv.Term), s.f.Imm))
	ex.Goal(st, "helper sees pc", pos, bv.Eq(s.textPtr(ex.Get(st, s.vmField("pc")).(sym.Ptr)), s.slot(s.pc).Off))
	room := s.int(st, s.vmField("room"))
	ex.Goal(st, "helper sees the fuel", pos, bv.Eq(room, bv.Sub(s.m.Bound, s.o.Next)))
	for i := range isa.NumRegs {
		ex.Goal(st, fmt.Sprintf("helper sees r%d", i), pos, bv.Eq(s.int(st, s.reg(i)), s.m.Regs[i]))
	}
	st.Log = append(st.Log, sym.Call{Name: "host"})
	st.Drop(s.segs) // an engine has no business there until the next instruction
	ex.Set(st, s.vmField("address"), bv.Var("helper_address", 32))

	ok, bad := st.Clone(), st.Clone()
	ex.Assume(ok, bv.Eq(s.m.HelperStat, status(0)), bv.Ule(s.m.HelperRoom, room))
	ex.Set(ok, s.reg(0), s.m.HelperR0)
	ex.Set(ok, s.vmField("room"), s.m.HelperRoom)
	for _, k := range granted {
		end, writeEnd := ex.Fresh(fmt.Sprintf("granted_end%d", k), 32), ex.Fresh(fmt.Sprintf("granted_writable_end%d", k), 32)
		ex.Set(ok, s.end(k), end)
		ex.Set(ok, s.writableEnd(k), writeEnd)
		ex.Assume(ok, endOK(k, end), writeEndOK(k, writeEnd, end))
	}
	ex.Assume(bad, bv.Ule(status(1000), s.m.HelperStat), // the number of an FC code
		bv.Or(bv.Ne(s.m.HelperStat, status(diag.OutOfFuel)), bv.Ult(room, bv.Const(maxPrice-1, 32))))
	ex.Set(bad, s.vmField("room"), ex.Fresh("helper_room_left", 32))
	return []sym.Outcome{{State: ok, Result: status(0)}, {State: bad, Result: s.m.HelperStat}}
}

func (s *stepper) goal(st *sym.State, kind string, cond *bv.Term) {
	s.ex.Goal(st, kind, "femto_resume", cond)
}

// goesOn compares the state at the next fetch.
func (s *stepper) goesOn(h *sym.Head) {
	st := h.State
	if s.row == nil {
		s.goal(st, "unassigned opcode is inert: it stops the run", bv.False)
		return
	}
	s.goal(st, "equals table: goes on", bv.Not(s.o.Stop))
	s.goal(st, "equals table: pc", bv.Eq(s.textPtr(h.Ptr(s.names.pc)), s.slot(s.o.PC).Off))
	s.goal(st, "equals table: fuel", bv.Eq(h.Int(s.names.bound), s.boundOf(s.o.Bound)))
	s.common(st)
}

// ends_ compares the state at the end of a run.
func (s *stepper) ends_(st *sym.State, result sym.Value) {
	if s.start == nil {
		s.goal(st, "run without an instruction", bv.False)
		return
	}
	code, ok := result.(*bv.Term)
	if !ok {
		panic(&sym.Unsupported{Pos: "femto_resume", What: "result that is not a status"})
	}
	pc := s.textPtr(s.ex.Get(st, s.vmField("pc")).(sym.Ptr))
	room := s.int(st, s.vmField("room"))
	if s.row == nil {
		s.inert(st, code, pc, room)
		return
	}
	s.goal(st, "equals table: stops", s.o.Stop)
	s.goal(st, "equals table: status", bv.Eq(code, s.o.Status))
	s.goal(st, "equals table: pc", bv.Eq(pc, s.slot(s.pc).Off))
	s.goal(st, "equals table: fuel", bv.Eq(room, s.boundOf(s.m.Bound)))
	// The address means something after a refused access only; a helper has
	// set it itself.
	address := s.o.Address
	if len(st.Log) > 0 {
		address = bv.Var("helper_address", 32)
	}
	s.goal(st, "equals table: address", bv.Or(bv.Ne(code, status(diag.BadAccess)), bv.Eq(s.int(st, s.vmField("address")), address)))
	s.goal(st, "can be resumed when out of fuel", bv.Or(bv.Ne(code, status(diag.OutOfFuel)), s.resumable(s.pc, s.m.Bound)))
	s.common(st)
}

// inert: what an opcode without a row may do.
func (s *stepper) inert(st *sym.State, code, pc, room *bv.Term) {
	affords := isa.Affords(s.bound, bv.Add(s.pc, c32(1)))
	s.goal(st, "unassigned opcode is inert: status", bv.Eq(code, bv.Ite(affords, status(diag.IllegalOpcode), status(diag.OutOfFuel))))
	s.goal(st, "unassigned opcode is inert: pc", bv.Eq(pc, s.slot(s.pc).Off))
	s.goal(st, "unassigned opcode is inert: fuel", bv.Eq(room, s.boundOf(s.bound)))
	for i := range isa.NumRegs {
		s.goal(st, fmt.Sprintf("unassigned opcode is inert: r%d", i), bv.Eq(s.int(st, s.reg(i)), s.m.Regs[i]))
	}
	if len(st.Writes(s.segs))+len(st.Writes(s.frames)) > 0 {
		s.goal(st, "unassigned opcode is inert: memory", bv.False)
	}
	s.untouched(st, true)
}

// common compares registers, memory and the rest of the structs.
func (s *stepper) common(st *sym.State) {
	s.registers(st)
	s.goal(st, "equals table: call depth", bv.Eq(s.int(st, s.vmField("level")), s.o.Level))
	called := len(st.Log) > 0
	s.goal(st, "equals table: asks the host", bv.Eq(bv.Bool(called), s.o.Called))
	s.memory(st)
	s.saved(st)
	s.untouched(st, !called)
	for i := range isa.NumRegs {
		s.noAddress(st, s.int(st, s.reg(i)))
	}
}

// registers compares r0 to r10. Where both sides are "the value if dst is this
// register, else the old one", it is enough that the values are equal.
func (s *stepper) registers(st *sym.State) {
	values := make(map[[2]*bv.Term]bool)
	for i := range isa.NumRegs {
		a, b := s.int(st, s.reg(i)), s.ex.S(s.o.Regs[i])
		if a.Op == bv.OpIte && b.Op == bv.OpIte && a.Args[0] == b.Args[0] && a.Args[2] == b.Args[2] && a != b {
			pair := [2]*bv.Term{a.Args[1], b.Args[1]}
			if !values[pair] {
				s.goal(st, "equals table: register written", bv.Eq(a.Args[1], b.Args[1]))
			}
			values[pair] = true
			continue
		}
		s.goal(st, fmt.Sprintf("equals table: r%d", i), bv.Eq(a, b))
	}
}

// memory compares the stores to segments with the table's event.
func (s *stepper) memory(st *sym.State) {
	writes := st.Writes(s.segs)
	if s.o.Stored == nil {
		if len(writes) > 0 {
			s.goal(st, "equals table: no store", bv.False)
		}
		return
	}
	s.goal(st, "equals table: store takes place", bv.Eq(bv.Bool(len(writes) > 0), s.o.Access))
	if len(writes) == 0 {
		return
	}
	at := uint8(0)
	for _, w := range writes {
		s.goal(st, "equals table: segment of the store", bv.Eq(w.Index, s.o.Space))
		s.goal(st, "equals table: offset of the store", bv.Eq(w.Off, bv.Add(bv.ZExt(s.o.Offset, 64), bv.Const(uint64(at), 64))))
		if at+w.Size > s.row.Size {
			s.goal(st, "equals table: size of the store", bv.False)
			return
		}
		s.goal(st, "equals table: value of the store", bv.Eq(w.Val, bv.Extract(s.o.Stored, 8*at, 8*w.Size)))
		s.noAddress(st, w.Val)
		at += w.Size
	}
	s.goal(st, "equals table: size of the store", bv.Bool(at == s.row.Size))
}

// saved compares the stores to the save area with the frame that a local call
// suspends.
func (s *stepper) saved(st *sym.State) {
	writes := st.Writes(s.frames)
	s.goal(st, "equals table: suspends a frame", bv.Eq(bv.Bool(len(writes) > 0), s.o.Suspend))
	if len(writes) == 0 {
		return
	}
	base := bv.Mul(bv.Const(uint64(s.frameT.Size), 64), bv.ZExt(s.m.Level, 64))
	cells := s.frameCells(s.m.Regs[isa.FirstSaved:isa.LastSaved+1], s.o.Next)
	if len(writes) != len(cells) {
		s.goal(st, "suspended frame: number of stores", bv.False)
		return
	}
	for i, w := range writes {
		s.goal(st, "suspended frame: place", bv.Eq(w.Off, bv.Add(base, bv.Const(cells[i].off, 64))))
		s.goal(st, "suspended frame: size", bv.Bool(w.Size == cells[i].val.Width/8))
		if w.Size == cells[i].val.Width/8 {
			s.goal(st, "suspended frame: value", bv.Eq(w.Val, cells[i].val))
		}
	}
	s.goal(st, "suspended frame: continues in the text", bv.Ult(s.o.Next, s.slots))
}

// untouched: everything else in the structs is as before.
func (s *stepper) untouched(st *sym.State, spansToo bool) {
	skip := func(p sym.Ptr) bool {
		for _, q := range []sym.Ptr{s.vmField("r"), s.vmField("room"), s.vmField("pc"), s.vmField("address"), s.vmField("level")} {
			if q.Obj == p.Obj && q.Path[0] == p.Path[0] {
				return true
			}
		}
		for _, table := range []string{"end", "writable_end", "base"} {
			if !spansToo && p.Obj == s.vm && p.Path[0] == s.vmField(table).Path[0] {
				return true
			}
		}
		return false
	}
	for _, o := range []*sym.Object{s.vm, s.inst} {
		before := make(map[string]sym.Value)
		s.start.Each(o, func(p sym.Ptr, v sym.Value) { before[p.String()] = v })
		st.Each(o, func(p sym.Ptr, v sym.Value) {
			if skip(p) {
				return
			}
			b := before[p.String()]
			x, ok1 := v.(*bv.Term)
			y, ok2 := b.(*bv.Term)
			switch {
			case ok1 && ok2:
				if x != y {
					s.goal(st, "untouched: "+p.String(), bv.Eq(x, y))
				}
			default:
				if fmt.Sprint(v) != fmt.Sprint(b) {
					s.goal(st, "untouched: "+p.String(), bv.False)
				}
			}
		})
	}
	if s.gens[1] != st.Generation(s.frames) || len(st.Writes(s.text)) > 0 {
		s.goal(st, "untouched: save area and text", bv.False)
	}
}

// noAddress: a value that reaches a register or memory mentions no host
// address. This is decided by looking at the term.
func (s *stepper) noAddress(st *sym.State, t *bv.Term) {
	for _, v := range bv.Vars(t) {
		if v.Name == "text_addr" {
			s.goal(st, "no host address in a register or in memory", bv.False)
			return
		}
	}
}
