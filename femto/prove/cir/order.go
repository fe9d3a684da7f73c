// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package cir

import (
	"fmt"
	"strings"

	"modernc.org/cc/v4"
)

// What evaluating an expression touches. C leaves the order of most operands
// open (C11 6.5p2, p3); lowering picks one, which is right when no operand's
// side effect touches what the other operand touches.
type effects struct {
	reads, writes map[string]bool
	calls         bool // a function that may write memory
}

func (e *effects) merge(o effects) {
	for k := range o.reads {
		e.reads[k] = true
	}
	for k := range o.writes {
		e.writes[k] = true
	}
	e.calls = e.calls || o.calls
}

// Keys: "v..." a local whose address is not taken, "f..." a struct member,
// "d" any other memory.
func overlap(a, b string) bool {
	local := func(k string) bool { return strings.HasPrefix(k, "v") }
	switch {
	case local(a) || local(b):
		return a == b
	case a != "d" && b != "d":
		return a == b
	}
	return true
}

func clash(a, b effects) bool {
	for w := range a.writes {
		for _, m := range []map[string]bool{b.reads, b.writes} {
			for k := range m {
				if overlap(w, k) {
					return true
				}
			}
		}
		if b.calls && !strings.HasPrefix(w, "v") {
			return true
		}
	}
	if a.calls {
		if b.calls {
			return true
		}
		for k := range b.reads {
			if !strings.HasPrefix(k, "v") {
				return true
			}
		}
	}
	return false
}

// unsequenced refuses n when the order of its operands x and y matters.
func (l *lowerer) unsequenced(n cc.Node, x, y cc.ExpressionNode) {
	a, b := l.effects(x), l.effects(y)
	if clash(a, b) || clash(b, a) {
		fail(n, "operands with side effects on the same memory, in no order that C defines")
	}
}

// unsequencedStore is the same for an assignment, whose own store comes after
// the values of its operands but in no order with their side effects.
func (l *lowerer) unsequencedStore(x *cc.AssignmentExpression) {
	to := l.effects(x.UnaryExpression)
	if x.Case == cc.AssignmentExpressionAssign {
		to = l.lvalueEffects(x.UnaryExpression)
	}
	from := l.effects(x.AssignmentExpression)
	if clash(to, from) || clash(from, to) {
		fail(x, "operands with side effects on the same memory, in no order that C defines")
	}
	store := l.lvalueKey(x.UnaryExpression)
	for _, e := range []effects{to, from} {
		for w := range e.writes {
			if overlap(w, store) {
				fail(x, "assignment to what its operand changes")
			}
		}
	}
}

// lvalueEffects is what finding the place that e names touches, which is not
// what is there.
func (l *lowerer) lvalueEffects(e cc.ExpressionNode) effects {
	none := effects{make(map[string]bool), make(map[string]bool), false}
	e = strip(e)
	switch x := e.(type) {
	case *cc.PrimaryExpression:
		return none
	case *cc.UnaryExpression:
		if x.Case == cc.UnaryExpressionDeref {
			return l.effects(x.CastExpression)
		}
	case *cc.PostfixExpression:
		switch x.Case {
		case cc.PostfixExpressionSelect:
			return l.lvalueEffects(x.PostfixExpression)
		case cc.PostfixExpressionPSelect:
			return l.effects(x.PostfixExpression)
		case cc.PostfixExpressionIndex:
			base := l.effects(x.PostfixExpression)
			if x.PostfixExpression.Type().Undecay().Kind() == cc.Array {
				base = l.lvalueEffects(x.PostfixExpression)
			}
			base.merge(l.effects(x.ExpressionList))
			return base
		}
	}
	return l.effects(e)
}

func (l *lowerer) lvalueKey(e cc.ExpressionNode) string {
	e = strip(e)
	switch x := e.(type) {
	case *cc.PrimaryExpression:
		if d, ok := x.ResolvedTo().(*cc.Declarator); ok && d.StorageDuration() == cc.Automatic && !d.AddressTaken() {
			return fmt.Sprintf("v%p", d)
		}
	case *cc.PostfixExpression:
		switch x.Case {
		case cc.PostfixExpressionSelect, cc.PostfixExpressionPSelect:
			return "f" + x.Token2.SrcStr()
		case cc.PostfixExpressionIndex:
			if x.PostfixExpression.Type().Undecay().Kind() == cc.Array {
				return l.lvalueKey(x.PostfixExpression)
			}
		}
	}
	return "d"
}

