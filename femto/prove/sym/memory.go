// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package sym

import (
	"fmt"

	"github.com/femtocontainer/femtocontainer/femto/bv"
	"github.com/femtocontainer/femtocontainer/femto/prove/cir"
)

// A cell is a piece of a blob's unknown contents that has been named.
type cell struct {
	gen   int
	index *bv.Term
	off   *bv.Term
	size  uint8
	val   *bv.Term
	seed  bool
	facts []*bv.Term // how val agrees with the seeds
}

// Put adds an object to a state: a blob with unknown contents, or a typed
// object with indeterminate ones.
func (st *State) Put(o *Object) {
	c := &contents{}
	if o.Type != nil {
		c.root = blank(o.Type)
	}
	st.mem[o] = c
}

// Seed names the unknown contents of a blob at one place. Two seeds of one
// object must not overlap.
func (ex *Exec) Seed(st *State, o *Object, index, off, val *bv.Term) {
	if ex.reads == nil {
		ex.reads = make(map[*Object][]cell)
	}
	if index != nil {
		index = ex.S(index)
	}
	ex.reads[o] = append(ex.reads[o], cell{st.mem[o].gen, index, ex.S(off), val.Width / 8, ex.S(val), true, nil})
}

// Scramble makes the contents of a blob unknown again.
func (ex *Exec) Scramble(st *State, o *Object) {
	if ex.fresh == nil {
		ex.fresh = make(map[string]int)
	}
	ex.fresh["gen "+o.Name]++
	st.mem[o] = &contents{gen: ex.fresh["gen "+o.Name]}
}

// Drop removes an object: any later access to it is a failed goal.
func (st *State) Drop(o *Object) { delete(st.mem, o) }

// Writes lists the stores to a blob, in order.
func (st *State) Writes(o *Object) []Write {
	if c := st.mem[o]; c != nil {
		return c.writes
	}
	return nil
}

// Has reports whether o is in memory.
func (st *State) Has(o *Object) bool { return st.mem[o] != nil }

// Field is the way to a member of the object at p.
func Field(p Ptr, t *cir.Type, name string) Ptr {
	i, f := t.Field(name)
	if f == nil {
		fail(t.Tag, "no member %s", name)
	}
	return step(p, Step{Field: i})
}

// Element is the way to an element of the array at p.
func Element(p Ptr, t *cir.Type, i *bv.Term) Ptr { return step(p, Step{Idx: i, Len: t.Len}) }

func step(p Ptr, s Step) Ptr {
	path := make([]Step, len(p.Path), len(p.Path)+1)
	copy(path, p.Path)
	p.Path = append(path, s)
	return p
}

// Generation tells unknown contents of a blob from later ones.
func (st *State) Generation(o *Object) int { return st.mem[o].gen }

// Each calls f with every scalar of a typed object.
func (st *State) Each(o *Object, f func(p Ptr, v Value)) {
	var walk func(n *node, p Ptr)
	walk = func(n *node, p Ptr) {
		if n.kids == nil {
			f(p, n.val)
			return
		}
		for i, k := range n.kids {
			if n.typ.Kind == cir.Array {
				walk(k, step(p, Step{Idx: b64(uint64(i)), Len: n.typ.Len}))
			} else {
				walk(k, step(p, Step{Field: i}))
			}
		}
	}
	walk(st.mem[o].root, Ptr{Obj: o})
}

// Get reads a scalar of a typed object without adding goals.
func (ex *Exec) Get(st *State, p Ptr) Value {
	c, ok := st.mem[p.Obj]
	if !ok || c.root == nil {
		fail(p.Obj.Name, "no such typed object in memory")
	}
	return ex.get(c.root, p.Path, p.Obj.Name)
}

// Set writes a scalar of a typed object.
func (ex *Exec) Set(st *State, p Ptr, v Value) {
	c := st.mem[p.Obj]
	st.mem[p.Obj] = &contents{root: ex.set(st, c.root, p.Path, v, bv.True, p.Obj.Name)}
}

