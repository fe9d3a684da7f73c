// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package bv

import (
	"fmt"
	"sync"
)

// Op is the operator at the root of a term.
type Op uint8

// The operators, with their SMT-LIB meaning.
const (
	OpConst Op = iota
	OpVar
	OpNot
	OpNeg
	OpAnd
	OpOr
	OpXor
	OpAdd
	OpSub
	OpMul
	OpUDiv
	OpURem
	OpSDiv
	OpSRem
	OpShl
	OpLShr
	OpAShr
	OpExtract // bits Lo..Lo+Width-1 of the argument
	OpConcat  // first argument above the second
	OpZExt
	OpSExt
	OpEq
	OpUlt
	OpUle
	OpSlt
	OpSle
	OpIte
)

// A Term is a bit vector. Compare terms with ==.
type Term struct {
	Op    Op
	Width uint8
	Lo    uint8   // OpExtract: lowest bit taken
	Val   uint64  // OpConst
	Name  string  // OpVar
	Args  []*Term // operands, in order
}

type key struct {
	op        Op
	width, lo uint8
	val       uint64
	name      string
	a, b, c   *Term
}

var interned = struct {
	sync.Mutex
	m map[key]*Term
}{m: make(map[key]*Term)}

func intern(k key) *Term {
	if k.width < 1 || k.width > 64 {
		panic(fmt.Sprintf("bv: width %d is outside 1..64", k.width))
	}
	interned.Lock()
	defer interned.Unlock()
	if t, ok := interned.m[k]; ok {
		return t
	}
	t := &Term{Op: k.op, Width: k.width, Lo: k.lo, Val: k.val, Name: k.name}
	for _, arg := range []*Term{k.a, k.b, k.c} {
		if arg != nil {
			t.Args = append(t.Args, arg)
		}
	}
	interned.m[k] = t
	return t
}

// mask has the low w bits set.
func mask(w uint8) uint64 { return ^uint64(0) >> (64 - w) }

// signed reads the low w bits of v as a two's complement number.
func signed(v uint64, w uint8) int64 { return int64(v<<(64-w)) >> (64 - w) }

// Const is the low w bits of v.
func Const(v uint64, w uint8) *Term {
	if w < 1 || w > 64 {
		panic(fmt.Sprintf("bv: width %d is outside 1..64", w))
	}
	return intern(key{op: OpConst, width: w, val: v & mask(w)})
}

// Bool is the truth value b.
func Bool(b bool) *Term {
	if b {
		return True
	}
	return False
}

// The two truth values.
var (
	True  = Const(1, 1)
	False = Const(0, 1)
)

// Var is a variable of width w. Variables are equal when name and width are.
func Var(name string, w uint8) *Term { return intern(key{op: OpVar, width: w, name: name}) }

func (t *Term) isConst() bool { return t.Op == OpConst }

// IsConst reports the value of a constant term.
func (t *Term) IsConst() (uint64, bool) { return t.Val, t.Op == OpConst }

func same(op string, a, b *Term) {
	if a.Width != b.Width {
		panic(fmt.Sprintf("bv: %s of widths %d and %d", op, a.Width, b.Width))
	}
}

// build makes a term, or its value when every operand is a constant.
func build(op Op, width, lo uint8, a, b, c *Term) *Term {
	t := key{op: op, width: width, lo: lo, a: a, b: b, c: c}
	if a.isConst() && (b == nil || b.isConst()) && (c == nil || c.isConst()) {
		var x, y, z uint64
		x = a.Val
		wa := a.Width
		var wb uint8
		if b != nil {
			y, wb = b.Val, b.Width
		}
		if c != nil {
			z = c.Val
		}
		return Const(apply(op, width, lo, wa, wb, x, y, z), width)
	}
	return intern(t)
}

func binary(op Op, name string, a, b *Term) *Term {
	same(name, a, b)
	return build(op, a.Width, 0, a, b, nil)
}

func compare(op Op, name string, a, b *Term) *Term {
	same(name, a, b)
	return build(op, 1, 0, a, b, nil)
}

// Not is the bitwise complement; on truth values it is negation.
func Not(a *Term) *Term { return build(OpNot, a.Width, 0, a, nil, nil) }

// Neg is the two's complement negation.
func Neg(a *Term) *Term { return build(OpNeg, a.Width, 0, a, nil, nil) }

// The arithmetic below is modulo 2^Width; operands have equal widths.

func And(a, b *Term) *Term { return binary(OpAnd, "and", a, b) } // And is the bitwise conjunction.
func Or(a, b *Term) *Term  { return binary(OpOr, "or", a, b) }   // Or is the bitwise disjunction.
func Xor(a, b *Term) *Term { return binary(OpXor, "xor", a, b) } // Xor is the bitwise exclusive or.
func Add(a, b *Term) *Term { return binary(OpAdd, "add", a, b) } // Add is the sum.
func Sub(a, b *Term) *Term { return binary(OpSub, "sub", a, b) } // Sub is the difference.
func Mul(a, b *Term) *Term { return binary(OpMul, "mul", a, b) } // Mul is the product.

// UDiv is the unsigned quotient; x/0 has all bits set.
func UDiv(a, b *Term) *Term { return binary(OpUDiv, "udiv", a, b) }

