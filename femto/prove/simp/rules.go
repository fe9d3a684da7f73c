// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package simp

import (
	"math/bits"
	"slices"

	"github.com/femtocontainer/femtocontainer/femto/bv"
)

func konst(t *bv.Term) (uint64, bool) { return t.IsConst() }

func isZero(t *bv.Term) bool { v, ok := konst(t); return ok && v == 0 }

func ones(w uint8) uint64 { return ^uint64(0) >> (64 - w) }

func isOnes(t *bv.Term) bool { v, ok := konst(t); return ok && v == ones(t.Width) }

// root makes one rewrite at the root of t, whose operands are simple, or gives
// nil.
func (s *Simplifier) root(t *bv.Term) (rule string, next *bv.Term) {
	if r := overIte(t); r != nil {
		return "ite of constants", r
	}
	switch t.Op {
	case bv.OpNot:
		if a := t.Args[0]; a.Op == bv.OpNot {
			return "not not", a.Args[0]
		}
	case bv.OpAnd, bv.OpOr, bv.OpXor:
		return "bitwise", bitwise(t)
	case bv.OpAdd, bv.OpSub, bv.OpNeg, bv.OpMul:
		return "linear", s.linear(t)
	case bv.OpShl, bv.OpLShr, bv.OpAShr:
		return "shift by constant", shift(t)
	case bv.OpExtract:
		return "extract", extract(t)
	case bv.OpConcat, bv.OpZExt:
		return "concat", join(pieces(t), t.Width)
	case bv.OpSExt:
		a := t.Args[0]
		switch {
		case a.Op == bv.OpSExt:
			return "sext sext", bv.SExt(a.Args[0], t.Width)
		case a.Op == bv.OpZExt:
			return "sext zext", bv.ZExt(a.Args[0], t.Width)
		}
	case bv.OpEq:
		return "eq", equal(t)
	case bv.OpUlt, bv.OpUle, bv.OpSlt, bv.OpSle:
		return "order", order(t)
	case bv.OpIte:
		return "ite", ite(t)
	}
	return "", nil
}

// overIte moves an operator into an Ite with constant arms.
func overIte(t *bv.Term) *bv.Term {
	if t.Op == bv.OpIte {
		return nil
	}
	arms := func(a *bv.Term) bool {
		return a.Op == bv.OpIte && a.Args[1].Op == bv.OpConst && a.Args[2].Op == bv.OpConst
	}
	for i, a := range t.Args {
		if !arms(a) {
			continue
		}
		for j, b := range t.Args {
			if j != i && b.Op != bv.OpConst {
				return nil
			}
		}
		yes, no := slices.Clone(t.Args), slices.Clone(t.Args)
		yes[i], no[i] = a.Args[1], a.Args[2]
		return bv.Ite(a.Args[0], Rebuild(t, yes), Rebuild(t, no))
	}
	return nil
}

func ite(t *bv.Term) *bv.Term {
	c, a, b := t.Args[0], t.Args[1], t.Args[2]
	switch {
	case c.Op == bv.OpNot:
		return bv.Ite(c.Args[0], b, a)
	case t.Width == 1 && a == bv.True && b == bv.False:
		return c
	case t.Width == 1 && a == bv.False && b == bv.True:
		return bv.Not(c)
	case t.Width == 1 && a == bv.True:
		return bv.Or(c, b)
	case t.Width == 1 && b == bv.False:
		return bv.And(c, a)
	case a.Op == bv.OpIte && a.Args[0] == c:
		return bv.Ite(c, a.Args[1], b)
	case b.Op == bv.OpIte && b.Args[0] == c:
		return bv.Ite(c, a, b.Args[2])
	}
	return nil
}

// pieces cuts t into slices, the highest first, that are constants or opaque.
func pieces(t *bv.Term) []*bv.Term {
	switch t.Op {
	case bv.OpConcat:
		return append(pieces(t.Args[0]), pieces(t.Args[1])...)
	case bv.OpZExt:
		return append([]*bv.Term{bv.Const(0, t.Width-t.Args[0].Width)}, pieces(t.Args[0])...)
	}
	return []*bv.Term{t}
}

// slice is bits lo..lo+w-1 of t.
func slice(t *bv.Term, lo, w uint8) *bv.Term {
	if t.Op == bv.OpExtract {
		return bv.Extract(t.Args[0], t.Lo+lo, w)
	}
	return bv.Extract(t, lo, w)
}

