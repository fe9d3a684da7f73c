// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package sym

import (
	"fmt"
	"strings"

	"github.com/femtocontainer/femtocontainer/femto/bv"
	"github.com/femtocontainer/femtocontainer/femto/prove/cir"
)

// A Value is a *bv.Term, a Ptr, a Func, or nil for an indeterminate one.
type Value any

// A Func is a pointer to a function: one of the unit's, or one of the host's
// that a contract describes.
type Func struct{ Name string }

// A Choice is an element of a constant table of functions, at an index that is
// not known.
type Choice struct {
	Table []Func
	Index *bv.Term // 64 bits
}

// A Ptr is a place in an object. The zero Ptr is the null pointer.
type Ptr struct {
	Obj   *Object
	Index *bv.Term // which member of a family, 32 bits
	Off   *bv.Term // blob: byte offset, 64 bits
	Path  []Step   // typed object: the way to the part
	Alias bool     // reached through a type with may_alias
}

// A Step goes from an object to one of its parts.
type Step struct {
	Field int
	Idx   *bv.Term // array element, 64 bits; nil for a field
	Len   int64    // of the array
}

// Null reports whether p is the null pointer.
func (p Ptr) Null() bool { return p.Obj == nil }

func (p Ptr) String() string {
	if p.Null() {
		return "null"
	}
	var b strings.Builder
	b.WriteString(p.Obj.Name)
	for _, s := range p.Path {
		if s.Idx != nil {
			fmt.Fprintf(&b, "[%s]", bv.SMT(s.Idx))
		} else {
			fmt.Fprintf(&b, ".%d", s.Field)
		}
	}
	if p.Off != nil {
		fmt.Fprintf(&b, "+%s", bv.SMT(p.Off))
	}
	return b.String()
}

// An Object is a piece of memory that overlaps no other.
type Object struct {
	Name  string
	Type  *cir.Type // typed object; nil for a blob
	Const bool      // may not be written

	// Blobs. Index is nil unless Family.
	Family bool
	Len    func(index *bv.Term) *bv.Term // bytes, 64 bits, below 2^40

	// WriteLen is how many of them may be written; nil is all of them.
	WriteLen func(index *bv.Term) *bv.Term
	Read     func(index *bv.Term) *bv.Term // permission; nil is always
	Write    func(index *bv.Term) *bv.Term
	Align    uint64    // of the first byte
	Elem     *cir.Type // declared element type; nil for bytes

	// Every is a fact about whatever is read of the unknown contents.
	Every func(off, val *bv.Term) *bv.Term

	// Addr is the address of the first byte as an integer, of the pointer's
	// width; nil when the object has none that matters.
	Addr *bv.Term
}

// A node is the contents of a typed object or of a part of it. Nodes do not
// change once they are part of a state.
type node struct {
	typ  *cir.Type
	val  Value
	kids []*node
}

func blank(t *cir.Type) *node {
	n := &node{typ: t}
	switch t.Kind {
	case cir.Struct:
		for i := range t.Fields {
			n.kids = append(n.kids, blank(t.Fields[i].Type))
		}
	case cir.Array:
		for range t.Len {
			n.kids = append(n.kids, blank(t.Elem))
		}
	}
	return n
}

// A Write is a store to a blob.
type Write struct {
	Index *bv.Term
	Off   *bv.Term
	Size  uint8 // bytes
	Val   *bv.Term
	Pos   string
}

// contents of an object in one state.
type contents struct {
	root   *node // typed
	gen    int   // blob: which unknown contents the writes are on top of
	writes []Write
}

func b64(v uint64) *bv.Term { return bv.Const(v, 64) }

// wide is t in 64 bits.
func wide(t *bv.Term, signed bool) *bv.Term {
	if signed {
		return bv.SExt(t, 64)
	}
	return bv.ZExt(t, 64)
}
