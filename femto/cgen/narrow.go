// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package cgen

import (
	"fmt"

	"github.com/femtocontainer/femtocontainer/femto/bv"
)

// narrow is the lower half of a 64-bit value that is zero extended, as a term
// over the lower halves of dst and src, under the same names.
func narrow(t *bv.Term) (*bv.Term, error) {
	if t == nil || t.Op != bv.OpZExt || t.Args[0].Width != 32 {
		return nil, fmt.Errorf("cgen: not a zero-extended 32-bit value")
	}
	return lower(t.Args[0])
}

func lower(t *bv.Term) (*bv.Term, error) {
	if t.Op == bv.OpExtract && t.Lo == 0 && t.Width <= 32 && t.Args[0].Op == bv.OpVar {
		return bv.Extract(bv.Var(t.Args[0].Name, 32), 0, t.Width), nil
	}
	if t.Op == bv.OpVar {
		return nil, fmt.Errorf("cgen: the upper half of %s is used", t.Name)
	}
	if t.Op == bv.OpConst {
		return t, nil
	}
	var a [3]*bv.Term
	for i, arg := range t.Args {
		var err error
		if a[i], err = lower(arg); err != nil {
			return nil, err
		}
	}
	binary := map[bv.Op]func(a, b *bv.Term) *bv.Term{
		bv.OpAnd: bv.And, bv.OpOr: bv.Or, bv.OpXor: bv.Xor, bv.OpAdd: bv.Add, bv.OpSub: bv.Sub, bv.OpMul: bv.Mul,
		bv.OpUDiv: bv.UDiv, bv.OpURem: bv.URem, bv.OpSDiv: bv.SDiv, bv.OpSRem: bv.SRem,
		bv.OpShl: bv.Shl, bv.OpLShr: bv.LShr, bv.OpAShr: bv.AShr, bv.OpEq: bv.Eq,
		bv.OpUlt: bv.Ult, bv.OpUle: bv.Ule, bv.OpSlt: bv.Slt, bv.OpSle: bv.Sle,
	}
	switch {
	case binary[t.Op] != nil:
		return binary[t.Op](a[0], a[1]), nil
	case t.Op == bv.OpNot:
		return bv.Not(a[0]), nil
	case t.Op == bv.OpNeg:
		return bv.Neg(a[0]), nil
	case t.Op == bv.OpSExt:
		return bv.SExt(a[0], t.Width), nil
	case t.Op == bv.OpIte:
		return bv.Ite(a[0], a[1], a[2]), nil
	}
	return nil, fmt.Errorf("cgen: operator %d in a 32-bit value", t.Op)
}
