// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package main

import (
	"encoding/binary"
	"fmt"
	"maps"
	"slices"

	"github.com/femtocontainer/femtocontainer/femto/image"
	"github.com/femtocontainer/femtocontainer/femto/isa"
	"github.com/femtocontainer/femtocontainer/femto/verify"
	"github.com/femtocontainer/femtocontainer/tests/engines"
)

// A shape is the memory that a program is made for.
type shape struct {
	length   [isa.NumSegments]int
	writable [isa.NumSegments]bool
}

// generate makes a random image that the verifier accepts.
func generate(d dice) (*image.Image, shape) {
	g := generator{d: d}
	g.img = &image.Image{
		Frame: pick[uint16](d, 0, 8, 16, 32, 64, 128, 512), Depth: uint8(pick(d, 1+d.intn(6), 1+d.intn(6), 1+d.intn(32))),
		Data: random(d, pick(d, 0, 1, 7, 8, 24, 61)), ROData: random(d, pick(d, 0, 1, 8, 9, 40)), BSS: uint32(pick(d, 0, 0, 3, 8, 33)),
	}
	g.length = [isa.NumSegments]int{
		isa.SegStack: int(g.img.Frame) * int(g.img.Depth), isa.SegData: len(g.img.Data) + int(g.img.BSS), isa.SegROData: len(g.img.ROData),
		isa.SegContext: pick(d, 0, 1, 8, 15, 16, 64), isa.SegGrant5: pick(d, 0, 4, 8, 30), isa.SegGrant6: pick(d, 0, 1, 16),
	}
	g.writable = [isa.NumSegments]bool{
		isa.SegStack: true, isa.SegData: true, isa.SegContext: chance(d, 80), isa.SegGrant5: chance(d, 50), isa.SegGrant6: chance(d, 80),
	}
	functions := 1 + d.intn(4)
	for i := range functions {
		g.starts = append(g.starts, len(g.text))
		g.function(i, functions)
	}
	g.fixUp()
	for i, s := range g.starts {
		g.img.Entries = append(g.img.Entries, image.Entry{Name: fmt.Sprintf("f%d", i), Slot: uint32(s)})
	}
	for _, id := range engines.Granted {
		if g.imports[id] || chance(d, 10) {
			g.img.Helpers = append(g.img.Helpers, id)
		}
	}
	slices.Sort(g.img.Helpers)
	for _, s := range g.text {
		g.img.Text = binary.LittleEndian.AppendUint64(g.img.Text, s)
	}
	if err := verify.Image(g.img, verify.Options{Granted: engines.Granted}); err != nil {
		panic(fmt.Sprintf("fuzz: the generator made an illegal program: %v", err))
	}
	return g.img, g.shape
}

func random(d dice, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(number(d))
	}
	return b
}

type generator struct {
	d dice
	shape
	img     *image.Image
	text    []uint64
	begins  []int       // slots where instructions begin
	starts  []int       // first slot of each function
	calls   map[int]int // slot of a local call -> function
	wild    []int       // slots of jumps that may lead anywhere
	busy    [isa.NumRegs]bool
	imports map[uint16]bool
	nesting int
}

// rows of the table by what the generator uses them for.
var (
	compute  = rowsWhere(func(r *isa.Row) bool { return r.Kind == isa.ALU || r.Kind == isa.Wide })
	access   = rowsWhere(func(r *isa.Row) bool { return r.Size > 0 })
	branches = rowsWhere(func(r *isa.Row) bool { return r.Kind == isa.Jump && !r.EndsRun() })
	jumps    = rowsWhere(func(r *isa.Row) bool { return r.Kind == isa.Jump && r.EndsRun() })
)

func rowsWhere(f func(*isa.Row) bool) (out []*isa.Row) {
	for i := range isa.Table {
		if f(&isa.Table[i]) {
			out = append(out, &isa.Table[i])
		}
	}
	return out
}

