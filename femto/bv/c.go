// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package bv

import "fmt"

// C prints t as a C11 expression of type uint8_t, uint16_t, uint32_t or
// uint64_t according to its width, or of type int with value 0 or 1 for a
// truth value. Variables print as their names; see CFunc to choose others.
//
// The expression has the meaning of t wherever C defines one. The caller, that
// is the instruction table, keeps divisors from being zero, signed quotients
// in range and shift counts below the width by an enclosing Ite or And.
func C(t *Term) string { return CFunc(t, func(v *Term) string { return v.Name }) }

// CFunc is C with variables printed by name, whose result must be an
// expression of exactly the variable's type.
func CFunc(t *Term, name func(v *Term) string) string {
	p := cPrinter{name}
	return p.expr(t)
}

// CType is the C type of a term of width w.
func CType(w uint8) string {
	switch w {
	case 1:
		return "int"
	case 8, 16, 32, 64:
		return fmt.Sprintf("uint%d_t", w)
	}
	panic(fmt.Sprintf("bv: C has no type of width %d", w))
}

type cPrinter struct{ name func(*Term) string }

var cInfix = map[Op]string{
	OpAnd: "&", OpOr: "|", OpXor: "^", OpAdd: "+", OpSub: "-", OpMul: "*",
	OpUDiv: "/", OpURem: "%", OpShl: "<<", OpLShr: ">>",
	OpEq: "==", OpUlt: "<", OpUle: "<=",
}

var cSigned = map[Op]string{OpSDiv: "/", OpSRem: "%", OpAShr: ">>", OpSlt: "<", OpSle: "<="}

func (p cPrinter) expr(t *Term) string {
	typ := CType(t.Width)
	switch t.Op {
	case OpConst:
		return cConst(t)
	case OpVar:
		return p.name(t)
	case OpZExt:
		return p.cast(typ, t.Args[0])
	case OpSExt:
		from := CType(t.Args[0].Width)
		return fmt.Sprintf("(%s)(%s)(%s)%s", typ, typ[1:], from[1:], p.expr(t.Args[0]))
	case OpExtract:
		if t.Lo == 0 {
			return fmt.Sprintf("(%s)%s", typ, p.expr(t.Args[0]))
		}
		return fmt.Sprintf("(%s)(%s >> %d)", typ, p.expr(t.Args[0]), t.Lo)
	case OpConcat:
		e := fmt.Sprintf("(%s << %d | %s)", p.cast(typ, t.Args[0]), t.Args[1].Width, p.cast(typ, t.Args[1]))
		if t.Width < 32 { // computed as int
			return "(" + typ + ")" + e
		}
		return e
	case OpIte:
		return fmt.Sprintf("(%s ? %s : %s)", p.expr(t.Args[0]), p.expr(t.Args[1]), p.expr(t.Args[2]))
	case OpNot:
		if t.Width == 1 {
			if e := t.Args[0]; e.Op == OpEq {
				return fmt.Sprintf("(%s != %s)", p.expr(e.Args[0]), p.expr(e.Args[1]))
			}
			return "!" + p.expr(t.Args[0])
		}
		p.wide(t)
		return "~" + p.expr(t.Args[0])
	case OpNeg:
		p.wide(t)
		// 0 - x rather than -x, which MSVC and some analysers warn about.
		return fmt.Sprintf("(%s - %s)", cConst(Const(0, t.Width)), p.expr(t.Args[0]))
	}
	a, b := t.Args[0], t.Args[1]
	if op, ok := cSigned[t.Op]; ok {
		s := CType(a.Width)[1:]
		right := fmt.Sprintf("(%s)%s", s, p.expr(b))
		if t.Op == OpAShr {
			right = p.expr(b)
		}
		e := fmt.Sprintf("((%s)%s %s %s)", s, p.expr(a), op, right)
		if t.Width == 1 {
			return e
		}
		p.wide(t)
		return "(" + typ + ")" + e
	}
	op, ok := cInfix[t.Op]
	if !ok {
		panic(fmt.Sprintf("bv: no C for operator %d", t.Op))
	}
	if t.Width == 1 && a.Width == 1 {
		switch t.Op {
		case OpAnd:
			op = "&&"
		case OpOr:
			op = "||"
		}
	} else if t.Width > 1 {
		p.wide(t)
	}
	return fmt.Sprintf("(%s %s %s)", p.expr(a), op, p.expr(b))
}

// wide refuses arithmetic on types that C would promote to int.
func (p cPrinter) wide(t *Term) {
	if t.Width < 32 {
		panic(fmt.Sprintf("bv: arithmetic of width %d in C", t.Width))
	}
}

func (p cPrinter) cast(typ string, t *Term) string {
	if CType(t.Width) == typ {
		return p.expr(t)
	}
	return fmt.Sprintf("(%s)%s", typ, p.expr(t))
}

func cConst(t *Term) string {
	switch t.Width {
	case 1:
		return fmt.Sprint(t.Val)
	case 8, 16:
		return fmt.Sprintf("(%s)%du", CType(t.Width), t.Val)
	case 32:
		return decimalOrHex(t.Val) + "u"
	}
	return "UINT64_C(" + decimalOrHex(t.Val) + ")"
}

func decimalOrHex(v uint64) string {
	if v < 256 {
		return fmt.Sprint(v)
	}
	return fmt.Sprintf("0x%x", v)
}