func (ex *Exec) get(n *node, path []Step, pos string) Value {
	if len(path) == 0 {
		if n.kids != nil {
			return n // a whole struct
		}
		return n.val
	}
	s := path[0]
	if s.Idx == nil {
		return ex.get(n.kids[s.Field], path[1:], pos)
	}
	if i, ok := s.Idx.IsConst(); ok {
		if i >= uint64(len(n.kids)) {
			return nil // the index goal fails
		}
		return ex.get(n.kids[i], path[1:], pos)
	}
	if v, ok := ex.member(n, s.Idx, path[1:], pos); ok {
		return v
	}
	if _, ok := n.kids[0].val.(Func); ok && len(path) == 1 {
		c := Choice{Index: s.Idx}
		for _, k := range n.kids {
			f, ok := k.val.(Func)
			if !ok {
				fail(pos, "table of functions with something else in it")
			}
			c.Table = append(c.Table, f)
		}
		return c
	}
	var v Value
	for i := len(n.kids) - 1; i >= 0; i-- {
		k := ex.get(n.kids[i], path[1:], pos)
		if i == len(n.kids)-1 {
			v = k
			continue
		}
		v = ex.merge(ex.S(bv.Eq(s.Idx, b64(uint64(i)))), k, v, s.Idx, i, pos)
	}
	return v
}

// member reads an array whose element i points to the start of member i of a
// family, which is how a table of segments begins: element idx points to the
// start of member idx. (That idx is within the array is a goal of its own.)
func (ex *Exec) member(n *node, idx *bv.Term, path []Step, pos string) (Value, bool) {
	var fam *Object
	for i, k := range n.kids {
		p, ok := ex.get(k, path, pos).(Ptr)
		if !ok || p.Null() || !p.Obj.Family || fam != nil && p.Obj != fam || p.Index != bv.Const(uint64(i), 32) || p.Off != b64(0) {
			return nil, false
		}
		fam = p.Obj
	}
	return Ptr{Obj: fam, Index: ex.S(bv.Extract(idx, 0, 32)), Off: b64(0)}, fam != nil
}

// merge is a where c holds and b elsewhere.
func (ex *Exec) merge(c *bv.Term, a, b Value, idx *bv.Term, i int, pos string) Value {
	switch a := a.(type) {
	case *bv.Term:
		if b, ok := b.(*bv.Term); ok {
			return ex.S(bv.Ite(c, a, b))
		}
	case Ptr:
		b, ok := b.(Ptr)
		if !ok {
			break
		}
		if a.Null() || b.Null() || a.Obj != b.Obj || len(a.Path) > 0 || len(b.Path) > 0 {
			break
		}
		if !a.Obj.Family && samePtr(a, b) {
			return a
		}
		if !a.Obj.Family {
			a.Off = ex.S(bv.Ite(c, a.Off, b.Off))
			return a
		}
		a.Off = ex.S(bv.Ite(c, a.Off, b.Off))
		a.Index = ex.S(bv.Ite(c, a.Index, b.Index))
		return a
	}
	fail(pos, "choice between values of different kinds, %v and %v", a, b)
	return nil
}

func (ex *Exec) set(st *State, n *node, path []Step, v Value, when *bv.Term, pos string) *node {
	if len(path) == 0 {
		if agg, ok := v.(*node); ok {
			if when == bv.True {
				return agg
			}
			c := &node{typ: n.typ}
			for i := range agg.kids {
				var k Value = agg.kids[i]
				if agg.kids[i].kids == nil {
					k = agg.kids[i].val
				}
				c.kids = append(c.kids, ex.set(st, n.kids[i], nil, k, when, pos))
			}
			return c
		}
		if when == bv.True || n.val == nil && v == nil {
			return &node{typ: n.typ, val: v}
		}
		return &node{typ: n.typ, val: ex.merge(when, v, n.val, nil, 0, pos)}
	}
	c := &node{typ: n.typ, val: n.val, kids: append([]*node(nil), n.kids...)}
	s := path[0]
	if s.Idx == nil {
		c.kids[s.Field] = ex.set(st, n.kids[s.Field], path[1:], v, when, pos)
		return c
	}
	idx := s.Idx
	if _, ok := v.(*bv.Term); !ok {
		idx = ex.only(st, idx, len(n.kids))
	}
	if i, ok := idx.IsConst(); ok {
		if i < uint64(len(n.kids)) {
			c.kids[i] = ex.set(st, n.kids[i], path[1:], v, when, pos)
		}
		return c
	}
	for i := range c.kids {
		w := ex.S(bv.And(when, bv.Eq(idx, b64(uint64(i)))))
		if w != bv.False {
			c.kids[i] = ex.set(st, n.kids[i], path[1:], v, w, pos)
		}
	}
	return c
}

