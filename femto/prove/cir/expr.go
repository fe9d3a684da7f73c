// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package cir

import (
	"modernc.org/cc/v4"
)

func (l *lowerer) temp() Temp {
	l.fn.Temps++
	return Temp(l.fn.Temps - 1)
}

// emit appends an instruction with a fresh result.
func (l *lowerer) emit(n cc.Node, in Instr) Temp {
	in.Dst = l.temp()
	l.put(n, in)
	return in.Dst
}

func (l *lowerer) put(n cc.Node, in Instr) {
	in.Pos = at(n)
	if in.Op != OpBin && in.Op != OpPtrCmp && in.Op != OpIndex && in.Op != OpPtrDiff && in.Op != OpStore {
		in.B = -1
	}
	switch in.Op {
	case OpConst, OpNull, OpFunc, OpAddr, OpDecl:
		in.A = -1
	}
	l.cur.Instrs = append(l.cur.Instrs, in)
}

func strip(e cc.ExpressionNode) cc.ExpressionNode {
	for {
		switch x := e.(type) {
		case *cc.PrimaryExpression:
			if x.Case == cc.PrimaryExpressionExpr {
				e = x.ExpressionList
				continue
			}
		case *cc.ExpressionList:
			if x.ExpressionList == nil {
				e = x.AssignmentExpression
				continue
			}
		case *cc.ConstantExpression:
			e = x.ConditionalExpression
			continue
		}
		return e
	}
}

func promoted(t *Type) *Type {
	if t.Kind == Int && t.Bits < 32 {
		return intType
	}
	return t
}

var intType = &Type{Kind: Int, Bits: 32, Signed: true, Size: 4, Align: 4}

// arith is the type of the usual arithmetic conversions (C11 6.3.1.8), for
// integer types of 32 and 64 bits after promotion. Ranks beyond the width play
// no part in values.
func arith(a, b *Type) *Type {
	a, b = promoted(a), promoted(b)
	switch {
	case a.Bits > b.Bits:
		return a
	case b.Bits > a.Bits:
		return b
	case !a.Signed:
		return a
	}
	return b
}

// check compares a type computed here with the one that cc gives.
func (l *lowerer) check(n cc.ExpressionNode, t *Type) {
	if want := l.typ(n, n.Type()); want.Kind != t.Kind || want.Bits != t.Bits || want.Kind == Int && want.Signed != t.Signed {
		fail(n, "expression of type %v where the front end says %v", t, want)
	}
}

// value lowers e and gives its value: decayed, not converted.
func (l *lowerer) value(e cc.ExpressionNode) (Temp, *Type) {
	e = strip(e)
	switch x := e.(type) {
	case *cc.PrimaryExpression:
		return l.primary(x)
	case *cc.PostfixExpression:
		return l.postfix(x)
	case *cc.UnaryExpression:
		return l.unary(x)
	case *cc.CastExpression:
		v, from := l.value(x.CastExpression)
		to := l.typ(x, x.Type())
		return l.convert(x, v, from, to), to
	case *cc.AdditiveExpression:
		op := "+"
		if x.Case == cc.AdditiveExpressionSub {
			op = "-"
		}
		return l.binary(x, op, x.AdditiveExpression, x.MultiplicativeExpression)
	case *cc.MultiplicativeExpression:
		op := map[cc.MultiplicativeExpressionCase]string{cc.MultiplicativeExpressionMul: "*",
			cc.MultiplicativeExpressionDiv: "/", cc.MultiplicativeExpressionMod: "%"}[x.Case]
		return l.binary(x, op, x.MultiplicativeExpression, x.CastExpression)
	case *cc.ShiftExpression:
		op := "<<"
		if x.Case == cc.ShiftExpressionRsh {
			op = ">>"
		}
		return l.binary(x, op, x.ShiftExpression, x.AdditiveExpression)
	case *cc.AndExpression:
		return l.binary(x, "&", x.AndExpression, x.EqualityExpression)
	case *cc.ExclusiveOrExpression:
		return l.binary(x, "^", x.ExclusiveOrExpression, x.AndExpression)
	case *cc.InclusiveOrExpression:
		return l.binary(x, "|", x.InclusiveOrExpression, x.ExclusiveOrExpression)
	case *cc.RelationalExpression:
		op := map[cc.RelationalExpressionCase]string{cc.RelationalExpressionLt: "<", cc.RelationalExpressionGt: ">",
			cc.RelationalExpressionLeq: "<=", cc.RelationalExpressionGeq: ">="}[x.Case]
		return l.binary(x, op, x.RelationalExpression, x.ShiftExpression)
	case *cc.EqualityExpression:
		op := "=="
		if x.Case == cc.EqualityExpressionNeq {
			op = "!="
		}
		return l.binary(x, op, x.EqualityExpression, x.RelationalExpression)
	case *cc.LogicalAndExpression, *cc.LogicalOrExpression:
		return l.logical(x)
	case *cc.ConditionalExpression:
		return l.conditional(x)
	case *cc.AssignmentExpression:
		return l.assignment(x)
	}
	fail(e, "expression %T", e)
	return 0, nil
}

