// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package simp

import (
	"cmp"
	"maps"
	"slices"

	"github.com/femtocontainer/femtocontainer/femto/bv"
)

// linear brings a sum into the form c1*x1 + c2*x2 + ... + c, in an order that
// depends on the summands only.
func (s *Simplifier) linear(t *bv.Term) *bv.Term {
	w := t.Width
	if t.Op == bv.OpMul {
		a, b := t.Args[0], t.Args[1]
		if a.Op != bv.OpConst && b.Op != bv.OpConst {
			if s.hash(b) < s.hash(a) {
				return bv.Mul(b, a)
			}
			return nil
		}
	}
	coeff := make(map[*bv.Term]uint64)
	var sum uint64
	var add func(t *bv.Term, k uint64)
	add = func(t *bv.Term, k uint64) {
		switch t.Op {
		case bv.OpConst:
			sum += k * t.Val
			return
		case bv.OpAdd:
			add(t.Args[0], k)
			add(t.Args[1], k)
			return
		case bv.OpSub:
			add(t.Args[0], k)
			add(t.Args[1], -k)
			return
		case bv.OpNeg:
			add(t.Args[0], -k)
			return
		case bv.OpMul:
			if v, ok := konst(t.Args[0]); ok {
				add(t.Args[1], k*v)
				return
			}
			if v, ok := konst(t.Args[1]); ok {
				add(t.Args[0], k*v)
				return
			}
		}
		coeff[t] += k
	}
	add(t, 1)
	atoms := slices.SortedFunc(maps.Keys(coeff), func(a, b *bv.Term) int { return cmp.Compare(s.hash(a), s.hash(b)) })
	var acc *bv.Term
	var minus []*bv.Term
	plus := func(x *bv.Term) {
		if acc == nil {
			acc = x
		} else {
			acc = bv.Add(acc, x)
		}
	}
	scaled := func(k uint64, x *bv.Term) *bv.Term {
		if k == 1 {
			return x
		}
		return bv.Mul(bv.Const(k, w), x)
	}
	for _, x := range atoms {
		k := coeff[x] & ones(w)
		switch {
		case k == 0:
		case k <= 1<<(w-1):
			plus(scaled(k, x))
		default:
			minus = append(minus, scaled(-k&ones(w), x))
		}
	}
	c := bv.Const(sum, w)
	if acc == nil && len(minus) > 0 && !isZero(c) {
		acc, c = c, bv.Const(0, w)
	}
	for _, x := range minus {
		if acc == nil {
			acc = bv.Neg(x)
		} else {
			acc = bv.Sub(acc, x)
		}
	}
	if acc == nil {
		return c
	}
	if !isZero(c) {
		acc = bv.Add(acc, c)
	}
	return acc
}