func (l *lowerer) effects(e cc.ExpressionNode) effects {
	out := effects{make(map[string]bool), make(map[string]bool), false}
	sub := func(es ...cc.ExpressionNode) {
		for _, x := range es {
			if x != nil {
				out.merge(l.effects(x))
			}
		}
	}
	e = strip(e)
	switch x := e.(type) {
	case *cc.PrimaryExpression:
		if _, ok := x.ResolvedTo().(*cc.Declarator); ok && x.Type().Kind() != cc.Array && x.Type().Kind() != cc.Function {
			out.reads[l.lvalueKey(x)] = true
		}
	case *cc.PostfixExpression:
		switch x.Case {
		case cc.PostfixExpressionIndex:
			sub(x.PostfixExpression, x.ExpressionList)
			out.reads[l.lvalueKey(x)] = true
		case cc.PostfixExpressionSelect, cc.PostfixExpressionPSelect:
			sub(x.PostfixExpression)
			if x.Type().Kind() != cc.Array {
				out.reads[l.lvalueKey(x)] = true
			}
		case cc.PostfixExpressionInc, cc.PostfixExpressionDec:
			sub(x.PostfixExpression)
			out.writes[l.lvalueKey(x.PostfixExpression)] = true
		case cc.PostfixExpressionCall:
			name, direct := callee(x.PostfixExpression)
			if !direct {
				sub(x.PostfixExpression)
			}
			for a := x.ArgumentExpressionList; a != nil; a = a.ArgumentExpressionList {
				sub(a.AssignmentExpression)
			}
			if !l.deaf[name] {
				out.reads["d"] = true
			}
			out.calls = !l.pure[name]
		}
	case *cc.UnaryExpression:
		switch x.Case {
		case cc.UnaryExpressionInc, cc.UnaryExpressionDec:
			sub(x.UnaryExpression)
			out.writes[l.lvalueKey(x.UnaryExpression)] = true
		case cc.UnaryExpressionDeref:
			sub(x.CastExpression)
			out.reads["d"] = true
		case cc.UnaryExpressionSizeofExpr, cc.UnaryExpressionSizeofType, cc.UnaryExpressionAlignofExpr, cc.UnaryExpressionAlignofType:
		default:
			sub(x.CastExpression)
		}
	case *cc.CastExpression:
		sub(x.CastExpression)
	case *cc.AdditiveExpression:
		sub(x.AdditiveExpression, x.MultiplicativeExpression)
	case *cc.MultiplicativeExpression:
		sub(x.MultiplicativeExpression, x.CastExpression)
	case *cc.ShiftExpression:
		sub(x.ShiftExpression, x.AdditiveExpression)
	case *cc.AndExpression:
		sub(x.AndExpression, x.EqualityExpression)
	case *cc.ExclusiveOrExpression:
		sub(x.ExclusiveOrExpression, x.AndExpression)
	case *cc.InclusiveOrExpression:
		sub(x.InclusiveOrExpression, x.ExclusiveOrExpression)
	case *cc.RelationalExpression:
		sub(x.RelationalExpression, x.ShiftExpression)
	case *cc.EqualityExpression:
		sub(x.EqualityExpression, x.RelationalExpression)
	case *cc.LogicalAndExpression:
		sub(x.LogicalAndExpression, x.InclusiveOrExpression)
	case *cc.LogicalOrExpression:
		sub(x.LogicalOrExpression, x.LogicalAndExpression)
	case *cc.ConditionalExpression:
		sub(x.LogicalOrExpression, x.ExpressionList, x.ConditionalExpression)
	case *cc.AssignmentExpression:
		sub(x.UnaryExpression, x.AssignmentExpression)
		out.writes[l.lvalueKey(x.UnaryExpression)] = true
	default:
		fail(e, "expression %T", e)
	}
	return out
}