// converted is value converted to t.
func (l *lowerer) converted(e cc.ExpressionNode, t *Type) Temp {
	v, from := l.value(e)
	return l.convert(e, v, from, t)
}

func (l *lowerer) convert(n cc.Node, v Temp, from, to *Type) Temp {
	switch {
	case to.Kind == Void, to.Kind == Struct && from.Kind == Struct && to.Tag == from.Tag:
		return v
	case from.Kind == Int && to.Kind == Int:
		if to.IsBool && !from.IsBool {
			v = l.emit(n, Instr{Op: OpTruth, A: v, Type: intType, From: from})
			from = intType
		}
		if from.Bits == to.Bits && from.Signed == to.Signed {
			return v
		}
		return l.emit(n, Instr{Op: OpConv, A: v, Type: to, From: from})
	case from.Kind == Ptr && to.Kind == Ptr:
		return l.emit(n, Instr{Op: OpPtrCast, A: v, Type: to, From: from})
	case from.Kind == Ptr && to.Kind == Int && to.IsBool:
		return l.emit(n, Instr{Op: OpTruth, A: v, Type: intType, From: from})
	case from.Kind == Ptr && to.Kind == Int:
		if to.Bits != l.unit.Model.PtrBits || to.Signed {
			fail(n, "pointer converted to %v, which is not uintptr_t", to)
		}
		return l.emit(n, Instr{Op: OpPtrToInt, A: v, Type: to, From: from})
	case from.Kind == Int && to.Kind == Ptr:
		last := l.cur.Instrs[len(l.cur.Instrs)-1]
		if last.Op == OpConst && last.Dst == v && last.Val == 0 {
			return l.emit(n, Instr{Op: OpNull, Type: to})
		}
		fail(n, "integer converted to a pointer")
	}
	fail(n, "conversion from %v to %v", from, to)
	return 0
}

func (l *lowerer) primary(x *cc.PrimaryExpression) (Temp, *Type) {
	switch x.Case {
	case cc.PrimaryExpressionInt, cc.PrimaryExpressionChar:
		return l.literal(x)
	case cc.PrimaryExpressionIdent:
		switch d := x.ResolvedTo().(type) {
		case *cc.Enumerator:
			return l.literal(x)
		case *cc.Declarator:
			if d.Type().Kind() == cc.Function {
				t := &Type{Kind: Ptr, Elem: l.typ(x, d.Type()), Size: int64(l.unit.Model.PtrBits) / 8}
				return l.emit(x, Instr{Op: OpFunc, Name: d.Name(), Type: t}), t
			}
			a, t := l.address(x)
			return l.load(x, a, t)
		}
	}
	fail(x, "primary expression %v", x.Case)
	return 0, nil
}

