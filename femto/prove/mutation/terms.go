// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package mutation

const (
	tableGo   = "femto/isa/table.go"
	machineGo = "femto/isa/machine.go"
	smtGo     = "femto/bv/smt.go"
	cGo       = "femto/bv/c.go"
	evalGo    = "femto/bv/eval.go"
	coqGo     = "femto/prove/coq/print.go"
	opsGo     = "femto/prove/sym/ops.go"
	simpGo    = "femto/prove/simp/rules.go"
)

// table: errors in the instruction table, which the C on disk does not have.
var table = []Mutant{
	{Name: "table: signed division of the least number", File: tableGo, Old: "Const(0, w), Ite(Eq(b, Const(^uint64(0), w)), Neg(a), SDiv(a, b)))", New: "Const(0, w), Ite(Eq(b, Const(^uint64(0), w)), a, SDiv(a, b)))", Gate: small("sdiv64_reg")},
	{Name: "table: shift count not masked", File: tableGo, Old: "return f(a, And(b, Const(uint64(a.Width-1), b.Width)))", New: "return f(a, b)", Gate: small("lsh64_reg")},
	{Name: "table: movsx extends with zeros", File: tableGo, Old: "Value: SExt(Extract(src, 0, bits), 64)})", New: "Value: ZExt(Extract(src, 0, bits), 64)})", Gate: small("movsx8_64")},
	{Name: "table: greater for greater or equal", File: tableGo, Old: `{"jge", ">=", 0x30, swap(Ule)},`, New: `{"jge", ">=", 0x30, swap(Ult)},`, Gate: small("jge64_reg")},
	{Name: "table: offset of an access not signed", File: tableGo, Old: "Add(low(base), SExt(off, 32))", New: "Add(low(base), ZExt(off, 32))", Gate: small("ldxb")},
	{Name: "table: exchange stores the wrong one", File: tableGo, Old: "Ite(Eq(old, Extract(r0, 0, w.bits)), operand, old)", New: "Ite(Eq(old, Extract(r0, 0, w.bits)), old, operand)", Gate: small("cmpxchg32")},
	{Name: "table: atomic fetch may write r10", File: tableGo, Old: "r.SrcRule = writes", New: "r.SrcRule = reads", Gate: verifier("0xdb")},
	{Name: "table: lddw's halves", File: tableGo, Old: "Or(Shl(up(imm2), Const(32, 64)), up(imm))", New: "Or(Shl(up(imm), Const(32, 64)), up(imm2))", Gate: small("lddw"), Sample: true},
	{Name: "table: access may end one byte too far", File: machineGo, Old: "Ult(Add(addr, Const(uint64(size-1), 32)), end)", New: "Ule(Add(addr, Const(uint64(size-1), 32)), end)", Gate: small("ldxw")},
	{Name: "table: charge of exactly the fuel refused", File: machineGo, Old: "Sle(Const(0, 32), Sub(bound, next))", New: "Slt(Const(0, 32), Sub(bound, next))", Gate: small("ja")},
}

var (
	smtTest = test("femto/bv", "^TestSMTMeansWhatEvalComputes$")
	cTest   = test("femto/bv", "^TestCMeansWhatEvalComputes$")
)

