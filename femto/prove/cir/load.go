// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package cir

import (
	"embed"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"modernc.org/cc/v4"
)

//go:embed include
var include embed.FS

// A Model is what an implementation of C may choose: the sizes of types.
type Model struct {
	Name     string
	PtrBits  uint8
	arch     string
	sizeT    string
	ptrdiffT string
}

// The data models of the supported targets. Both are little endian with an
// int of 32 bits, and convert to signed types modulo 2^n, as gcc and clang do.
var (
	ILP32 = Model{"ilp32", 32, "arm", "unsigned int", "int"}
	LP64  = Model{"lp64", 64, "amd64", "unsigned long", "long"}
)

// Load reads one C file as a compiler would under model and the macros given,
// "NAME" or "NAME=value".
func Load(model Model, macros []string, file string) (*Unit, error) {
	abi, err := cc.NewABI("linux", model.arch)
	if err != nil {
		return nil, err
	}
	var pre strings.Builder
	fmt.Fprintf(&pre, "typedef %s __predefined_size_t;\ntypedef %s __predefined_ptrdiff_t;\n", model.sizeT, model.ptrdiffT)
	pre.WriteString("typedef int __predefined_wchar_t;\nint __predefined_declarator;\n")
	fmt.Fprintf(&pre, "#define __SIZE_TYPE__ %s\n#define __PTRDIFF_TYPE__ %s\n", model.sizeT, model.ptrdiffT)
	fmt.Fprintf(&pre, "void *__builtin_assume_aligned(const void *p, %s n);\nlong __builtin_expect(long v, long e);\n", model.sizeT)
	pre.WriteString("#define __STDC__ 1\n#define __STDC_VERSION__ 201112L\n")
	for _, m := range macros {
		name, value, ok := strings.Cut(m, "=")
		if !ok {
			value = "1"
		}
		fmt.Fprintf(&pre, "#define %s %s\n", name, value)
	}
	cfg := &cc.Config{
		ABI:             abi,
		IncludePaths:    []string{filepath.Dir(file)},
		SysIncludePaths: []string{"include"},
		FS:              include, // cc falls back to the host's files
	}
	sources := []cc.Source{{Name: "<predefined>", Value: pre.String()}, {Name: file}}
	ast, err := cc.Translate(cfg, sources)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	var text strings.Builder
	if err := cc.Preprocess(cfg, sources, &text); err != nil {
		return nil, err
	}
	l := &lowerer{
		unit: &Unit{Model: model, Funcs: make(map[string]*Fn), Globals: make(map[string]*Var),
			Structs: make(map[string]*Type), Protos: make(map[string]*Type), Text: text.String()},
		alias: make(map[string]bool),
		open:  make(map[string]bool),
		vars:  make(map[*cc.Declarator]*Var),
		pure:  make(map[string]bool),
		deaf:  make(map[string]bool),
	}
	return l.unit, l.run(ast)
}

// lowerer turns one translation unit into a Unit.
type lowerer struct {
	unit  *Unit
	alias map[string]bool // typedef names and struct tags with may_alias
	open  map[string]bool // struct tags whose fields are being read
	vars  map[*cc.Declarator]*Var
	pure  map[string]bool // functions without stores outside their locals
	deaf  map[string]bool // those that do not load from elsewhere either

	fn     *Fn
	cur    *Block
	labels map[string]*Block
	breaks []*Block
	conts  []*Block
	sw     []*switchCtx
	depth  int
}

// An unsupported construct unwinds to run.
type unsupported struct{ error }

func fail(n cc.Node, format string, args ...any) {
	pos := ""
	if n != nil {
		p := n.Position()
		pos = fmt.Sprintf("%s:%d:%d: ", filepath.Base(p.Filename), p.Line, p.Column)
	}
	panic(unsupported{fmt.Errorf("%sunsupported C: %s", pos, fmt.Sprintf(format, args...))})
}

func at(n cc.Node) string {
	p := n.Position()
	return fmt.Sprintf("%s:%d", filepath.Base(p.Filename), p.Line)
}

func (l *lowerer) run(ast *cc.AST) (err error) {
	defer func() {
		if r := recover(); r != nil {
			u, ok := r.(unsupported)
			if !ok {
				panic(r)
			}
			err = u.error
		}
	}()
	for t := ast.TranslationUnit; t != nil; t = t.TranslationUnit {
		l.external(t.ExternalDeclaration)
	}
	return nil
}

func (l *lowerer) external(d *cc.ExternalDeclaration) {
	switch d.Case {
	case cc.ExternalDeclarationEmpty:
	case cc.ExternalDeclarationDecl:
		l.globals(d.Declaration)
	case cc.ExternalDeclarationFuncDef:
		l.function(d.FunctionDefinition)
	default:
		fail(d, "assembly outside a function")
	}
}

