// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package sym

import (
	"github.com/femtocontainer/femtocontainer/femto/bv"
	"github.com/femtocontainer/femtocontainer/femto/prove/cir"
)

// instr executes one instruction other than a call.
func (ex *Exec) instr(st *State, fr *frame, in *cir.Instr) {
	var v Value
	switch in.Op {
	case cir.OpConst:
		v = bv.Const(in.Val, in.Type.Bits)
	case cir.OpNull:
		v = Ptr{}
	case cir.OpFunc:
		v = Func{in.Name}
	case cir.OpAddr:
		v = Ptr{Obj: ex.object(st, fr, in.Var)}
	case cir.OpDecl:
		ex.local(st, fr, in.Var)
		return
	case cir.OpLoad:
		v = ex.load(st, ex.ptr(fr, in.A, in.Pos), in.Type, in.Pos)
	case cir.OpStore:
		ex.store(st, ex.ptr(fr, in.A, in.Pos), in.Type, fr.temps[in.B], in.Pos)
		return
	case cir.OpField:
		v = ex.field(st, ex.ptr(fr, in.A, in.Pos), in)
	case cir.OpDecay:
		p := ex.ptr(fr, in.A, in.Pos)
		if p.Obj != nil && p.Obj.Type != nil {
			t := typeAt(p)
			if t.Kind != cir.Array {
				fail(in.Pos, "decay of %v", t)
			}
			p = step(p, Step{Idx: b64(0), Len: t.Len})
		}
		v = p
	case cir.OpIndex:
		v = ex.offset(st, fr, in)
	case cir.OpPtrDiff:
		v = ex.difference(st, fr, in)
	case cir.OpPtrCmp:
		v = ex.comparePtr(fr, in)
	case cir.OpBin:
		v = ex.binary(st, in, ex.int(fr, in.A, in.Pos), ex.int(fr, in.B, in.Pos))
	case cir.OpNeg:
		a := ex.int(fr, in.A, in.Pos)
		if in.Type.Signed {
			ex.Goal(st, "signed overflow", in.Pos, bv.Ne(a, least(a.Width)))
		}
		v = ex.S(bv.Neg(a))
	case cir.OpCpl:
		v = ex.S(bv.Not(ex.int(fr, in.A, in.Pos)))
	case cir.OpConv:
		v = ex.S(convert(ex.int(fr, in.A, in.Pos), in.From.Signed, in.Type.Bits))
	case cir.OpTruth:
		v = ex.truth(fr, in)
	case cir.OpPtrCast:
		v = ex.cast(st, fr, in)
	case cir.OpPtrToInt:
		v = ex.address(st, ex.ptr(fr, in.A, in.Pos), in)
	case cir.OpCopy:
		v = fr.temps[in.A]
	default:
		fail(in.Pos, "operation %v", in)
	}
	fr.temps[in.Dst] = v
}

func least(w uint8) *bv.Term { return bv.Const(1<<(w-1), w) }

// convert changes the width of an integer.
func convert(a *bv.Term, signed bool, to uint8) *bv.Term {
	switch {
	case to < a.Width:
		return bv.Extract(a, 0, to)
	case signed:
		return bv.SExt(a, to)
	}
	return bv.ZExt(a, to)
}

// truthInt is the int that C makes of a truth value.
func truthInt(c *bv.Term) *bv.Term { return bv.Ite(c, bv.Const(1, 32), bv.Const(0, 32)) }

func (ex *Exec) truth(fr *frame, in *cir.Instr) Value {
	var c *bv.Term
	switch a := fr.temps[in.A].(type) {
	case *bv.Term:
		c = bv.Ne(a, bv.Const(0, a.Width))
	case Ptr:
		c = bv.Bool(!a.Null())
	case Func:
		c = bv.True
	default:
		fail(in.Pos, "condition that is not determined")
	}
	if in.Neg {
		c = bv.Not(c)
	}
	return ex.S(truthInt(c))
}

// typeAt is the type of the part of a typed object that p points to.
func typeAt(p Ptr) *cir.Type {
	t := p.Obj.Type
	for _, s := range p.Path {
		if s.Idx == nil {
			t = t.Fields[s.Field].Type
		} else {
			t = t.Elem
		}
	}
	return t
}

