// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package cir

import (
	"modernc.org/cc/v4"
)

type switchCtx struct {
	node  *cc.SelectionStatement
	cases map[*cc.LabeledStatement]*Block
}

func (l *lowerer) block(label string) *Block {
	b := &Block{ID: len(l.fn.Blocks), Label: label, Cond: -1, Switch: -1, Value: -1, Loop: -1}
	l.fn.Blocks = append(l.fn.Blocks, b)
	return b
}

// jump ends the current block.
func (l *lowerer) jump(to *Block) {
	if l.cur.Next == nil && !l.cur.Ret {
		l.cur.Next = []*Block{to}
	}
}

func (l *lowerer) function(f *cc.FunctionDefinition) {
	d := f.Declarator
	ft, ok := d.Type().(*cc.FunctionType)
	if !ok || ft.IsVariadic() || f.DeclarationList != nil {
		fail(f, "function definition of %s", d.Name())
	}
	l.fn = &Fn{Name: d.Name(), Ret: l.typ(d, ft.Result()), File: d.Position().Filename}
	l.labels = make(map[string]*Block)
	l.cur = l.block("entry")
	for _, p := range ft.Parameters() {
		if p.Declarator == nil {
			continue // (void)
		}
		l.fn.Params = append(l.fn.Params, l.variable(p.Declarator))
	}
	l.depth = 0
	l.compound(f.CompoundStatement)
	if !l.cur.Ret && l.cur.Next == nil {
		// Falling off the end. In a function with a result the executor
		// refuses to return no value.
		l.cur.Ret, l.cur.Value, l.cur.Pos = true, -1, at(f)
	}
	l.prune()
	l.fn.outlives()
	l.fn.findLoops(f)
	l.pure[l.fn.Name], l.deaf[l.fn.Name] = l.effectFree()
	l.unit.Funcs[l.fn.Name] = l.fn
	l.fn = nil
}

func (l *lowerer) compound(c *cc.CompoundStatement) {
	declared := false
	l.depth++
	defer func() { l.depth-- }()
	for i := c.BlockItemList; i != nil; i = i.BlockItemList {
		it := i.BlockItem
		switch it.Case {
		case cc.BlockItemDecl:
			declared = true
			l.locals(it.Declaration)
		case cc.BlockItemStmt:
			if s := it.Statement; s.Case == cc.StatementLabeled && declared && l.depth > 1 {
				// Entering the scope behind the declaration would leave
				// the executor with a stale value.
				fail(s, "label after a declaration in an inner block")
			}
			l.statement(it.Statement)
		default:
			fail(it, "block item")
		}
	}
}

func (l *lowerer) locals(d *cc.Declaration) {
	if d.Case == cc.DeclarationAssert {
		return
	}
	if d.Case != cc.DeclarationDecl {
		fail(d, "declaration of this kind")
	}
	for i := d.InitDeclaratorList; i != nil; i = i.InitDeclaratorList {
		id := i.InitDeclarator
		decl := id.Declarator
		if decl.IsTypename() {
			fail(id, "local typedef")
		}
		if id.Asm != nil {
			fail(id, "asm name of a local")
		}
		if decl.Name() == "__func__" {
			continue // cc declares it in every function
		}
		v := l.variable(decl)
		if decl.StorageDuration() != cc.Automatic {
			if decl.IsExtern() {
				fail(id, "extern declaration in a function")
			}
			l.static(v, id)
			v.Name = l.fn.Name + "." + v.Name
			l.unit.Globals[v.Name] = v
			continue
		}
		v.Inner = l.depth > 1
		l.put(id, Instr{Op: OpDecl, Dst: -1, Var: v, Type: v.Type})
		if id.Initializer == nil {
			continue
		}
		if id.Initializer.Case == cc.InitializerInitList && v.Type.Kind == Struct {
			l.members(v, id.Initializer.InitializerList)
			continue
		}
		if id.Initializer.Case != cc.InitializerExpr || v.Type.Kind != Int && v.Type.Kind != Ptr && v.Type.Kind != Struct {
			fail(id, "initialiser of local %s", v.Name)
		}
		val := l.converted(id.Initializer.AssignmentExpression, v.Type)
		a := l.emit(id, Instr{Op: OpAddr, Var: v, Type: v.Type})
		l.put(id, Instr{Op: OpStore, Dst: -1, A: a, B: val, Type: v.Type})
	}
}

