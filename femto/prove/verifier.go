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

// An imageWorld is an image that femto_image_open accepted, as the verifier
// sees it: three arrays.
type imageWorld struct {
	ex                            *sym.Exec
	img, text, entries, helpers   *sym.Object
	granted, pcOut                *sym.Object
	imageT                        *cir.Type
	slots, nEntries, nHelpers, nG *bv.Term
}

func uintType(bits uint8) *cir.Type {
	return &cir.Type{Kind: cir.Int, Bits: bits, Size: int64(bits / 8), Align: int64(bits / 8)}
}

// array is a constant array of n elements of some size in the image.
func array(name string, n *bv.Term, size uint64, align uint64) *sym.Object {
	return &sym.Object{Name: name, Align: align,
		Len:   func(*bv.Term) *bv.Term { return bv.Mul(bv.Const(size, 64), bv.ZExt(n, 64)) },
		Write: func(*bv.Term) *bv.Term { return bv.False }}
}

func newImageWorld(ex *sym.Exec, unit *cir.Unit) (*imageWorld, *sym.State) {
	w := &imageWorld{ex: ex, imageT: structType(unit, "femto_image"),
		slots: bv.Var("slots", 32), nEntries: bv.Var("n_entries", 8), nHelpers: bv.Var("n_helpers", 8), nG: bv.Var("n_granted", 32)}
	w.img = &sym.Object{Name: "image", Type: w.imageT, Const: true}
	w.text = array("text", w.slots, 8, 8)
	w.entries = array("entries", w.nEntries, 8, 8)
	w.helpers = array("helpers", w.nHelpers, 2, 2)
	w.granted = array("granted", w.nG, 2, 2)
	w.granted.Elem = uintType(16)
	w.pcOut = &sym.Object{Name: "pc_out", Type: uintType(32)}
	st := ex.NewState()
	for _, o := range []*sym.Object{w.img, w.text, w.entries, w.helpers, w.granted, w.pcOut} {
		st.Put(o)
	}
	for name, v := range map[string]sym.Value{
		"text": at(w.text, bv.Const(0, 64)), "entries": at(w.entries, bv.Const(0, 64)), "helpers": at(w.helpers, bv.Const(0, 64)),
		"slots": w.slots, "n_entries": w.nEntries, "n_helpers": w.nHelpers,
	} {
		ex.Set(st, sym.Field(sym.Ptr{Obj: w.img}, w.imageT, name), v)
	}
	ex.Assume(st, bv.Ule(c32(1), w.slots), bv.Ule(w.slots, c32(maxSlots)), bv.Ule(w.nG, c32(1<<16)))
	return w, st
}

func at(o *sym.Object, off *bv.Term) sym.Ptr { return sym.Ptr{Obj: o, Off: off} }

// eight is a place in an array of slots.
func eight(n *bv.Term) *bv.Term { return bv.Mul(bv.Const(8, 64), bv.ZExt(n, 64)) }

// verifierUnits: the C verifier gives the verdict of accept.go for every slot,
// then checks every entry point and every helper.
func verifierUnits(lib *library) []*Unit {
	var out []*Unit
	for _, v := range variants("verifier-") {
		unit := func(item, extra, fn string, run func(ex *sym.Exec, w *imageWorld, st *sym.State) error) {
			out = append(out, coreUnit(lib, v, "verify", item, extra, []string{fn}, func(ex *sym.Exec, u *cir.Unit) error {
				w, st := newImageWorld(ex, u)
				return run(ex, w, st)
			}))
		}
		for op := range 256 {
			rows := ""
			cases := []string{""}
			for _, r := range isa.ByOpcode(uint8(op)) {
				rows += describe(r)
				if r.Distance() != nil {
					// Whether the slot before the target is this one.
					cases = []string{" to the next slot", " elsewhere"}
				}
			}
			for _, c := range cases {
				unit(fmt.Sprintf("0x%02x%s", op, c), rows, "check_text", func(ex *sym.Exec, w *imageWorld, st *sym.State) error {
					return w.checkText(st, uint8(op), c == " elsewhere")
				})
			}
		}
		unit("contains: finds", "", "contains", func(_ *sym.Exec, w *imageWorld, st *sym.State) error { return w.contains(st, true) })
		unit("contains: misses", "", "contains", func(_ *sym.Exec, w *imageWorld, st *sym.State) error { return w.contains(st, false) })
		unit("entries and helpers", "", "femto_image_verify", func(_ *sym.Exec, w *imageWorld, st *sym.State) error { return w.rest(st) })
	}
	return out
}

