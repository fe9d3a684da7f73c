// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package opt

import (
	"encoding/binary"
	"errors"
	"math"
	"slices"

	"github.com/femtocontainer/femtocontainer/femto/bv"
	"github.com/femtocontainer/femtocontainer/femto/image"
	"github.com/femtocontainer/femtocontainer/femto/isa"
)

// An insn is an instruction with what its terms are for its immediates.
type insn struct {
	isa.Insn
	row    *isa.Row
	imm2   int32
	callee *block // of a local call
	origin int    // slot in the program as it was
}

// A block is a stretch of code without jumps. It goes on in one of three ways:
// a conditional jump to taken, or else to next; to next; or it ends with exit.
type block struct {
	code   []*insn
	branch *insn // the conditional jump, or nil
	taken  *block
	next   *block // nil after exit
	exit   *insn

	index    int // in program.blocks
	function int // number of the function it belongs to
	origin   int
}

func (b *block) successors() []*block {
	var out []*block
	if b.next != nil {
		out = append(out, b.next)
	}
	if b.branch != nil {
		out = append(out, b.taken)
	}
	return out
}

// all lists the instructions that read something.
func (b *block) all() []*insn {
	out := slices.Clone(b.code)
	if b.branch != nil {
		out = append(out, b.branch)
	}
	return out
}

type program struct {
	img     *image.Image
	blocks  []*block // those that can be reached, in order
	entries []*block // of img.Entries
}

// decode expects an image that the verifier accepts.
func decode(img *image.Image) *program {
	n := len(img.Text) / 8
	slot := func(i int) uint64 { return binary.LittleEndian.Uint64(img.Text[8*i:]) }
	code := make([]*insn, n)
	starts, functions := make([]bool, n+1), make([]bool, n+1)
	for pc := 0; pc < n; {
		x := &insn{Insn: isa.Decode(slot(pc)), origin: pc}
		x.row = isa.Lookup(x.Insn)
		code[pc] = x
		next := pc + x.row.Width()
		if x.row.Kind == isa.Wide {
			x.imm2 = isa.Decode(slot(pc + 1)).Imm
		}
		if d, ok := x.row.Target(x.Insn); ok {
			starts[next+int(d)] = true
			if x.row.Kind == isa.CallLocal {
				functions[next+int(d)] = true
			} else {
				starts[next] = true
			}
		}
		if x.row.EndsRun() {
			starts[next] = true
		}
		pc = next
	}
	for _, e := range img.Entries {
		starts[e.Slot], functions[e.Slot] = true, true
	}
	starts[0] = true
	at := make(map[int]*block)
	p := &program{img: img}
	function := 0
	for pc := range n {
		if functions[pc] {
			function++
		}
		if starts[pc] {
			at[pc] = &block{origin: pc, function: function}
			p.blocks = append(p.blocks, at[pc])
		}
	}
	var b *block
	for pc := 0; pc < n; {
		if starts[pc] {
			b = at[pc]
		}
		x := code[pc]
		next := pc + x.row.Width()
		d, _ := x.row.Target(x.Insn)
		target := at[next+int(d)]
		switch {
		case x.row.Kind == isa.Exit:
			b.exit = x
		case x.row.EndsRun():
			b.next = target
		case x.row.Kind == isa.Jump:
			b.branch, b.taken, b.next = x, target, at[next]
		default:
			if x.row.Kind == isa.CallLocal {
				x.callee = target
			}
			b.code = append(b.code, x)
			if next < n && starts[next] {
				b.next = at[next]
			}
		}
		pc = next
	}
	for _, e := range img.Entries {
		p.entries = append(p.entries, at[int(e.Slot)])
	}
	p.sweep()
	return p
}

