// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package bv

import (
	"fmt"
	"strings"
)

var smtName = map[Op]string{
	OpNot: "bvnot", OpNeg: "bvneg", OpAnd: "bvand", OpOr: "bvor", OpXor: "bvxor",
	OpAdd: "bvadd", OpSub: "bvsub", OpMul: "bvmul",
	OpUDiv: "bvudiv", OpURem: "bvurem", OpSDiv: "bvsdiv", OpSRem: "bvsrem",
	OpShl: "bvshl", OpLShr: "bvlshr", OpAShr: "bvashr", OpConcat: "concat",
	OpEq: "=", OpUlt: "bvult", OpUle: "bvule", OpSlt: "bvslt", OpSle: "bvsle",
}

// SMT prints t in SMT-LIB 2 as a bit vector, without sharing of subterms; for
// queries use SMTQuery.
func SMT(t *Term) string {
	p := smtPrinter{}
	return p.vector(t)
}

// SMTBool prints a truth value as an SMT-LIB Bool.
func SMTBool(t *Term) string {
	p := smtPrinter{}
	return p.boolean(t)
}

// SMTQuery prints declarations of every variable, one definition for each
// subterm used more than once, and one assertion for each truth value given.
// The text has no (check-sat).
func SMTQuery(asserts ...*Term) string {
	uses := make(map[*Term]int)
	var order []*Term
	var count func(*Term)
	count = func(t *Term) {
		uses[t]++
		if uses[t] > 1 {
			return
		}
		for _, a := range t.Args {
			count(a)
		}
		order = append(order, t)
	}
	for _, t := range asserts {
		count(t)
	}
	var b strings.Builder
	p := smtPrinter{named: make(map[*Term]string)}
	for _, v := range Vars(asserts...) {
		fmt.Fprintf(&b, "(declare-const %s (_ BitVec %d))\n", v.Name, v.Width)
	}
	for _, t := range order {
		if len(t.Args) == 0 || uses[t] < 2 {
			continue
		}
		name := fmt.Sprintf("?%d", len(p.named))
		if t.Width == 1 {
			fmt.Fprintf(&b, "(define-fun %s () Bool %s)\n", name, p.boolean(t))
		} else {
			fmt.Fprintf(&b, "(define-fun %s () (_ BitVec %d) %s)\n", name, t.Width, p.vector(t))
		}
		p.named[t] = name
	}
	for _, t := range asserts {
		fmt.Fprintf(&b, "(assert %s)\n", p.boolean(t))
	}
	return b.String()
}

// An smtPrinter prints width-1 subterms as Bool wherever Bool is wanted, since
// solvers are markedly faster on those than on one-bit vectors.
type smtPrinter struct{ named map[*Term]string }

func (p *smtPrinter) vector(t *Term) string {
	if t.Width == 1 && t.Op != OpConst && t.Op != OpVar && t.Op != OpExtract {
		return "(ite " + p.boolean(t) + " #b1 #b0)"
	}
	if n, ok := p.named[t]; ok {
		if t.Width == 1 {
			return "(ite " + n + " #b1 #b0)"
		}
		return n
	}
	switch t.Op {
	case OpConst:
		if t.Width%4 == 0 {
			return fmt.Sprintf("#x%0*x", t.Width/4, t.Val)
		}
		return fmt.Sprintf("#b%0*b", t.Width, t.Val)
	case OpVar:
		return t.Name
	case OpIte:
		return fmt.Sprintf("(ite %s %s %s)", p.boolean(t.Args[0]), p.vector(t.Args[1]), p.vector(t.Args[2]))
	case OpExtract:
		return fmt.Sprintf("((_ extract %d %d) %s)", t.Lo+t.Width-1, t.Lo, p.vector(t.Args[0]))
	case OpZExt:
		return fmt.Sprintf("((_ zero_extend %d) %s)", t.Width-t.Args[0].Width, p.vector(t.Args[0]))
	case OpSExt:
		return fmt.Sprintf("((_ sign_extend %d) %s)", t.Width-t.Args[0].Width, p.vector(t.Args[0]))
	}
	return p.apply(smtName[t.Op], p.vector, t.Args)
}

func (p *smtPrinter) boolean(t *Term) string {
	if t.Width != 1 {
		panic(fmt.Sprintf("bv: term of width %d used as a truth value", t.Width))
	}
	if n, ok := p.named[t]; ok {
		return n
	}
	switch t.Op {
	case OpConst:
		if t.Val != 0 {
			return "true"
		}
		return "false"
	case OpNot:
		return p.apply("not", p.boolean, t.Args)
	case OpAnd:
		return p.apply("and", p.boolean, t.Args)
	case OpOr:
		return p.apply("or", p.boolean, t.Args)
	case OpXor:
		return p.apply("xor", p.boolean, t.Args)
	case OpIte:
		return p.apply("ite", p.boolean, t.Args)
	case OpEq:
		if t.Args[0].Width == 1 {
			return p.apply("=", p.boolean, t.Args)
		}
		return p.apply("=", p.vector, t.Args)
	case OpUlt, OpUle, OpSlt, OpSle:
		return p.apply(smtName[t.Op], p.vector, t.Args)
	}
	// The rest (variables, extracted bits, one-bit arithmetic) has no Bool form.
	if t.Op == OpVar || t.Op == OpExtract {
		return "(= " + p.vector(t) + " #b1)"
	}
	return "(= " + p.apply(smtName[t.Op], p.vector, t.Args) + " #b1)"
}

func (p *smtPrinter) apply(op string, each func(*Term) string, args []*Term) string {
	var b strings.Builder
	b.WriteString("(" + op)
	for _, a := range args {
		b.WriteString(" " + each(a))
	}
	return b.String() + ")"
}
