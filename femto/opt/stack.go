// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package opt

import (
	"maps"

	"github.com/femtocontainer/femtocontainer/femto/bv"
	"github.com/femtocontainer/femtocontainer/femto/isa"
)

// A cell is a stretch of the frame, by its distance from r10. The program has
// accessed it, so that accessing it again cannot fault.
type cell struct {
	off  int16
	size uint8
}

func (c cell) overlaps(d cell) bool {
	return int(c.off) < int(d.off)+int(d.size) && int(d.off) < int(c.off)+int(c.size)
}

// contents says which register has what is in a cell, in its low bits.
type contents map[cell]uint8

func (c contents) forget(drop func(at cell, reg uint8) bool) { maps.DeleteFunc(c, drop) }

// forwardStores takes from a register what a load would fetch from the frame,
// and drops stores of what is there already. A store through another register
// than r10 ends all knowledge unless its address is known to be in another
// segment, because a program may compute the address of its stack.
func (p *program) forwardStores() (changed int) {
	var only = make([]*block, len(p.blocks)) // the one block before, as far as control goes
	ways := make([]int, len(p.blocks))
	for _, e := range p.entries {
		ways[e.index] += 2
	}
	for _, b := range p.blocks {
		for _, s := range b.successors() {
			ways[s.index]++
			only[s.index] = b
		}
		for _, x := range b.code {
			if x.callee != nil {
				ways[x.callee.index] += 2
			}
		}
	}
	in := p.facts()
	after := make(map[*block]contents)
	replace := make(map[*insn]*insn)
	var visit func(b *block) contents
	visit = func(b *block) contents {
		if c, ok := after[b]; ok {
			return c
		}
		c := contents{}
		after[b] = c
		if ways[b.index] == 1 && only[b.index] != b {
			maps.Copy(c, visit(only[b.index]))
		}
		if in[b.index] == nil {
			return c
		}
		f := *in[b.index]
		for _, x := range b.code {
			if n, ok := c.instead(x, &f); ok {
				replace[x] = n
				changed++
			}
			c.after(x, &f)
			f.after(x)
		}
		return c
	}
	for _, b := range p.blocks {
		visit(b)
	}
	p.replace(replace)
	return changed
}

// frameCell is the cell that x accesses by way of r10.
func frameCell(x *insn) (c cell, ok bool) {
	if x.row.Size == 0 {
		return c, false
	}
	base := x.Dst
	if x.row.Kind == isa.Load {
		base = x.Src
	}
	return cell{x.Off, x.row.Size}, base == isa.FrameReg
}

// instead is what does the same as x without memory; ok with nil: nothing needs
// to be done.
func (c contents) instead(x *insn, f *facts) (n *insn, ok bool) {
	at, ok := frameCell(x)
	reg, here := c[at]
	if !ok || !here {
		return nil, false
	}
	have := f.word(int(reg))
	have = mask(have, 8*at.size)
	switch x.row.Kind {
	case isa.Load:
		w := eval(x.value(), func(*bv.Term) word { return have })
		n, keep := express(&w, everyBit, int(x.Dst), f, x.origin, anyCost)
		return n, keep || n != nil
	case isa.Store:
		return nil, f.eval(x, x.term(x.row.Stored)) == have
	}
	return nil, false
}

// after turns what is known before x into what is known after it; f is known
// before it.
func (c contents) after(x *insn, f *facts) {
	switch x.row.Kind {
	case isa.CallHelper, isa.CallLocal:
		clear(c)
		return
	}
	at, inFrame := frameCell(x)
	if x.row.Writes() {
		segment := f.eval(x, bv.LShr(x.term(x.row.Addr), bv.Const(isa.SegmentBits, 32)))
		stack := wordOf(isa.SegStack)
		switch {
		case inFrame:
			c.forget(func(d cell, _ uint8) bool { return d.overlaps(at) })
		case compare(bv.OpEq, &segment, &stack, 32) != zero:
			clear(c)
		}
	}
	if r := x.writes(); r >= 0 {
		c.forget(func(_ cell, reg uint8) bool { return int(reg) == r })
	}
	switch {
	case !inFrame:
	case x.row.Kind == isa.Load && x.Dst != isa.FrameReg:
		if _, known := c[at]; !known {
			c[at] = x.Dst
		}
	case x.row.Kind == isa.Store && x.row.SrcRule.Use == isa.Reads:
		c[at] = x.Src
	}
}