// only is the one value below n that the path condition leaves to idx, or idx.
func (ex *Exec) only(st *State, idx *bv.Term, n int) *bv.Term {
	if idx.Op == bv.OpConst {
		return idx
	}
	for i := range n {
		if ex.Holds(st, bv.Eq(idx, b64(uint64(i)))) {
			return b64(uint64(i))
		}
	}
	return idx
}

// access adds the goals that a scalar of type t may be read or written at p,
// and reports whether the path can go on.
func (ex *Exec) access(st *State, p Ptr, t *cir.Type, write bool, pos string) bool {
	if p.Null() {
		ex.Goal(st, "null pointer", pos, bv.False)
		return false
	}
	o := p.Obj
	if _, ok := st.mem[o]; !ok {
		ex.Goal(st, "object "+o.Name+" whose lifetime ended", pos, bv.False)
		return false
	}
	if write && o.Const {
		ex.Goal(st, "write to constant "+o.Name, pos, bv.False)
		return false
	}
	if o.Type != nil {
		typ := o.Type
		for _, s := range p.Path {
			switch {
			case s.Idx == nil:
				typ = typ.Fields[s.Field].Type
			default:
				ex.Goal(st, "index", pos, bv.Ult(s.Idx, b64(uint64(s.Len))))
				ex.Assume(st, bv.Ult(s.Idx, b64(uint64(s.Len))))
				typ = typ.Elem
			}
		}
		if !cir.Same(typ, t) && !t.MayAlias {
			fail(pos, "access of type %v to an object of type %v", t, typ)
		}
		if !cir.Same(typ, t) {
			fail(pos, "access of type %v to part of an object of type %v", t, typ)
		}
		return true
	}
	size := b64(uint64(t.Size))
	n := o.Len(p.Index)
	what := "read"
	perm := o.Read
	if write {
		what, perm = "write", o.Write
		if o.WriteLen != nil {
			n = o.WriteLen(p.Index)
		}
	}
	ex.Goal(st, what+" in bounds", pos, bv.All(bv.Ule(size, n), bv.Ule(p.Off, bv.Sub(n, size))))
	if perm != nil {
		ex.Goal(st, what+" permitted", pos, perm(p.Index))
	}
	ex.aligned(st, p, uint64(t.Align), pos)
	if t.Kind == cir.Int && t.Bits > 8 && !t.MayAlias && !p.Alias && (o.Elem == nil || !cir.Same(o.Elem, t)) {
		ex.Goal(st, fmt.Sprintf("aliasing: access of type %v to %s", t, o.Name), pos, bv.False)
	}
	return true
}

// aligned adds the goal that p is a multiple of align.
func (ex *Exec) aligned(st *State, p Ptr, align uint64, pos string) {
	switch {
	case align <= 1:
	case align <= p.Obj.Align:
		ex.Goal(st, "alignment", pos, bv.Eq(bv.And(p.Off, b64(align-1)), b64(0)))
	case p.Obj.Addr != nil:
		addr := bv.Add(bv.ZExt(p.Obj.Addr, 64), p.Off)
		ex.Goal(st, "alignment", pos, bv.Eq(bv.And(addr, b64(align-1)), b64(0)))
	default:
		ex.Goal(st, "alignment of "+p.Obj.Name, pos, bv.False)
	}
}

// Load reads a scalar.
func (ex *Exec) load(st *State, p Ptr, t *cir.Type, pos string) Value {
	if !ex.access(st, p, t, false, pos) {
		if t.Kind != cir.Int {
			fail(pos, "read of a pointer that is not there")
		}
		return ex.Fresh("bad", t.Bits)
	}
	if p.Obj.Type != nil {
		v := ex.Get(st, p)
		if v == nil {
			ex.Goal(st, "initialised", pos, bv.False)
			if t.Kind != cir.Int {
				fail(pos, "read of an indeterminate pointer at %v", p)
			}
			return ex.Fresh("bad", t.Bits)
		}
		return v
	}
	if t.Kind != cir.Int {
		fail(pos, "value of type %v in the blob %s", t, p.Obj.Name)
	}
	return ex.Bytes(st, p, uint8(t.Size), pos)
}