func (l *lowerer) literal(x cc.ExpressionNode) (Temp, *Type) {
	v, ok := constant(x)
	t := l.typ(x, x.Type())
	if !ok || t.Kind != Int {
		fail(x, "constant of type %v", x.Type())
	}
	return l.emit(x, Instr{Op: OpConst, Val: v, Type: t}), t
}

// load reads the object of type t at a; arrays decay.
func (l *lowerer) load(n cc.Node, a Temp, t *Type) (Temp, *Type) {
	switch t.Kind {
	case Array:
		p := &Type{Kind: Ptr, Elem: t.Elem, Size: int64(l.unit.Model.PtrBits) / 8}
		return l.emit(n, Instr{Op: OpDecay, A: a, Type: p}), p
	case Int, Ptr, Struct:
		return l.emit(n, Instr{Op: OpLoad, A: a, Type: t}), t
	case Func:
		return a, &Type{Kind: Ptr, Elem: t, Size: int64(l.unit.Model.PtrBits) / 8}
	}
	fail(n, "value of type %v", t)
	return 0, nil
}

// address lowers an lvalue and gives where the object is and its type.
func (l *lowerer) address(e cc.ExpressionNode) (Temp, *Type) {
	e = strip(e)
	switch x := e.(type) {
	case *cc.PrimaryExpression:
		d, ok := x.ResolvedTo().(*cc.Declarator)
		if !ok {
			fail(x, "address of this expression")
		}
		v := l.variable(d)
		return l.emit(x, Instr{Op: OpAddr, Var: v, Type: v.Type}), v.Type
	case *cc.UnaryExpression:
		if x.Case == cc.UnaryExpressionDeref {
			p, t := l.value(x.CastExpression)
			if t.Kind != Ptr {
				fail(x, "dereference of %v", t)
			}
			return p, t.Elem
		}
	case *cc.PostfixExpression:
		switch x.Case {
		case cc.PostfixExpressionIndex:
			p, t := l.binaryPtr(x, "+", x.PostfixExpression, x.ExpressionList)
			return p, t.Elem
		case cc.PostfixExpressionSelect:
			a, t := l.address(x.PostfixExpression)
			return l.member(x, a, t)
		case cc.PostfixExpressionPSelect:
			a, t := l.value(x.PostfixExpression)
			if t.Kind != Ptr {
				fail(x, "-> on %v", t)
			}
			return l.member(x, a, t.Elem)
		}
	}
	fail(e, "lvalue %T", e)
	return 0, nil
}

func (l *lowerer) member(x *cc.PostfixExpression, a Temp, t *Type) (Temp, *Type) {
	name := x.Token2.SrcStr()
	if t.Kind != Struct {
		fail(x, "member %s of %v", name, t)
	}
	i, f := t.Field(name)
	if f == nil {
		fail(x, "struct %s has no plain member %s", t.Tag, name)
	}
	return l.emit(x, Instr{Op: OpField, A: a, Field: i, Elem: t, Type: f.Type}), f.Type
}

func (l *lowerer) postfix(x *cc.PostfixExpression) (Temp, *Type) {
	switch x.Case {
	case cc.PostfixExpressionIndex, cc.PostfixExpressionSelect, cc.PostfixExpressionPSelect:
		a, t := l.address(x)
		return l.load(x, a, t)
	case cc.PostfixExpressionCall:
		return l.call(x)
	case cc.PostfixExpressionInc:
		return l.step(x, x.PostfixExpression, "+", true)
	case cc.PostfixExpressionDec:
		return l.step(x, x.PostfixExpression, "-", true)
	}
	fail(x, "expression %v", x.Case)
	return 0, nil
}

