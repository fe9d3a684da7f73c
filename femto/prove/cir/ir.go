// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package cir

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Kind is the kind of a type.
type Kind uint8

// The kinds of type that the core uses.
const (
	Void Kind = iota
	Int
	Ptr
	Struct
	Array
	Func
)

// A Type is a C type. Two Types may describe the same one; see Same.
type Type struct {
	Kind     Kind
	Bits     uint8 // Int
	Signed   bool  // Int
	IsBool   bool  // Int: conversion to it compares with zero
	Elem     *Type // Ptr, Array
	Len      int64 // Array
	Tag      string
	Fields   []Field // Struct
	Size     int64
	Align    int64
	Ret      *Type // Func
	MayAlias bool  // accesses of this type may touch objects of any type
}

// A Field is a member of a struct.
type Field struct {
	Name   string
	Type   *Type
	Offset int64
}

// Field finds a member by name.
func (t *Type) Field(name string) (int, *Field) {
	for i := range t.Fields {
		if t.Fields[i].Name == name {
			return i, &t.Fields[i]
		}
	}
	return -1, nil
}

func (t *Type) String() string {
	switch t.Kind {
	case Int:
		if t.IsBool {
			return "bool"
		}
		if t.Signed {
			return fmt.Sprintf("i%d", t.Bits)
		}
		return fmt.Sprintf("u%d", t.Bits)
	case Ptr:
		if t.Elem.Kind == Struct {
			return "struct " + t.Elem.Tag + "*"
		}
		return t.Elem.String() + "*"
	case Struct:
		return "struct " + t.Tag
	case Array:
		return fmt.Sprintf("%v[%d]", t.Elem, t.Len)
	case Func:
		return "func"
	}
	return "void"
}

// Same reports whether a and b are the same type for an access.
func Same(a, b *Type) bool {
	if a.Kind != b.Kind {
		return false
	}
	switch a.Kind {
	case Int:
		// Signed and unsigned variants may alias (C11 6.5p7).
		return a.Bits == b.Bits
	case Ptr, Array:
		// Pointers to different types are different types themselves.
		return Same(a.Elem, b.Elem)
	case Struct:
		return a.Tag == b.Tag
	}
	return true
}

// A Var is a local variable, a parameter or a global.
type Var struct {
	Name   string
	Type   *Type
	Global bool
	Static bool // local with static storage, or a global
	Extern bool // defined in another file
	Const  bool
	Inner  bool // local of a block within the function's
	Pos    string
	Init   map[string]uint64 // Static: scalars by path, others are zero

	InitFunc map[string]string // Static: functions by path

	// Register is the machine register of a global register variable.
	Register string
}

// A Temp is a value that an instruction makes; -1 is none.
type Temp int

// Op is the operation of an instruction.
type Op uint8

// The operations. Operand order is as in C.
const (
	OpConst    Op = iota // Dst = Val of Type
	OpNull               // Dst = null pointer of Type
	OpFunc               // Dst = pointer to function Name
	OpAddr               // Dst = &Var
	OpLoad               // Dst = *A, of Type
	OpStore              // *A = B, of Type
	OpField              // Dst = &A->Field
	OpDecay              // Dst = &(*A)[0]
	OpIndex              // Dst = A + B, or A - B when Neg; A points to Elem
	OpPtrDiff            // Dst = A - B, in elements of Elem
	OpPtrCmp             // Dst = A Cmp B on pointers
	OpBin                // Dst = A Cmp B on Type, arithmetic
	OpNeg                // Dst = -A
	OpCpl                // Dst = ~A
	OpConv               // Dst = (Type)A, From an integer type
	OpPtrCast            // Dst = (Type)A, a pointer
	OpPtrToInt           // Dst = (Type)A, A a pointer
	OpTruth              // Dst = A != 0 as int; A an integer or a pointer
	OpCopy               // Dst = A; Dst is assigned more than once
	OpCall               // Dst = Name(Args) or (*A)(Args)
	OpDecl               // Var's lifetime begins
)

var opNames = [...]string{"const", "null", "func", "addr", "load", "store", "field", "decay", "index", "ptrdiff",
	"ptrcmp", "bin", "neg", "cpl", "conv", "ptrcast", "ptrtoint", "truth", "copy", "call", "decl"}

// An Instr is one instruction.
type Instr struct {
	Op    Op
	Dst   Temp
	Type  *Type
	From  *Type
	Elem  *Type
	A, B  Temp
	Args  []Temp
	Cmp   string // OpBin, OpPtrCmp: the C operator
	Neg   bool
	Val   uint64
	Var   *Var
	Field int
	Name  string
	Pos   string
}

// A Block is straight-line code and how it ends.
type Block struct {
	ID     int
	Label  string // for messages: "loop", "if", "label stop", ...
	Instrs []Instr

	// The end: Ret, or Next with Cond, or Next with Switch.
	Ret    bool
	Value  Temp // Ret: the result, or -1
	Cond   Temp // -1 for an unconditional jump; else Next[0] when true, Next[1] when false
	Switch Temp // -1 unless a switch: Next[i] when it equals Cases[i], else the last Next
	Type   *Type
	Cases  []uint64
	Next   []*Block
	Pos    string

	// Loop is the ordinal, in its function and counted from 0, of the loop of
	// which this block is the header; -1 for other blocks.
	Loop int
}

// A Fn is a function with a body.
type Fn struct {
	Name   string
	Params []*Var
	Ret    *Type
	Blocks []*Block // Blocks[0] is the entry
	Temps  int
	Loops  []*Loop
	File   string
}

// A Loop is a loop statement or a cycle made with goto.
type Loop struct {
	Header   *Block
	Body     map[*Block]bool // with the header
	Assigned []*Var          // locals declared outside that the body assigns
	Pos      string
}