// URem is the unsigned remainder; x%0 is x.
func URem(a, b *Term) *Term { return binary(OpURem, "urem", a, b) }

// SDiv is the signed quotient, rounded towards zero; x/0 is 1 for negative x
// and -1 otherwise, and the least number divided by -1 is itself.
func SDiv(a, b *Term) *Term { return binary(OpSDiv, "sdiv", a, b) }

// SRem is the signed remainder with the sign of a; x%0 is x.
func SRem(a, b *Term) *Term { return binary(OpSRem, "srem", a, b) }

// Shl shifts left; a shift by Width or more gives 0.
func Shl(a, b *Term) *Term { return binary(OpShl, "shl", a, b) }

// LShr shifts right and fills with zeros.
func LShr(a, b *Term) *Term { return binary(OpLShr, "lshr", a, b) }

// AShr shifts right and fills with the sign.
func AShr(a, b *Term) *Term { return binary(OpAShr, "ashr", a, b) }

// Extract takes w bits of a, beginning at bit lo.
func Extract(a *Term, lo, w uint8) *Term {
	if int(lo)+int(w) > int(a.Width) {
		panic(fmt.Sprintf("bv: extract of bits %d..%d from width %d", lo, lo+w-1, a.Width))
	}
	if w == a.Width {
		return a
	}
	return build(OpExtract, w, lo, a, nil, nil)
}

// Concat puts hi above lo.
func Concat(hi, lo *Term) *Term { return build(OpConcat, hi.Width+lo.Width, 0, hi, lo, nil) }

// ZExt widens a to w bits with zeros.
func ZExt(a *Term, w uint8) *Term { return extend(OpZExt, a, w) }

// SExt widens a to w bits with copies of its top bit.
func SExt(a *Term, w uint8) *Term { return extend(OpSExt, a, w) }

func extend(op Op, a *Term, w uint8) *Term {
	if w < a.Width {
		panic(fmt.Sprintf("bv: extension of width %d to %d", a.Width, w))
	}
	if w == a.Width {
		return a
	}
	return build(op, w, 0, a, nil, nil)
}

func Eq(a, b *Term) *Term  { return compare(OpEq, "eq", a, b) }   // Eq is a = b.
func Ne(a, b *Term) *Term  { return Not(Eq(a, b)) }               // Ne is a ≠ b.
func Ult(a, b *Term) *Term { return compare(OpUlt, "ult", a, b) } // Ult is a < b, unsigned.
func Ule(a, b *Term) *Term { return compare(OpUle, "ule", a, b) } // Ule is a ≤ b, unsigned.
func Slt(a, b *Term) *Term { return compare(OpSlt, "slt", a, b) } // Slt is a < b, signed.
func Sle(a, b *Term) *Term { return compare(OpSle, "sle", a, b) } // Sle is a ≤ b, signed.

// Ite is a when the truth value c holds and b otherwise.
func Ite(c, a, b *Term) *Term {
	same("ite", a, b)
	if c.Width != 1 {
		panic(fmt.Sprintf("bv: condition of width %d", c.Width))
	}
	switch {
	case c == True:
		return a
	case c == False:
		return b
	case a == b:
		return a
	}
	return intern(key{op: OpIte, width: a.Width, a: c, b: a, c: b})
}

// All is the conjunction of truth values; of none it is true.
func All(ts ...*Term) *Term { return fold(And, True, False, ts) }

// Any is the disjunction of truth values; of none it is false.
func Any(ts ...*Term) *Term { return fold(Or, False, True, ts) }

func fold(f func(a, b *Term) *Term, unit, zero *Term, ts []*Term) *Term {
	r := unit
	for _, t := range ts {
		switch {
		case t == zero || r == zero:
			return zero
		case r == unit:
			r = t
		case t != unit:
			r = f(r, t)
		}
	}
	return r
}

// Subst replaces variables by the terms named in m, which must have the
// variable's width; other variables stay.
func Subst(t *Term, m map[string]*Term) *Term {
	memo := make(map[*Term]*Term)
	var walk func(*Term) *Term
	walk = func(t *Term) *Term {
		if r, ok := memo[t]; ok {
			return r
		}
		r := t
		switch {
		case t.Op == OpVar:
			if s, ok := m[t.Name]; ok {
				same("substitution for "+t.Name, t, s)
				r = s
			}
		case t.Op == OpIte:
			r = Ite(walk(t.Args[0]), walk(t.Args[1]), walk(t.Args[2]))
		case len(t.Args) == 1:
			r = build(t.Op, t.Width, t.Lo, walk(t.Args[0]), nil, nil)
		case len(t.Args) == 2:
			r = build(t.Op, t.Width, t.Lo, walk(t.Args[0]), walk(t.Args[1]), nil)
		}
		memo[t] = r
		return r
	}
	return walk(t)
}

// Vars lists the variables of t, each once, in order of first use.
func Vars(ts ...*Term) []*Term {
	var out []*Term
	seen := make(map[*Term]bool)
	var walk func(*Term)
	walk = func(t *Term) {
		if seen[t] {
			return
		}
		seen[t] = true
		if t.Op == OpVar {
			out = append(out, t)
		}
		for _, a := range t.Args {
			walk(a)
		}
	}
	for _, t := range ts {
		walk(t)
	}
	return out
}
