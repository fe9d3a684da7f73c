// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package random

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/femtocontainer/femtocontainer/femto/bv"
	"github.com/femtocontainer/femtocontainer/femto/isa"
	"github.com/femtocontainer/femtocontainer/femto/prove/cir"
	"github.com/femtocontainer/femtocontainer/femto/prove/simp"
	"github.com/femtocontainer/femtocontainer/femto/prove/sym"
)

// A variant is the core under one engine and data model.
type variant struct {
	model cir.Model
	fast  bool
	units []*cir.Unit
}

func (v *variant) String() string {
	if v.fast {
		return "fast-" + v.model.Name
	}
	return "small-" + v.model.Name
}

func (v *variant) defines() []string {
	if v.fast {
		return []string{"FEMTO_ENGINE_FAST=1", "FEMTO_FAST_LOOP=1"}
	}
	return nil
}

// load reads the core as gate A does.
func (v *variant) load(core string) error {
	files, err := filepath.Glob(filepath.Join(core, "*.c"))
	if err != nil {
		return err
	}
	macros := append([]string{"__GNUC__=12", "__BYTE_ORDER__=1234", "__ORDER_LITTLE_ENDIAN__=1234"}, v.defines()...)
	for _, f := range files {
		if filepath.Base(f) == "femto_sys.c" {
			continue
		}
		u, err := cir.Load(v.model, macros, f)
		if err != nil {
			return err
		}
		v.units = append(v.units, u)
	}
	return nil
}

// A path is one way through a function: what holds on it, and what it leaves.
type path struct {
	conds         []*bv.Term
	goesOn        bool // to the next instruction
	result        *bv.Term
	ptr           *sym.Ptr
	regs          [isa.NumRegs]*bv.Term
	pc, room      *bv.Term
	level         *bv.Term
	address       *bv.Term
	reported      *bv.Term // offending slot
	end, writable [isa.NumSegments]*bv.Term
	mapped        [isa.NumSegments]bool // anew, to what the host gave
	stored, saved []sym.Write
	asked         []sym.Call
	taken         int // by how many states
}

// A program is a function executed symbolically from the states of one row.
type program struct {
	variant *variant
	what    uint32
	row     *isa.Row
	op      uint8
	segment uint32 // of a grant
	shape   *state // of a text to verify: all but the slot at pc

	ex                           *sym.Exec
	unit                         *cir.Unit
	vm, inst, text, frames, segs *sym.Object
	given, pcOut                 *sym.Object
	vmT, instT, frameT           *cir.Type
	paths                        []path
	heads                        []head
	pieces                       []sym.Piece
	textObject                   map[*bv.Term]bool // of the text
	frameObject                  map[*bv.Term]bool // values of pieces of the save area
	end, writable                [isa.NumSegments]*bv.Term
	slots                        *bv.Term
}

func (p *program) String() string {
	name := [...]string{"", "femto_read", "femto_write", "femto_room", "femto_pc", "femto_grant", "femto_image_verify"}[p.what]
	switch {
	case p.what == grant:
		name += fmt.Sprintf(" of %d", p.segment)
	case p.what == verify:
		name += fmt.Sprintf(" 0x%02x", p.op)
	case p.row != nil:
		name = p.row.Name
	case p.what == resume:
		name = fmt.Sprintf("0x%02x", p.op)
	}
	return p.variant.String() + " " + name
}

// bases is the number of segments that may be mapped: all but the last.
const bases = isa.NumSegments - 1

func v32(name string) *bv.Term { return bv.Var(name, 32) }

func place(n *bv.Term) *bv.Term { return bv.Mul(bv.Const(8, 64), bv.ZExt(n, 64)) }

func (p *program) field(o *sym.Object, t *cir.Type, names ...string) sym.Ptr {
	q := sym.Ptr{Obj: o}
	for _, n := range names {
		q = sym.Field(q, t, n)
		_, f := t.Field(n)
		t = f.Type
	}
	return q
}

func (p *program) element(member string, k int) sym.Ptr {
	_, f := p.vmT.Field(member)
	return sym.Element(p.field(p.vm, p.vmT, member), f.Type, bv.Const(uint64(k), 64))
}

// length is what an end leaves of a segment.
func (p *program) length(ends *[isa.NumSegments]*bv.Term, k *bv.Term) *bv.Term {
	r := bv.Const(0, 64)
	for i := range ends {
		base := bv.Const(uint64(isa.SegmentBase(uint32(i))), 32)
		n := bv.Ite(bv.Ult(base, ends[i]), bv.Sub(ends[i], base), bv.Const(0, 32))
		r = bv.Ite(bv.Eq(k, bv.Const(uint64(i), 32)), bv.ZExt(n, 64), r)
	}
	return p.ex.S(r)
}

