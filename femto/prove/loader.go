// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package prove

import (
	"github.com/femtocontainer/femtocontainer/femto/bv"
	"github.com/femtocontainer/femtocontainer/femto/isa"
	"github.com/femtocontainer/femtocontainer/femto/prove/cir"
	"github.com/femtocontainer/femtocontainer/femto/prove/sym"
)

// A loaderWorld is a buffer of any contents and length.
type loaderWorld struct {
	ex     *sym.Exec
	buf    *sym.Object
	bufLen *bv.Term // 32 bits
	imageT *cir.Type
}

func newLoaderWorld(ex *sym.Exec, u *cir.Unit) *loaderWorld {
	w := &loaderWorld{ex: ex, bufLen: bv.Var("len", 32), imageT: structType(u, "femto_image")}
	w.buf = buffer("buf", w.bufLen, u.Model)
	w.buf.Write = func(*bv.Term) *bv.Term { return bv.False }
	return w
}

// buffer is memory of the host's: bytes at any address.
func buffer(name string, n *bv.Term, m cir.Model) *sym.Object {
	return &sym.Object{Name: name, Align: 1, Addr: bv.Var(name+"_addr", m.PtrBits),
		Len: func(*bv.Term) *bv.Term { return bv.ZExt(n, 64) }}
}

// A layout is where the parts of an image lie in its buffer: offsets and
// lengths in bytes or elements, in 64 bits.
type layout struct {
	Entries, Helpers, Text, ROData           *bv.Term
	NEntries, NHelpers, Slots                *bv.Term
	RODataLen, DataLen, BSSLen, Frame, Depth *bv.Term
	Aligned                                  *bv.Term // truth value: the buffer is aligned to 8
}

// layoutOf reads the layout from an image struct.
func (w *loaderWorld) layoutOf(st *sym.State, img sym.Ptr) *layout {
	place := func(name string) *bv.Term {
		p, ok := w.ex.Get(st, sym.Field(img, w.imageT, name)).(sym.Ptr)
		if !ok || p.Obj != w.buf {
			panic(&sym.Unsupported{Pos: "image." + name, What: "not a pointer into the buffer"})
		}
		return p.Off
	}
	num := func(name string) *bv.Term {
		t, ok := w.ex.Get(st, sym.Field(img, w.imageT, name)).(*bv.Term)
		if !ok {
			panic(&sym.Unsupported{Pos: "image." + name, What: "not a determined integer"})
		}
		return bv.ZExt(t, 64)
	}
	return &layout{
		Entries: place("entries"), Helpers: place("helpers"), Text: place("text"), ROData: place("rodata"),
		NEntries: num("n_entries"), NHelpers: num("n_helpers"), Slots: num("slots"),
		RODataLen: num("rodata_len"), DataLen: num("data_len"), BSSLen: num("bss_len"),
		Frame: num("frame_size"), Depth: num("depth"),
		Aligned: bv.Eq(bv.Extract(w.buf.Addr, 0, 3), bv.Const(0, 3)),
	}
}

// inBuffer is what the loader promises of an image that it accepts: every
// part lies within the n bytes of the buffer, in this order and apart from each
// other, aligned, and within the limits of the machine.
func (l *layout) inBuffer(n *bv.Term) []sym.Cond {
	c := func(v uint64) *bv.Term { return bv.Const(v, 64) }
	plus := func(a *bv.Term, size uint64, n *bv.Term) *bv.Term { return bv.Add(a, bv.Mul(c(size), n)) }
	le := bv.Ule
	max := c(isa.MaxSegment)
	return []sym.Cond{
		{Name: "buffer is aligned", Term: l.Aligned},
		{Name: "text has a slot", Term: le(c(1), l.Slots)},
		{Name: "text fits a segment", Term: le(l.Slots, c(maxSlots))},
		{Name: "rodata fits a segment", Term: le(l.RODataLen, max)},
		{Name: "data and bss fit a segment", Term: bv.And(le(l.DataLen, max), le(l.BSSLen, bv.Sub(max, l.DataLen)))},
		{Name: "frame size", Term: bv.And(le(l.Frame, c(isa.MaxFrame)), bv.Eq(bv.Extract(l.Frame, 0, 3), bv.Const(0, 3)))},
		{Name: "call depth", Term: bv.And(le(c(1), l.Depth), le(l.Depth, c(isa.MaxDepth)))},
		{Name: "has an entry", Term: le(c(1), l.NEntries)},
		{Name: "nothing is behind the buffer", Term: bv.All(le(l.Entries, n), le(l.Helpers, n), le(l.Text, n), le(l.ROData, n))},
		{Name: "entries behind the header", Term: bv.And(le(c(32), l.Entries), bv.Eq(bv.Extract(l.Entries, 0, 2), bv.Const(0, 2)))},
		{Name: "helpers behind the entries", Term: bv.And(le(plus(l.Entries, 8, l.NEntries), l.Helpers), bv.Eq(bv.Extract(l.Helpers, 0, 1), bv.Const(0, 1)))},
		{Name: "text behind the helpers", Term: bv.And(le(plus(l.Helpers, 2, l.NHelpers), l.Text), bv.Eq(bv.Extract(l.Text, 0, 3), bv.Const(0, 3)))},
		{Name: "rodata behind the text", Term: bv.Eq(plus(l.Text, 8, l.Slots), l.ROData)},
		{Name: "data within the buffer", Term: bv.And(le(l.ROData, n), bv.And(le(l.RODataLen, bv.Sub(n, l.ROData)),
			le(l.DataLen, bv.Sub(bv.Sub(n, l.ROData), l.RODataLen))))},
	}
}