// join is the inverse of pieces, in a canonical shape.
func join(ps []*bv.Term, width uint8) *bv.Term {
	var out []*bv.Term
	for _, p := range ps {
		if len(out) > 0 {
			last := out[len(out)-1]
			a, aok := konst(last)
			b, bok := konst(p)
			switch {
			case aok && bok:
				out[len(out)-1] = bv.Const(a<<p.Width|b, last.Width+p.Width)
				continue
			case last.Op == bv.OpExtract && p.Op == bv.OpExtract && last.Args[0] == p.Args[0] && last.Lo == p.Lo+p.Width:
				out[len(out)-1] = bv.Extract(p.Args[0], p.Lo, last.Width+p.Width)
				continue
			}
		}
		out = append(out, p)
	}
	if len(out) > 1 && isZero(out[0]) {
		return bv.ZExt(join(out[1:], width-out[0].Width), width)
	}
	r := out[len(out)-1]
	for i := len(out) - 2; i >= 0; i-- {
		r = bv.Concat(out[i], r)
	}
	return r
}

// align cuts the slices of a and b at the same places, and constants where
// their bits change. It gives nil when that would be too many.
func align(a, b *bv.Term) (x, y []*bv.Term) {
	cuts := make(map[uint8]bool)
	for _, t := range []*bv.Term{a, b} {
		pos := t.Width
		for _, p := range pieces(t) {
			cuts[pos] = true
			if v, ok := konst(p); ok {
				base := pos - p.Width
				for i := uint8(1); i < p.Width; i++ {
					if v>>i&1 != v>>(i-1)&1 {
						cuts[base+i] = true
					}
				}
			}
			pos -= p.Width
		}
	}
	if len(cuts) > 16 {
		return nil, nil
	}
	split := func(t *bv.Term) (out []*bv.Term) {
		pos := t.Width
		for _, p := range pieces(t) {
			hi, base := pos, pos-p.Width
			for c := int(pos) - 1; c >= int(base); c-- {
				if c == int(base) || cuts[uint8(c)] {
					out = append(out, slice(p, uint8(c)-base, hi-uint8(c)))
					hi = uint8(c)
				}
			}
			pos = base
		}
		return out
	}
	return split(a), split(b)
}

func bitwise(t *bv.Term) *bv.Term {
	a, b := t.Args[0], t.Args[1]
	if a == b {
		if t.Op == bv.OpXor {
			return bv.Const(0, t.Width)
		}
		return a
	}
	if t.Width == 1 && (a == bv.Not(b) || b == bv.Not(a)) {
		return bv.Bool(t.Op != bv.OpAnd)
	}
	if len(pieces(a)) == 1 && len(pieces(b)) == 1 && a.Op != bv.OpConst && b.Op != bv.OpConst {
		return nil
	}
	x, y := align(a, b)
	var out []*bv.Term
	for i := range x {
		p, q := x[i], y[i]
		if p.Op == bv.OpConst {
			p, q = q, p
		}
		switch {
		case p.Op == bv.OpConst:
			out = append(out, Rebuild(t, []*bv.Term{p, q})) // folds
		case isZero(q) && t.Op == bv.OpAnd, isOnes(q) && t.Op == bv.OpOr:
			out = append(out, q)
		case isZero(q), isOnes(q) && t.Op == bv.OpAnd:
			out = append(out, p)
		default:
			return nil
		}
	}
	if out == nil {
		return nil
	}
	return join(out, t.Width)
}

func shift(t *bv.Term) *bv.Term {
	a := t.Args[0]
	v, ok := konst(t.Args[1])
	if !ok {
		return nil
	}
	if v == 0 {
		return a
	}
	w := t.Width
	if v >= uint64(w) {
		if t.Op == bv.OpAShr {
			return bv.SExt(bv.Extract(a, w-1, 1), w)
		}
		return bv.Const(0, w)
	}
	k := uint8(v)
	switch t.Op {
	case bv.OpShl:
		return bv.Concat(slice(a, 0, w-k), bv.Const(0, k))
	case bv.OpLShr:
		return bv.ZExt(slice(a, k, w-k), w)
	}
	return bv.SExt(slice(a, k, w-k), w)
}