// execute follows every path.
func (p *program) execute() error {
	p.ex = &sym.Exec{Units: p.variant.units, Simp: new(simp.Simplifier)}
	for _, u := range p.variant.units {
		if u.Funcs["femto_resume"] != nil {
			p.unit = u
		}
	}
	if p.unit == nil {
		return fmt.Errorf("no file defines femto_resume")
	}
	p.vmT, p.instT, p.frameT = p.unit.Structs["femto_vm"], p.unit.Structs["femto_instance"], p.unit.Structs["femto_frame"]
	st := p.world()
	ptr := sym.Ptr{Obj: p.vm}
	p.ex.OnReturn = func(st *sym.State, result sym.Value) { p.capture(st, result, nil) }
	var err error
	switch p.what {
	case resume:
		p.ex.Calls = map[string]sym.Contract{"host": p.host}
		p.ex.Loops = map[string]*sym.Loop{"femto_resume#0": p.loop()}
		err = p.ex.Run(st, "femto_resume", ptr, v32("fuel"))
	case read:
		err = p.ex.Run(st, "femto_read", ptr, bv.Var("address64", 64), v32("len"))
	case write:
		err = p.ex.Run(st, "femto_write", ptr, bv.Var("address64", 64), v32("len"))
	case room:
		err = p.ex.Run(st, "femto_room", ptr)
	case pcOf:
		err = p.ex.Run(st, "femto_pc", ptr)
	case grant:
		err = p.ex.Run(st, "femto_grant", ptr, bv.Const(uint64(p.segment), 32), sym.Ptr{Obj: p.given, Off: bv.Const(0, 64)}, v32("len"), v32("flag"))
	}
	if p.what == verify {
		err = p.verifier(st)
	}
	p.frameObject = make(map[*bv.Term]bool)
	p.textObject = make(map[*bv.Term]bool)
	for _, o := range []*sym.Object{p.frames, p.segs, p.text} {
		for _, c := range p.ex.Pieces(o) {
			p.pieces = append(p.pieces, c)
			p.frameObject[c.Val] = o == p.frames
			p.textObject[c.Val] = o == p.text
		}
	}
	if err == nil && len(p.paths) == 0 {
		err = fmt.Errorf("no path ends")
	}
	return err
}

func (p *program) world() *sym.State {
	ex := p.ex
	fixed := func(n uint64) func(*bv.Term) *bv.Term {
		return func(*bv.Term) *bv.Term { return bv.Const(n, 64) }
	}
	never := func(*bv.Term) *bv.Term { return bv.False }
	p.vm = &sym.Object{Name: "vm", Type: p.vmT}
	p.inst = &sym.Object{Name: "instance", Type: p.instT}
	p.text = &sym.Object{Name: "text", Align: 8, Addr: bv.Var("text_addr", p.variant.model.PtrBits), Len: fixed(8 * textSlots), Write: never}
	p.given = &sym.Object{Name: "given", Align: 1, Len: fixed(segBytes)}
	p.frames = &sym.Object{Name: "frames", Align: 8, Len: func(*bv.Term) *bv.Term {
		return bv.Mul(bv.Const(uint64(p.frameT.Size), 64), bv.Sub(bv.ZExt(bv.Var("depth", 8), 64), bv.Const(1, 64)))
	}}
	for k := range p.end {
		p.end[k], p.writable[k] = v32(fmt.Sprintf("end%d", k)), v32(fmt.Sprintf("writable%d", k))
	}
	p.segs = &sym.Object{Name: "segment", Family: true, Align: 1,
		Len:      func(k *bv.Term) *bv.Term { return p.length(&p.end, k) },
		WriteLen: func(k *bv.Term) *bv.Term { return p.length(&p.writable, k) }}
	st := ex.NewState()
	for _, o := range []*sym.Object{p.vm, p.inst, p.text, p.given, p.frames, p.segs} {
		st.Put(o)
	}
	vm := func(names ...string) sym.Ptr { return p.field(p.vm, p.vmT, names...) }
	inst := func(names ...string) sym.Ptr { return p.field(p.inst, p.instT, names...) }
	for k := range p.end {
		ex.Set(st, p.element("end", k), p.end[k])
		if k < bases {
			ex.Set(st, p.element("base", k), sym.Ptr{Obj: p.segs, Index: bv.Const(uint64(k), 32), Off: bv.Const(0, 64)})
		}
		ex.Set(st, p.element("writable_end", k), p.writable[k])
	}
	text := sym.Ptr{Obj: p.text, Off: bv.Const(0, 64)}
	start := text
	start.Off = place(v32("pc"))
	ex.Set(st, vm("instance"), sym.Ptr{Obj: p.inst})
	ex.Set(st, vm("pc"), start)
	ex.Set(st, vm("room"), ex.S(bv.Add(bv.Extract(p.text.Addr, 0, 32), bv.Mul(bv.Const(8, 32), v32("room")))))
	ex.Set(st, inst("image", "text"), text)
	ex.Set(st, inst("image", "slots"), bv.Const(textSlots, 32))
	ex.Set(st, inst("image", "depth"), bv.Var("depth", 8))
	ex.Set(st, inst("image", "frame_size"), bv.Var("frame_size", 16))
	ex.Set(st, inst("frames"), sym.Ptr{Obj: p.frames, Off: bv.Const(0, 64)})
	ex.Set(st, inst("call"), sym.Func{Name: "host"})
	p.scalars(st, p.what == resume)
	return st
}

