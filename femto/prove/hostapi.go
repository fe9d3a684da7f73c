// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package prove

import (
	"fmt"

	"github.com/femtocontainer/femtocontainer/femto/bv"
	"github.com/femtocontainer/femtocontainer/femto/diag"
	"github.com/femtocontainer/femtocontainer/femto/isa"
	"github.com/femtocontainer/femtocontainer/femto/prove/cir"
	"github.com/femtocontainer/femtocontainer/femto/prove/sym"
)

// same adds goals that o is in st what it was in before, but for the parts
// that skip names.
func (w *world) same(st, before *sym.State, o *sym.Object, fn string, skip func(p sym.Ptr) bool) {
	w.sameAs(st, before, o, "untouched: ", fn, skip)
}

func (w *world) sameAs(st, before *sym.State, o *sym.Object, kind, fn string, skip func(p sym.Ptr) bool) {
	old := make(map[string]sym.Value)
	before.Each(o, func(p sym.Ptr, v sym.Value) { old[p.String()] = v })
	st.Each(o, func(p sym.Ptr, v sym.Value) {
		if skip != nil && skip(p) {
			return
		}
		b := old[p.String()]
		x, ok1 := v.(*bv.Term)
		y, ok2 := b.(*bv.Term)
		switch {
		case ok1 && ok2:
			w.ex.Goal(st, kind+p.String(), fn, bv.Eq(x, y))
		default:
			w.ex.Goal(st, kind+p.String(), fn, bv.Bool(fmt.Sprint(v) == fmt.Sprint(b)))
		}
	})
}

// runGrant: femto_grant maps segment 5 or 6, or refuses and changes nothing.
func (w *world) runGrant(st *sym.State) error {
	ex := w.ex
	segment, n, writes := bv.Var("segment", 32), bv.Var("len", 32), bv.Var("writable", 32)
	given := buffer("given", n, w.unit.Model)
	st.Put(given)
	before := st.Clone()
	ex.OnReturn = func(st *sym.State, result sym.Value) {
		goal := func(kind string, c *bv.Term) { ex.Goal(st, kind, "femto_grant", c) }
		refused := bv.Or(bv.And(bv.Ne(segment, c32(isa.SegGrant5)), bv.Ne(segment, c32(isa.SegGrant6))), bv.Ult(c32(isa.MaxSegment), n))
		goal("status", bv.Eq(result.(*bv.Term), bv.Ite(refused, status(diag.BadGrant), status(0))))
		for _, k := range granted {
			here := bv.And(bv.Eq(segment, c32(uint32(k))), bv.Not(refused))
			end, writeEnd := w.int(st, w.end(k)), w.int(st, w.writableEnd(k))
			base := c32(isa.SegmentBase(uint32(k)))
			goal("segment is mapped", bv.Or(bv.Not(here), bv.Eq(end, bv.Add(base, n))))
			goal("segment may be written", bv.Or(bv.Not(here), bv.Eq(writeEnd, bv.Ite(bv.Ne(writes, c32(0)), end, c32(0)))))
			goal("end", endOK(k, end))
			goal("writable end", writeEndOK(k, writeEnd, end))
			p, ok := ex.Get(st, w.base(k)).(sym.Ptr)
			goal("memory is the host's", bv.Or(bv.Not(here), bv.Bool(ok && p.Obj == given && p.Off == bv.Const(0, 64))))
			goal("other segment stays", bv.Or(here, bv.All(bv.Eq(end, w.ends[k]), bv.Eq(writeEnd, w.writeEnds[k]), bv.Bool(ok && p.Obj == w.segs))))
		}
		w.same(st, before, w.vm, "femto_grant", func(p sym.Ptr) bool {
			for _, k := range granted {
				for _, q := range []sym.Ptr{w.end(k), w.base(k), w.writableEnd(k)} {
					if q.String() == p.String() {
						return true
					}
				}
			}
			return false
		})
		w.same(st, before, w.inst, "femto_grant", nil)
	}
	return ex.Run(st, "femto_grant", sym.Ptr{Obj: w.vm}, segment, at(given, bv.Const(0, 64)), n, writes)
}

// legal: all of the n bytes at a guest address are within one segment.
func (w *world) legal(ends [segments]*bv.Term, addr, n *bv.Term) *bv.Term {
	a, n := bv.Extract(addr, 0, 32), bv.ZExt(n, 64)
	length := w.length(ends, isa.Index(a))
	return bv.All(
		bv.Ult(bv.LShr(a, c32(isa.SegmentBits)), c32(isa.NumSegments)),
		bv.Ule(n, length), bv.Ule(bv.ZExt(isa.Offset(a), 64), bv.Sub(length, n)))
}

