// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package prove

import (
	"fmt"

	"github.com/femtocontainer/femtocontainer/femto/bv"
	"github.com/femtocontainer/femtocontainer/femto/isa"
	"github.com/femtocontainer/femtocontainer/femto/prove/cir"
	"github.com/femtocontainer/femtocontainer/femto/prove/sym"
)

// What the engines rely on, in numbers. The loader and the verifier proofs
// establish the first, the system-call proofs the second.
const (
	maxSlots = isa.MaxSegment / 8
	maxPrice = 1 << 23 // of a system call, in slots, and some

	segments = isa.NumSegments
)

// A world is the memory of the C core around one activation.
type world struct {
	ex   *sym.Exec
	unit *cir.Unit

	vm, inst           *sym.Object
	text, frames, segs *sym.Object

	vmT, instT, imageT, spanT, frameT *cir.Type

	slots, depth, frameSize *bv.Term
	textLow                 *bv.Term // low half of the address of the text

	// What may be read and written of each segment: one past its last guest
	// address.
	ends, writeEnds [segments]*bv.Term
}

func structType(u *cir.Unit, tag string) *cir.Type {
	t := u.Structs[tag]
	if t == nil || t.Fields == nil {
		panic(&sym.Unsupported{Pos: "core", What: "no struct " + tag})
	}
	return t
}

func newWorld(ex *sym.Exec, u *cir.Unit) *world {
	w := &world{ex: ex, unit: u,
		vmT: structType(u, "femto_vm"), instT: structType(u, "femto_instance"), imageT: structType(u, "femto_image"),
		spanT: structType(u, "femto_span"), frameT: structType(u, "femto_frame"),
		slots: bv.Var("slots", 32), depth: bv.Var("depth", 8), frameSize: bv.Var("frame_size", 16),
	}
	w.vm = &sym.Object{Name: "vm", Type: w.vmT}
	w.inst = &sym.Object{Name: "instance", Type: w.instT}
	addr := bv.Var("text_addr", u.Model.PtrBits)
	w.textLow = bv.Extract(addr, 0, 32)
	w.text = &sym.Object{Name: "text", Align: 8, Addr: addr,
		Len:   func(*bv.Term) *bv.Term { return bv.Mul(bv.Const(8, 64), bv.ZExt(w.slots, 64)) },
		Write: func(*bv.Term) *bv.Term { return bv.False }}
	w.frames = &sym.Object{Name: "frames", Align: 8,
		Len: func(*bv.Term) *bv.Term {
			return bv.Mul(bv.Const(uint64(w.frameT.Size), 64), bv.Sub(bv.ZExt(w.depth, 64), bv.Const(1, 64)))
		}}
	for k := range segments {
		w.ends[k], w.writeEnds[k] = bv.Var(fmt.Sprintf("end%d", k), 32), bv.Var(fmt.Sprintf("writable_end%d", k), 32)
	}
	w.segs = &sym.Object{Name: "segment", Family: true, Align: 1,
		Len:      func(k *bv.Term) *bv.Term { return w.length(w.ends, k) },
		WriteLen: func(k *bv.Term) *bv.Term { return w.length(w.writeEnds, k) }}
	return w
}

// length is the number of bytes that an end leaves of a segment.
func (w *world) length(ends [segments]*bv.Term, k *bv.Term) *bv.Term {
	lens := make([]*bv.Term, segments)
	for i := range lens {
		base := c32(isa.SegmentBase(uint32(i)))
		lens[i] = bv.ZExt(bv.Ite(bv.Ult(base, ends[i]), bv.Sub(ends[i], base), c32(0)), 64)
	}
	return w.ex.S(pick(k, lens))
}

// endOK says of an end what the address rule needs: no segment is too long,
// and numbers 0 and 7 are not mapped. Up to a segment's first address every
// end means that nothing is.
func endOK(k int, end *bv.Term) *bv.Term {
	if k == 0 || k == segments-1 {
		return bv.Eq(end, c32(0))
	}
	return bv.Ule(end, c32(isa.SegmentBase(uint32(k))+isa.MaxSegment))
}

// writeEndOK is the same for writing, from which .rodata is exempt. What may be
// written may be read.
func writeEndOK(k int, writeEnd, end *bv.Term) *bv.Term {
	base := c32(isa.SegmentBase(uint32(k)))
	switch k {
	case 0, segments - 1:
		return bv.Eq(writeEnd, c32(0))
	case isa.SegROData:
		return bv.Ule(writeEnd, base)
	}
	return bv.Or(bv.Ule(writeEnd, base), bv.Ule(writeEnd, end))
}