// emit adds an instruction: the fields that the row leaves open are given,
// those it fixes are not.
func (g *generator) emit(r *isa.Row, in isa.Insn, imm2 uint32) int {
	in.Opcode = r.Opcode
	if r.DstRule.Use == isa.Fixed {
		in.Dst = uint8(r.DstRule.Value)
	}
	if r.SrcRule.Use == isa.Fixed {
		in.Src = uint8(r.SrcRule.Value)
	}
	if r.OffRule.Use == isa.Fixed {
		in.Off = int16(r.OffRule.Value)
	}
	if r.ImmRule.Use == isa.Fixed {
		in.Imm = int32(r.ImmRule.Value)
	}
	at := len(g.text)
	g.begins = append(g.begins, at)
	g.text = append(g.text, in.Slot())
	if r.Kind == isa.Wide {
		g.text = append(g.text, uint64(imm2)<<32)
	}
	return at
}

func (g *generator) named(name string, in isa.Insn) int { return g.emit(isa.ByName(name), in, 0) }

// target is a register that an instruction may write.
func (g *generator) target() uint8 {
	r := g.d.intn(isa.FrameReg)
	for g.busy[r] {
		r = (r + 1) % isa.FrameReg
	}
	return uint8(r)
}

func (g *generator) any() uint8 { return uint8(g.d.intn(isa.NumRegs)) }

func (g *generator) load(r uint8, v uint64) {
	g.emit(isa.ByName("lddw"), isa.Insn{Dst: r, Imm: int32(v)}, uint32(v>>32))
}

func (g *generator) function(index, functions int) {
	g.busy = [isa.NumRegs]bool{}
	if index == 0 || chance(g.d, 30) {
		for range 1 + g.d.intn(5) {
			g.load(g.target(), number(g.d))
		}
	}
	g.statements(3+g.d.intn(12), index, functions)
	g.named("exit", isa.Insn{})
}

func (g *generator) statements(n, index, functions int) {
	for range n {
		g.statement(index, functions)
	}
}

func (g *generator) statement(index, functions int) {
	d := g.d
	switch k := d.intn(100); {
	case k < 38:
		r := compute[d.intn(len(compute))]
		g.emit(r, isa.Insn{Dst: g.target(), Src: g.any(), Imm: int32(number(d))}, uint32(d.u64()))
	case k < 66:
		g.access()
	case k < 74 && g.nesting < 4:
		// A branch over some statements.
		r := branches[d.intn(len(branches))]
		at := g.emit(r, isa.Insn{Dst: g.any(), Src: g.any(), Imm: int32(number(d))}, 0)
		g.nest(1+d.intn(3), index, functions)
		g.aim(at, len(g.text))
	case k < 77 && g.nesting < 4:
		at := g.emit(jumps[d.intn(len(jumps))], isa.Insn{}, 0)
		g.nest(d.intn(3), index, functions)
		g.aim(at, len(g.text))
	case k < 84 && g.nesting < 2:
		g.loop(index, functions)
	case k < 90:
		g.call(index, functions)
	case k < 97:
		g.helper()
	case k < 98:
		g.wild = append(g.wild, g.emit(branches[d.intn(len(branches))], isa.Insn{Dst: g.any(), Src: g.any(), Imm: int32(number(d))}, 0))
	case k < 99:
		at := g.emit(branches[d.intn(len(branches))], isa.Insn{Dst: g.any(), Src: g.any(), Imm: int32(number(d))}, 0)
		g.named("exit", isa.Insn{})
		g.aim(at, len(g.text))
	default:
		// Wherever a register points.
		r := access[d.intn(len(access))]
		g.emit(r, isa.Insn{Dst: g.targetOf(r), Src: g.sourceOf(r), Off: int16(number(d)), Imm: int32(number(d))}, 0)
	}
}

func (g *generator) nest(n, index, functions int) {
	g.nesting++
	g.statements(n, index, functions)
	g.nesting--
}

// targetOf is a register for the dst field of r, which some only read.
func (g *generator) targetOf(r *isa.Row) uint8 {
	if r.DstRule.Use == isa.Reads {
		return g.any()
	}
	return g.target()
}

func (g *generator) sourceOf(r *isa.Row) uint8 {
	if r.SrcRule.Use == isa.Writes {
		return g.target()
	}
	return g.any()
}

