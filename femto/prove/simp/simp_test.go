// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package simp

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/femtocontainer/femtocontainer/femto/bv"
	"github.com/femtocontainer/femtocontainer/femto/prove/solve"
)

var variables = []*bv.Term{bv.Var("x", 32), bv.Var("y", 32), bv.Var("b", 8), bv.Var("c", 1), bv.Var("n", 4)}

func resize(t *bv.Term, w uint8, signed bool) *bv.Term {
	switch {
	case w < t.Width:
		return bv.Extract(t, 0, w)
	case signed:
		return bv.SExt(t, w)
	}
	return bv.ZExt(t, w)
}

func random(r *rand.Rand, depth int, w uint8) *bv.Term {
	if depth == 0 {
		if r.IntN(3) == 0 {
			masks := []uint64{0, 1, 7, 0xff, 0xf0, 0xff00, ^uint64(0), ^uint64(1), ^uint64(7), 1 << 63, r.Uint64()}
			return bv.Const(masks[r.IntN(len(masks))], w)
		}
		return resize(variables[r.IntN(len(variables))], w, r.IntN(2) == 0)
	}
	sub := func(w uint8) *bv.Term { return random(r, depth-1, w) }
	switch r.IntN(12) {
	case 0:
		return bv.Not(sub(w))
	case 1:
		return bv.Neg(sub(w))
	case 2:
		return bv.Ite(random(r, depth-1, 1), sub(w), sub(w))
	case 3:
		return resize(sub([]uint8{4, 8, 32, 64}[r.IntN(4)]), w, r.IntN(2) == 0)
	case 4:
		if w > 1 {
			k := uint8(1 + r.IntN(int(w)-1))
			return bv.Concat(sub(w-k), sub(k))
		}
	case 5:
		if w < 40 {
			lo := uint8(r.IntN(20))
			return bv.Extract(sub(w+lo+uint8(r.IntN(4))), lo, w)
		}
	case 6, 7:
		f := []func(a, b *bv.Term) *bv.Term{bv.Shl, bv.LShr, bv.AShr}[r.IntN(3)]
		return f(sub(w), bv.Const(r.Uint64()%uint64(w+2), w))
	case 8:
		if w == 1 {
			v := []uint8{4, 8, 32, 64}[r.IntN(4)]
			f := []func(a, b *bv.Term) *bv.Term{bv.Eq, bv.Ult, bv.Ule, bv.Slt, bv.Sle}[r.IntN(5)]
			return f(sub(v), sub(v))
		}
	}
	f := []func(a, b *bv.Term) *bv.Term{bv.And, bv.Or, bv.Xor, bv.Add, bv.Sub, bv.Mul, bv.UDiv, bv.SRem}[r.IntN(8)]
	return f(sub(w), sub(w))
}

// TestValuesStay compares random terms before and after.
func TestValuesStay(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	var s Simplifier
	changed := 0
	for range 3000 {
		w := []uint8{1, 8, 16, 32, 64}[r.IntN(5)]
		term := random(r, 1+r.IntN(4), w)
		simple := s.Do(term)
		if simple != term {
			changed++
		}
		require.Equal(t, term.Width, simple.Width)
		for range 20 {
			env := bv.Env{}
			for _, v := range variables {
				env[v.Name] = r.Uint64() >> r.IntN(64)
			}
			require.Equal(t, bv.Eval(term, env), bv.Eval(simple, env), "%s\nbecame %s", bv.SMT(term), bv.SMT(simple))
		}
	}
	assert.Greater(t, changed, 1000)
}

// TestLemmasHold lets z3 decide a sample of what random terms relied on, as
// package prove does with all of them.
func TestLemmasHold(t *testing.T) {
	p, err := solve.Start(solve.Z3)
	if err != nil {
		t.Skip("SKIP: z3 is not installed")
	}
	defer p.Close()
	r := rand.New(rand.NewPCG(5, 6))
	var s Simplifier
	for range 150 {
		s.Do(random(r, 3, 32))
	}
	lemmas := s.Lemmas()
	require.Greater(t, len(lemmas), 100)
	for _, l := range lemmas {
		res := p.Check(bv.SMTQuery(bv.Ne(l.Left, l.Right)), 5*time.Second, nil)
		for i := 0; res.Status != solve.Unsat && i < len(l.Uses) || i > 0 && i < len(l.Uses); i++ {
			if res = p.Check(bv.SMTQuery(bv.Ne(l.Uses[i][0], l.Uses[i][1])), 5*time.Second, nil); res.Status == solve.Sat {
				break
			}
		}
		assert.Equal(t, solve.Unsat, res.Status, "%s: %s = %s: %s", l.Rule, bv.SMT(l.Left), bv.SMT(l.Right), res.Reason)
	}
}

func TestForms(t *testing.T) {
	off, src, dst, imm, pc := bv.Var("off", 16), bv.Var("sreg", 4), bv.Var("dreg", 4), bv.Var("imm", 32), bv.Var("pc", 32)
	insn := bv.Concat(bv.Concat(off, src), bv.Concat(dst, bv.Const(0x6f, 8)))
	c := func(v uint64) *bv.Term { return bv.Const(v, 32) }
	var s Simplifier
	for name, f := range map[string][2]*bv.Term{
		"opcode":      {bv.And(insn, c(255)), c(0x6f)},
		"size":        {bv.And(bv.LShr(insn, c(1)), c(12)), c(4)},
		"dst":         {bv.And(bv.LShr(insn, c(8)), c(15)), bv.ZExt(dst, 32)},
		"off":         {bv.SExt(bv.Extract(bv.LShr(insn, c(16)), 0, 16), 32), bv.SExt(off, 32)},
		"sext32":      {bv.SExt(bv.Extract(bv.ZExt(imm, 64), 0, 32), 64), bv.SExt(imm, 64)},
		"sum":         {bv.Sub(bv.Add(pc, c(2)), pc), c(2)},
		"bool":        {bv.Not(bv.Eq(bv.Ite(bv.Eq(pc, imm), c(1), c(0)), c(0))), bv.Eq(pc, imm)},
		"bool's else": {bv.Eq(bv.Ite(bv.Eq(pc, imm), c(1), c(0)), c(0)), bv.Not(bv.Eq(pc, imm))},
		"bytes":       {bv.Or(bv.Shl(bv.ZExt(bv.Extract(pc, 8, 8), 32), c(8)), bv.ZExt(bv.Extract(pc, 0, 8), 32)), bv.ZExt(bv.Extract(pc, 0, 16), 32)},
		"index":       {bv.Eq(bv.ZExt(dst, 64), bv.Const(3, 64)), bv.Eq(dst, bv.Const(3, 4))},
		"never":       {bv.Eq(bv.ZExt(dst, 64), bv.Const(30, 64)), bv.False},
	} {
		assert.Same(t, f[1], s.Do(f[0]), "%s: %s", name, bv.SMT(s.Do(f[0])))
	}
}