func (ex *Exec) field(st *State, p Ptr, in *cir.Instr) Value {
	if p.Null() {
		ex.Goal(st, "null pointer", in.Pos, bv.False)
		fail(in.Pos, "member of the null pointer")
	}
	if p.Obj.Type == nil {
		p.Alias = p.Alias || in.Elem.MayAlias
		p.Off = ex.S(bv.Add(p.Off, b64(uint64(in.Elem.Fields[in.Field].Offset))))
		return p
	}
	if t := typeAt(p); t.Kind != cir.Struct || t.Tag != in.Elem.Tag {
		fail(in.Pos, "struct %s accessed in an object of type %v", in.Elem.Tag, t)
	}
	return step(p, Step{Field: in.Field})
}

// offset is pointer arithmetic; the result must be within the object or one
// past its end.
func (ex *Exec) offset(st *State, fr *frame, in *cir.Instr) Value {
	p := ex.ptr(fr, in.A, in.Pos)
	i := wide(ex.int(fr, in.B, in.Pos), in.From.Signed)
	if in.Neg {
		i = bv.Neg(i)
	}
	i = ex.S(i)
	if p.Null() {
		ex.Goal(st, "arithmetic on the null pointer", in.Pos, bv.Eq(i, b64(0)))
		return p
	}
	if p.Obj.Type != nil {
		n := len(p.Path)
		if n == 0 || p.Path[n-1].Idx == nil || in.Elem.Kind != typeAt(p).Kind || in.Elem.Size != typeAt(p).Size {
			ex.Goal(st, "arithmetic on a pointer to a single object", in.Pos, bv.Eq(i, b64(0)))
			return p
		}
		last := p.Path[n-1]
		idx := ex.S(bv.Add(last.Idx, i))
		ex.Goal(st, "pointer arithmetic", in.Pos, bv.Ule(idx, b64(uint64(last.Len))))
		q := p
		q.Path = append([]Step(nil), p.Path...)
		q.Path[n-1].Idx = idx
		return q
	}
	// The product must not wrap: no index beyond 2^33 is ever needed.
	limit := b64(1 << 33)
	ex.Goal(st, "pointer arithmetic: index", in.Pos, bv.And(bv.Sle(bv.Neg(limit), i), bv.Sle(i, limit)))
	p.Off = ex.S(bv.Add(p.Off, bv.Mul(b64(uint64(in.Elem.Size)), i)))
	ex.Goal(st, "pointer arithmetic", in.Pos, bv.Ule(p.Off, p.Obj.Len(p.Index)))
	return p
}

func (ex *Exec) difference(st *State, fr *frame, in *cir.Instr) Value {
	a, b := ex.ptr(fr, in.A, in.Pos), ex.ptr(fr, in.B, in.Pos)
	if a.Null() || a.Obj != b.Obj || a.Index != b.Index || a.Obj.Type != nil {
		fail(in.Pos, "difference of pointers %v and %v", a, b)
	}
	d := ex.S(bv.Sub(a.Off, b.Off))
	if in.Elem.Size > 1 {
		size := b64(uint64(in.Elem.Size))
		ex.Goal(st, "pointer difference", in.Pos, bv.Eq(bv.SRem(d, size), b64(0)))
		d = ex.S(bv.SDiv(d, size))
	}
	return ex.S(bv.Extract(d, 0, in.Type.Bits))
}

func (ex *Exec) comparePtr(fr *frame, in *cir.Instr) Value {
	a, aok := fr.temps[in.A].(Ptr)
	b, bok := fr.temps[in.B].(Ptr)
	if !aok || !bok {
		fail(in.Pos, "comparison of pointers that are not determined")
	}
	var c *bv.Term
	switch {
	case in.Cmp != "==" && in.Cmp != "!=" && (a.Null() || a.Obj != b.Obj):
		fail(in.Pos, "order of pointers to different objects")
	case a.Null() || b.Null():
		c = bv.Bool(a.Null() == b.Null())
	case a.Obj != b.Obj || a.Obj.Family || len(a.Path) > 0 || len(b.Path) > 0:
		// The end of one object may be the start of another, so even
		// inequality is not certain.
		fail(in.Pos, "comparison of %v and %v", a, b)
	default:
		x, y := a.Off, b.Off
		if x == nil {
			x, y = b64(0), b64(0)
		}
		c = compare(in.Cmp, x, y, false)
	}
	if c == nil {
		c = bv.False
	}
	if in.Cmp == "!=" && (a.Null() || b.Null()) {
		c = bv.Not(c)
	}
	return ex.S(truthInt(c))
}