// checkText compares one iteration of the pass over the text.
func (w *imageWorld) checkText(st *sym.State, op uint8, elsewhere bool) error {
	ex := w.ex
	s := newSite(op)
	s.Slots = w.slots
	target := s.target()
	if elsewhere {
		s.Before = bv.Extract(bv.Var("before_target", 64), 0, 8)
	} else {
		s.Before = bv.Const(uint64(op), 8)
	}
	v := s.verdict()
	entered := false
	ex.Loops = map[string]*sym.Loop{"check_text#0": {
		First: begins("at slot 0", func(h *sym.Head) *bv.Term { return bv.Eq(h.Int("next"), c32(0)) }),
		Inv: func(h *sym.Head) []sym.Cond {
			return []sym.Cond{{Name: "slot is in the text", Term: bv.Ult(h.Int("next"), w.slots)}}
		},
		Variant: func(h *sym.Head) *bv.Term { return bv.ZExt(bv.Sub(w.slots, h.Int("next")), 64) },
		Havoc: func(h *sym.Head) {
			h.Set("next", s.PC)
			ex.Set(h.State, sym.Ptr{Obj: w.pcOut}, bv.Var("pc_before", 32))
		},
		Enter: func(h *sym.Head) {
			entered = true
			f := s.Fields
			slot := bv.Concat(f["imm"], bv.Concat(bv.Concat(f["off"], f["sreg"]), bv.Concat(f["dreg"], f["op"])))
			ex.Seed(h.State, w.text, nil, eight(s.PC), slot)
			_, has := s.distance()
			switch {
			case op == wideOpcode:
				ex.Seed(h.State, w.text, nil, bv.Add(eight(s.PC), bv.Const(8, 64)), bv.Concat(bv.Var("imm2", 32), s.Second))
			case elsewhere:
				before := bv.Sub(target, c32(1))
				ex.Assume(h.State, bv.Ne(before, s.PC))
				ex.Seed(h.State, w.text, nil, eight(before), bv.Var("before_target", 64))
			case ex.S(has) != bv.False:
				ex.Assume(h.State, bv.Eq(bv.Sub(target, c32(1)), s.PC))
			}
		},
		Back: func(h *sym.Head) {
			ex.Goal(h.State, "accepts what the table accepts", "check_text", bv.Eq(v.Status, status(0)))
			ex.Goal(h.State, "goes to the next instruction", "check_text", bv.And(bv.Eq(h.Int("next"), v.Next), bv.Ne(v.Next, w.slots)))
			w.unchanged(h.State)
		},
	}}
	ex.Calls = map[string]sym.Contract{"contains": func(ex *sym.Exec, st *sym.State, pos string, args []sym.Value) []sym.Outcome {
		list, ok := args[0].(sym.Ptr)
		ex.Goal(st, "looks in the image's list of helpers", pos, bv.Bool(ok && list.Obj == w.helpers && list.Off == bv.Const(0, 64)))
		ex.Goal(st, "looks in the whole list", pos, bv.Eq(args[1].(*bv.Term), bv.ZExt(w.nHelpers, 32)))
		ex.Goal(st, "looks for the helper called", pos, bv.Eq(args[2].(*bv.Term), s.Fields["imm"]))
		return []sym.Outcome{{State: st, Result: bv.Ite(s.Declared, c32(1), c32(0))}}
	}}
	ex.OnReturn = func(st *sym.State, result sym.Value) {
		got := result.(*bv.Term)
		if !entered {
			ex.Goal(st, "looks at the text", "check_text", bv.False)
			return
		}
		bad := bv.Ne(v.Status, status(0))
		ex.Goal(st, "ends at an offence or at the end", "check_text", bv.Or(bad, bv.Eq(v.Next, w.slots)))
		ex.Goal(st, "status", "check_text", bv.Eq(got, bv.Ite(bad, v.Status, bv.Ite(v.Ends, status(0), status(diag.FallsOff)))))
		ex.Goal(st, "offending pc", "check_text", bv.Or(bv.Eq(got, status(0)), bv.Eq(w.pc(st), bv.Ite(bad, v.PC, s.PC))))
		w.unchanged(st)
	}
	return ex.Run(st, "check_text", sym.Ptr{Obj: w.img}, sym.Ptr{Obj: w.pcOut})
}

