// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package opt

import (
	"math/bits"

	"github.com/femtocontainer/femtocontainer/femto/bv"
)

// A bit is what is known of one bit: a constant, nothing, or that it equals a
// bit of some register beforehand.
type bit int32

const (
	zero    bit = 0
	one     bit = 1
	unknown bit = 2
	copied  bit = 3 // + 64*register + position
)

func copyOf(reg, i int) bit { return copied + bit(64*reg+i) }

// source is the inverse of copyOf.
func (b bit) source() (reg, i int, ok bool) {
	if b < copied {
		return 0, 0, false
	}
	return int(b-copied) / 64, int(b-copied) % 64, true
}

func (b bit) isConst() bool { return b <= one }

func constant(b bool) bit {
	if b {
		return one
	}
	return zero
}

// A word is a bit vector, lowest bit first; bits above the width are zero.
type word [64]bit

func wordOf(v uint64) (w word) {
	for i := range w {
		w[i] = bit(v >> i & 1)
	}
	return w
}

func blank(width uint8) (w word) {
	for i := range width {
		w[i] = unknown
	}
	return w
}

// known gives the bits that are constants.
func (w *word) known() (zeros, ones uint64) {
	for i, b := range w {
		switch b {
		case zero:
			zeros |= 1 << i
		case one:
			ones |= 1 << i
		}
	}
	return zeros, ones
}

func (w *word) isConst() (uint64, bool) {
	zeros, ones := w.known()
	return ones, zeros|ones == ^uint64(0)
}

func (w *word) max() uint64 { zeros, _ := w.known(); return ^zeros }
func (w *word) min() uint64 { _, ones := w.known(); return ones }

// atMost clears the bits that a value up to limit does not have.
func (w *word) atMost(limit uint64) {
	for i := bits.Len64(limit); i < 64; i++ {
		w[i] = zero
	}
}

func ones(width uint8) uint64 { return ^uint64(0) >> (64 - width) }

// eval is t over words of its variables.
func eval(t *bv.Term, value func(v *bv.Term) word) word {
	switch t.Op {
	case bv.OpConst:
		return wordOf(t.Val)
	case bv.OpVar:
		return value(t)
	}
	a := eval(t.Args[0], value)
	wa := t.Args[0].Width
	if t.Op == bv.OpIte {
		x, y := eval(t.Args[1], value), eval(t.Args[2], value)
		switch a[0] {
		case one:
			return x
		case zero:
			return y
		}
		for i := range x {
			if x[i] != y[i] {
				x[i] = unknown
			}
		}
		return x
	}
	if len(t.Args) == 1 {
		return unary(t, &a, wa)
	}
	b := eval(t.Args[1], value)
	r := arithmetic(t, &a, &b, wa)
	// Whatever the rules above miss, constants have a value.
	if x, ok := a.isConst(); ok {
		if y, ok := b.isConst(); ok {
			l, r := bv.Var("a", wa), bv.Var("b", t.Args[1].Width)
			return wordOf(bv.Eval(&bv.Term{Op: t.Op, Width: t.Width, Lo: t.Lo, Args: []*bv.Term{l, r}}, bv.Env{"a": x, "b": y}))
		}
	}
	return r
}

func unary(t *bv.Term, a *word, wa uint8) (r word) {
	switch t.Op {
	case bv.OpNot:
		return invert(a, t.Width)
	case bv.OpNeg:
		n := invert(a, t.Width)
		none := word{}
		return add(&none, &n, one, t.Width)
	case bv.OpExtract:
		copy(r[:t.Width], a[t.Lo:])
		return r
	case bv.OpZExt:
		return *a
	case bv.OpSExt:
		r = *a
		for i := wa; i < t.Width; i++ {
			r[i] = a[wa-1]
		}
		return r
	}
	return blank(t.Width)
}

func invert(a *word, width uint8) (r word) {
	for i := range width {
		r[i] = unknown
		if a[i].isConst() {
			r[i] = one - a[i]
		}
	}
	return r
}

// add is exact where two of the three bits of a place are constants or two
// of them are the same.
func add(a, b *word, carry bit, width uint8) (r word) {
	for i := range width {
		x, y, c := a[i], b[i], carry
		switch {
		case x.isConst() && y.isConst():
		case x.isConst() && c.isConst():
			y, c = c, y
		case y.isConst() && c.isConst():
			x, c = c, x
		case x == y && x != unknown:
			r[i], carry = c, x
			continue
		default:
			r[i], carry = unknown, unknown
			continue
		}
		if x == y {
			r[i], carry = c, x
		} else {
			r[i], carry = unknown, c
			if c.isConst() {
				r[i] = one - c
			}
		}
	}
	return r
}

func shiftLeft(a *word, n uint64, width uint8) (r word) {
	for i := n; i < uint64(width); i++ {
		r[i] = a[i-n]
	}
	return r
}

