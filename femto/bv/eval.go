// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package bv

// Env gives variables their values; bits above a variable's width are ignored
// and a variable that is not named is 0.
type Env map[string]uint64

// Eval is the value of t under env.
func Eval(t *Term, env Env) uint64 {
	return EvalFunc(t, func(v *Term) uint64 { return env[v.Name] })
}

// EvalFunc is the value of t where value gives each variable's.
func EvalFunc(t *Term, value func(v *Term) uint64) uint64 {
	switch t.Op {
	case OpConst:
		return t.Val
	case OpVar:
		return value(t) & mask(t.Width)
	case OpIte:
		if EvalFunc(t.Args[0], value) != 0 {
			return EvalFunc(t.Args[1], value)
		}
		return EvalFunc(t.Args[2], value)
	}
	a := t.Args[0]
	x := EvalFunc(a, value)
	if len(t.Args) == 1 {
		return apply(t.Op, t.Width, t.Lo, a.Width, 0, x, 0, 0)
	}
	b := t.Args[1]
	return apply(t.Op, t.Width, t.Lo, a.Width, b.Width, x, EvalFunc(b, value), 0)
}

// apply computes one operator; wa and wb are the operands' widths, and x, y, z
// have no bits above them. The result has no bits above w.
func apply(op Op, w, lo, wa, wb uint8, x, y, z uint64) uint64 {
	m := mask(w)
	switch op {
	case OpNot:
		return ^x & m
	case OpNeg:
		return -x & m
	case OpAnd:
		return x & y
	case OpOr:
		return x | y
	case OpXor:
		return x ^ y
	case OpAdd:
		return (x + y) & m
	case OpSub:
		return (x - y) & m
	case OpMul:
		return (x * y) & m
	case OpUDiv:
		if y == 0 {
			return m
		}
		return x / y
	case OpURem:
		if y == 0 {
			return x
		}
		return x % y
	case OpSDiv:
		return sdiv(x, y, w) & m
	case OpSRem:
		return srem(x, y, w) & m
	case OpShl:
		if y >= uint64(w) {
			return 0
		}
		return x << y & m
	case OpLShr:
		if y >= uint64(w) {
			return 0
		}
		return x >> y
	case OpAShr:
		return uint64(signed(x, w)>>min(y, uint64(w)-1)) & m
	case OpExtract:
		return x >> lo & m
	case OpConcat:
		return x<<wb | y
	case OpZExt:
		return x
	case OpSExt:
		return uint64(signed(x, wa)) & m
	case OpEq:
		return truth(x == y)
	case OpUlt:
		return truth(x < y)
	case OpUle:
		return truth(x <= y)
	case OpSlt:
		return truth(signed(x, wa) < signed(y, wa))
	case OpSle:
		return truth(signed(x, wa) <= signed(y, wa))
	case OpIte:
		if x != 0 {
			return y
		}
		return z
	}
	panic("bv: apply of an operator without operands")
}

func truth(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}

// sdiv and srem spell out the two cases that Go, like C, treats differently
// from SMT-LIB: a zero divisor, and the one quotient that does not fit.
func sdiv(x, y uint64, w uint8) uint64 {
	a, b := signed(x, w), signed(y, w)
	switch {
	case b == 0 && a < 0:
		return 1
	case b == 0:
		return ^uint64(0)
	case b == -1:
		return -x
	}
	return uint64(a / b)
}

func srem(x, y uint64, w uint8) uint64 {
	a, b := signed(x, w), signed(y, w)
	switch b {
	case 0:
		return x
	case -1:
		return 0
	}
	return uint64(a % b)
}
