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

// An instanceWorld is an instance with its image's buffer and its RAM.
type instanceWorld struct {
	*loaderWorld
	inst, ram, pcOut *sym.Object
	own              *sym.Object // the host's
	instT, frameT    *cir.Type
	ramLen           *bv.Term // 32 bits
}

func newInstanceWorld(ex *sym.Exec, u *cir.Unit) (*instanceWorld, *sym.State) {
	w := &instanceWorld{loaderWorld: newLoaderWorld(ex, u), instT: structType(u, "femto_instance"),
		frameT: structType(u, "femto_frame"), ramLen: bv.Var("ram_len", 32)}
	w.ram = buffer("ram", w.ramLen, u.Model)
	w.inst = &sym.Object{Name: "instance", Type: w.instT}
	w.pcOut = &sym.Object{Name: "pc_out", Type: uintType(32)}
	w.own = &sym.Object{Name: "host's own", Type: uintType(8)}
	st := ex.NewState()
	for _, o := range []*sym.Object{w.buf, w.ram, w.inst, w.pcOut, w.own} {
		st.Put(o)
	}
	return w, st
}

func (w *instanceWorld) field(names ...string) sym.Ptr {
	p, t := sym.Ptr{Obj: w.inst}, w.instT
	for _, n := range names {
		p = sym.Field(p, t, n)
		_, f := t.Field(n)
		t = f.Type
	}
	return p
}

// span is a member of one of the instance's spans: stack, data, rodata.
func (w *instanceWorld) span(i int, member string) sym.Ptr {
	_, f := w.instT.Field("span")
	return sym.Field(sym.Element(w.field("span"), f.Type, bv.Const(uint64(i), 64)), f.Type.Elem, member)
}

// ramPlan is where the parts of an instance lie in its RAM.
type ramPlan struct{ Stack, StackLen, Data, DataLen, End *bv.Term }

func (w *instanceWorld) plan(l *layout) ramPlan {
	c := func(v uint64) *bv.Term { return bv.Const(v, 64) }
	p := ramPlan{Stack: bv.Mul(c(uint64(w.frameT.Size)), bv.Sub(l.Depth, c(1))), StackLen: bv.Mul(l.Frame, l.Depth), DataLen: bv.Add(l.DataLen, l.BSSLen)}
	p.Data = bv.Add(p.Stack, p.StackLen)
	p.End = bv.Add(p.Data, p.DataLen)
	return p
}

// attached is what femto_attach promises: the image is in its buffer; save
// area, stack and data follow each other in the RAM; the spans say so.
func (w *instanceWorld) attached(st *sym.State) []sym.Cond {
	l := w.layoutOf(st, w.field("image"))
	out := l.inBuffer(bv.ZExt(w.bufLen, 64))
	p := w.plan(l)
	is := func(name string, got sym.Value, o *sym.Object, off *bv.Term) {
		ptr, ok := got.(sym.Ptr)
		same := bv.False
		if ok && ptr.Obj == o {
			same = bv.Eq(ptr.Off, off)
		}
		out = append(out, sym.Cond{Name: name, Term: same})
	}
	get := func(p sym.Ptr) sym.Value { return w.ex.Get(st, p) }
	is("save area begins the RAM", get(w.field("frames")), w.ram, bv.Const(0, 64))
	is("stack behind the save area", get(w.span(0, "base")), w.ram, p.Stack)
	is("data behind the stack", get(w.span(1, "base")), w.ram, p.Data)
	is("rodata in the image", get(w.span(2, "base")), w.buf, l.ROData)
	for i, n := range []*bv.Term{p.StackLen, p.DataLen, l.RODataLen} {
		end, ok := get(w.span(i, "end")).(*bv.Term)
		if !ok {
			end = c32(0)
		}
		base := bv.Const(uint64(isa.SegmentBase(uint32(i+1))), 64)
		out = append(out, sym.Cond{Name: fmt.Sprintf("end of segment %d", i+1), Term: bv.Eq(bv.ZExt(end, 64), bv.Add(base, n))})
	}
	return append(out,
		sym.Cond{Name: "RAM suffices", Term: bv.Ule(p.End, bv.ZExt(w.ramLen, 64))},
		sym.Cond{Name: "RAM is aligned", Term: bv.Eq(bv.Extract(w.ram.Addr, 0, 3), bv.Const(0, 3))})
}

