// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package bv

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var binaries = []func(a, b *Term) *Term{And, Or, Xor, Add, Sub, Mul, UDiv, URem, SDiv, SRem, Shl, LShr, AShr}

var comparisons = []func(a, b *Term) *Term{Eq, Ne, Ult, Ule, Slt, Sle}

// random builds a term of width w over x and y, both 32 bits wide.
func random(r *rand.Rand, depth int, w uint8) *Term {
	leaf := func() *Term {
		switch r.IntN(3) {
		case 0:
			return Const(r.Uint64()>>r.IntN(64), w)
		case 1:
			return resize(Var("x", 32), w)
		}
		return resize(Var("y", 32), w)
	}
	if depth == 0 {
		return leaf()
	}
	sub := func() *Term { return random(r, depth-1, w) }
	switch r.IntN(8) {
	case 0:
		return Not(sub())
	case 1:
		return Neg(sub())
	case 2:
		return Ite(comparisons[r.IntN(len(comparisons))](sub(), sub()), sub(), sub())
	case 3:
		return resize(random(r, depth-1, 8), w)
	case 4:
		if w > 8 {
			return Concat(random(r, depth-1, w/2), random(r, depth-1, w-w/2))
		}
	case 5:
		t := random(r, depth-1, w)
		return resize(Extract(t, w/4, w/2), w)
	}
	return binaries[r.IntN(len(binaries))](sub(), sub())
}

func resize(t *Term, w uint8) *Term {
	switch {
	case w < t.Width:
		return Extract(t, 0, w)
	case t.Width%2 == 0:
		return SExt(t, w)
	}
	return ZExt(t, w)
}

// TestSMTMeansWhatEvalComputes asks z3 for the value of random terms.
func TestSMTMeansWhatEvalComputes(t *testing.T) {
	z3, err := exec.LookPath("z3")
	if err != nil {
		fmt.Printf("SKIP: %s: z3 is not installed, so SMT printing is not compared with evaluation\n", t.Name())
		t.SkipNow()
	}
	r := rand.New(rand.NewPCG(1, 2))
	var query strings.Builder
	var want []string
	for i := range 400 {
		w := []uint8{8, 13, 32, 64}[i%4]
		term := random(r, 4, w)
		env := Env{"x": uint64(r.Uint32()) >> r.IntN(32), "y": uint64(r.Uint32()) >> r.IntN(32)}
		query.WriteString("(push)\n")
		query.WriteString(SMTQuery(Eq(Var("x", 32), Const(env["x"], 32)), Eq(Var("y", 32), Const(env["y"], 32)),
			Ne(term, Const(Eval(term, env), w))))
		query.WriteString("(check-sat)\n(pop)\n")
		want = append(want, "unsat")
	}
	// One bit, used more than once, as a truth value and as a bit.
	bit := Extract(Var("x", 32), 3, 1)
	for _, v := range []uint64{0, 8} {
		for _, term := range []*Term{Concat(bit, bit), SExt(bit, 8), Ite(bit, ZExt(bit, 4), Concat(Not(bit), Const(5, 3)))} {
			env := Env{"x": v}
			query.WriteString("(push)\n" + SMTQuery(Eq(Var("x", 32), Const(v, 32)), Or(bit, Not(bit)), Ne(term, Const(Eval(term, env), term.Width))) + "(check-sat)\n(pop)\n")
			want = append(want, "unsat")
		}
	}
	cmd := exec.Command(z3, "-in")
	cmd.Stdin = strings.NewReader(query.String())
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, string(out))
	assert.Equal(t, want, strings.Fields(string(out)))
}

