// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package sym

import (
	"fmt"
	"slices"

	"github.com/femtocontainer/femtocontainer/femto/bv"
	"github.com/femtocontainer/femtocontainer/femto/prove/cir"
)

// maxUnroll bounds loops without an invariant.
const maxUnroll = 300

// A Loop is what is claimed of a loop.
type Loop struct {
	// First lists conditions that hold when control comes to the head from
	// outside: where the loop begins. Inv holds of what the iterations pass
	// through, and so says nothing of those that never take place.
	First func(h *Head) []Cond

	// Inv lists conditions that hold each time control is at the head.
	Inv func(h *Head) []Cond

	// Variant is a number that each iteration makes smaller, unsigned.
	Variant func(h *Head) *bv.Term

	// Ends adds the goals from which it follows that the loop ends, where no
	// single Variant does.
	Ends func(h *Head)

	// Havoc makes arbitrary what the body may change beyond locals of its
	// function, which the executor finds itself.
	Havoc func(h *Head)

	// Enter adds what is known of the one iteration that is executed, such
	// as the instruction at pc. It must lose no generality.
	Enter func(h *Head)

	// Forget drops what the path to the loop assumed, so that paths which
	// differ in nothing else are followed as one.
	Forget bool

	// Back adds goals at the end of the iteration.
	Back func(h *Head)
}

// A Cond is a condition with a name for messages.
type Cond struct {
	Name string
	Term *bv.Term
}

// A Head is a state at the head of a loop.
type Head struct {
	Ex    *Exec
	State *State
	frame *frame
	loop  *cir.Loop
	pos   string

	// Start is the state from which the iteration began; at Back only.
	Start *Head
}

// Int is the value of an integer local or parameter.
func (h *Head) Int(name string) *bv.Term {
	v, ok := h.value(name).(*bv.Term)
	if !ok {
		fail(h.pos, "%s is not a determined integer", name)
	}
	return v
}

// Ptr is the value of a pointer local or parameter.
func (h *Head) Ptr(name string) Ptr {
	v, ok := h.value(name).(Ptr)
	if !ok {
		fail(h.pos, "%s is not a determined pointer", name)
	}
	return v
}

// Object is the object of a local or parameter.
func (h *Head) Object(name string) *Object { return h.local(name) }

// Defined reports whether a local has a determined value.
func (h *Head) Defined(name string) bool { return h.value(name) != nil }

func (h *Head) value(name string) Value { return h.State.mem[h.local(name)].root.val }

// local finds a local by name; of several, the one that the loop assigns.
func (h *Head) local(name string) *Object {
	var found []*Object
	for v, o := range h.frame.locals {
		if v.Name == name {
			if slices.Contains(h.loop.Assigned, v) {
				return o
			}
			found = append(found, o)
		}
	}
	if len(found) != 1 {
		fail(h.pos, "loop invariant about %s, of which %s has %d", name, h.frame.fn.Name, len(found))
	}
	return found[0]
}

// Set gives a local a value.
func (h *Head) Set(name string, v Value) {
	o := h.local(name)
	h.State.mem[o] = &contents{root: &node{typ: o.Type, val: v}}
}

// A visit is a loop that a path is in.
type visit struct {
	loop   *cir.Loop
	depth  int
	before *State // as control came to the head
	start  *Head  // after Havoc and assuming Inv
	bound  *bv.Term
}

// leave drops the loops that a jump to b ends.
func (st *State) leave(b *cir.Block) {
	for len(st.loops) > 0 {
		v := st.loops[len(st.loops)-1]
		if v.depth < len(st.frames) || v.loop.Body[b] {
			return
		}
		st.loops = st.loops[:len(st.loops)-1]
	}
}

// head is called at the head of a loop. It reports whether the path goes on.
func (ex *Exec) head(st *State, fr *frame) bool {
	loop := fr.fn.Loops[fr.block.Loop]
	key := fmt.Sprintf("%s#%d", fr.fn.Name, fr.block.Loop)
	spec, ok := ex.Loops[key]
	if !ok {
		for _, l := range fr.fn.Loops {
			if l != loop && loop.Body[l.Header] {
				delete(fr.visits, l.Header)
			}
		}
		if fr.visits[fr.block]++; fr.visits[fr.block] > maxUnroll {
			fail(loop.Pos, "loop %s without an invariant", key)
		}
		return true
	}
	h := &Head{Ex: ex, State: st, frame: fr, loop: loop, pos: loop.Pos}
	if n := len(st.loops); n > 0 && st.loops[n-1].loop == loop && st.loops[n-1].depth == len(st.frames) {
		ex.back(h, spec, st.loops[n-1], key)
		return false
	}
	if spec.First == nil {
		fail(loop.Pos, "loop %s without the state that it begins in", key)
	}
	for _, c := range spec.First(h) {
		ex.Goal(st, "begins: "+c.Name, loop.Pos, c.Term)
	}
	for _, c := range spec.Inv(h) {
		ex.Goal(st, "invariant on entry: "+c.Name, loop.Pos, c.Term)
	}
	v := &visit{loop: loop, depth: len(st.frames), before: st.Clone()}
	for _, lv := range loop.Assigned {
		o, ok := fr.locals[lv]
		if !ok {
			continue
		}
		st.mem[o] = &contents{root: ex.arbitrary(st.mem[o].root, lv.Name, loop.Pos)}
	}
	if spec.Forget {
		ex.Forget(st)
		if ex.seen(key, v.before, loop, fr) {
			return false
		}
	}
	if spec.Havoc != nil {
		spec.Havoc(h)
	}
	for _, c := range spec.Inv(h) {
		ex.Assume(st, c.Term)
	}
	if spec.Enter != nil {
		spec.Enter(h)
	}
	if spec.Variant != nil {
		v.bound = spec.Variant(h)
	}
	start := st.Clone()
	v.start = &Head{Ex: ex, State: start, frame: start.frames[len(start.frames)-1], loop: loop, pos: loop.Pos}
	st.loops = append(st.loops, v)
	return true
}