// Bytes is the little-endian number in n bytes of a blob.
func (ex *Exec) Bytes(st *State, p Ptr, n uint8, pos string) *bv.Term {
	c := st.mem[p.Obj]
	off := ex.S(p.Off)
	for i := len(c.writes) - 1; i >= 0; i-- {
		w := c.writes[i]
		if w.Index == p.Index {
			if d, ok := ex.S(bv.Sub(off, w.Off)).IsConst(); ok {
				switch {
				case d < uint64(w.Size) && d+uint64(n) <= uint64(w.Size):
					return ex.S(bv.Extract(w.Val, uint8(8*d), 8*n))
				case int64(d) >= int64(w.Size) || -int64(d) >= int64(n):
					continue
				}
			}
		}
		apart := bv.Any(bv.Ule(bv.Add(off, b64(uint64(n))), w.Off), bv.Ule(bv.Add(w.Off, b64(uint64(w.Size))), off))
		if w.Index != p.Index {
			apart = bv.Or(apart, bv.Ne(w.Index, p.Index))
		}
		if ex.Holds(st, apart) {
			continue
		}
		fail(pos, "read of %s that may overlap an earlier write", p.Obj.Name)
	}
	return ex.initialBytes(st, p, off, n, c.gen)
}

// initialBytes names a piece of the unknown contents of a blob: the same name
// for the same place. Two places that turn out to be one get two names, which
// claims less than is true.
func (ex *Exec) initialBytes(st *State, p Ptr, off *bv.Term, n uint8, gen int) *bv.Term {
	if ex.reads == nil {
		ex.reads = make(map[*Object][]cell)
	}
	cells := ex.reads[p.Obj]
	for _, c := range cells {
		if c.gen != gen || c.index != p.Index {
			continue
		}
		if d, ok := ex.S(bv.Sub(off, c.off)).IsConst(); ok && d < uint64(c.size) && d+uint64(n) <= uint64(c.size) {
			ex.Assume(st, c.facts...)
			return ex.S(bv.Extract(c.val, uint8(8*d), 8*n))
		}
	}
	for _, c := range cells {
		if !c.seed || c.gen != gen {
			continue
		}
		same := bv.True
		if c.index != p.Index {
			same = bv.Eq(c.index, p.Index)
		}
		for d := uint8(0); d+n <= c.size; d++ {
			if ex.Holds(st, bv.And(same, bv.Eq(off, bv.Add(c.off, b64(uint64(d)))))) {
				return ex.S(bv.Extract(c.val, 8*d, 8*n))
			}
		}
	}
	v := ex.Fresh(p.Obj.Name+"_at", 8*n)
	var facts []*bv.Term
	for _, c := range cells {
		if !c.seed || c.gen != gen {
			continue
		}
		for d := uint8(0); d+n <= c.size; d += n {
			here := bv.Eq(off, bv.Add(c.off, b64(uint64(d))))
			if c.index != p.Index {
				here = bv.And(here, bv.Eq(c.index, p.Index))
			}
			facts = append(facts, bv.Or(bv.Not(here), bv.Eq(v, bv.Extract(c.val, 8*d, 8*n))))
		}
	}
	if p.Obj.Every != nil {
		facts = append(facts, p.Obj.Every(off, v))
	}
	ex.reads[p.Obj] = append(cells, cell{gen: gen, index: p.Index, off: off, size: n, val: v, facts: facts})
	ex.Assume(st, facts...)
	return v
}

// store writes a scalar.
func (ex *Exec) store(st *State, p Ptr, t *cir.Type, v Value, pos string) {
	if v == nil {
		fail(pos, "store of an indeterminate value")
	}
	if !ex.access(st, p, t, true, pos) {
		return
	}
	if p.Obj.Type != nil {
		ex.Set(st, p, kept(v))
		return
	}
	x, ok := v.(*bv.Term)
	if !ok {
		fail(pos, "value of type %v stored in the blob %s", t, p.Obj.Name)
	}
	ex.write(st, p, x, pos)
}

// kept is a value as objects and other functions get it. That an access goes
// through a type with may_alias is so for the expression that names the type,
// and for no pointer that is made of it.
func kept(v Value) Value {
	if p, ok := v.(Ptr); ok {
		p.Alias = false
		return p
	}
	return v
}

func (ex *Exec) write(st *State, p Ptr, x *bv.Term, pos string) {
	c := st.mem[p.Obj]
	ws := append(c.writes[:len(c.writes):len(c.writes)], Write{p.Index, ex.S(p.Off), x.Width / 8, x, pos})
	st.mem[p.Obj] = &contents{gen: c.gen, writes: ws}
}