// access is a load, store or atomic whose address is right, as a rule.
func (g *generator) access() {
	d := g.d
	r := access[d.intn(len(access))]
	size := int(r.Size)
	var fit []int
	for s := 1; s < isa.NumSegments; s++ {
		if g.length[s] >= size && (g.writable[s] || !r.Writes()) {
			fit = append(fit, s)
		}
	}
	if len(fit) == 0 {
		g.load(g.target(), number(d))
		return
	}
	s := fit[d.intn(len(fit))]
	at := d.intn(g.length[s] - size + 1)
	if chance(d, 15) {
		at = pick(d, 0, g.length[s]-size)
	}
	if chance(d, 2) {
		at = pick(d, -1, g.length[s]-size+1, g.length[s], g.length[s]+d.intn(64))
	}
	in := isa.Insn{Dst: g.targetOf(r), Src: g.sourceOf(r), Imm: int32(number(d))}
	base := uint8(isa.FrameReg)
	if frame := int(g.img.Frame); s == isa.SegStack && frame >= size && chance(d, 80) {
		in.Off = int16(-size - d.intn(frame-size+1))
	} else {
		in.Off = int16(pick(d, 0, 0, d.intn(256)-128, int(int16(d.u64()))))
		v := uint64(uint32(int(isa.SegmentBase(uint32(s))) + at - int(in.Off)))
		if chance(d, 20) {
			v |= d.u64() << 32 // takes no part
		}
		base = g.target()
		g.load(base, v)
	}
	if r.Reads() && r.Kind == isa.Load {
		in.Src = base
	} else {
		in.Dst = base
	}
	g.emit(r, in, 0)
}

// loop repeats some statements with a counter that they leave alone. Counters
// are among the registers that calls keep.
func (g *generator) loop(index, functions int) {
	d := g.d
	counter := uint8(0)
	for r := uint8(isa.FirstSaved); r <= isa.LastSaved; r++ {
		if !g.busy[r] {
			counter = r
		}
	}
	if counter == 0 {
		return
	}
	g.named("mov64_imm", isa.Insn{Dst: counter, Imm: int32(1 + d.intn(5))})
	g.busy[counter] = true
	body := len(g.text)
	g.nest(1+d.intn(4), index, functions)
	g.named(pick(d, "add64_imm", "add32_imm"), isa.Insn{Dst: counter, Imm: -1})
	at := g.named(pick(d, "jne64_imm", "jne32_imm", "jsgt64_imm", "jgt32_imm", "jgt64_imm"), isa.Insn{Dst: counter})
	g.aim(at, body)
	g.busy[counter] = false
}

// call is a local call, mostly of a later function, sometimes in a circle.
func (g *generator) call(index, functions int) {
	callee := index + 1
	if callee == functions || chance(g.d, 5) {
		if !chance(g.d, 15) {
			return
		}
		callee = g.d.intn(functions)
	}
	if g.calls == nil {
		g.calls = make(map[int]int)
	}
	g.calls[g.named("call_local", isa.Insn{})] = callee
}

func (g *generator) helper() {
	d := g.d
	id := pick(d, engines.Mix, engines.Mix, engines.Fill, engines.Sum, engines.Last)
	if chance(d, 3) {
		id = engines.Fail
	}
	if id == engines.Fill || id == engines.Sum {
		s := 1 + d.intn(6)
		if n := g.length[s]; !g.busy[1] && !g.busy[2] {
			at := d.intn(n + 1)
			g.load(1, uint64(isa.SegmentBase(uint32(s)))+uint64(at))
			g.named("mov64_imm", isa.Insn{Dst: 2, Imm: int32(d.intn(n - at + 1 + d.intn(50)/49))})
		}
	}
	if g.imports == nil {
		g.imports = make(map[uint16]bool)
	}
	g.imports[id] = true
	g.named("call_helper", isa.Insn{Imm: int32(id)})
}

// aim makes the jump or call at slot `at` lead to target.
func (g *generator) aim(at, target int) {
	in := isa.Decode(g.text[at])
	if isa.Lookup(in).OffRule.Use == isa.Slots {
		in.Off = int16(target - at - 1)
	} else {
		in.Imm = int32(target - at - 1)
	}
	g.text[at] = in.Slot()
}

// fixUp aims what could not be aimed before all of the text was there.
func (g *generator) fixUp() {
	for _, at := range slices.Sorted(maps.Keys(g.calls)) {
		g.aim(at, g.starts[g.calls[at]])
	}
	for _, at := range g.wild {
		g.aim(at, g.begins[g.d.intn(len(g.begins))])
	}
}