// members is the initialiser of a local struct that gives each of its scalar
// members, in order. C leaves open in which order they are evaluated.
func (l *lowerer) members(v *Var, list *cc.InitializerList) {
	i := 0
	for p := list; p != nil; p = p.InitializerList {
		if p.Designation != nil || p.Initializer.Case != cc.InitializerExpr || i == len(v.Type.Fields) {
			fail(p, "initialiser of local %s", v.Name)
		}
		f := &v.Type.Fields[i]
		e := p.Initializer.AssignmentExpression
		if eff := l.effects(e); len(eff.writes) > 0 || eff.calls || f.Type.Kind != Int && f.Type.Kind != Ptr {
			fail(p, "initialiser of member %s of local %s", f.Name, v.Name)
		}
		val := l.converted(e, f.Type)
		a := l.emit(p, Instr{Op: OpAddr, Var: v, Type: v.Type})
		to := l.emit(p, Instr{Op: OpField, A: a, Field: i, Elem: v.Type, Type: f.Type})
		l.put(p, Instr{Op: OpStore, Dst: -1, A: to, B: val, Type: f.Type})
		i++
	}
	if i != len(v.Type.Fields) {
		fail(list, "initialiser of local %s without all members", v.Name)
	}
}

func (l *lowerer) statement(s *cc.Statement) {
	switch s.Case {
	case cc.StatementCompound:
		l.compound(s.CompoundStatement)
	case cc.StatementExpr:
		if e := s.ExpressionStatement.ExpressionList; e != nil {
			l.expression(e)
		}
	case cc.StatementLabeled:
		l.labeled(s.LabeledStatement)
	case cc.StatementSelection:
		l.selection(s.SelectionStatement)
	case cc.StatementIteration:
		l.iteration(s.IterationStatement)
	case cc.StatementJump:
		l.jumpStatement(s.JumpStatement)
	case cc.StatementAsm:
		l.assembly(s.AsmStatement)
	default:
		fail(s, "statement %v", s.Case)
	}
}

// expression evaluates e for its effects; commas are sequence points.
func (l *lowerer) expression(e cc.ExpressionNode) {
	if x, ok := e.(*cc.ExpressionList); ok {
		for ; x != nil; x = x.ExpressionList {
			l.value(x.AssignmentExpression)
		}
		return
	}
	l.value(e)
}

func (l *lowerer) labeled(s *cc.LabeledStatement) {
	switch s.Case {
	case cc.LabeledStatementLabel:
		b := l.label(s.Token.SrcStr())
		l.jump(b)
		l.cur = b
	case cc.LabeledStatementCaseLabel, cc.LabeledStatementDefault:
		b := l.sw[len(l.sw)-1].cases[s]
		if b == nil {
			fail(s, "case outside its switch")
		}
		l.jump(b)
		l.cur = b
	default:
		fail(s, "range of cases")
	}
	l.statement(s.Statement)
}

func (l *lowerer) label(name string) *Block {
	b, ok := l.labels[name]
	if !ok {
		b = l.block("label " + name)
		l.labels[name] = b
	}
	return b
}

func (l *lowerer) selection(s *cc.SelectionStatement) {
	if s.Case == cc.SelectionStatementSwitch {
		l.switchStatement(s)
		return
	}
	yes, end := l.block("then"), l.block("end")
	no := end
	if s.Case == cc.SelectionStatementIfElse {
		no = l.block("else")
	}
	l.condition(s.ExpressionList, yes, no)
	l.cur = yes
	l.statement(s.Statement)
	l.jump(end)
	if s.Case == cc.SelectionStatementIfElse {
		l.cur = no
		l.statement(s.Statement2)
		l.jump(end)
	}
	l.cur = end
}