func (l *lowerer) globals(d *cc.Declaration) {
	if d.Case == cc.DeclarationAssert {
		return // checked by cc
	}
	if d.Case != cc.DeclarationDecl {
		fail(d, "declaration of this kind")
	}
	l.scanAlias(d)
	for i := d.InitDeclaratorList; i != nil; i = i.InitDeclaratorList {
		id := i.InitDeclarator
		decl := id.Declarator
		if decl.IsTypename() || strings.HasPrefix(decl.Name(), "__predefined") {
			continue
		}
		t := decl.Type()
		if ft, ok := t.(*cc.FunctionType); ok {
			l.unit.Protos[decl.Name()] = l.typ(id, ft.Result())
			continue
		}
		v := l.variable(decl)
		v.Global, v.Static = true, true
		if id.Asm != nil {
			if !decl.IsRegister() {
				fail(id, "asm name of %s", v.Name)
			}
			v.Register = strings.Trim(cc.NodeSource(id.Asm.Token3), "\"")
		}
		if decl.IsExtern() && id.Initializer == nil {
			if v.Init == nil {
				v.Extern = true
			}
		} else {
			v.Extern = false
			l.static(v, id)
		}
		l.unit.Globals[v.Name] = v
	}
}

// scanAlias notes which types a declaration gives the attribute may_alias. The
// type that cc reports keeps it for typedefs of scalars only.
func (l *lowerer) scanAlias(d *cc.Declaration) {
	has := false
	tag := ""
	for s := d.DeclarationSpecifiers; s != nil; s = s.DeclarationSpecifiers {
		if s.Case == cc.DeclarationSpecifiersAttr && strings.Contains(cc.NodeSource(s.AttributeSpecifierList), "may_alias") {
			has = true
		}
		if s.Case != cc.DeclarationSpecifiersTypeSpec || s.TypeSpecifier.Case != cc.TypeSpecifierStructOrUnion {
			continue
		}
		su := s.TypeSpecifier.StructOrUnionSpecifier
		if su.AttributeSpecifierList != nil && strings.Contains(cc.NodeSource(su.AttributeSpecifierList), "may_alias") {
			has = true
			tag = su.Token.SrcStr()
		}
	}
	if !has {
		return
	}
	if tag != "" {
		l.alias[tag] = true
	}
	for i := d.InitDeclaratorList; i != nil; i = i.InitDeclaratorList {
		if i.InitDeclarator.Declarator.IsTypename() {
			l.alias[i.InitDeclarator.Declarator.Name()] = true
		}
	}
}

var intKinds = map[cc.Kind]struct{ signed bool }{
	cc.SChar: {true}, cc.UChar: {false}, cc.Short: {true}, cc.UShort: {false}, cc.Int: {true}, cc.UInt: {false},
	cc.Long: {true}, cc.ULong: {false}, cc.LongLong: {true}, cc.ULongLong: {false}, cc.Bool: {false},
}

// typ converts a type of cc's.
func (l *lowerer) typ(n cc.Node, t cc.Type) *Type {
	if a := t.Attributes(); a.IsVolatile() {
		fail(n, "volatile")
	}
	out := &Type{}
	if t.Kind() != cc.Void && t.Kind() != cc.Function && !t.IsIncomplete() {
		out.Size, out.Align = t.Size(), int64(t.Align())
	}
	if td := t.Typedef(); td != nil && l.alias[td.Name()] {
		out.MayAlias = true
	}
	if a := t.Attributes(); a != nil && (a.IsAttrSet("__may_alias__") || a.IsAttrSet("may_alias")) {
		out.MayAlias = true
	}
	switch t := t.(type) {
	case *cc.PredefinedType:
		if t.Kind() == cc.Void {
			return out
		}
		k, ok := intKinds[t.Kind()]
		if t.Kind() == cc.Char {
			k.signed, ok = l.unit.Model.arch == "amd64", true
		}
		if !ok || t.BitField() != nil {
			fail(n, "type %v", t)
		}
		out.Kind, out.Bits, out.Signed, out.IsBool = Int, uint8(8*t.Size()), k.signed, t.Kind() == cc.Bool
	case *cc.EnumType:
		return l.typ(n, t.UnderlyingType())
	case *cc.PointerType:
		out.Kind = Ptr
		out.Elem = l.typ(n, t.Elem())
	case *cc.ArrayType:
		if t.IsVLA() {
			fail(n, "array of variable length")
		}
		out.Kind, out.Elem, out.Len = Array, l.typ(n, t.Elem()), t.Len()
	case *cc.FunctionType:
		out.Kind = Func
		out.Ret = l.typ(n, t.Result())
	case *cc.StructType:
		return l.structType(n, t, out)
	default:
		fail(n, "type %v", t)
	}
	return out
}