// attach gives the instance the values that femto_attach leaves, arbitrary but
// for what it promises.
func (w *instanceWorld) attach(st *sym.State) *layout {
	ex := w.ex
	off := func(name string) *bv.Term { return bv.Var(name+"_at", 64) }
	set := func(p sym.Ptr, v sym.Value) { ex.Set(st, p, v) }
	img := func(name string) sym.Ptr { return w.field("image", name) }
	for _, name := range []string{"entries", "helpers", "text", "rodata"} {
		set(img(name), at(w.buf, off(name)))
	}
	for name, bits := range map[string]uint8{"slots": 32, "rodata_len": 32, "data_len": 32, "bss_len": 32, "frame_size": 16, "depth": 8, "n_entries": 8, "n_helpers": 8} {
		set(img(name), bv.Var(name, bits))
	}
	l := w.layoutOf(st, w.field("image"))
	p := w.plan(l)
	set(w.field("frames"), at(w.ram, bv.Const(0, 64)))
	for i, b := range []sym.Ptr{at(w.ram, ex.S(p.Stack)), at(w.ram, ex.S(p.Data)), at(w.buf, l.ROData)} {
		set(w.span(i, "base"), b)
		set(w.span(i, "end"), bv.Var(fmt.Sprintf("span%d_end", i), 32))
	}
	set(w.field("call"), sym.Func{Name: "host"})
	set(w.field("host"), sym.Ptr{})
	for _, c := range w.attached(st) {
		ex.Assume(st, c.Term)
	}
	return l
}

// resetLoops: .data is copied, .bss is zeroed, byte by byte.
func (w *instanceWorld) resetLoops() map[string]*sym.Loop {
	ex := w.ex
	initial := bv.Var("initial_byte", 8)
	loop := func(member string, where func(h *sym.Head, l *layout) (off, val *bv.Term), seed bool) *sym.Loop {
		n := func(h *sym.Head) *bv.Term { return ex.Get(h.State, w.field("image", member)).(*bv.Term) }
		at := func(h *sym.Head, n *bv.Term) *bv.Term { return bv.Eq(h.Int("i"), n) }
		return whole("initialises "+member, &sym.Loop{
			Inv: func(h *sym.Head) []sym.Cond {
				return []sym.Cond{{Name: "i is within " + member, Term: bv.Ule(h.Int("i"), n(h))}}
			},
			Variant: func(h *sym.Head) *bv.Term { return bv.ZExt(bv.Sub(n(h), h.Int("i")), 64) },
			Havoc:   func(h *sym.Head) { ex.Scramble(h.State, w.ram) },
			Enter: func(h *sym.Head) {
				if seed {
					l := w.layoutOf(h.State, w.field("image"))
					ex.Seed(h.State, w.buf, nil, bv.Add(bv.Add(l.ROData, l.RODataLen), bv.ZExt(h.Int("i"), 64)), initial)
				}
			},
			Back: func(h *sym.Head) {
				off, val := where(h, w.layoutOf(h.State, w.field("image")))
				ws := h.State.Writes(w.ram)
				ok := bv.Bool(len(ws) == 1)
				for _, wr := range ws {
					ok = bv.All(ok, bv.Eq(wr.Off, off), bv.Bool(wr.Size == 1), bv.Eq(bv.Extract(wr.Val, 0, 8), val))
				}
				ex.Goal(h.State, "initialises one byte of "+member, "femto_reset", ok)
				ex.Goal(h.State, "next byte", "femto_reset", bv.Eq(h.Int("i"), bv.Add(h.Start.Int("i"), c32(1))))
			},
		}, func(h *sym.Head) *bv.Term { return at(h, c32(0)) }, func(h *sym.Head) []*bv.Term { return []*bv.Term{at(h, n(h))} })
	}
	return map[string]*sym.Loop{
		"femto_reset#0": loop("data_len", func(h *sym.Head, l *layout) (*bv.Term, *bv.Term) {
			return bv.Add(w.plan(l).Data, bv.ZExt(h.Start.Int("i"), 64)), initial
		}, true),
		"femto_reset#1": loop("bss_len", func(h *sym.Head, l *layout) (*bv.Term, *bv.Term) {
			return bv.Add(bv.Add(w.plan(l).Data, l.DataLen), bv.ZExt(h.Start.Int("i"), 64)), bv.Const(0, 8)
		}, false),
	}
}

