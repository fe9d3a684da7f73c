// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

// Package bv holds bit-vector terms: the one notation in which femtocontainer
// says what an instruction does. The same term is evaluated by the reference
// interpreter, printed as C by the generator and as SMT-LIB by the prover, so
// no effect is ever written twice.
//
//	x, y := bv.Var("x", 32), bv.Var("y", 32)
//	t := bv.Add(x, bv.Mul(y, bv.Const(3, 32)))
//	bv.Eval(t, bv.Env{"x": 1, "y": 2}) // 7
//	bv.C(t)                            // (x + (y * UINT32_C(3)))
//	bv.SMT(t)                          // (bvadd x (bvmul y #x00000003))
//
// Every term has a width of 1 to 64 bits and the meaning that the SMT-LIB
// theory FixedSizeBitVectors gives it, division by zero and over-wide shifts
// included. A truth value is a term of width 1.
//
// Terms are immutable and hash-consed: two terms with the same structure are
// the same pointer, so == decides structural equality. The constructors fold
// constants and nothing cleverer, so that what is printed is what was written.
//
// Not here: a solver (see package prove) and arrays; memory is described by
// the instruction table as one access per instruction.
package bv