func (w *imageWorld) pc(st *sym.State) *bv.Term {
	return w.ex.Get(st, sym.Ptr{Obj: w.pcOut}).(*bv.Term)
}

// unchanged: the verifier writes nothing but *pc. Stores elsewhere are goals
// that fail where they happen, since everything else may not be written.
func (w *imageWorld) unchanged(st *sym.State) {
	n := 0
	for _, o := range []*sym.Object{w.text, w.entries, w.helpers, w.granted} {
		n += len(st.Writes(o))
	}
	w.ex.Goal(st, "write nothing", "verifier", bv.Bool(n == 0))
}

// contains proves that the search in a list answers whether some element is
// the one looked for. "finds" assumes that one element, at any place, is it;
// "misses" that none is.
func (w *imageWorld) contains(st *sym.State, finds bool) error {
	ex := w.ex
	id, place := bv.Var("id", 32), bv.Var("place", 32)
	if finds {
		ex.Assume(st, bv.Ult(place, w.nG), bv.Ult(id, c32(1<<16)))
		ex.Seed(st, w.granted, nil, bv.Mul(bv.Const(2, 64), bv.ZExt(place, 64)), bv.Extract(id, 0, 16))
	} else {
		w.granted.Every = func(_, val *bv.Term) *bv.Term { return bv.Ne(bv.ZExt(val, 32), id) }
	}
	ex.Loops = map[string]*sym.Loop{"contains#0": {
		First: begins("with the whole list", func(h *sym.Head) *bv.Term { return bv.Eq(h.Int("n"), w.nG) }),
		Inv: func(h *sym.Head) []sym.Cond {
			left := h.Int("n")
			out := []sym.Cond{{Name: "n is within the list", Term: bv.Ule(left, w.nG)}}
			if finds {
				out = append(out, sym.Cond{Name: "the place is still ahead", Term: bv.Ult(place, left)})
			}
			return out
		},
		Variant: func(h *sym.Head) *bv.Term { return bv.ZExt(h.Int("n"), 64) },
	}}
	ex.OnReturn = func(st *sym.State, result sym.Value) {
		want := c32(0)
		if finds {
			want = c32(1)
		}
		ex.Goal(st, "answer", "contains", bv.Eq(result.(*bv.Term), want))
		w.unchanged(st)
	}
	return ex.Run(st, "contains", at(w.granted, bv.Const(0, 64)), w.nG, id)
}