// headEntries is where the first entry lies.
const imageHeader = 32

// openLoops are the invariants of femto_image_open: the entries are read
// backwards, then helpers, padding and names forwards.
func (w *loaderWorld) openLoops(img sym.Ptr) map[string]*sym.Loop {
	ex := w.ex
	entries := func(h *sym.Head) *bv.Term {
		return bv.ZExt(ex.Get(h.State, sym.Field(img, w.imageT, "n_entries")).(*bv.Term), 32)
	}
	even := func(t *bv.Term, bits uint8) *bv.Term { return bv.Eq(bv.Extract(t, 0, bits), bv.Const(0, bits)) }
	to := func(h *sym.Head) *bv.Term { return bv.ZExt(bv.Sub(h.Int("pos"), h.Int("at")), 64) }
	// record is the second word of an entry: length of the name, flags, zero.
	record := func(h *sym.Head) *bv.Term {
		off := bv.Mul(bv.Const(4, 64), bv.ZExt(bv.Sub(h.Int("at"), c32(1)), 64))
		return ex.Bytes(h.State, at(w.buf, off), 4, "femto_image_open")
	}
	// what is known of the image before the loops
	behind := func(h *sym.Head) *bv.Term { return noted(h.State, readEntries)[1] } // of entries and hooks
	field := func(h *sym.Head, name string) *bv.Term {
		return bv.ZExt(ex.Get(h.State, sym.Field(img, w.imageT, name)).(*bv.Term), 32)
	}
	helpersEnd := func(h *sym.Head) *bv.Term { return bv.Add(behind(h), bv.Mul(c32(2), field(h, "n_helpers"))) }
	here := func(h *sym.Head, n uint8) *bv.Term {
		return ex.Bytes(h.State, at(w.buf, bv.ZExt(h.Int("at"), 64)), n, "femto_image_open")
	}
	// forward reads something of size bytes at a time, from a first place on.
	forward := func(name string, size uint8, first func(h *sym.Head) *bv.Term, begins func(h *sym.Head) *bv.Term, more func(h *sym.Head) []sym.Cond,
		note func(h *sym.Head) []*bv.Term, passes func(h *sym.Head, read *bv.Term) *bv.Term) *sym.Loop {
		return whole(name, &sym.Loop{
			Inv: func(h *sym.Head) []sym.Cond {
				return append([]sym.Cond{
					{Name: "at is not before the first", Term: bv.Ule(first(h), h.Int("at"))},
					{Name: "at is not behind pos", Term: bv.Ule(h.Int("at"), h.Int("pos"))},
					{Name: "pos is within the buffer", Term: bv.Ule(h.Int("pos"), w.bufLen)},
				}, more(h)...)
			},
			Variant: to,
			Back: func(h *sym.Head) {
				goal := func(kind string, c *bv.Term) { ex.Goal(h.State, name+": "+kind, "femto_image_open", c) }
				goal("next", bv.Eq(h.Int("at"), bv.Add(h.Start.Int("at"), c32(uint32(size)))))
				goal("passes what may be", passes(h, here(h.Start, size)))
			},
		}, func(h *sym.Head) *bv.Term { return bv.And(bv.Eq(h.Int("at"), first(h)), begins(h)) }, func(h *sym.Head) []*bv.Term {
			return append([]*bv.Term{h.Int("at")}, append(note(h), here(h, size))...)
		})
	}
	none := func(*sym.Head) []sym.Cond { return nil }
	nothing := func(*sym.Head) []*bv.Term { return nil }
	return map[string]*sym.Loop{
		"femto_image_open#0": whole(readEntries, &sym.Loop{
			Inv: func(h *sym.Head) []sym.Cond {
				at, pos, names := h.Int("at"), h.Int("pos"), h.Int("names")
				top := bv.Add(c32(imageHeader/4), bv.Mul(c32(2), entries(h)))
				done := bv.Sub(top, at) // twice the number of entries read
				start := bv.Mul(c32(4), top)
				return []sym.Cond{
					{Name: "at is within the entries", Term: bv.And(bv.Ule(c32(imageHeader/4), at), bv.Ule(at, top))},
					{Name: "at is at an entry", Term: even(at, 1)},
					{Name: "names are short", Term: bv.Ule(bv.Mul(c32(2), names), bv.Mul(c32(255), done))},
					{Name: "pos counts hooks", Term: bv.And(bv.Ule(start, pos), bv.Ule(bv.Sub(pos, start), bv.Mul(c32(8), done)))},
					{Name: "pos is behind a hook", Term: even(bv.Sub(pos, start), 4)},
					{Name: "pos is aligned", Term: even(pos, 3)},
					{Name: "sums do not wrap", Term: bv.And(bv.Ult(names, c32(1<<17)), bv.Ult(pos, c32(1<<14)))},
				}
			},
			Variant: func(h *sym.Head) *bv.Term { return bv.ZExt(h.Int("at"), 64) },
			Back: func(h *sym.Head) {
				record := record(h.Start)
				goal := func(kind string, c *bv.Term) { ex.Goal(h.State, kind, "femto_image_open", c) }
				goal("names adds the length of the name", bv.Eq(h.Int("names"), bv.Add(h.Start.Int("names"), bv.And(record, c32(255)))))
				goal("pos adds the hook", bv.Eq(h.Int("pos"), bv.Add(h.Start.Int("pos"), bv.Mul(c32(16), bv.LShr(record, c32(8))))))
				goal("one hook at most", bv.Ult(record, c32(1<<9)))
				goal("next entry", bv.Eq(h.Int("at"), bv.Sub(h.Start.Int("at"), c32(2))))
			},
		}, func(h *sym.Head) *bv.Term { // backwards, from the last
			top := bv.Add(c32(imageHeader/4), bv.Mul(c32(2), entries(h)))
			return bv.All(bv.Eq(h.Int("at"), top), bv.Eq(h.Int("pos"), bv.Mul(c32(4), top)), bv.Eq(h.Int("names"), c32(0)))
		}, func(h *sym.Head) []*bv.Term { return []*bv.Term{h.Int("at"), h.Int("pos"), h.Int("names"), record(h)} }),
		"femto_image_open#1": forward(readHelpers, 2, behind,
			func(h *sym.Head) *bv.Term {
				return bv.And(bv.Eq(h.Int("pos"), helpersEnd(h)), bv.Eq(h.Int("last"), c32(0)))
			},
			func(h *sym.Head) []sym.Cond {
				return []sym.Cond{{Name: "at is at a helper", Term: even(h.Int("at"), 1)}, {Name: "pos is behind a helper", Term: even(h.Int("pos"), 1)}}
			},
			func(h *sym.Head) []*bv.Term { return []*bv.Term{h.Int("last")} },
			func(h *sym.Head, id *bv.Term) *bv.Term {
				return bv.And(bv.Ult(h.Start.Int("last"), bv.ZExt(id, 32)), bv.Eq(h.Int("last"), bv.ZExt(id, 32)))
			}),
		"femto_image_open#2": forward(readPadding, 1, helpersEnd, func(*sym.Head) *bv.Term { return bv.True }, none, nothing,
			func(_ *sym.Head, b *bv.Term) *bv.Term { return bv.Eq(b, bv.Const(0, 8)) }),
		"femto_image_open#3": forward(readNames, 1,
			func(h *sym.Head) *bv.Term {
				rodata := bv.Extract(w.layoutOf(h.State, img).ROData, 0, 32)
				return bv.Add(bv.Add(rodata, field(h, "rodata_len")), field(h, "data_len"))
			},
			func(h *sym.Head) *bv.Term {
				return bv.Eq(h.Int("pos"), bv.Add(h.Int("at"), noted(h.State, readEntries)[2]))
			}, none, nothing,
			func(_ *sym.Head, b *bv.Term) *bv.Term { return graphic(b) }),
	}
}