// runAttach: for every buffer and every RAM, femto_attach refuses or gives an
// instance as promised.
func (w *instanceWorld) runAttach(st *sym.State) error {
	ex := w.ex
	img := w.field("image")
	ex.Loops = w.openLoops(img)
	for k, l := range w.resetLoops() {
		ex.Loops[k] = l
	}
	nG := bv.Var("n_granted", 32)
	granted := array("granted", nG, 2, 2)
	granted.Elem = uintType(16)
	st.Put(granted)
	verdict, verdictPC := bv.Var("verifier_status", 16), bv.Var("verifier_pc", 32)
	const verified = "verified"
	// The verifier is proved on its own, for images as the loader promises.
	ex.Calls = map[string]sym.Contract{"femto_image_verify": func(ex *sym.Exec, st *sym.State, pos string, args []sym.Value) []sym.Outcome {
		p, ok := args[0].(sym.Ptr)
		ex.Goal(st, "verifies the image that was opened", pos, bv.Bool(ok && p.String() == img.String()))
		for _, c := range w.layoutOf(st, img).inBuffer(bv.ZExt(w.bufLen, 64)) {
			ex.Goal(st, "verifier may run: "+c.Name, pos, c.Term)
		}
		ex.Goal(st, "verifies it for the helpers granted", pos, bv.And(samePlace(args[1], at(granted, bv.Const(0, 64))), bv.Eq(args[2].(*bv.Term), nG)))
		ex.Goal(st, "tells the offending pc", pos, samePlace(args[3], sym.Ptr{Obj: w.pcOut}))
		ex.Set(st, sym.Ptr{Obj: w.pcOut}, verdictPC)
		st.Log = append(st.Log, sym.Call{Name: verified, More: []*bv.Term{bv.True}})
		return []sym.Outcome{{State: st, Result: verdict}}
	}}
	ex.OnReturn = func(st *sym.State, result sym.Value) {
		code := result.(*bv.Term)
		if noted(st, verified) == nil {
			ex.Goal(st, "refuses what was not verified", "femto_attach", bv.Ne(code, status(0)))
		} else {
			short := bv.Ult(bv.ZExt(w.ramLen, 64), w.plan(w.layoutOf(st, img)).End)
			aligned := bv.Eq(bv.Extract(w.ram.Addr, 0, 3), bv.Const(0, 3))
			ex.Goal(st, "status", "femto_attach", bv.Eq(code, bv.Ite(bv.Ne(verdict, status(0)), verdict,
				bv.Ite(short, status(diag.NoRAM), bv.Ite(aligned, status(0), status(diag.Misaligned))))))
			ex.Goal(st, "pc", "femto_attach", bv.Eq(ex.Get(st, sym.Ptr{Obj: w.pcOut}).(*bv.Term), verdictPC))
		}
		if ex.S(bv.Eq(code, status(0))) == bv.False {
			return
		}
		zero := func(c *bv.Term) *bv.Term { return bv.Or(bv.Ne(code, status(0)), c) }
		if _, ok := ex.Get(st, w.field("frames")).(sym.Ptr); !ok {
			// Without a layout the status must be a refusal.
			ex.Goal(st, "refuses or lays out", "femto_attach", bv.Ne(code, status(0)))
			return
		}
		for _, c := range w.attached(st) {
			ex.Goal(st, "instance: "+c.Name, "femto_attach", zero(c.Term))
		}
		ex.Goal(st, "instance: verified", "femto_attach", zero(bv.And(bv.Bool(noted(st, verified) != nil), bv.Eq(verdict, status(0)))))
		call, ok := ex.Get(st, w.field("call")).(sym.Func)
		ex.Goal(st, "instance: the host's calls", "femto_attach", bv.Bool(ok && call.Name == "host"))
		own, ok := ex.Get(st, w.field("host")).(sym.Ptr)
		ex.Goal(st, "instance: the host's pointer", "femto_attach", zero(bv.Bool(ok && own.Obj == w.own)))
		ex.Goal(st, "write nothing to the buffer", "femto_attach", bv.Bool(len(st.Writes(w.buf)) == 0))
		finished(ex, st, "femto_attach", bv.Eq(code, status(0)), "initialises data_len", "initialises bss_len")
	}
	return ex.Run(st, "femto_attach", sym.Ptr{Obj: w.inst}, at(w.buf, bv.Const(0, 64)), w.bufLen, at(w.ram, bv.Const(0, 64)), w.ramLen,
		at(granted, bv.Const(0, 64)), nG, sym.Func{Name: "host"}, sym.Ptr{Obj: w.own}, sym.Ptr{Obj: w.pcOut})
}