// step is ++ and --, before or after.
func (l *lowerer) step(n cc.Node, target cc.ExpressionNode, op string, post bool) (Temp, *Type) {
	a, t := l.address(target)
	old, _ := l.load(n, a, t)
	one := l.emit(n, Instr{Op: OpConst, Val: 1, Type: intType})
	var v Temp
	if t.Kind == Ptr {
		v = l.emit(n, Instr{Op: OpIndex, A: old, B: one, From: intType, Elem: t.Elem, Type: t, Neg: op == "-"})
	} else {
		v = l.arithmetic(n, op, old, t, one, intType, t)
	}
	l.put(n, Instr{Op: OpStore, Dst: -1, A: a, B: v, Type: t})
	if post {
		return old, t
	}
	return v, t
}

// arithmetic computes a op b in their common type and converts to result.
func (l *lowerer) arithmetic(n cc.Node, op string, a Temp, at *Type, b Temp, bt, result *Type) Temp {
	t := arith(at, bt)
	if op == "<<" || op == ">>" {
		t = promoted(at)
		bt2 := promoted(bt)
		b = l.convert(n, b, bt, bt2)
		a = l.convert(n, a, at, t)
		v := l.emit(n, Instr{Op: OpBin, Cmp: op, A: a, B: b, Type: t, From: bt2})
		return l.convert(n, v, t, result)
	}
	a, b = l.convert(n, a, at, t), l.convert(n, b, bt, t)
	v := l.emit(n, Instr{Op: OpBin, Cmp: op, A: a, B: b, Type: t})
	return l.convert(n, v, t, result)
}

func isComparison(op string) bool {
	switch op {
	case "==", "!=", "<", ">", "<=", ">=":
		return true
	}
	return false
}

func (l *lowerer) binary(n cc.ExpressionNode, op string, x, y cc.ExpressionNode) (Temp, *Type) {
	l.unsequenced(n, x, y)
	xp, yp := decays(x), decays(y)
	switch {
	case isComparison(op) && (xp || yp):
		a, at := l.value(x)
		b, bt := l.value(y)
		if !xp {
			a = l.convert(x, a, at, bt)
		}
		if !yp {
			b = l.convert(y, b, bt, at)
		}
		return l.emit(n, Instr{Op: OpPtrCmp, Cmp: op, A: a, B: b, Type: intType}), intType
	case xp && yp:
		a, at := l.value(x)
		b, _ := l.value(y)
		t := l.typ(n, n.Type())
		return l.emit(n, Instr{Op: OpPtrDiff, A: a, B: b, Elem: at.Elem, Type: t}), t
	case xp || yp:
		return l.binaryPtr(n, op, x, y)
	}
	a, at := l.value(x)
	b, bt := l.value(y)
	if isComparison(op) {
		t := arith(at, bt)
		a, b = l.convert(n, a, at, t), l.convert(n, b, bt, t)
		return l.emit(n, Instr{Op: OpBin, Cmp: op, A: a, B: b, Type: t}), intType
	}
	t := arith(at, bt)
	if op == "<<" || op == ">>" {
		t = promoted(at)
	}
	l.check(n, t)
	return l.arithmetic(n, op, a, at, b, bt, t), t
}

func decays(e cc.ExpressionNode) bool {
	k := e.Type().Kind()
	return k == cc.Ptr || k == cc.Array
}

// binaryPtr is pointer plus or minus integer.
func (l *lowerer) binaryPtr(n cc.ExpressionNode, op string, x, y cc.ExpressionNode) (Temp, *Type) {
	l.unsequenced(n, x, y)
	if decays(y) {
		if op == "-" {
			fail(n, "integer minus pointer")
		}
		x, y = y, x
	}
	p, pt := l.value(x)
	i, it := l.value(y)
	if it.Kind != Int {
		fail(n, "index of type %v", it)
	}
	wide := promoted(it)
	i = l.convert(y, i, it, wide)
	return l.emit(n, Instr{Op: OpIndex, A: p, B: i, From: wide, Elem: pt.Elem, Type: pt, Neg: op == "-"}), pt
}