func shiftRight(a *word, n uint64, width uint8, fill bit) (r word) {
	for i := range uint64(width) {
		r[i] = fill
		if i+n < uint64(width) {
			r[i] = a[i+n]
		}
	}
	return r
}

// each applies a truth table: absorbing is the constant that decides alone,
// the other constant is neutral.
func each(a, b *word, width uint8, absorbing bit) (r word) {
	for i := range width {
		switch x, y := a[i], b[i]; {
		case x == absorbing || y == absorbing:
			r[i] = absorbing
		case x == one-absorbing || x == y:
			r[i] = y
		case y == one-absorbing:
			r[i] = x
		default:
			r[i] = unknown
		}
	}
	return r
}

func exclusive(a, b *word, width uint8) (r word) {
	for i := range width {
		switch x, y := a[i], b[i]; {
		case x.isConst() && y.isConst():
			r[i] = x ^ y
		case x == zero:
			r[i] = y
		case y == zero:
			r[i] = x
		case x == y && x != unknown:
			r[i] = zero
		default:
			r[i] = unknown
		}
	}
	return r
}

func arithmetic(t *bv.Term, a, b *word, wa uint8) word {
	w := t.Width
	r := blank(w)
	n, constB := b.isConst()
	switch t.Op {
	case bv.OpAnd:
		return each(a, b, w, zero)
	case bv.OpOr:
		return each(a, b, w, one)
	case bv.OpXor:
		return exclusive(a, b, w)
	case bv.OpAdd:
		r = add(a, b, zero, w)
		if sum, carry := bits.Add64(a.max(), b.max(), 0); carry == 0 {
			r.atMost(sum)
		}
		return mask(r, w)
	case bv.OpSub:
		inverse := invert(b, w)
		return add(a, &inverse, one, w)
	case bv.OpMul:
		if _, ok := a.isConst(); ok {
			a, b = b, a
			n, constB = b.isConst()
		}
		if constB {
			r = word{}
			for i := range uint64(w) {
				if n>>i&1 == 1 {
					s := shiftLeft(a, i, w)
					r = add(&r, &s, zero, w)
				}
			}
		}
		if hi, lo := bits.Mul64(a.max(), b.max()); hi == 0 {
			r.atMost(lo)
		}
		return mask(r, w)
	case bv.OpUDiv:
		switch {
		case constB && bits.OnesCount64(n) == 1:
			return shiftRight(a, uint64(bits.TrailingZeros64(n)), w, zero)
		case b.min() > 0:
			r.atMost(a.max() / b.min())
		}
		return mask(r, w)
	case bv.OpURem:
		switch {
		case constB && bits.OnesCount64(n) == 1:
			m := wordOf(n - 1)
			return each(a, &m, w, zero)
		case b.min() > 0:
			r.atMost(b.max() - 1)
		}
		r.atMost(a.max())
		return mask(r, w)
	case bv.OpShl:
		if constB {
			return shiftLeft(a, min(n, 64), w)
		}
	case bv.OpLShr:
		if constB {
			return shiftRight(a, min(n, 64), w, zero)
		}
		r.atMost(a.max())
		return mask(r, w)
	case bv.OpAShr:
		if constB {
			return shiftRight(a, min(n, 64), w, a[w-1])
		}
	case bv.OpConcat:
		r = *b
		copy(r[t.Args[1].Width:], a[:wa])
		return r
	case bv.OpEq, bv.OpUlt, bv.OpUle, bv.OpSlt, bv.OpSle:
		return word{compare(t.Op, a, b, wa)}
	}
	return r
}

// mask keeps the bits above the width zero.
func mask(r word, width uint8) word {
	for i := int(width); i < 64; i++ {
		r[i] = zero
	}
	return r
}

// compare decides a comparison, if the known bits do.
func compare(op bv.Op, a, b *word, width uint8) bit {
	same := true
	for i := range width {
		x, y := a[i], b[i]
		if x != y || x == unknown {
			same = false
		}
		if op == bv.OpEq && x.isConst() && y.isConst() && x != y {
			return zero
		}
	}
	if same {
		return constant(op == bv.OpEq || op == bv.OpUle || op == bv.OpSle)
	}
	x, y := *a, *b
	if op == bv.OpSlt || op == bv.OpSle {
		// Signed order is unsigned order with the sign bits inverted.
		for _, w := range []*word{&x, &y} {
			if s := &w[width-1]; s.isConst() {
				*s = one - *s
			} else {
				*s = unknown
			}
		}
	}
	switch op {
	case bv.OpUlt, bv.OpSlt:
		if x.max() < y.min() {
			return one
		}
		if x.min() >= y.max() {
			return zero
		}
	case bv.OpUle, bv.OpSle:
		if x.max() <= y.min() {
			return one
		}
		if x.min() > y.max() {
			return zero
		}
	}
	return unknown
}