// runReset: femto_reset on an attached instance writes .data and .bss only.
func (w *instanceWorld) runReset(st *sym.State) error {
	w.attach(st)
	w.ex.Loops = w.resetLoops()
	w.ex.OnReturn = func(st *sym.State, _ sym.Value) {
		w.ex.Goal(st, "write nothing to the buffer", "femto_reset", bv.Bool(len(st.Writes(w.buf)) == 0))
		finished(w.ex, st, "femto_reset", bv.True, "initialises data_len", "initialises bss_len")
	}
	return w.ex.Run(st, "femto_reset", sym.Ptr{Obj: w.inst})
}

// runStart: after femto_start on an attached instance, the state is one that
// the engines' proofs begin with.
func (w *instanceWorld) runStart(st *sym.State, u *cir.Unit, null bool) error {
	ex := w.ex
	l := w.attach(st)
	eng := newWorld(ex, u)
	vm := eng.vm
	st.Put(vm)
	ctxLen, writable, slot := bv.Var("ctx_len", 32), bv.Var("writable", 32), bv.Var("slot", 32)
	ctx := buffer("ctx", ctxLen, u.Model)
	st.Put(ctx)
	ctxPtr := at(ctx, bv.Const(0, 64))
	if null {
		ctxPtr = sym.Ptr{}
		ex.Assume(st, bv.Eq(ctxLen, c32(0)))
	}
	ex.Assume(st, bv.Ult(bv.ZExt(slot, 64), l.Slots))
	p := w.plan(l)
	ex.Loops = map[string]*sym.Loop{"femto_start#0": whole("zeroes the stack", &sym.Loop{
		Inv: func(h *sym.Head) []sym.Cond {
			left := bv.ZExt(h.Int("left"), 64)
			at := h.Ptr("p").Off
			return []sym.Cond{
				{Name: "left is a number of words", Term: bv.Eq(bv.Extract(left, 0, 3), bv.Const(0, 3))},
				{Name: "left is within the stack", Term: bv.Ule(left, p.StackLen)},
				{Name: "left is not zero", Term: bv.Ne(left, bv.Const(0, 64))},
				{Name: "p is where the rest begins", Term: bv.Eq(at, bv.Sub(p.Data, left))},
			}
		},
		Variant: func(h *sym.Head) *bv.Term { return bv.ZExt(h.Int("left"), 64) },
		Havoc:   func(h *sym.Head) { ex.Scramble(h.State, w.ram) },
		Back: func(h *sym.Head) {
			ok, n := w.zeroes(h.State, h.Start.Ptr("p").Off)
			ex.Goal(h.State, "zeroes the next bytes of the stack", "femto_start", bv.And(ok, bv.Ne(n, bv.Const(0, 64))))
			ex.Goal(h.State, "goes on behind them", "femto_start", bv.Eq(bv.ZExt(h.Int("left"), 64), bv.Sub(bv.ZExt(h.Start.Int("left"), 64), n)))
		},
	}, func(h *sym.Head) *bv.Term {
		return bv.And(bv.Eq(h.Ptr("p").Off, p.Stack), bv.Eq(bv.ZExt(h.Int("left"), 64), p.StackLen))
	}, func(h *sym.Head) []*bv.Term { return []*bv.Term{h.Ptr("p").Off, bv.ZExt(h.Int("left"), 64)} })}
	ex.OnReturn = func(st *sym.State, result sym.Value) {
		code := result.(*bv.Term)
		tooLong := bv.Ult(c32(isa.MaxSegment), ctxLen)
		goal := func(kind string, c *bv.Term) { ex.Goal(st, kind, "femto_start", c) }
		goal("status", bv.Eq(code, bv.Ite(tooLong, status(diag.BadGrant), status(0))))
		if ex.S(bv.Eq(code, status(0))) == bv.False {
			return
		}
		// What the last iteration wrote is what was left; without any, nothing was.
		rest := p.StackLen
		if n := noted(st, "zeroes the stack"); n != nil {
			zeroed, count := w.zeroes(st, n[0])
			goal("zeroes the last bytes of the stack", zeroed)
			rest = bv.Sub(n[1], count)
		}
		goal("zeroes the stack to the last", bv.Eq(rest, bv.Const(0, 64)))
		w.started(st, eng, l, ctxPtr, ctxLen, writable, slot, goal)
	}
	return ex.Run(st, "femto_start", sym.Ptr{Obj: vm}, sym.Ptr{Obj: w.inst}, slot, ctxPtr, ctxLen, writable)
}