func compare(op string, a, b *bv.Term, signed bool) *bv.Term {
	lt, le := bv.Ult, bv.Ule
	if signed {
		lt, le = bv.Slt, bv.Sle
	}
	switch op {
	case "==":
		return bv.Eq(a, b)
	case "!=":
		return bv.Ne(a, b)
	case "<":
		return lt(a, b)
	case "<=":
		return le(a, b)
	case ">":
		return lt(b, a)
	case ">=":
		return le(b, a)
	}
	return nil
}

func (ex *Exec) binary(st *State, in *cir.Instr, a, b *bv.Term) Value {
	w, signed := a.Width, in.Type.Signed
	if c := compare(in.Cmp, a, b, signed); c != nil {
		return ex.S(truthInt(c))
	}
	switch in.Cmp {
	case "&":
		return ex.S(bv.And(a, b))
	case "|":
		return ex.S(bv.Or(a, b))
	case "^":
		return ex.S(bv.Xor(a, b))
	case "+", "-", "*":
		f := map[string]func(a, b *bv.Term) *bv.Term{"+": bv.Add, "-": bv.Sub, "*": bv.Mul}[in.Cmp]
		r := f(a, b)
		if signed {
			ex.Goal(st, "signed overflow", in.Pos, noOverflow(in.Cmp, f, a, b, in.Pos))
		}
		return ex.S(r)
	case "/", "%":
		ex.Goal(st, "division by zero", in.Pos, bv.Ne(b, bv.Const(0, w)))
		f := map[string]func(a, b *bv.Term) *bv.Term{"/": bv.UDiv, "%": bv.URem}[in.Cmp]
		if signed {
			f = map[string]func(a, b *bv.Term) *bv.Term{"/": bv.SDiv, "%": bv.SRem}[in.Cmp]
			ex.Goal(st, "division overflow", in.Pos,
				bv.Not(bv.And(bv.Eq(a, least(w)), bv.Eq(b, bv.Const(^uint64(0), w)))))
		}
		return ex.S(f(a, b))
	case "<<", ">>":
		ex.Goal(st, "shift count", in.Pos, bv.Ult(b, bv.Const(uint64(w), b.Width)))
		n := convert(b, false, w)
		if in.Cmp == ">>" {
			if signed {
				return ex.S(bv.AShr(a, n))
			}
			return ex.S(bv.LShr(a, n))
		}
		r := bv.Shl(a, n)
		if signed {
			ex.Goal(st, "signed overflow", in.Pos,
				bv.All(bv.Sle(bv.Const(0, w), a), bv.Sle(bv.Const(0, w), r), bv.Eq(bv.LShr(r, n), a)))
		}
		return ex.S(r)
	}
	fail(in.Pos, "operator %s", in.Cmp)
	return nil
}

// noOverflow is the truth value that the signed result fits.
func noOverflow(op string, f func(a, b *bv.Term) *bv.Term, a, b *bv.Term, pos string) *bv.Term {
	w := a.Width
	if w > 32 {
		fail(pos, "signed %s of width %d", op, w)
	}
	exact := f(bv.SExt(a, 64), bv.SExt(b, 64))
	return bv.Eq(bv.SExt(f(a, b), 64), exact)
}

func (ex *Exec) cast(st *State, fr *frame, in *cir.Instr) Value {
	switch v := fr.temps[in.A].(type) {
	case Func:
		if in.Type.Elem.Kind != cir.Func {
			fail(in.Pos, "cast of a function pointer")
		}
		return v
	case Ptr:
		if in.Type.Elem.Kind == cir.Func && !v.Null() {
			fail(in.Pos, "cast to a function pointer")
		}
		// A conversion that is not aligned is undefined by itself (6.3.2.3p7).
		if !v.Null() && v.Obj.Type == nil && in.Type.Elem.Align > 1 {
			ex.aligned(st, v, uint64(in.Type.Elem.Align), in.Pos)
		}
		return kept(v)
	}
	fail(in.Pos, "cast of something that is not determined")
	return nil
}