// scalars gives registers and the like the state's values; before the loop of
// an engine they have others, which nothing may depend on.
func (p *program) scalars(st *sym.State, hidden bool) {
	name := func(n string) string {
		if hidden {
			return n + "_hidden"
		}
		return n
	}
	for i := range isa.NumRegs {
		p.ex.Set(st, p.element("r", i), bv.Var(name(fmt.Sprintf("r%d", i)), 64))
	}
	p.ex.Set(st, p.field(p.vm, p.vmT, "address"), v32(name("address")))
	p.ex.Set(st, p.field(p.vm, p.vmT, "level"), v32(name("level")))
}

// loop stops the run behind one instruction.
func (p *program) loop() *sym.Loop {
	pc, bound := "pc", "bound"
	if p.variant.fast {
		pc, bound = "PC", "BOUND"
	}
	var pcNow, boundNow *bv.Term // as they were when control last came to the head
	return &sym.Loop{
		First: func(*sym.Head) []sym.Cond { return nil },
		Inv: func(h *sym.Head) []sym.Cond {
			pcNow, boundNow = h.Ptr(pc).Off, h.Int(bound)
			return nil
		},
		Havoc: func(h *sym.Head) {
			// New names for both, since a loop that changed nothing is no loop.
			at := v32(fmt.Sprintf("pc_at_head_%d", len(p.heads)))
			limit := v32(fmt.Sprintf("bound_at_head_%d", len(p.heads)))
			p.heads = append(p.heads, head{at.Name, bv.LShr(pcNow, bv.Const(3, 64))}, head{limit.Name, boundNow})
			h.Set(pc, sym.Ptr{Obj: p.text, Off: p.ex.S(place(at))})
			h.Set(bound, limit)
			p.scalars(h.State, false)
			p.ex.Set(h.State, p.field(p.vm, p.vmT, "pc"), sym.Ptr{Obj: p.text, Off: bv.Var("old_pc", 64)})
			p.ex.Set(h.State, p.field(p.vm, p.vmT, "room"), v32("old_room"))
			p.ex.Scramble(h.State, p.segs)
			p.ex.Scramble(h.State, p.frames)
			p.seed(h.State, place(at))
		},
		Variant: func(*sym.Head) *bv.Term { return bv.Const(1, 64) }, // one iteration is all there is
		Back: func(h *sym.Head) {
			q := h.Ptr(pc)
			p.capture(h.State, nil, &next{q.Off, h.Int(bound)})
		},
	}
}

type next struct{ pc, bound *bv.Term }

// A head is a variable of the loop's first state, and its value.
type head struct {
	name  string
	value *bv.Term
}

// seed puts an instance of the row at pc.
func (p *program) seed(st *sym.State, at *bv.Term) {
	part := func(name string, w uint8, r isa.Rule) *bv.Term {
		if p.row != nil && r.Use == isa.Fixed {
			return bv.Const(uint64(r.Value), w)
		}
		return bv.Var(name, w)
	}
	var row isa.Row
	if p.row != nil {
		row = *p.row
	}
	low := bv.Concat(part("dreg", 4, row.DstRule), bv.Const(uint64(p.op), 8))
	word := bv.Concat(bv.Concat(part("off", 16, row.OffRule), part("sreg", 4, row.SrcRule)), low)
	p.ex.Seed(st, p.text, nil, at, bv.Concat(part("imm", 32, row.ImmRule), word))
	if row.Kind == isa.Wide {
		p.ex.Seed(st, p.text, nil, bv.Add(at, bv.Const(8, 64)), bv.Concat(v32("imm2"), bv.Const(0, 32)))
	}
}

