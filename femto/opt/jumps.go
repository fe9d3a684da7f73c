// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package opt

import (
	"cmp"
	"math"
	"slices"

	"github.com/femtocontainer/femtocontainer/femto/bv"
	"github.com/femtocontainer/femtocontainer/femto/isa"
)

// threadJumps leads jumps past blocks that only jump on, and joins blocks that
// always follow one another.
func (p *program) threadJumps() (changed int) {
	follow := func(b *block) *block {
		seen := make(map[*block]bool)
		for len(b.code) == 0 && b.branch == nil && b.next != nil && !seen[b] {
			seen[b] = true
			b = b.next
		}
		return b
	}
	before := make([]int, len(p.blocks)) // ways into a block
	for _, e := range p.entries {
		before[e.index] += 2 // cannot be joined to anything
	}
	for _, b := range p.blocks {
		for _, to := range []**block{&b.next, &b.taken} {
			if *to != nil {
				if t := follow(*to); t != *to {
					*to = t
					changed++
				}
				before[(*to).index]++
			}
		}
		if b.branch != nil && b.taken == b.next {
			b.branch, b.taken = nil, nil
			before[b.next.index]--
			changed++
		}
		for _, x := range b.code {
			if x.callee != nil {
				before[x.callee.index] += 2
			}
		}
	}
	gone := make(map[*block]bool)
	for _, b := range p.blocks {
		for !gone[b] && b.branch == nil && b.next != nil && b.next != b && before[b.next.index] == 1 && b.next.function == b.function {
			n := b.next
			b.code = append(slices.Clone(b.code), n.code...)
			b.branch, b.taken, b.next, b.exit = n.branch, n.taken, n.next, n.exit
			gone[n] = true
			n.next, n.taken, n.branch = nil, nil, nil
			changed++
		}
	}
	p.blocks = slices.DeleteFunc(p.blocks, func(b *block) bool { return gone[b] })
	for i, b := range p.blocks {
		b.index = i
	}
	return changed
}

// opposite is the branch that is taken when x is not, or nil.
func opposite(x *insn) *insn {
	not := func(t *bv.Term) *bv.Term {
		if len(t.Args) == 2 {
			a, b := t.Args[0], t.Args[1]
			switch t.Op {
			case bv.OpUlt:
				return bv.Ule(b, a)
			case bv.OpUle:
				return bv.Ult(b, a)
			case bv.OpSlt:
				return bv.Sle(b, a)
			case bv.OpSle:
				return bv.Slt(b, a)
			}
		}
		if t.Op == bv.OpNot {
			return t.Args[0]
		}
		return bv.Not(t)
	}
	want := not(x.row.Taken)
	for i := range isa.Table {
		if r := &isa.Table[i]; r.Kind == isa.Jump && r.Taken == want {
			n := *x
			n.Opcode, n.row = r.Opcode, r
			if isa.Lookup(n.Insn) == r {
				return n.strict()
			}
		}
	}
	return nil
}

// strict is the unsigned comparison x with a constant without "or equal",
// which compilers write and fast engines expect: x <= 4 is x < 5.
func (x *insn) strict() *insn {
	t := x.row.Taken
	if t.Op != bv.OpUle || x.row.ImmRule.Use != isa.Free {
		return x
	}
	want, imm, edge := bv.Ult(t.Args[0], t.Args[1]), x.Imm+1, int32(math.MaxInt32)
	if reads(t.Args[0], "imm") {
		imm, edge = x.Imm-1, math.MinInt32
	}
	// Where the constant is the last of its sign, its neighbour is far away.
	if x.Imm == edge || x.Imm == 0 || x.Imm == -1 {
		return x
	}
	for i := range isa.Table {
		if r := &isa.Table[i]; r.Kind == isa.Jump && r.Taken == want {
			return x.variant(r.Opcode, x.Src, imm)
		}
	}
	return x
}