// runLocate: femto_read and femto_write give the memory of a legal access of
// any length, and nothing for any other.
func (w *world) runLocate(st *sym.State, fn string, ends [segments]*bv.Term) error {
	ex := w.ex
	addr, n := bv.Var("addr", 64), bv.Var("len", 32)
	before := st.Clone()
	a := bv.Extract(addr, 0, 32)
	segment, offset := isa.Index(a), isa.Offset(a)
	legal := w.legal(ends, addr, n)
	wide := func(t *bv.Term) *bv.Term { return bv.ZExt(t, 64) }
	ex.OnReturn = func(st *sym.State, result sym.Value) {
		goal := func(kind string, c *bv.Term) { ex.Goal(st, kind, fn, c) }
		p := result.(sym.Ptr)
		none := bv.Eq(n, c32(0))
		goal("no bytes are always in reach", bv.Or(bv.Not(none), bv.Bool(!p.Null())))
		goal("gives what is legal and nothing else", bv.Or(none, bv.Eq(bv.Bool(!p.Null()), legal)))
		if p.Obj == w.segs {
			goal("gives the memory of the segment", bv.And(bv.Eq(p.Index, segment), bv.Eq(p.Off, wide(offset))))
		} else {
			goal("gives no other memory", bv.Or(none, bv.Bool(p.Null())))
		}
		goal("names the address refused", bv.Or(bv.Bool(!p.Null()), bv.Eq(w.int(st, w.vmField("address")), a)))
		w.same(st, before, w.vm, fn, func(p sym.Ptr) bool { return p.String() == w.vmField("address").String() })
		w.same(st, before, w.inst, fn, nil)
	}
	return ex.Run(st, fn, sym.Ptr{Obj: w.vm}, addr, n)
}

// runRoom: what is left behind the instruction at pc, or nothing.
func (w *world) runRoom(st *sym.State) error {
	pc, bound := bv.Var("pc0", 32), bv.Var("bound0", 32)
	w.ex.OnReturn = func(st *sym.State, result sym.Value) {
		left := bv.Sub(bound, bv.Add(pc, c32(1)))
		w.ex.Goal(st, "fuel left", "femto_room", bv.Eq(result.(*bv.Term), bv.Ite(bv.Slt(left, c32(0)), c32(0), left)))
	}
	return w.ex.Run(st, "femto_room", sym.Ptr{Obj: w.vm})
}

// runPC: the slot of pc.
func (w *world) runPC(st *sym.State) error {
	w.ex.OnReturn = func(st *sym.State, result sym.Value) {
		w.ex.Goal(st, "slot of pc", "femto_pc", bv.Eq(result.(*bv.Term), bv.Var("pc0", 32)))
	}
	return w.ex.Run(st, "femto_pc", sym.Ptr{Obj: w.vm})
}