// host answers as the driver's does.
func (p *program) host(ex *sym.Exec, st *sym.State, _ string, args []sym.Value) []sym.Outcome {
	pc := ex.Get(st, p.field(p.vm, p.vmT, "pc")).(sym.Ptr)
	room := p.field(p.vm, p.vmT, "room")
	st.Log = append(st.Log, sym.Call{Name: "host", More: []*bv.Term{args[1].(*bv.Term), pc.Off, ex.Get(st, room).(*bv.Term)}})
	ex.Set(st, room, v32("helper_room"))
	ok, bad := st.Clone(), st
	status := bv.Var("helper_status", 16)
	ex.Assume(ok, bv.Eq(status, bv.Const(0, 16)))
	ex.Assume(bad, bv.Ne(status, bv.Const(0, 16)))
	ex.Set(ok, p.element("r", 0), bv.Var("helper_r0", 64))
	return []sym.Outcome{{State: ok, Result: bv.Const(0, 16)}, {State: bad, Result: status}}
}

// verifier verifies an image whose text is the shape's but for the slot at pc,
// of which only the opcode is given.
func (p *program) verifier(st *sym.State) error {
	ex := p.ex
	list := func(name string, size uint64, elem *cir.Type) *sym.Object {
		o := &sym.Object{Name: name, Align: 8, Elem: elem, Len: func(*bv.Term) *bv.Term { return bv.Const(size, 64) }, Write: func(*bv.Term) *bv.Term { return bv.False }}
		st.Put(o)
		return o
	}
	half := &cir.Type{Kind: cir.Int, Bits: 16, Size: 2, Align: 2}
	entries, helpers, granted := list("entries", 8, nil), list("helpers", 4, nil), list("granted", 4, half)
	p.pcOut = &sym.Object{Name: "pc_out", Type: &cir.Type{Kind: cir.Int, Bits: 32, Size: 4, Align: 4}}
	st.Put(p.pcOut)
	ex.Seed(st, entries, nil, bv.Const(0, 64), bv.Concat(bv.Const(0, 32), v32("entry")))
	for i := range uint64(2) {
		ex.Seed(st, helpers, nil, bv.Const(2*i, 64), bv.Var(fmt.Sprintf("helper%d", i), 16))
		ex.Seed(st, granted, nil, bv.Const(2*i, 64), bv.Var(fmt.Sprintf("granted%d", i), 16))
	}
	for i := range p.shape.Slots {
		if i != p.shape.PC {
			ex.Seed(st, p.text, nil, bv.Const(8*uint64(i), 64), bv.Const(p.shape.Text[i], 64))
		}
	}
	p.seed(st, bv.Const(8*uint64(p.shape.PC), 64))
	start := func(o *sym.Object) sym.Ptr { return sym.Ptr{Obj: o, Off: bv.Const(0, 64)} }
	img := p.field(p.inst, p.instT, "image")
	set := func(name string, v sym.Value) { ex.Set(st, sym.Field(img, p.unit.Structs["femto_image"], name), v) }
	set("entries", start(entries))
	set("helpers", start(helpers))
	set("slots", bv.Const(uint64(p.shape.Slots), 32))
	set("n_entries", bv.Const(1, 8))
	set("n_helpers", bv.Const(2, 8))
	return ex.Run(st, "femto_image_verify", img, start(granted), bv.Const(2, 32), sym.Ptr{Obj: p.pcOut})
}

// capture keeps the end of a path.
func (p *program) capture(st *sym.State, result sym.Value, go_ *next) {
	term := func(q sym.Ptr) *bv.Term {
		t, ok := p.ex.Get(st, q).(*bv.Term)
		if !ok {
			panic(&sym.Unsupported{Pos: q.String(), What: "not a determined integer"})
		}
		return t
	}
	e := path{conds: st.Path, stored: st.Writes(p.segs), saved: st.Writes(p.frames), asked: st.Log}
	switch r := result.(type) {
	case *bv.Term:
		e.result = r
	case sym.Ptr:
		e.ptr = &r
	}
	for i := range e.regs {
		e.regs[i] = term(p.element("r", i))
	}
	for k := range e.end {
		e.end[k], e.writable[k] = term(p.element("end", k)), term(p.element("writable_end", k))
		if k < bases {
			e.mapped[k] = p.ex.Get(st, p.element("base", k)).(sym.Ptr).Obj == p.given
		}
	}
	e.level, e.address = term(p.field(p.vm, p.vmT, "level")), term(p.field(p.vm, p.vmT, "address"))
	if p.what == verify {
		e.reported = term(sym.Ptr{Obj: p.pcOut})
	}
	if go_ != nil {
		e.goesOn, e.pc, e.room = true, go_.pc, go_.bound
	} else {
		e.pc = p.ex.Get(st, p.field(p.vm, p.vmT, "pc")).(sym.Ptr).Off
		e.room = term(p.field(p.vm, p.vmT, "room"))
	}
	p.paths = append(p.paths, e)
}

// matters: a goal that is not about the loop, which is left after one step.
func matters(kind string) bool {
	return !strings.HasPrefix(kind, "unchanged by loop") && kind != "loop ends"
}