func (l *lowerer) unary(x *cc.UnaryExpression) (Temp, *Type) {
	switch x.Case {
	case cc.UnaryExpressionInc:
		return l.step(x, x.UnaryExpression, "+", false)
	case cc.UnaryExpressionDec:
		return l.step(x, x.UnaryExpression, "-", false)
	case cc.UnaryExpressionAddrof:
		if x.CastExpression.Type().Kind() == cc.Function {
			return l.value(x.CastExpression)
		}
		a, t := l.address(x.CastExpression)
		p := &Type{Kind: Ptr, Elem: t, Size: int64(l.unit.Model.PtrBits) / 8}
		return a, p
	case cc.UnaryExpressionDeref:
		a, t := l.address(x)
		return l.load(x, a, t)
	case cc.UnaryExpressionPlus, cc.UnaryExpressionMinus, cc.UnaryExpressionCpl:
		v, from := l.value(x.CastExpression)
		t := promoted(from)
		l.check(x, t)
		v = l.convert(x, v, from, t)
		switch x.Case {
		case cc.UnaryExpressionMinus:
			v = l.emit(x, Instr{Op: OpNeg, A: v, Type: t})
		case cc.UnaryExpressionCpl:
			v = l.emit(x, Instr{Op: OpCpl, A: v, Type: t})
		}
		return v, t
	case cc.UnaryExpressionNot:
		v, from := l.value(x.CastExpression)
		v = l.emit(x, Instr{Op: OpTruth, A: v, Type: intType, From: from, Neg: true})
		return v, intType
	case cc.UnaryExpressionSizeofExpr, cc.UnaryExpressionSizeofType, cc.UnaryExpressionAlignofExpr, cc.UnaryExpressionAlignofType:
		return l.literal(x)
	}
	fail(x, "operator %v", x.Case)
	return 0, nil
}

func (l *lowerer) assignment(x *cc.AssignmentExpression) (Temp, *Type) {
	l.unsequencedStore(x)
	if x.Case == cc.AssignmentExpressionAssign {
		a, t := l.address(x.UnaryExpression)
		if t.Kind != Int && t.Kind != Ptr && t.Kind != Struct {
			fail(x, "assignment of type %v", t)
		}
		v := l.converted(x.AssignmentExpression, t)
		l.put(x, Instr{Op: OpStore, Dst: -1, A: a, B: v, Type: t})
		return v, t
	}
	op := map[cc.AssignmentExpressionCase]string{
		cc.AssignmentExpressionMul: "*", cc.AssignmentExpressionDiv: "/", cc.AssignmentExpressionMod: "%",
		cc.AssignmentExpressionAdd: "+", cc.AssignmentExpressionSub: "-",
		cc.AssignmentExpressionLsh: "<<", cc.AssignmentExpressionRsh: ">>",
		cc.AssignmentExpressionAnd: "&", cc.AssignmentExpressionXor: "^", cc.AssignmentExpressionOr: "|",
	}[x.Case]
	a, t := l.address(x.UnaryExpression)
	b, bt := l.value(x.AssignmentExpression)
	old, _ := l.load(x, a, t)
	var v Temp
	if t.Kind == Ptr {
		wide := promoted(bt)
		b = l.convert(x, b, bt, wide)
		v = l.emit(x, Instr{Op: OpIndex, A: old, B: b, From: wide, Elem: t.Elem, Type: t, Neg: op == "-"})
	} else {
		v = l.arithmetic(x, op, old, t, b, bt, t)
	}
	l.put(x, Instr{Op: OpStore, Dst: -1, A: a, B: v, Type: t})
	return v, t
}