// sweep drops blocks that nothing reaches, and numbers the others.
func (p *program) sweep() {
	live := make(map[*block]bool)
	var walk func(b *block)
	walk = func(b *block) {
		if live[b] {
			return
		}
		live[b] = true
		for _, x := range b.code {
			if x.callee != nil {
				walk(x.callee)
			}
		}
		for _, s := range b.successors() {
			walk(s)
		}
	}
	for _, e := range p.entries {
		walk(e)
	}
	p.blocks = slices.DeleteFunc(p.blocks, func(b *block) bool { return !live[b] })
	for i, b := range p.blocks {
		b.index = i
	}
}

var errTooFar = errors.New("a jump does not reach its target")

// encode lays the blocks out in their order. origin gives for each slot the
// one that it came from.
func (p *program) encode() (img *image.Image, origin []int, err error) {
	type fix struct {
		at     int
		target *block
	}
	var text []isa.Insn
	var fixes []fix
	start := make(map[*block]int)
	emit := func(in isa.Insn, from int) int {
		text, origin = append(text, in), append(origin, from)
		return len(text) - 1
	}
	for i, b := range p.blocks {
		start[b] = len(text)
		from := b.origin
		for _, x := range b.code {
			from = x.origin
			at := emit(x.Insn, from)
			if x.row.Kind == isa.Wide {
				emit(isa.Insn{Imm: x.imm2}, from)
			}
			if x.callee != nil {
				fixes = append(fixes, fix{at, x.callee})
			}
		}
		if b.branch != nil {
			from = b.branch.origin
			fixes = append(fixes, fix{emit(b.branch.Insn, from), b.taken})
		}
		switch {
		case b.exit != nil:
			emit(b.exit.Insn, b.exit.origin)
		case i+1 == len(p.blocks) || p.blocks[i+1] != b.next:
			fixes = append(fixes, fix{emit(isa.Insn{Opcode: isa.ByName("ja").Opcode}, from), b.next})
		}
	}
	for _, f := range fixes {
		d := start[f.target] - f.at - 1
		in := &text[f.at]
		switch isa.Lookup(*in).OffRule.Use {
		case isa.Slots:
			if d < math.MinInt16 || d > math.MaxInt16 {
				return nil, nil, errTooFar
			}
			in.Off = int16(d)
		default:
			in.Imm = int32(d)
		}
	}
	out := *p.img
	out.Signature = nil
	out.Entries = slices.Clone(p.img.Entries)
	for i, b := range p.entries {
		out.Entries[i].Slot = uint32(start[b])
	}
	out.Text = nil
	for _, in := range text {
		out.Text = binary.LittleEndian.AppendUint64(out.Text, in.Slot())
	}
	return &out, origin, nil
}

// terms of an instruction, with its immediates as constants.
func (x *insn) term(t *bv.Term) *bv.Term {
	if t == nil {
		return nil
	}
	return bv.Subst(t, map[string]*bv.Term{
		"imm": bv.Const(uint64(x.Imm), 32), "imm2": bv.Const(uint64(x.imm2), 32), "off": bv.Const(uint64(x.Off), 16),
	})
}

func (x *insn) value() *bv.Term { return x.term(x.row.Value) }

// writes is the register that x writes, or -1. Calls are not asked.
func (x *insn) writes() int {
	switch x.row.To {
	case isa.Dst:
		return int(x.Dst)
	case isa.Src:
		return int(x.Src)
	case isa.R0:
		return 0
	}
	if x.row.Kind == isa.CallHelper {
		return 0
	}
	return -1
}

// register is the one that a variable of x's terms stands for, or -1.
func (x *insn) register(v *bv.Term) int {
	switch v.Name {
	case "dst":
		return int(x.Dst)
	case "src":
		return int(x.Src)
	case "r0":
		return 0
	}
	return -1
}

// pure reports whether x does nothing but compute a register.
func (x *insn) pure() bool { return x.row.Kind == isa.ALU || x.row.Kind == isa.Wide }

// slots counts instructions.
func (p *program) slots() (n int) {
	for _, b := range p.blocks {
		for _, x := range b.code {
			n += x.row.Width()
		}
		if b.branch != nil || b.exit != nil {
			n++
		}
	}
	return n
}