// imageOK is what the loader establishes about the lengths.
func (w *world) imageOK() *bv.Term {
	return bv.All(
		bv.Ule(bv.Const(1, 32), w.slots), bv.Ule(w.slots, bv.Const(maxSlots, 32)),
		bv.Ule(bv.Const(1, 8), w.depth), bv.Ule(w.depth, bv.Const(isa.MaxDepth, 8)),
		bv.Ule(w.frameSize, bv.Const(isa.MaxFrame, 16)), bv.Eq(bv.And(w.frameSize, bv.Const(7, 16)), bv.Const(0, 16)),
	)
}

func (w *world) field(o *sym.Object, t *cir.Type, names ...string) sym.Ptr {
	p := sym.Ptr{Obj: o}
	for _, n := range names {
		p = sym.Field(p, t, n)
		_, f := t.Field(n)
		t = f.Type
	}
	return p
}

func (w *world) vmField(names ...string) sym.Ptr   { return w.field(w.vm, w.vmT, names...) }
func (w *world) instField(names ...string) sym.Ptr { return w.field(w.inst, w.instT, names...) }

func (w *world) reg(i int) sym.Ptr {
	_, f := w.vmT.Field("r")
	return sym.Element(w.vmField("r"), f.Type, bv.Const(uint64(i), 64))
}

func (w *world) element(member string, k int) sym.Ptr {
	_, f := w.vmT.Field(member)
	return sym.Element(w.vmField(member), f.Type, bv.Const(uint64(k), 64))
}

func (w *world) end(k int) sym.Ptr         { return w.element("end", k) }
func (w *world) writableEnd(k int) sym.Ptr { return w.element("writable_end", k) }

// base is the host's address of a segment; the last one has none.
func (w *world) base(k int) sym.Ptr { return w.element("base", k) }

func (w *world) int(st *sym.State, p sym.Ptr) *bv.Term {
	t, ok := w.ex.Get(st, p).(*bv.Term)
	if !ok {
		panic(&sym.Unsupported{Pos: p.String(), What: "not a determined integer"})
	}
	return t
}

// arbitrary is a state in which a host may call femto_resume: after
// femto_attach and femto_start, or after an earlier call ran out of fuel.
func (w *world) arbitrary() *sym.State {
	ex := w.ex
	st := ex.NewState()
	for _, o := range []*sym.Object{w.vm, w.inst, w.text, w.frames, w.segs} {
		st.Put(o)
	}
	ex.Assume(st, w.imageOK())
	set := func(p sym.Ptr, v sym.Value) { ex.Set(st, p, v) }
	for i := range isa.NumRegs {
		set(w.reg(i), bv.Var(fmt.Sprintf("r%d_before", i), 64))
	}
	for k := range segments {
		set(w.end(k), w.ends[k])
		set(w.writableEnd(k), w.writeEnds[k])
		if k < segments-1 {
			set(w.base(k), sym.Ptr{Obj: w.segs, Index: c32(uint32(k)), Off: bv.Const(0, 64)})
		}
		ex.Assume(st, endOK(k, w.ends[k]), writeEndOK(k, w.writeEnds[k], w.ends[k]))
	}
	start, bound := bv.Var("pc0", 32), bv.Var("bound0", 32)
	set(w.vmField("instance"), sym.Ptr{Obj: w.inst})
	set(w.vmField("pc"), w.slot(start))
	set(w.vmField("room"), w.boundOf(bound))
	set(w.vmField("address"), bv.Var("address0", 32))
	ex.Assume(st, w.resumable(start, bound))

	set(w.instField("image", "text"), w.slot(bv.Const(0, 32)))
	set(w.instField("image", "slots"), w.slots)
	set(w.instField("image", "depth"), w.depth)
	set(w.instField("image", "frame_size"), w.frameSize)
	set(w.instField("frames"), sym.Ptr{Obj: w.frames, Off: bv.Const(0, 64)})
	set(w.vmField("level"), bv.Var("level0", 32))
	set(w.instField("call"), sym.Func{Name: "host"})
	ex.Assume(st, w.levelOK(bv.Var("level0", 32)))
	return st
}

// resumable: pc is in the text; the bound is not before it, and what is left
// from pc on is no more than a price that could not be paid. It may be negative,
// where a straight-line run already went beyond its fuel.
func (w *world) resumable(pc, bound *bv.Term) *bv.Term {
	return bv.All(bv.Ult(pc, w.slots), bv.Ult(bound, c32(maxSlots+maxPrice)),
		bv.Slt(bv.Sub(bound, pc), c32(maxPrice)))
}