// printers: what turns terms into SMT-LIB, C and Coq.
var printers = []Mutant{
	{Name: "SMT: difference for sum", File: smtGo, Old: `OpAdd: "bvadd"`, New: `OpAdd: "bvsub"`, Gate: smtTest},
	{Name: "SMT: signed quotient", File: smtGo, Old: `OpUDiv: "bvudiv"`, New: `OpUDiv: "bvsdiv"`, Gate: smtTest},
	{Name: "SMT: bvsmod for bvsrem", File: smtGo, Old: `"bvsrem"`, New: `"bvsmod"`, Gate: smtTest},
	{Name: "SMT: shift fills with zeros", File: smtGo, Old: `"bvashr"`, New: `"bvlshr"`, Gate: smtTest},
	{Name: "SMT: less for less or equal", File: smtGo, Old: `OpSle: "bvsle"`, New: `OpSle: "bvslt"`, Gate: smtTest},
	{Name: "SMT: extension with zeros", File: smtGo, Old: `"((_ sign_extend %d) %s)"`, New: `"((_ zero_extend %d) %s)"`, Gate: smtTest},
	{Name: "SMT: extract one bit lower", File: smtGo, Old: "t.Lo+t.Width-1, t.Lo, p.vector", New: "t.Lo+t.Width-1-min(1, t.Lo), t.Lo-min(1, t.Lo), p.vector", Gate: smtTest},
	{Name: "SMT: arms of ite", File: smtGo, Old: "p.boolean(t.Args[0]), p.vector(t.Args[1]), p.vector(t.Args[2]))", New: "p.boolean(t.Args[0]), p.vector(t.Args[2]), p.vector(t.Args[1]))", Gate: smtTest, Sample: true},
	{Name: "SMT: a truth value negated", File: smtGo, Old: `return "(ite " + n + " #b1 #b0)"`, New: `return "(ite " + n + " #b0 #b1)"`, Gate: smtTest},

	{Name: "C: less or equal for less", File: cGo, Old: `OpUlt: "<",`, New: `OpUlt: "<=",`, Gate: cTest},
	{Name: "C: arithmetic shift of an unsigned", File: cGo, Old: `e := fmt.Sprintf("((%s)%s %s %s)", s, p.expr(a), op, right)`, New: `e := fmt.Sprintf("((u%s)%s %s %s)", s, p.expr(a), op, right)`, Gate: cTest},
	{Name: "C: negation is complement", File: cGo, Old: `"(%s - %s)", cConst(Const(0, t.Width))`, New: `"(%s - %s)", cConst(Const(^uint64(0), t.Width))`, Gate: cTest},
	{Name: "C: extract without the shift", File: cGo, Old: "if t.Lo == 0 {", New: "if t.Lo <= 8 {", Gate: cTest},
	{Name: "C: sign extension of an unsigned", File: cGo, Old: `"(%s)(%s)(%s)%s", typ, typ[1:], from[1:], p.expr`, New: `"(%s)(%s)(%s)%s", typ, typ[1:], from, p.expr`, Gate: cTest},
	{Name: "C: arms of the conditional", File: cGo, Old: `"(%s ? %s : %s)", p.expr(t.Args[0]), p.expr(t.Args[1]), p.expr(t.Args[2]))`, New: `"(%s ? %s : %s)", p.expr(t.Args[0]), p.expr(t.Args[2]), p.expr(t.Args[1]))`, Gate: cTest},
	{Name: "C: what is printed is not what is on disk", File: cGo, Old: `OpXor: "^"`, New: `OpXor: "|"`, Gate: Gate{Kind: Generate}, Sample: true},
	{Name: "core edited by hand: one character", File: hostC, Old: "len > end - addr", New: "len >= end - addr", Gate: Gate{Kind: Generate}, Sample: true},

	// The model is printed again by the printer that has the error.
	{Name: "Coq printer: sum for difference", File: coqGo, Old: `bv.OpSub: "bvsub"`, New: `bv.OpSub: "bvadd"`, Gate: theorem("facts.v")},
	{Name: "Coq printer: product for sum", File: coqGo, Old: `bv.OpXor: "bvxor"`, New: `bv.OpXor: "bvor"`, Gate: theorem("samples.v")},
	{Name: "Coq printer: signed comparison of the wrong width", File: coqGo, Old: "return p.apply(operators[t.Op], int(t.Args[0].Width), t.Args)", New: "return p.apply(operators[t.Op], 64, t.Args)", Gate: theorem("facts.v")},
	{Name: "Coq printer: extension with zeros", File: coqGo, Old: `return fmt.Sprintf("(sext %d %d %s)", t.Args[0].Width, t.Width,`, New: `return fmt.Sprintf("(sext %d %d %s)", t.Width, t.Width,`, Gate: theorem("samples.v")},
	{Name: "Coq printer: arms of the conditional", File: coqGo, Old: "p.truth(t.Args[0]), p.vector(t.Args[1]), p.vector(t.Args[2]))", New: "p.truth(t.Args[0]), p.vector(t.Args[2]), p.vector(t.Args[1]))", Gate: theorem("samples.v")},
	{Name: "Coq printer: or for and", File: coqGo, Old: `"(%s && %s)"`, New: `"(%s || %s)"`, Gate: theorem("facts.v")},
	{Name: "Coq printer: loads and stores mistaken", File: coqGo, Old: `"Load", "Store"`, New: `"Store", "Load"`, Gate: theorem("samples.v")},
	{Name: "Coq printer: concatenation the other way round", File: coqGo, Old: "t.Width, t.Args[1].Width, p.vector(t.Args[0]), p.vector(t.Args[1]))", New: "t.Width, t.Args[1].Width, p.vector(t.Args[1]), p.vector(t.Args[0]))", Gate: theorem("samples.v")},
}

var random = test("femto/prove/random", "^TestExecutorAgainstGCC$")

// executor: terms, lemmas, and the meaning of C.
var executor = []Mutant{
	{Name: "eval: sign of an extension", File: evalGo, Old: "return uint64(signed(x, wa)) & m", New: "return uint64(signed(x, w)) & m", Gate: smtTest},
	{Name: "eval: remainder by zero", File: evalGo, Old: "		if y == 0 {\n			return x\n		}\n", New: "		if y == 0 {\n			return m\n		}\n", Gate: smtTest},
	{Name: "lemma: not of an ite", File: simpGo, Old: "return bv.Ite(c.Args[0], b, a)", New: "return bv.Ite(c.Args[0], a, b)", Gate: small("exit")},
	{Name: "prover: an answer for one path taken for another", File: "femto/prove/decide.go", Old: "	if !whole {\n		d.known.put(text, r)\n	}\n", New: "	_ = whole\n	d.known.put(text, r)\n", Gate: test("femto/prove", "^TestAnswersAreForTheirPath$"), Sample: true},
	{Name: "executor: unsigned comparison of signed", File: opsGo, Old: "lt, le = bv.Slt, bv.Sle", New: "lt, le = bv.Ult, bv.Ule", Gate: random},
	{Name: "executor: right shift of a signed", File: opsGo, Old: "return ex.S(bv.AShr(a, n))", New: "return ex.S(bv.LShr(a, n))", Gate: random},
	{Name: "executor: conversion of a signed", File: opsGo, Old: "	case signed:\n		return bv.SExt(a, to)\n", New: "", Gate: random},
	{Name: "executor: quotient of signed", File: opsGo, Old: `{"/": bv.SDiv, "%": bv.SRem}`, New: `{"/": bv.UDiv, "%": bv.SRem}`, Gate: random},
	{Name: "executor: pointers count bytes", File: opsGo, Old: "bv.Mul(b64(uint64(in.Elem.Size)), i)", New: "bv.Mul(b64(1), i)", Gate: random},
}