// seen reports whether control came to the loop before with the same memory,
// apart from the locals that the loop changes and so were made arbitrary.
func (ex *Exec) seen(key string, now *State, loop *cir.Loop, fr *frame) bool {
	skip := make(map[*Object]bool)
	for _, lv := range loop.Assigned {
		skip[fr.locals[lv]] = true
	}
	for _, st := range ex.heads[key] {
		same := len(st.mem) == len(now.mem)
		for o, c := range now.mem {
			same = same && (skip[o] || st.mem[o] == c)
		}
		if same {
			return true
		}
	}
	if ex.heads == nil {
		ex.heads = make(map[string][]*State)
	}
	ex.heads[key] = append(ex.heads[key], now)
	return false
}

// arbitrary is n with every determined scalar replaced by an unknown one;
// pointers stay in their object.
func (ex *Exec) arbitrary(n *node, name, pos string) *node {
	if n.kids != nil {
		c := &node{typ: n.typ}
		for i, k := range n.kids {
			c.kids = append(c.kids, ex.arbitrary(k, fmt.Sprintf("%s_%d", name, i), pos))
		}
		return c
	}
	switch v := n.val.(type) {
	case *bv.Term:
		return &node{typ: n.typ, val: ex.Fresh(name, v.Width)}
	case Ptr:
		switch {
		case v.Off != nil:
			v.Off = ex.Fresh(name, 64)
			return &node{typ: n.typ, val: v}
		case len(v.Path) > 0 && v.Path[len(v.Path)-1].Idx != nil:
			v.Path = slices.Clone(v.Path)
			v.Path[len(v.Path)-1].Idx = ex.Fresh(name, 64)
			return &node{typ: n.typ, val: v}
		}
		fail(pos, "loop that changes the pointer %s", name)
	}
	return n
}

// back is called when an iteration ends.
func (ex *Exec) back(h *Head, spec *Loop, v *visit, key string) {
	h.Start = v.start
	for _, c := range spec.Inv(h) {
		ex.Goal(h.State, "invariant kept: "+c.Name, h.pos, c.Term)
	}
	switch {
	case spec.Ends != nil:
		spec.Ends(h)
	case spec.Variant != nil:
		ex.Goal(h.State, "loop ends", h.pos, bv.Ult(spec.Variant(h), v.bound))
	default:
		fail(h.pos, "loop %s without a variant", key)
	}
	for o, start := range v.start.State.mem {
		now, ok := h.State.mem[o]
		if !ok || now == start {
			continue
		}
		before := v.before.mem[o]
		if before == nil {
			continue // a static object first used within
		}
		if o.Type == nil {
			if start.gen == before.gen && (now.gen != start.gen || len(now.writes) != len(start.writes)) {
				fail(h.pos, "loop %s writes %s, which its invariant takes for unchanged", key, o.Name)
			}
			continue
		}
		ex.unchanged(h, key+" "+o.Name, before.root, start.root, now.root)
	}
	if spec.Back != nil {
		spec.Back(h)
	}
}

// unchanged adds the goal that the iteration kept every scalar that was not
// made arbitrary at its start.
func (ex *Exec) unchanged(h *Head, what string, before, start, now *node) {
	if now == start {
		return
	}
	if start.kids != nil {
		for i := range start.kids {
			ex.unchanged(h, fmt.Sprintf("%s.%d", what, i), before.kids[i], start.kids[i], now.kids[i])
		}
		return
	}
	if p, ok := start.val.(Ptr); ok {
		q, ok := now.val.(Ptr)
		if !ok || q.Obj != p.Obj || q.Index != p.Index || len(q.Path) != len(p.Path) {
			fail(h.pos, "loop %s moves a pointer to another object", what)
		}
		if b, ok := before.val.(Ptr); ok && samePtr(b, p) && !samePtr(p, q) {
			fail(h.pos, "loop %s changes a pointer that its invariant takes for unchanged", what)
		}
		return
	}
	if before.val != start.val || now.val == start.val {
		return
	}
	a, aok := start.val.(*bv.Term)
	b, bok := now.val.(*bv.Term)
	switch {
	case aok && bok:
		ex.Goal(h.State, "unchanged by loop "+what, h.pos, bv.Eq(a, b))
	case start.val == nil:
		// Was indeterminate at the head and is taken for that again.
	default:
		fail(h.pos, "loop %s changes something that its invariant takes for unchanged", what)
	}
}

func samePtr(a, b Ptr) bool {
	if a.Obj != b.Obj || a.Index != b.Index || a.Off != b.Off || len(a.Path) != len(b.Path) {
		return false
	}
	for i := range a.Path {
		if a.Path[i] != b.Path[i] {
			return false
		}
	}
	return true
}