func (l *lowerer) structType(n cc.Node, t *cc.StructType, out *Type) *Type {
	tagToken := t.Tag()
	tag := tagToken.SrcStr()
	if tag == "" && t.Typedef() != nil {
		tag = t.Typedef().Name()
	}
	if tag == "" {
		// Two anonymous structs with the same members would be taken for
		// one type; the members' names keep those of the core apart.
		for i := range t.NumFields() {
			tag += " " + t.FieldByIndex(i).Name()
		}
	}
	if s, ok := l.unit.Structs[tag]; ok && (s.Fields != nil || l.open[tag] || t.IsIncomplete()) {
		return s
	}
	s, ok := l.unit.Structs[tag]
	if !ok {
		s = out
		l.unit.Structs[tag] = s
	}
	s.Kind, s.Tag, s.Size, s.Align = Struct, tag, out.Size, out.Align
	s.MayAlias = s.MayAlias || out.MayAlias || l.alias[tag]
	if t.IsIncomplete() {
		return s
	}
	l.open[tag] = true // its fields may point to it
	defer delete(l.open, tag)
	var fields []Field
	for i := range t.NumFields() {
		f := t.FieldByIndex(i)
		if f.IsBitfield() || f.IsFlexibleArrayMember() || f.Name() == "" {
			fail(n, "field %d of struct %s", i, tag)
		}
		fields = append(fields, Field{f.Name(), l.typ(n, f.Type()), f.Offset()})
	}
	s.Fields = fields
	return s
}

func (l *lowerer) variable(d *cc.Declarator) *Var {
	if v, ok := l.vars[d]; ok {
		return v
	}
	// A redeclaration of a global has another declarator.
	if g, ok := l.unit.Globals[d.Name()]; ok && d.Linkage() != cc.None {
		l.vars[d] = g
		return g
	}
	v := &Var{Name: d.Name(), Type: l.typ(d, d.Type()), Pos: at(d)}
	v.Const = d.IsConst()
	if d.Pointer != nil {
		v.Const = constPointer(d.Pointer)
	} else if a, ok := d.Type().(*cc.ArrayType); ok && a.Elem().Attributes() != nil && a.Elem().Attributes().IsConst() {
		v.Const = true
	}
	l.vars[d] = v
	return v
}

// constPointer reports whether what "*const p" declares is constant. It is the
// last * that says so, where cc looks at the first.
func constPointer(p *cc.Pointer) bool {
	for p.Pointer != nil {
		p = p.Pointer
	}
	for q := p.TypeQualifiers; q != nil; q = q.TypeQualifiers {
		if q.TypeQualifier != nil && q.TypeQualifier.Case == cc.TypeQualifierConst {
			return true
		}
	}
	return false
}

// static evaluates the initialiser of an object with static storage.
func (l *lowerer) static(v *Var, id *cc.InitDeclarator) {
	v.Static = true
	v.Init = make(map[string]uint64)
	if id.Initializer != nil {
		l.initialise(v, "", v.Type, id.Initializer)
	}
}

func (l *lowerer) initialise(v *Var, path string, t *Type, in *cc.Initializer) {
	if in.Case == cc.InitializerExpr {
		e := in.AssignmentExpression
		if name, ok := callee(e); ok && t.Kind == Ptr && t.Elem.Kind == Func {
			if v.InitFunc == nil {
				v.InitFunc = make(map[string]string)
			}
			v.InitFunc[path] = name
			return
		}
		if t.Kind != Int {
			fail(in, "static initialiser of type %v", t)
		}
		val, ok := constant(e)
		if !ok {
			fail(in, "static initialiser that is not a constant")
		}
		v.Init[path] = val
		return
	}
	i := 0
	for p := in.InitializerList; p != nil; p = p.InitializerList {
		if p.Designation != nil {
			i = l.designator(p.Designation, t)
		}
		switch t.Kind {
		case Array:
			l.initialise(v, fmt.Sprintf("%s[%d]", path, i), t.Elem, p.Initializer)
		case Struct:
			l.initialise(v, fmt.Sprintf("%s.%d", path, i), t.Fields[i].Type, p.Initializer)
		default:
			l.initialise(v, path, t, p.Initializer)
		}
		i++
	}
}

func (l *lowerer) designator(d *cc.Designation, t *Type) int {
	if d.DesignatorList.DesignatorList != nil {
		fail(d, "nested designator")
	}
	des := d.DesignatorList.Designator
	switch {
	case des.Case == cc.DesignatorIndex && t.Kind == Array:
		if v, ok := constant(des.ConstantExpression); ok {
			return int(v)
		}
	case des.Case == cc.DesignatorField && t.Kind == Struct:
		if i, f := t.Field(des.Token2.SrcStr()); f != nil {
			return i
		}
	}
	fail(d, "designator")
	return 0
}

// constant is the value of a constant expression that cc evaluated.
func constant(e cc.ExpressionNode) (uint64, bool) {
	switch v := e.Value().(type) {
	case cc.Int64Value:
		return uint64(v), true
	case cc.UInt64Value:
		return uint64(v), true
	}
	return 0, false
}

// Names lists the functions, sorted.
func (u *Unit) Names() []string { return slices.Sorted(maps.Keys(u.Funcs)) }