func (l *lowerer) call(x *cc.PostfixExpression) (Temp, *Type) {
	ft, ok := functionType(x.PostfixExpression.Type())
	if !ok || ft.IsVariadic() {
		fail(x, "call of %v", x.PostfixExpression.Type())
	}
	in := Instr{Op: OpCall, A: -1}
	if p, ok := strip(x.PostfixExpression).(*cc.PrimaryExpression); ok && p.Case == cc.PrimaryExpressionIdent && p.Type().Kind() != cc.Ptr {
		in.Name = p.Token.SrcStr()
	} else if d, ok := callee(x.PostfixExpression); ok {
		in.Name = d
	} else {
		in.A, _ = l.value(x.PostfixExpression)
	}
	var args []cc.ExpressionNode
	for a := x.ArgumentExpressionList; a != nil; a = a.ArgumentExpressionList {
		args = append(args, a.AssignmentExpression)
	}
	params := ft.Parameters()
	if len(params) == 1 && params[0].Type().Kind() == cc.Void {
		params = nil
	}
	if len(args) != len(params) {
		fail(x, "call of %s with %d arguments", in.Name, len(args))
	}
	for i, a := range args {
		for _, b := range args[:i] {
			l.unsequenced(x, a, b)
		}
		in.Args = append(in.Args, l.converted(a, l.typ(a, params[i].Type())))
	}
	in.Type = l.typ(x, ft.Result())
	return l.emit(x, in), in.Type
}

// callee names the function of an expression that is a function's name, whose
// type cc may give already decayed.
func callee(e cc.ExpressionNode) (string, bool) {
	p, ok := strip(e).(*cc.PrimaryExpression)
	if !ok || p.Case != cc.PrimaryExpressionIdent {
		return "", false
	}
	if d, ok := p.ResolvedTo().(*cc.Declarator); ok && d.Type().Kind() == cc.Function {
		return d.Name(), true
	}
	return "", false
}

func functionType(t cc.Type) (*cc.FunctionType, bool) {
	if p, ok := t.(*cc.PointerType); ok {
		t = p.Elem()
	}
	f, ok := t.(*cc.FunctionType)
	return f, ok
}

// logical is && and || as a value: 0 or 1.
func (l *lowerer) logical(e cc.ExpressionNode) (Temp, *Type) {
	dst := l.temp()
	yes, no, end := l.block("true"), l.block("false"), l.block("end")
	l.condition(e, yes, no)
	for i, b := range []*Block{no, yes} {
		l.cur = b
		l.put(e, Instr{Op: OpConst, Dst: dst, Val: uint64(i), Type: intType})
		l.jump(end)
	}
	l.cur = end
	return dst, intType
}

func (l *lowerer) conditional(x *cc.ConditionalExpression) (Temp, *Type) {
	t := l.typ(x, x.Type())
	dst := l.temp()
	yes, no, end := l.block("then"), l.block("else"), l.block("end")
	l.condition(x.LogicalOrExpression, yes, no)
	for i, arm := range []cc.ExpressionNode{x.ExpressionList, x.ConditionalExpression} {
		l.cur = []*Block{yes, no}[i]
		if t.Kind == Void {
			l.value(arm)
		} else {
			v := l.converted(arm, t)
			l.put(arm, Instr{Op: OpCopy, Dst: dst, A: v, Type: t})
		}
		l.jump(end)
	}
	l.cur = end
	return dst, t
}

// condition branches on the truth of e.
func (l *lowerer) condition(e cc.ExpressionNode, yes, no *Block) {
	e = strip(e)
	switch x := e.(type) {
	case *cc.LogicalAndExpression:
		mid := l.block("and")
		l.condition(x.LogicalAndExpression, mid, no)
		l.cur = mid
		l.condition(x.InclusiveOrExpression, yes, no)
		return
	case *cc.LogicalOrExpression:
		mid := l.block("or")
		l.condition(x.LogicalOrExpression, yes, mid)
		l.cur = mid
		l.condition(x.LogicalAndExpression, yes, no)
		return
	case *cc.UnaryExpression:
		if x.Case == cc.UnaryExpressionNot {
			l.condition(x.CastExpression, no, yes)
			return
		}
	}
	v, t := l.value(e)
	v = l.emit(e, Instr{Op: OpTruth, A: v, Type: intType, From: t})
	l.cur.Cond = v
	l.cur.Next = []*Block{yes, no}
	l.cur.Pos = at(e)
}
