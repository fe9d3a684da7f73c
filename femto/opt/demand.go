// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package opt

import (
	"math/bits"

	"github.com/femtocontainer/femtocontainer/femto/bv"
)

// demand calls need for the bits of variables that decide the bits of t in
// mask. Only constants in the term itself make it narrower, never what an
// analysis found, so that any number of its answers may be used at once.
func demand(t *bv.Term, mask uint64, need func(v *bv.Term, mask uint64)) {
	if mask == 0 {
		return
	}
	both := func(m uint64) {
		for _, a := range t.Args {
			demand(a, m, need)
		}
	}
	arg := func(i int) (uint64, bool) { return t.Args[i].IsConst() }
	switch t.Op {
	case bv.OpConst:
	case bv.OpVar:
		need(t, mask)
	case bv.OpNot, bv.OpXor:
		both(mask)
	case bv.OpAnd, bv.OpOr:
		for i := range t.Args {
			m := mask
			if c, ok := arg(1 - i); ok && t.Op == bv.OpAnd {
				m &= c
			} else if ok {
				m &^= c
			}
			demand(t.Args[i], m, need)
		}
	case bv.OpAdd, bv.OpSub, bv.OpMul, bv.OpNeg:
		both(ones(uint8(bits.Len64(mask)))) // carries only go up
	case bv.OpShl, bv.OpLShr, bv.OpAShr:
		w := t.Width
		n, ok := arg(1)
		if !ok {
			both(ones(w))
			return
		}
		m := mask >> min(n, 64)
		if t.Op != bv.OpShl {
			m = mask << min(n, 64) & ones(w)
		}
		if t.Op == bv.OpAShr && mask>>max(0, int(w)-1-int(min(n, 64))) != 0 {
			m |= 1 << (w - 1)
		}
		demand(t.Args[0], m, need)
	case bv.OpExtract:
		demand(t.Args[0], mask<<t.Lo, need)
	case bv.OpConcat:
		w := t.Args[1].Width
		demand(t.Args[0], mask>>w, need)
		demand(t.Args[1], mask&ones(w), need)
	case bv.OpZExt, bv.OpSExt:
		w := t.Args[0].Width
		m := mask & ones(w)
		if t.Op == bv.OpSExt && mask&^ones(w) != 0 {
			m |= 1 << (w - 1)
		}
		demand(t.Args[0], m, need)
	case bv.OpIte:
		demand(t.Args[0], 1, need)
		demand(t.Args[1], mask, need)
		demand(t.Args[2], mask, need)
	default: // quotients and comparisons: every bit
		for _, a := range t.Args {
			demand(a, ones(a.Width), need)
		}
	}
}
