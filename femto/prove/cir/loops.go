// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package cir

import (
	"fmt"
	"slices"

	"modernc.org/cc/v4"
)

// prune drops blocks that no path reaches.
func (l *lowerer) prune() {
	seen := make(map[*Block]bool)
	var walk func(*Block)
	walk = func(b *Block) {
		if seen[b] {
			return
		}
		seen[b] = true
		for _, n := range b.Next {
			walk(n)
		}
	}
	walk(l.fn.Blocks[0])
	l.fn.Blocks = slices.DeleteFunc(l.fn.Blocks, func(b *Block) bool { return !seen[b] })
	for i, b := range l.fn.Blocks {
		b.ID = i
	}
}

// findLoops finds the natural loops, in the order of their headers.
func (f *Fn) findLoops(n cc.Node) {
	dom := f.dominators()
	preds := make(map[*Block][]*Block)
	for _, b := range f.Blocks {
		for _, s := range b.Next {
			preds[s] = append(preds[s], b)
		}
	}
	bodies := make(map[*Block]map[*Block]bool)
	state := make(map[*Block]int)
	var walk func(*Block)
	walk = func(b *Block) {
		state[b] = 1
		for _, s := range b.Next {
			switch state[s] {
			case 0:
				walk(s)
			case 1: // a back edge
				if !dom[b][s] {
					fail(n, "cycle in %s with more than one entry", f.Name)
				}
				body := bodies[s]
				if body == nil {
					body = map[*Block]bool{s: true}
					bodies[s] = body
				}
				work := []*Block{b}
				for len(work) > 0 {
					x := work[len(work)-1]
					work = work[:len(work)-1]
					if body[x] {
						continue
					}
					body[x] = true
					work = append(work, preds[x]...)
				}
			}
		}
		state[b] = 2
	}
	walk(f.Blocks[0])
	for _, b := range f.Blocks {
		body, ok := bodies[b]
		if !ok {
			continue
		}
		b.Loop = len(f.Loops)
		f.Loops = append(f.Loops, &Loop{Header: b, Body: body, Assigned: f.assigned(body), Pos: b.Pos})
	}
}

// dominators maps each block to the set of blocks on every path to it.
func (f *Fn) dominators() map[*Block]map[*Block]bool {
	all := make(map[*Block]bool)
	for _, b := range f.Blocks {
		all[b] = true
	}
	dom := make(map[*Block]map[*Block]bool)
	for _, b := range f.Blocks {
		dom[b] = all
	}
	entry := f.Blocks[0]
	dom[entry] = map[*Block]bool{entry: true}
	preds := make(map[*Block][]*Block)
	for _, b := range f.Blocks {
		for _, s := range b.Next {
			preds[s] = append(preds[s], b)
		}
	}
	for changed := true; changed; {
		changed = false
		for _, b := range f.Blocks[1:] {
			next := map[*Block]bool{}
			for k := range all {
				in := true
				for _, p := range preds[b] {
					in = in && dom[p][k]
				}
				if in {
					next[k] = true
				}
			}
			next[b] = true
			if len(next) != len(dom[b]) {
				dom[b] = next
				changed = true
			}
		}
	}
	return dom
}

// outlives refuses to keep the address of a local of an inner block: the
// executor lets locals live as long as their function, where C ends them with
// their block.
func (f *Fn) outlives() {
	from := make(map[Temp]*Var)
	for range 2 { // blocks are not in the order of control
		for _, b := range f.Blocks {
			for i := range b.Instrs {
				in := &b.Instrs[i]
				switch {
				case in.Op == OpAddr && in.Var.Inner && !in.Var.Static:
					from[in.Dst] = in.Var
				case in.Op == OpField, in.Op == OpDecay, in.Op == OpIndex, in.Op == OpPtrCast, in.Op == OpCopy:
					if v := from[in.A]; v != nil {
						from[in.Dst] = v
					}
				}
			}
		}
	}
	kept := func(t Temp, pos string) {
		if v := from[t]; v != nil {
			panic(unsupported{fmt.Errorf("%s: unsupported C: address of %s, whose block ends before its function, is kept", pos, v.Name)})
		}
	}
	for _, b := range f.Blocks {
		for i := range b.Instrs {
			if b.Instrs[i].Op == OpStore {
				kept(b.Instrs[i].B, b.Instrs[i].Pos)
			}
		}
		if b.Ret && b.Value >= 0 {
			kept(b.Value, b.Pos)
		}
	}
}

// assigned lists the locals declared outside body that it stores to, or whose
// address it passes on.
func (f *Fn) assigned(body map[*Block]bool) []*Var {
	var out []*Var
	inner := make(map[*Var]bool)
	for b := range body {
		for i := range b.Instrs {
			if b.Instrs[i].Op == OpDecl {
				inner[b.Instrs[i].Var] = true
			}
		}
	}
	for _, b := range f.Blocks {
		if !body[b] {
			continue
		}
		addr := make(map[Temp]*Var)
		for i := range b.Instrs {
			in := &b.Instrs[i]
			if in.Op == OpAddr && !in.Var.Static {
				addr[in.Dst] = in.Var
			}
			note := func(t Temp) {
				if v, ok := addr[t]; ok && !inner[v] && !slices.Contains(out, v) {
					out = append(out, v)
				}
			}
			switch in.Op {
			case OpStore:
				note(in.A)
				note(in.B)
			case OpCall:
				for _, a := range in.Args {
					note(a)
				}
			case OpField, OpDecay, OpPtrCast, OpCopy, OpIndex:
				note(in.A)
			}
		}
	}
	return out
}

// effectFree reports whether the function just lowered stores to its own locals
// only, so that it may be called in any order, and whether it loads from them
// only, so that stores elsewhere do not matter to it.
func (l *lowerer) effectFree() (pure, deaf bool) {
	pure, deaf = true, true
	for _, b := range l.fn.Blocks {
		local := make(map[Temp]bool)
		for i := range b.Instrs {
			in := &b.Instrs[i]
			switch in.Op {
			case OpAddr:
				local[in.Dst] = !in.Var.Static
			case OpPtrCast, OpField, OpDecay:
				local[in.Dst] = local[in.A]
			case OpStore:
				pure = pure && local[in.A]
			case OpLoad:
				deaf = deaf && local[in.A]
			case OpCall:
				// A copy of constant size into a local is the portable way
				// to say "load".
				if in.Name == "memcpy" && local[in.Args[0]] {
					deaf = deaf && local[in.Args[1]]
					continue
				}
				pure = pure && l.pure[in.Name]
				deaf = deaf && l.deaf[in.Name]
			}
		}
	}
	return pure, pure && deaf
}
