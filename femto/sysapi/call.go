// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package sysapi

import "slices"

// MaxArgs is the number of registers that pass arguments, r1 to r5.
const MaxArgs = 5

// MaxString bounds a string argument, the terminating zero included, so that
// looking for its end costs little and a call's work is bounded.
const MaxString = 256

// BytesPerSlot is how many bytes of a variable-length argument cost one slot of
// fuel, on top of the call's price.
const BytesPerSlot = 8

// A Call is one row of the table.
type Call struct {
	ID         uint16
	Name       string // in C, and what the linker resolves
	Args       []Arg
	Ret        CType
	Module     string // firmware has the call when it has this module
	Capability string // what a contract grants
	Price      uint32 // slots of fuel, besides those for variable lengths
	Blocks     bool   // may suspend the container: only with its own thread
	Errors     []string
	Doc        string // first line: brief

	// Impl names the handler, femto_sys_<Impl> on a device, and Scope is a
	// constant that it gets before the arguments. They differ from Name and ""
	// when several rows share a handler.
	Impl  string
	Scope Scope
}

// Handler is the name under which the call is implemented.
func (c *Call) Handler() string {
	if c.Impl != "" {
		return c.Impl
	}
	return c.Name
}

// Arg is one argument.
type Arg struct {
	Name string
	Kind Kind
	Type CType  // of the value, or of what is pointed to
	Len  string // In, Out: the argument that gives the length in bytes; "" for one Type
	Doc  string
}

// Kind says what the dispatcher does with an argument before the handler runs.
type Kind uint8

const (
	Value    Kind = iota // cut to its type
	Handle               // a small number that the handler looks up in the container's table
	In                   // readable bytes
	Out                  // writable bytes
	InOut                // readable and writable bytes
	String               // zero-terminated, at most MaxString bytes, within its segment
	Format               // String whose conversions are checked; the rest of the registers are its arguments
	Variadic             // marks that rest
	Text                 // as many bytes as the call returns, written afterwards; NULL to only get the length
)

// CType is a C type: of a value, of a result, or of what a pointer points to.
type CType struct {
	C      string // spelling in <femto.h>
	Bits   uint8  // width; 0 for void, structures and addresses
	Signed bool
}

// The types that rows use.
var (
	Void   = CType{C: "void"}
	Char   = CType{C: "char", Bits: 8, Signed: true}
	Int    = CType{C: "int", Bits: 32, Signed: true}
	I16    = CType{C: "int16_t", Bits: 16, Signed: true}
	I32    = CType{C: "int32_t", Bits: 32, Signed: true}
	U8     = CType{C: "uint8_t", Bits: 8}
	U16    = CType{C: "uint16_t", Bits: 16}
	U32    = CType{C: "uint32_t", Bits: 32}
	Size   = CType{C: "size_t", Bits: 64}
	Phydat = CType{C: "phydat_t"}
	CoAP   = CType{C: "femto_coap_ctx_t"}
	Self   = CType{C: "femto_self_t"}

	// First is the result of calls such as memcpy: their first argument.
	First = CType{C: "void *"}
	// Address is a guest address as result.
	Address = CType{C: "uint8_t *"}
)

// Cut gives the value that a register holds for this type; its upper bits are
// as in the type, whatever the container left there.
func (t CType) Cut(r uint64) uint64 {
	if t.Bits == 0 || t.Bits == 64 {
		return r
	}
	shift := 64 - t.Bits
	if t.Signed {
		return uint64(int64(r<<shift) >> shift)
	}
	return r << shift >> shift
}

// IsScalar is true for a pointer argument to one number: the dispatcher loads
// and stores it, so that handlers see a variable of their own.
func (a *Arg) IsScalar() bool {
	return (a.Kind == Out || a.Kind == InOut) && a.Len == "" && a.Type.Bits > 8
}

// MaxText is the most that a Text argument is written, in bytes.
const MaxText = 24

// Bytes is how many bytes In, Out and InOut point to if that is fixed.
func (a *Arg) Bytes() uint32 {
	for i := range Structs {
		if Structs[i].Name == a.Type.C {
			return Structs[i].Bytes()
		}
	}
	return uint32(a.Type.Bits) / 8
}

// Index is the position of the argument with this name.
func (c *Call) Index(name string) int {
	return slices.IndexFunc(c.Args, func(a Arg) bool { return a.Name == name })
}

// ByName and ByID find rows of Table.
var (
	ByName = map[string]*Call{}
	ByID   = map[uint16]*Call{}
)

func init() {
	for i := range Table {
		ByName[Table[i].Name] = &Table[i]
		ByID[Table[i].ID] = &Table[i]
	}
}