func (l *lowerer) switchStatement(s *cc.SelectionStatement) {
	v, from := l.value(s.ExpressionList)
	t := promoted(from)
	v = l.convert(s, v, from, t)
	ctx := &switchCtx{s, make(map[*cc.LabeledStatement]*Block)}
	end := l.block("end")
	head := l.cur
	head.Switch, head.Type, head.Pos = v, t, at(s)
	def := end
	for _, c := range s.LabeledStatements() {
		if c.Case == cc.LabeledStatementLabel || c.Switch() != s {
			continue
		}
		b := l.block("case")
		ctx.cases[c] = b
		if c.Case == cc.LabeledStatementDefault {
			def = b
			continue
		}
		k, ok := constant(c.ConstantExpression)
		if !ok || c.Case != cc.LabeledStatementCaseLabel {
			fail(c, "case label")
		}
		head.Cases = append(head.Cases, k&(^uint64(0)>>(64-t.Bits)))
		head.Next = append(head.Next, b)
	}
	head.Next = append(head.Next, def)
	l.sw = append(l.sw, ctx)
	l.breaks = append(l.breaks, end)
	l.cur = l.block("unreachable")
	l.statement(s.Statement)
	l.jump(end)
	l.cur = end
	l.sw = l.sw[:len(l.sw)-1]
	l.breaks = l.breaks[:len(l.breaks)-1]
}

func (l *lowerer) iteration(s *cc.IterationStatement) {
	l.depth++
	defer func() { l.depth-- }()
	head, body, step, end := l.block("loop"), l.block("body"), l.block("step"), l.block("end")
	head.Pos = at(s)
	test := s.ExpressionList
	switch s.Case {
	case cc.IterationStatementWhile:
		l.jump(head)
	case cc.IterationStatementDo:
		l.jump(head)
	case cc.IterationStatementFor:
		if s.ExpressionList != nil {
			l.expression(s.ExpressionList)
		}
		test = s.ExpressionList2
		l.jump(head)
	case cc.IterationStatementForDecl:
		l.locals(s.Declaration)
		l.jump(head)
	default:
		fail(s, "loop")
	}
	branch := func() {
		if test == nil {
			l.jump(body)
			return
		}
		l.condition(test, body, end)
	}
	l.cur = head
	if s.Case == cc.IterationStatementDo {
		l.jump(body)
	} else {
		branch()
	}
	l.breaks, l.conts = append(l.breaks, end), append(l.conts, step)
	l.cur = body
	l.statement(s.Statement)
	l.jump(step)
	l.cur = step
	switch s.Case {
	case cc.IterationStatementDo:
		l.condition(test, head, end)
	case cc.IterationStatementFor:
		if s.ExpressionList3 != nil {
			l.expression(s.ExpressionList3)
		}
	case cc.IterationStatementForDecl:
		if s.ExpressionList2 != nil {
			l.expression(s.ExpressionList2)
		}
	}
	l.jump(head)
	l.breaks, l.conts = l.breaks[:len(l.breaks)-1], l.conts[:len(l.conts)-1]
	l.cur = end
}

func (l *lowerer) jumpStatement(s *cc.JumpStatement) {
	switch s.Case {
	case cc.JumpStatementGoto:
		l.jump(l.label(s.Token2.SrcStr()))
	case cc.JumpStatementContinue:
		l.jump(l.conts[len(l.conts)-1])
	case cc.JumpStatementBreak:
		l.jump(l.breaks[len(l.breaks)-1])
	case cc.JumpStatementReturn:
		v := Temp(-1)
		if s.ExpressionList != nil {
			if l.fn.Ret.Kind == Void {
				l.value(s.ExpressionList)
			} else {
				v = l.converted(s.ExpressionList, l.fn.Ret)
			}
		}
		if l.cur.Next == nil {
			l.cur.Ret, l.cur.Value, l.cur.Pos = true, v, at(s)
		}
	default:
		fail(s, "computed goto")
	}
	l.cur = l.block("unreachable")
}