func extract(t *bv.Term) *bv.Term {
	a, lo, w := t.Args[0], t.Lo, t.Width
	switch a.Op {
	case bv.OpExtract:
		return slice(a, lo, w)
	case bv.OpConcat, bv.OpZExt:
		var out []*bv.Term
		pos := a.Width
		for _, p := range pieces(a) {
			base := pos - p.Width
			from, to := max(base, lo), min(pos, lo+w)
			if from < to {
				out = append(out, slice(p, from-base, to-from))
			}
			pos = base
		}
		return join(out, w)
	case bv.OpSExt:
		inner := a.Args[0]
		switch {
		case lo+w <= inner.Width:
			return slice(inner, lo, w)
		case lo < inner.Width:
			return bv.SExt(slice(inner, lo, inner.Width-lo), w)
		}
	case bv.OpAnd, bv.OpOr, bv.OpXor:
		return binaries[a.Op](slice(a.Args[0], lo, w), slice(a.Args[1], lo, w))
	case bv.OpNot:
		return bv.Not(slice(a.Args[0], lo, w))
	case bv.OpAdd, bv.OpSub, bv.OpMul:
		if lo == 0 {
			return binaries[a.Op](slice(a.Args[0], 0, w), slice(a.Args[1], 0, w))
		}
	case bv.OpNeg:
		if lo == 0 {
			return bv.Neg(slice(a.Args[0], 0, w))
		}
	case bv.OpIte:
		plain := func(x *bv.Term) bool {
			return x.Op == bv.OpConst || x.Op == bv.OpZExt || x.Op == bv.OpSExt || x.Op == bv.OpConcat
		}
		if plain(a.Args[1]) || plain(a.Args[2]) {
			return bv.Ite(a.Args[0], slice(a.Args[1], lo, w), slice(a.Args[2], lo, w))
		}
	}
	return nil
}

func equal(t *bv.Term) *bv.Term {
	a, b := t.Args[0], t.Args[1]
	if a == b {
		return bv.True
	}
	if a.Op == bv.OpConst {
		a, b = b, a
	}
	if t.Args[0].Width == 1 && b.Op == bv.OpConst {
		if b == bv.True {
			return a
		}
		return bv.Not(a)
	}
	if a.Op == bv.OpSExt && b.Op == bv.OpSExt && a.Args[0].Width == b.Args[0].Width {
		return bv.Eq(a.Args[0], b.Args[0])
	}
	if len(pieces(a)) > 1 || len(pieces(b)) > 1 {
		x, y := alignWhole(a, b)
		var rest []*bv.Term
		dropped := false
		for i := range x {
			_, xc := konst(x[i])
			_, yc := konst(y[i])
			switch {
			case x[i] == y[i]:
				dropped = true
			case xc && yc:
				return bv.False
			default:
				rest = append(rest, bv.Eq(x[i], y[i]))
			}
		}
		if dropped {
			return bv.All(rest...)
		}
	}
	if t.Args[0].Op == bv.OpConst {
		return bv.Eq(a, b) // constants on the right
	}
	return nil
}

// alignWhole is align without cutting constants at every change of bits.
func alignWhole(a, b *bv.Term) (x, y []*bv.Term) {
	pa, pb := pieces(a), pieces(b)
	for len(pa) > 0 {
		p, q := pa[0], pb[0]
		w := min(p.Width, q.Width)
		take := func(ps []*bv.Term) []*bv.Term {
			if ps[0].Width == w {
				return ps[1:]
			}
			return append([]*bv.Term{slice(ps[0], 0, ps[0].Width-w)}, ps[1:]...)
		}
		x, y = append(x, slice(p, p.Width-w, w)), append(y, slice(q, q.Width-w, w))
		pa, pb = take(pa), take(pb)
	}
	return x, y
}

func order(t *bv.Term) *bv.Term {
	a, b := t.Args[0], t.Args[1]
	if a == b {
		return bv.Bool(t.Op == bv.OpUle || t.Op == bv.OpSle)
	}
	signed := t.Op == bv.OpSlt || t.Op == bv.OpSle
	if a.Op == bv.OpSExt && b.Op == bv.OpSExt && a.Args[0].Width == b.Args[0].Width {
		return binaries[t.Op](a.Args[0], b.Args[0])
	}
	za, zb := leadingZeros(a), leadingZeros(b)
	n := min(za, zb)
	if n == 0 {
		return nil
	}
	op := t.Op
	if signed {
		op = map[bv.Op]bv.Op{bv.OpSlt: bv.OpUlt, bv.OpSle: bv.OpUle}[op]
	}
	w := a.Width - n
	if w == 0 {
		return nil
	}
	return binaries[op](slice2(a, w), slice2(b, w))
}

// slice2 is the low w bits of a term with zeros above.
func slice2(t *bv.Term, w uint8) *bv.Term {
	if t.Op == bv.OpZExt {
		return bv.ZExt(t.Args[0], w)
	}
	return bv.Extract(t, 0, w)
}

func leadingZeros(t *bv.Term) uint8 {
	switch t.Op {
	case bv.OpConst:
		return uint8(bits.LeadingZeros64(t.Val)) - (64 - t.Width)
	case bv.OpZExt:
		return t.Width - t.Args[0].Width
	}
	return 0
}