// A Unit is what one source file gives after preprocessing.
type Unit struct {
	Model   Model
	Funcs   map[string]*Fn
	Globals map[string]*Var
	Structs map[string]*Type
	Protos  map[string]*Type // result types of functions without a body here
	Text    string           // the preprocessed text
}

// Closure prints what decides how the named functions execute: their own text
// as it was lowered, that of every function that they name, the structs and
// the objects with static storage. It is the same for two texts that differ in
// comments, or in other functions.
func Closure(units []*Unit, roots ...string) string {
	var b strings.Builder
	done := make(map[*Fn]bool)
	vars := make(map[*Var]bool)
	find := func(own *Unit, name string) (*Fn, *Unit) {
		for _, u := range append([]*Unit{own}, units...) {
			if u != nil && u.Funcs[name] != nil {
				return u.Funcs[name], u
			}
		}
		return nil, nil
	}
	var visit func(own *Unit, name string)
	var object func(own *Unit, v *Var)
	object = func(own *Unit, v *Var) {
		if vars[v] {
			return
		}
		vars[v] = true
		fmt.Fprintf(&b, "object %s %v const=%v extern=%v register=%q %v %v\n", v.Name, v.Type, v.Const, v.Extern, v.Register, v.Init, v.InitFunc)
		for _, k := range slices.Sorted(maps.Keys(v.InitFunc)) {
			visit(own, v.InitFunc[k])
		}
		if v.Extern {
			for _, u := range units {
				if d := u.Globals[v.Name]; d != nil && !d.Extern {
					object(u, d)
				}
			}
		}
	}
	visit = func(own *Unit, name string) {
		f, u := find(own, name)
		if f == nil || done[f] {
			return
		}
		done[f] = true
		b.WriteString(f.String())
		for _, bl := range f.Blocks {
			for i := range bl.Instrs {
				in := &bl.Instrs[i]
				if in.Name != "" {
					visit(u, in.Name)
				}
				if in.Var != nil && in.Var.Static {
					object(u, in.Var)
				}
			}
		}
	}
	for _, r := range roots {
		visit(nil, r)
	}
	for _, u := range units {
		for _, tag := range slices.Sorted(maps.Keys(u.Structs)) {
			t := u.Structs[tag]
			fmt.Fprintf(&b, "struct %s %d %d %v", tag, t.Size, t.Align, t.MayAlias)
			for _, f := range t.Fields {
				fmt.Fprintf(&b, " %s:%v@%d", f.Name, f.Type, f.Offset)
			}
			b.WriteByte('\n')
		}
	}
	return b.String()
}

// String prints the function for fingerprints and debugging.
func (f *Fn) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "func %s(", f.Name)
	vars := make(numbers)
	for _, p := range f.Params {
		vars.of(p)
		fmt.Fprintf(&b, "%s %v, ", p.Name, p.Type)
	}
	fmt.Fprintf(&b, ") %v\n", f.Ret)
	for _, bl := range f.Blocks {
		fmt.Fprintf(&b, "b%d: %s", bl.ID, bl.Label)
		if bl.Loop >= 0 {
			fmt.Fprintf(&b, " loop %d", bl.Loop)
		}
		b.WriteByte('\n')
		for i := range bl.Instrs {
			fmt.Fprintf(&b, "  %s\n", bl.Instrs[i].text(vars))
		}
		b.WriteString("  " + bl.end() + "\n")
	}
	return b.String()
}

func (b *Block) end() string {
	var next []string
	for _, n := range b.Next {
		next = append(next, fmt.Sprintf("b%d", n.ID))
	}
	to := strings.Join(next, " ")
	switch {
	case b.Ret:
		return fmt.Sprintf("ret t%d", b.Value)
	case b.Switch >= 0:
		return fmt.Sprintf("switch t%d %v %s", b.Switch, b.Cases, to)
	case b.Cond >= 0:
		return fmt.Sprintf("if t%d %s", b.Cond, to)
	}
	return "goto " + to
}

// numbers tell locals of one name apart, in the order in which they are met.
type numbers map[*Var]int

func (n numbers) of(v *Var) int {
	if _, ok := n[v]; !ok {
		n[v] = len(n)
	}
	return n[v]
}

func (in *Instr) String() string { return in.text(nil) }

func (in *Instr) text(vars numbers) string {
	var b strings.Builder
	if in.Dst >= 0 {
		fmt.Fprintf(&b, "t%d = ", in.Dst)
	}
	b.WriteString(opNames[in.Op])
	if in.Cmp != "" {
		b.WriteString(" " + in.Cmp)
	}
	if in.Neg {
		b.WriteString(" neg")
	}
	for _, t := range []*Type{in.Type, in.From, in.Elem} {
		if t != nil {
			fmt.Fprintf(&b, " %v", t)
			if t.MayAlias {
				b.WriteString(" alias")
			}
		}
	}
	if in.Op == OpConst {
		fmt.Fprintf(&b, " %d", in.Val)
	}
	if in.Var != nil {
		b.WriteString(" " + in.Var.Name)
		if vars != nil && !in.Var.Static {
			fmt.Fprintf(&b, "'%d", vars.of(in.Var))
		}
	}
	if in.Name != "" {
		b.WriteString(" " + in.Name)
	}
	if in.Op == OpField {
		fmt.Fprintf(&b, " .%d", in.Field)
	}
	if in.A >= 0 {
		fmt.Fprintf(&b, " t%d", in.A)
	}
	if in.B >= 0 {
		fmt.Fprintf(&b, " t%d", in.B)
	}
	for _, a := range in.Args {
		fmt.Fprintf(&b, " t%d", a)
	}
	return b.String()
}