// loaderUnits: obligation 8, as far as it is about the image.
func loaderUnits(lib *library) []*Unit {
	var out []*Unit
	for _, v := range variants("loader-") {
		out = append(out, coreUnit(lib, v, "load", "femto_image_open", "", []string{"femto_image_open"}, func(ex *sym.Exec, u *cir.Unit) error {
			w := newLoaderWorld(ex, u)
			st := ex.NewState()
			st.Put(w.buf)
			img := sym.Ptr{Obj: &sym.Object{Name: "image", Type: w.imageT}}
			st.Put(img.Obj)
			header := w.header(st)
			ex.Loops = w.openLoops(img)
			ex.OnReturn = func(st *sym.State, result sym.Value) {
				code := result.(*bv.Term)
				w.strict(st, header, code)
				if ex.S(bv.Eq(code, status(0))) == bv.False {
					return // refused: what img holds is not used
				}
				for _, c := range w.layoutOf(st, img).inBuffer(bv.ZExt(w.bufLen, 64)) {
					ex.Goal(st, "accepted image: "+c.Name, "femto_image_open", bv.Or(bv.Ne(code, status(0)), c.Term))
				}
				ex.Goal(st, "write nothing to the buffer", "femto_image_open", bv.Bool(len(st.Writes(w.buf)) == 0))
			}
			return ex.Run(st, "femto_image_open", img, at(w.buf, bv.Const(0, 64)), w.bufLen)
		}))
	}
	return out
}