// cTerms are terms whose C has no undefined behaviour for any x and y.
func cTerms() []*Term {
	var out []*Term
	for _, w := range []uint8{32, 64} {
		x, y := SExt(Var("x", 32), w), ZExt(Var("y", 32), w)
		n := And(y, Const(uint64(w-1), w))
		nonzero := Or(And(y, Const(0x7fffffff, w)), Const(1, w))
		for _, f := range []func(a, b *Term) *Term{And, Or, Xor, Add, Sub, Mul} {
			out = append(out, f(x, y), f(Neg(x), Not(y)))
		}
		out = append(out, Shl(x, n), LShr(x, n), AShr(x, n), UDiv(x, nonzero), URem(x, nonzero), SDiv(x, nonzero), SRem(x, nonzero))
		for _, f := range comparisons {
			out = append(out, Ite(f(x, y), x, y), Ite(And(f(x, y), Not(f(y, x))), y, x), Ite(Or(f(x, y), f(Neg(x), y)), y, x))
		}
	}
	x := Var("x", 32)
	b := func(lo uint8) *Term { return Extract(x, lo, 8) }
	return append(out, Concat(Concat(b(0), b(8)), Concat(b(16), b(24))), SExt(Concat(b(8), b(16)), 64), SExt(b(24), 32), Concat(x, Var("y", 32)))
}

// TestCMeansWhatEvalComputes compiles the printed expressions, with the
// warnings that the core is held to, and compares values at the edges.
func TestCMeansWhatEvalComputes(t *testing.T) {
	values := []uint64{0, 1, 2, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0x7fffffff, 0x80000000, 0xffffffff, 0x12345678}
	terms := cTerms()
	var src, want strings.Builder
	src.WriteString("#include <stdint.h>\n#include <stdio.h>\nstatic void at(uint32_t x, uint32_t y)\n{\n")
	for _, term := range terms {
		fmt.Fprintf(&src, "    { %s v = %s; printf(\"%%llx\\n\", (unsigned long long)v); }\n", CType(term.Width), C(term))
	}
	src.WriteString("}\nint main(void)\n{\n")
	for _, x := range values {
		for _, y := range values {
			fmt.Fprintf(&src, "    at(%du, %du);\n", x, y)
			for _, term := range terms {
				fmt.Fprintf(&want, "%x\n", Eval(term, Env{"x": x, "y": y}))
			}
		}
	}
	src.WriteString("    return 0;\n}\n")

	dir := t.TempDir()
	file, bin := filepath.Join(dir, "terms.c"), filepath.Join(dir, "terms")
	require.NoError(t, os.WriteFile(file, []byte(src.String()), 0o600))
	out, err := exec.Command("gcc", "-std=c11", "-Wall", "-Wextra", "-Wconversion", "-Wpedantic", "-Werror",
		"-fsanitize=undefined", "-fno-sanitize-recover", "-o", bin, file).CombinedOutput()
	require.NoError(t, err, string(out))
	got, err := exec.Command(bin).CombinedOutput()
	require.NoError(t, err, string(got))
	if !bytes.Equal(got, []byte(want.String())) {
		require.Equal(t, want.String(), string(got))
	}
}

func TestTermsAreHashConsed(t *testing.T) {
	x := Var("x", 32)
	assert.Same(t, Add(x, Const(1, 32)), Add(x, Const(1, 32)))
	assert.NotSame(t, x, Var("x", 64))
	assert.Same(t, Const(3, 32), Add(Const(1, 32), Const(2, 32)))
	assert.Same(t, False, All(True, False, Eq(x, x)))
}

func TestSubst(t *testing.T) {
	x, y := Var("x", 32), Var("y", 32)
	got := Subst(Ite(Ult(x, y), Extract(Mul(x, x), 8, 16), Const(0, 16)), map[string]*Term{"x": Add(y, y)})
	assert.Equal(t, SMT(Ite(Ult(Add(y, y), y), Extract(Mul(Add(y, y), Add(y, y)), 8, 16), Const(0, 16))), SMT(got))
}

func TestWidthsMustAgree(t *testing.T) {
	assert.Panics(t, func() { Add(Var("x", 32), Var("y", 64)) })
	assert.Panics(t, func() { Extract(Var("x", 32), 30, 3) })
	assert.Panics(t, func() { C(Add(Var("x", 8), Var("y", 8))) })
}