// depths is how many loops each block is in, by the blocks that can go back to
// themselves once the outer ones are cut.
func (p *program) depths() []int {
	depth := make([]int, len(p.blocks))
	var split func(in []bool, level int)
	split = func(in []bool, level int) {
		for _, c := range p.components(in) {
			if len(c) == 1 && !slices.Contains(c[0].successors(), c[0]) {
				continue
			}
			inner := make([]bool, len(p.blocks))
			for _, b := range c {
				depth[b.index] = level
				inner[b.index] = true
			}
			// Cut the loop at its head, the block that is entered from outside.
			head := c[0]
			for _, b := range p.blocks {
				if in[b.index] && !inner[b.index] {
					for _, s := range b.successors() {
						if inner[s.index] {
							head = s
						}
					}
				}
			}
			inner[head.index] = false
			if level < 6 {
				split(inner, level+1)
			}
		}
	}
	all := make([]bool, len(p.blocks))
	for i := range all {
		all[i] = true
	}
	split(all, 1)
	return depth
}

// components are the strongly connected ones among the blocks in the set
// (Tarjan).
func (p *program) components(in []bool) (out [][]*block) {
	number, low := make([]int, len(p.blocks)), make([]int, len(p.blocks))
	on := make([]bool, len(p.blocks))
	var stack []*block
	n := 0
	var visit func(b *block)
	visit = func(b *block) {
		n++
		number[b.index], low[b.index] = n, n
		stack, on[b.index] = append(stack, b), true
		for _, s := range b.successors() {
			switch {
			case !in[s.index]:
			case number[s.index] == 0:
				visit(s)
				low[b.index] = min(low[b.index], low[s.index])
			case on[s.index]:
				low[b.index] = min(low[b.index], number[s.index])
			}
		}
		if low[b.index] == number[b.index] {
			i := slices.Index(stack, b)
			c := slices.Clone(stack[i:])
			for _, s := range c {
				on[s.index] = false
			}
			stack = stack[:i]
			out = append(out, c)
		}
	}
	for _, b := range p.blocks {
		if in[b.index] && number[b.index] == 0 {
			visit(b)
		}
	}
	return out
}

// arrange orders the blocks so that what is executed most falls through, and
// turns branches round where that saves a jump. Functions stay together.
func (p *program) arrange() {
	type edge struct {
		from, to *block
		weight   int
	}
	depth := p.depths()
	var edges []edge
	for _, b := range p.blocks {
		if b.next == nil {
			continue
		}
		w := func(to *block) int { return min(depth[b.index], depth[to.index]) }
		if b.branch == nil {
			edges = append(edges, edge{b, b.next, 2*w(b.next) + 1})
			continue
		}
		edges = append(edges, edge{b, b.next, 2 * w(b.next)})
		if opposite(b.branch) != nil {
			edges = append(edges, edge{b, b.taken, 2 * w(b.taken)})
		}
	}
	slices.SortStableFunc(edges, func(a, b edge) int { return cmp.Compare(b.weight, a.weight) })
	chain := make(map[*block][]*block) // by first and by last block
	for _, b := range p.blocks {
		chain[b] = []*block{b}
	}
	of := make(map[*block]*block) // first block of the chain
	for _, b := range p.blocks {
		of[b] = b
	}
	for _, e := range edges {
		a, b := of[e.from], of[e.to]
		if a == b || e.to != b || chain[a][len(chain[a])-1] != e.from || e.from.function != e.to.function {
			continue
		}
		chain[a] = append(chain[a], chain[b]...)
		for _, m := range chain[b] {
			of[m] = a
		}
		delete(chain, b)
	}
	var heads []*block
	for _, b := range p.blocks {
		if of[b] == b {
			heads = append(heads, b)
		}
	}
	slices.SortStableFunc(heads, func(a, b *block) int { return cmp.Compare(a.function, b.function) })
	var order []*block
	for _, h := range heads {
		order = append(order, chain[h]...)
	}
	p.blocks = order
	for i, b := range p.blocks {
		b.index = i
		if b.branch != nil && i+1 < len(order) && b.next != order[i+1] && b.taken == order[i+1] {
			if n := opposite(b.branch); n != nil {
				b.branch, b.taken, b.next = n, b.next, b.taken
			}
		}
	}
}