// address is a pointer as an integer.
func (ex *Exec) address(st *State, p Ptr, in *cir.Instr) Value {
	if p.Null() {
		return bv.Const(0, in.Type.Bits)
	}
	if p.Obj.Addr == nil || p.Obj.Type != nil {
		fail(in.Pos, "address of %s as an integer", p.Obj.Name)
	}
	return ex.S(bv.Add(p.Obj.Addr, convert(p.Off, false, in.Type.Bits)))
}

// builtin executes the few library functions that the core may use.
func (ex *Exec) builtin(st *State, fr *frame, in *cir.Instr, name string, args []Value) bool {
	set := func(v Value) bool {
		if in.Dst >= 0 {
			fr.temps[in.Dst] = v
		}
		return true
	}
	switch name {
	case "__builtin_expect":
		return set(args[0])
	case "__builtin_assume_aligned":
		p, n := args[0].(Ptr), args[1].(*bv.Term)
		k, ok := n.IsConst()
		if !ok || p.Null() || p.Obj.Type != nil || k > p.Obj.Align {
			fail(in.Pos, "assumption about alignment of %v", p)
		}
		ex.Goal(st, "alignment", in.Pos, bv.Eq(bv.And(p.Off, b64(k-1)), b64(0)))
		return set(p)
	case "memcpy":
		ex.memcpy(st, in, args)
		return set(args[0])
	}
	return false
}

// memcpy copies scalars: one, which is how the core says "load" and "store" at
// any alignment, or consecutive elements of an array. The objects must differ.
func (ex *Exec) memcpy(st *State, in *cir.Instr, args []Value) {
	to, from := args[0].(Ptr), args[1].(Ptr)
	k, ok := args[2].(*bv.Term).IsConst()
	if !ok || k == 0 || k > 256 || to.Null() || from.Null() {
		fail(in.Pos, "memcpy of no constant small size")
	}
	if to.Obj == from.Obj {
		fail(in.Pos, "memcpy within %s", to.Obj.Name)
	}
	// The typed side says how large a scalar is; between two blobs any will do.
	size := uint64(0)
	for _, p := range []*Ptr{&to, &from} {
		if p.Obj.Type == nil {
			continue
		}
		t := typeAt(*p)
		if t.Kind == cir.Array {
			*p = step(*p, Step{Idx: b64(0), Len: t.Len})
			t = t.Elem
		}
		if t.Kind != cir.Int || size != 0 && size != uint64(t.Size) {
			fail(in.Pos, "memcpy of part of %s", p.Obj.Name)
		}
		size = uint64(t.Size)
	}
	if size == 0 {
		size = min(k, 8)
	}
	if k%size != 0 || size > 8 || size&(size-1) != 0 {
		fail(in.Pos, "memcpy of %d bytes by scalars of %d", k, size)
	}
	at := func(p Ptr, i uint64) (Ptr, *cir.Type) {
		if p.Obj.Type == nil {
			p.Off = ex.S(bv.Add(p.Off, b64(i*size)))
			return p, &cir.Type{Kind: cir.Int, Bits: uint8(8 * size), Size: int64(size), Align: 1, MayAlias: true}
		}
		t := typeAt(p)
		if i > 0 {
			n := len(p.Path) - 1
			if n < 0 || p.Path[n].Idx == nil {
				fail(in.Pos, "memcpy beyond %s", p.Obj.Name)
			}
			path := append([]Step(nil), p.Path...)
			path[n].Idx = ex.S(bv.Add(path[n].Idx, b64(i)))
			p.Path = path
		}
		return p, t
	}
	vals := make([]Value, k/size)
	for i := range vals {
		p, t := at(from, uint64(i))
		vals[i] = ex.load(st, p, t, in.Pos)
	}
	for i, v := range vals {
		p, t := at(to, uint64(i))
		ex.store(st, p, t, v, in.Pos)
	}
}