// zeroes is the truth value that what the state wrote to the RAM are zeros from
// off on, and their number.
func (w *instanceWorld) zeroes(st *sym.State, off *bv.Term) (ok, n *bv.Term) {
	ok, n = bv.True, bv.Const(0, 64)
	for _, wr := range st.Writes(w.ram) {
		ok = bv.All(ok, bv.Eq(wr.Off, bv.Add(off, n)), bv.Eq(wr.Val, bv.Const(0, wr.Val.Width)))
		n = bv.Add(n, bv.Const(uint64(wr.Size), 64))
	}
	return ok, n
}

// started compares the activation with the entry state of core.md and with the
// memory that the instance and the host gave.
func (w *instanceWorld) started(st *sym.State, eng *world, l *layout, ctx sym.Ptr, ctxLen, writable, slot *bv.Term, goal func(string, *bv.Term)) {
	ex := w.ex
	p := w.plan(l)
	regs := map[int]*bv.Term{
		1:            bv.Const(uint64(isa.SegmentBase(isa.SegContext)), 64),
		2:            bv.ZExt(ctxLen, 64),
		isa.FrameReg: bv.Add(bv.Const(uint64(isa.SegmentBase(isa.SegStack)), 64), p.StackLen),
	}
	for i := range isa.NumRegs {
		want := regs[i]
		if want == nil {
			want = bv.Const(0, 64)
		}
		goal(fmt.Sprintf("entry state: r%d", i), bv.Eq(eng.int(st, eng.reg(i)), want))
	}
	type piece struct {
		o        *sym.Object
		off, len *bv.Term
		writes   *bv.Term
	}
	mapped := map[int]piece{
		isa.SegStack:   {w.ram, p.Stack, p.StackLen, bv.True},
		isa.SegData:    {w.ram, p.Data, p.DataLen, bv.True},
		isa.SegROData:  {w.buf, l.ROData, l.RODataLen, bv.False},
		isa.SegContext: {ctx.Obj, ctx.Off, bv.ZExt(ctxLen, 64), bv.Ne(writable, c32(0))},
	}
	for k := range segments {
		end, writeEnd := eng.int(st, eng.end(k)), eng.int(st, eng.writableEnd(k))
		name := fmt.Sprintf("segment %d: ", k)
		goal(name+"end", endOK(k, end))
		goal(name+"writable end", writeEndOK(k, writeEnd, end))
		base := c32(isa.SegmentBase(uint32(k)))
		none := bv.Ule(end, base)
		m, ok := mapped[k]
		if !ok {
			goal(name+"not mapped", bv.And(none, bv.Ule(writeEnd, base)))
			continue
		}
		size := bv.Sub(bv.ZExt(end, 64), bv.ZExt(base, 64))
		goal(name+"length", bv.Eq(size, m.len))
		goal(name+"permission", bv.Eq(bv.Ult(base, writeEnd), bv.And(m.writes, bv.Ult(base, end))))
		if m.o == nil {
			continue // no bytes
		}
		ptr, isPtr := ex.Get(st, eng.base(k)).(sym.Ptr)
		here := bv.False
		if isPtr && ptr.Obj == m.o {
			here = bv.And(bv.Eq(ptr.Off, m.off), bv.Ule(bv.Add(m.off, m.len), m.o.Len(nil)))
		}
		goal(name+"memory", bv.Or(none, here))
	}
	pc, ok := ex.Get(st, eng.vmField("pc")).(sym.Ptr)
	place := bv.Add(l.Text, bv.Mul(bv.Const(8, 64), bv.ZExt(slot, 64)))
	if !ok || pc.Obj != w.buf {
		goal("starts in the text", bv.False)
	} else {
		goal("starts in the text", bv.Eq(pc.Off, place))
	}
	low := bv.Extract(bv.Add(bv.ZExt(w.buf.Addr, 64), place), 0, 32)
	goal("starts without fuel", bv.Eq(eng.int(st, eng.vmField("room")), low))
	goal("starts without suspended frames", bv.Eq(eng.int(st, eng.vmField("level")), c32(0)))
	inst, ok := ex.Get(st, eng.vmField("instance")).(sym.Ptr)
	// With that, what the engines' proofs assume of a state that is resumed.
	goal("can be resumed", bv.All(eng.imageOK(), eng.resumable(slot, slot), eng.levelOK(eng.int(st, eng.vmField("level")))))
	goal("is of the instance", bv.Bool(ok && inst.Obj == w.inst && len(inst.Path) == 0))
	goal("write nothing to the buffer", bv.Bool(len(st.Writes(w.buf)) == 0))
}