func (w *world) levelOK(level *bv.Term) *bv.Term { return bv.Ult(level, bv.ZExt(w.depth, 32)) }

// slot is the pointer to a slot of the text.
func (w *world) slot(n *bv.Term) sym.Ptr {
	return sym.Ptr{Obj: w.text, Off: w.ex.S(bv.Mul(bv.Const(8, 64), bv.ZExt(n, 64)))}
}

// boundOf is the bound that stands for fuel up to slot n.
func (w *world) boundOf(n *bv.Term) *bv.Term {
	return bv.Add(w.textLow, bv.Mul(bv.Const(8, 32), n))
}

// loopNames are the locals of an engine's loop.
type loopNames struct{ pc, bound string }

// fuelLeft is what a run may still use, in bytes of text, counted so that it is
// never negative: the bound never moves before the text.
func (w *world) fuelLeft(bytes, rel *bv.Term) *bv.Term {
	return bv.ZExt(bv.Add(bv.Sub(rel, bv.Extract(bytes, 0, 32)), bv.Const(8*maxSlots, 32)), 64)
}

// runInvariant holds whenever an engine is about to fetch an instruction.
// bytes is the place of pc in the text; rel is bound, counted from the text.
func (w *world) runInvariant(bytes, rel *bv.Term) []sym.Cond {
	left := bv.Sub(rel, bv.Extract(bytes, 0, 32))
	return []sym.Cond{
		{Name: "pc is at a slot", Term: bv.Eq(bv.Extract(bytes, 0, 3), bv.Const(0, 3))},
		{Name: "pc is in the text", Term: bv.Ult(bytes, w.text.Len(nil))},
		{Name: "bound is at a slot", Term: bv.Eq(bv.Extract(rel, 0, 3), bv.Const(0, 3))},
		{Name: "bound is not before the text", Term: bv.Sle(bv.Const(0, 32), rel)},
		{Name: "bound does not wrap", Term: bv.Slt(left, bv.Const(8*(isa.MaxFuel+maxPrice), 32))},
		{Name: "bound is not far behind the text", Term: bv.Slt(rel, bv.Const(8*(isa.MaxFuel+maxPrice+maxSlots), 32))},
	}
}

// stateInvariant is what the loop keeps of the structs.
func (w *world) stateInvariant(st *sym.State) []sym.Cond {
	out := []sym.Cond{{Name: "call depth", Term: w.levelOK(w.int(st, w.vmField("level")))}}
	for k := range segments {
		out = append(out,
			sym.Cond{Name: fmt.Sprintf("end of segment %d", k), Term: endOK(k, w.int(st, w.end(k)))},
			sym.Cond{Name: fmt.Sprintf("writable end of segment %d", k), Term: writeEndOK(k, w.int(st, w.writableEnd(k)), w.int(st, w.end(k)))})
	}
	return out
}

// havoc makes arbitrary what the loop of an engine changes: the registers, the
// segments' contents, saved frames, and the spans that a helper may map. The
// names of the values begin with prefix: two arbitrary states need two.
func (w *world) havoc(st *sym.State, prefix string) {
	ex := w.ex
	for i := range isa.NumRegs {
		ex.Set(st, w.reg(i), bv.Var(fmt.Sprintf("%sr%d", prefix, i), 64))
	}
	for _, k := range granted {
		ex.Set(st, w.end(k), ex.Fresh(fmt.Sprintf("end%d_now", k), 32))
		ex.Set(st, w.writableEnd(k), ex.Fresh(fmt.Sprintf("writable_end%d_now", k), 32))
	}
	ex.Set(st, w.vmField("address"), bv.Var(prefix+"address", 32))
	ex.Set(st, w.vmField("room"), bv.Var(prefix+"room_before", 32))
	ex.Set(st, w.vmField("pc"), sym.Ptr{Obj: w.text, Off: bv.Var(prefix+"vm_pc_before", 64)})
	ex.Set(st, w.vmField("level"), bv.Var(prefix+"level", 32))
	ex.Scramble(st, w.segs)
	ex.Scramble(st, w.frames)
}

// granted are the segments that the host may map at any time.
var granted = []int{isa.SegGrant5, isa.SegGrant6}

// look takes the ends of the segments from a state.
func (w *world) look(st *sym.State) {
	for k := range segments {
		w.ends[k], w.writeEnds[k] = w.int(st, w.end(k)), w.int(st, w.writableEnd(k))
	}
}