// rest proves what follows the pass over the text: every entry point begins an
// instruction, every imported helper is granted.
func (w *imageWorld) rest(st *sym.State) error {
	ex := w.ex
	textStatus, textPC := bv.Var("text_status", 16), bv.Var("text_pc", 32)
	slot, before := bv.Var("entry_slot", 32), bv.Var("before_entry", 64)
	helper, granted := bv.Var("helper", 16), bv.Var("is_granted", 1)
	i := bv.Var("i", 32)
	count := func(n *bv.Term) *sym.Loop {
		return &sym.Loop{
			First: begins("at the first", func(h *sym.Head) *bv.Term { return bv.Eq(h.Int("i"), c32(0)) }),
			Inv: func(h *sym.Head) []sym.Cond {
				return []sym.Cond{{Name: "i is within the list", Term: bv.Ule(h.Int("i"), bv.ZExt(n, 32))}}
			},
			Variant: func(h *sym.Head) *bv.Term { return bv.ZExt(bv.Sub(bv.ZExt(n, 32), h.Int("i")), 64) },
		}
	}
	lands := landing(slot, w.slots, bv.Extract(before, 0, 8))
	entries := count(w.nEntries)
	entries.Havoc = func(h *sym.Head) {
		h.Set("i", i)
		ex.Set(h.State, sym.Ptr{Obj: w.pcOut}, bv.Var("pc_before", 32))
	}
	entries.Enter = func(h *sym.Head) {
		h.State.Log = append(h.State.Log, sym.Call{Name: "entry"})
		ex.Seed(h.State, w.entries, nil, eight(i), bv.Concat(bv.Var("entry_rest", 32), slot))
		ex.Seed(h.State, w.text, nil, eight(bv.Sub(slot, c32(1))), before)
	}
	entries.Back = func(h *sym.Head) {
		ex.Goal(h.State, "entry begins an instruction", "femto_image_verify", lands)
		ex.Goal(h.State, "next entry", "femto_image_verify", bv.Eq(h.Int("i"), bv.Add(i, c32(1))))
		w.unchanged(h.State)
	}
	helpers := count(w.nHelpers)
	helpers.Havoc = func(h *sym.Head) { h.Set("i", bv.Var("k", 32)) }
	helpers.Enter = func(h *sym.Head) {
		h.State.Log = append(h.State.Log, sym.Call{Name: "helper"})
		ex.Seed(h.State, w.helpers, nil, bv.Mul(bv.Const(2, 64), bv.ZExt(bv.Var("k", 32), 64)), helper)
	}
	helpers.Back = func(h *sym.Head) {
		ex.Goal(h.State, "helper is granted", "femto_image_verify", granted)
		ex.Goal(h.State, "next helper", "femto_image_verify", bv.Eq(h.Int("i"), bv.Add(bv.Var("k", 32), c32(1))))
		w.unchanged(h.State)
	}
	ex.Loops = map[string]*sym.Loop{"femto_image_verify#0": entries, "femto_image_verify#1": helpers}
	ex.Calls = map[string]sym.Contract{
		"check_text": func(ex *sym.Exec, st *sym.State, pos string, args []sym.Value) []sym.Outcome {
			img, ok1 := args[0].(sym.Ptr)
			pc, ok2 := args[1].(sym.Ptr)
			ex.Goal(st, "checks the text of the image", pos, bv.Bool(ok1 && ok2 && img.Obj == w.img && pc.Obj == w.pcOut))
			ex.Set(st, sym.Ptr{Obj: w.pcOut}, textPC)
			return []sym.Outcome{{State: st, Result: textStatus}}
		},
		"contains": func(ex *sym.Exec, st *sym.State, pos string, args []sym.Value) []sym.Outcome {
			list, ok := args[0].(sym.Ptr)
			ex.Goal(st, "looks in the list of what is granted", pos, bv.Bool(ok && list.Obj == w.granted && list.Off == bv.Const(0, 64)))
			ex.Goal(st, "looks in the whole list", pos, bv.Eq(args[1].(*bv.Term), w.nG))
			ex.Goal(st, "looks for the helper imported", pos, bv.Eq(args[2].(*bv.Term), bv.ZExt(helper, 32)))
			return []sym.Outcome{{State: st, Result: bv.Ite(granted, c32(1), c32(0))}}
		},
	}
	ex.OnReturn = func(st *sym.State, result sym.Value) {
		got := result.(*bv.Term)
		goal := func(kind string, c *bv.Term) { ex.Goal(st, kind, "femto_image_verify", c) }
		w.unchanged(st)
		if len(st.Log) == 0 {
			goal("status of the text", bv.And(bv.Eq(got, textStatus), bv.Ne(textStatus, status(0))))
			goal("pc of the text", bv.Eq(w.pc(st), textPC))
			return
		}
		goal("text is accepted", bv.Eq(textStatus, status(0)))
		if st.Log[len(st.Log)-1].Name == "entry" {
			goal("status of an entry", bv.And(bv.Eq(got, status(diag.BadEntry)), bv.Not(lands)))
			goal("pc of an entry", bv.Eq(w.pc(st), slot))
			goal("is an entry", bv.Ult(i, bv.ZExt(w.nEntries, 32)))
			return
		}
		goal("entries to the last", bv.And(bv.Bool(st.Log[0].Name == "entry"), bv.Eq(i, bv.ZExt(w.nEntries, 32))))
		end := bv.Eq(bv.Var("k", 32), bv.ZExt(w.nHelpers, 32))
		goal("status of the helpers", bv.Eq(got, bv.Ite(end, status(0), status(diag.NotGranted))))
		goal("helper is refused", bv.Or(end, bv.Not(granted)))
	}
	return ex.Run(st, "femto_image_verify", sym.Ptr{Obj: w.img}, at(w.granted, bv.Const(0, 64)), w.nG, sym.Ptr{Obj: w.pcOut})
}