// hostUnits: the functions around the engines.
func hostUnits(lib *library) []*Unit {
	var out []*Unit
	for _, v := range variants("host-") {
		instance := func(family, item, fn string, run func(w *instanceWorld, st *sym.State, u *cir.Unit) error) {
			out = append(out, coreUnit(lib, v, family, item, "", []string{fn}, func(ex *sym.Exec, u *cir.Unit) error {
				w, st := newInstanceWorld(ex, u)
				return run(w, st, u)
			}))
		}
		running := func(fn string, run func(w *world, st *sym.State) error) {
			out = append(out, coreUnit(lib, v, "start", fn, "", []string{fn}, func(ex *sym.Exec, u *cir.Unit) error {
				w := newWorld(ex, u)
				return run(w, w.arbitrary())
			}))
		}
		instance("load", "femto_attach", "femto_attach", func(w *instanceWorld, st *sym.State, _ *cir.Unit) error { return w.runAttach(st) })
		instance("load", "femto_reset", "femto_reset", func(w *instanceWorld, st *sym.State, _ *cir.Unit) error { return w.runReset(st) })
		instance("start", "femto_start", "femto_start", func(w *instanceWorld, st *sym.State, u *cir.Unit) error { return w.runStart(st, u, false) })
		instance("start", "femto_start without context", "femto_start", func(w *instanceWorld, st *sym.State, u *cir.Unit) error { return w.runStart(st, u, true) })
		running("femto_grant", (*world).runGrant)
		running("femto_read", func(w *world, st *sym.State) error { return w.runLocate(st, "femto_read", w.ends) })
		running("femto_write", func(w *world, st *sym.State) error { return w.runLocate(st, "femto_write", w.writeEnds) })
		running("femto_room", (*world).runRoom)
		running("femto_pc", (*world).runPC)
		instance("start", "femto_image_entry", "femto_image_entry", func(w *instanceWorld, st *sym.State, u *cir.Unit) error { return w.runEntry(st, u) })
	}
	return out
}

// ofFamily keeps the units of one family.
func ofFamily(us []*Unit, family string) []*Unit {
	return slices.DeleteFunc(us, func(u *Unit) bool { return u.Family != family })
}