// runEntry: femto_image_entry stays within the image for every entry there is.
// The loader proved that the names are as long together as the entries say,
// and that there is a hook for each flag; here the sums over the first entries
// are what is left of those totals.
func (w *instanceWorld) runEntry(st *sym.State, u *cir.Unit) error {
	ex := w.ex
	l := w.attach(st)
	index := bv.Var("index", 32)
	outT := structType(u, "femto_entry")
	out := &sym.Object{Name: "entry", Type: outT}
	st.Put(out)
	names := bv.Add(bv.Add(l.ROData, l.RODataLen), l.DataLen)
	namesLen, hooks := bv.Var("names_len", 64), bv.Var("hooks", 64)
	hooksAt := bv.Add(l.Entries, bv.Mul(bv.Const(8, 64), l.NEntries))
	ex.Assume(st, bv.Ult(bv.ZExt(index, 64), l.NEntries),
		// From the loader's invariants: names counts the lengths, pos the hooks.
		bv.Ule(namesLen, bv.Const(255*255, 64)), bv.Ule(hooks, bv.Const(255, 64)),
		bv.Ule(bv.Add(names, namesLen), bv.ZExt(w.bufLen, 64)),
		bv.Eq(l.Helpers, bv.Add(hooksAt, bv.Mul(bv.Const(16, 64), hooks))))
	record, slot := bv.Var("record", 32), bv.Var("entry_slot", 32)
	ex.Assume(st, bv.Ult(record, c32(1<<9))) // the loader refuses others
	nameLen, hook := bv.ZExt(bv.Extract(record, 0, 8), 64), bv.ZExt(bv.Extract(record, 8, 1), 64)
	usedNames := func(p sym.Ptr) *bv.Term { return bv.Sub(p.Off, names) }
	usedHooks := func(p sym.Ptr) *bv.Term { return bv.Sub(p.Off, hooksAt) }
	const passes = "passes entries"
	ex.Loops = map[string]*sym.Loop{"femto_image_entry#0": whole(passes, &sym.Loop{
		Inv: func(h *sym.Head) []sym.Cond {
			done := bv.ZExt(bv.Sub(index, h.Int("index")), 64)
			return []sym.Cond{
				{Name: "index counts down", Term: bv.Ule(h.Int("index"), index)},
				{Name: "entry", Term: bv.Eq(h.Ptr("entry").Off, bv.Add(l.Entries, bv.Mul(bv.Const(8, 64), done)))},
				{Name: "name is within the names", Term: bv.Ule(usedNames(h.Ptr("name")), namesLen)},
				{Name: "hook is within the hooks", Term: bv.And(bv.Ule(usedHooks(h.Ptr("hook")), bv.Mul(bv.Const(16, 64), hooks)),
					bv.Eq(bv.Extract(usedHooks(h.Ptr("hook")), 0, 4), bv.Const(0, 4)))},
			}
		},
		Variant: func(h *sym.Head) *bv.Term { return bv.ZExt(h.Int("index"), 64) },
		Enter: func(h *sym.Head) {
			ex.Seed(h.State, w.buf, nil, h.Ptr("entry").Off, bv.Concat(record, slot))
			// A sum over the first entries and this one is at most the sum
			// over all.
			ex.Assume(h.State, bv.Ule(bv.Add(usedNames(h.Ptr("name")), nameLen), namesLen),
				bv.Ule(bv.Add(usedHooks(h.Ptr("hook")), bv.Mul(bv.Const(16, 64), hook)), bv.Mul(bv.Const(16, 64), hooks)))
		},
		Back: func(h *sym.Head) {
			ex.Goal(h.State, "name adds the length", "femto_image_entry", bv.Eq(h.Ptr("name").Off, bv.Add(h.Start.Ptr("name").Off, nameLen)))
			ex.Goal(h.State, "hook adds the hook", "femto_image_entry", bv.Eq(h.Ptr("hook").Off, bv.Add(h.Start.Ptr("hook").Off, bv.Mul(bv.Const(16, 64), hook))))
		},
	}, func(h *sym.Head) *bv.Term {
		return bv.All(bv.Eq(h.Int("index"), index), bv.Eq(h.Ptr("entry").Off, l.Entries), bv.Eq(h.Ptr("name").Off, names), bv.Eq(h.Ptr("hook").Off, hooksAt))
	}, func(h *sym.Head) []*bv.Term { return []*bv.Term{h.Int("index"), h.Ptr("name").Off, h.Ptr("hook").Off} })}
	ex.OnReturn = func(st *sym.State, _ sym.Value) {
		goal := func(kind string, c *bv.Term) { ex.Goal(st, kind, "femto_image_entry", c) }
		get := func(name string) sym.Value { return ex.Get(st, sym.Field(sym.Ptr{Obj: out}, outT, name)) }
		last := noted(st, passes)
		goal("is the entry asked for", bv.Eq(last[0], c32(0)))
		goal("slot", bv.Eq(get("slot").(*bv.Term), slot))
		goal("length of the name", bv.Eq(get("name_len").(*bv.Term), bv.Extract(record, 0, 8)))
		name := get("name").(sym.Ptr)
		goal("name is its own", bv.Eq(name.Off, last[1]))
		goal("name is in the image", bv.And(bv.Bool(name.Obj == w.buf), bv.Ule(bv.Add(name.Off, nameLen), bv.ZExt(w.bufLen, 64))))
		hk := get("hook").(sym.Ptr)
		if hk.Null() {
			goal("no hook", bv.Eq(hook, bv.Const(0, 64)))
		} else {
			goal("hook is its own", bv.And(bv.Bool(hk.Obj == w.buf), bv.Eq(hk.Off, last[2])))
			goal("hook is in the image", bv.And(bv.Eq(hook, bv.Const(1, 64)), bv.Ule(bv.Add(hk.Off, bv.Const(16, 64)), l.Helpers)))
		}
	}
	return ex.Run(st, "femto_image_entry", w.field("image"), index, sym.Ptr{Obj: out})
}
