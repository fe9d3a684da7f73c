// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package isa

import "github.com/femtocontainer/femtocontainer/femto/bv"

// Group is a conformance group of RFC 9669, section 2.4.
type Group uint8

// The conformance groups. Packet is not supported.
const (
	Base32 Group = iota
	Base64
	Atomic32
	Atomic64
	Divmul32
	Divmul64
)

func (g Group) String() string {
	return [...]string{"base32", "base64", "atomic32", "atomic64", "divmul32", "divmul64"}[g]
}

// Kind says which of a row's parts take effect.
type Kind uint8

// The kinds of instruction.
const (
	ALU        Kind = iota // To = Value
	Wide                   // To = Value; two slots
	Load                   // To = Value, from memory
	Store                  // memory = Stored
	Atomic                 // memory = Stored, and To = Value when To is not None
	Jump                   // pc += target when Taken
	CallHelper             // r0 = the host's answer to helper number imm
	CallLocal              // enters the function at pc + 1 + imm
	Exit                   // leaves the function, or the program
)

func (k Kind) String() string {
	return [...]string{"alu", "wide", "load", "store", "atomic", "jump", "call helper", "call local", "exit"}[k]
}

// A Rule says which values an encoded field may have.
type Rule struct {
	Use   Use
	Value int64 // Fixed: the only value, sign-extended
}

// Use is what a field means.
type Use uint8

// The uses of a field.
const (
	Fixed    Use = iota // must be Value; the zero Rule is "must be 0"
	Free                // every value
	Reads               // a register that is read: 0..10
	Writes              // a register that is written, and perhaps read: 0..9
	HelperID            // number of a helper, 1..65535
	Slots               // a distance in slots from the next instruction to the target
)

// Reg names the register a row writes.
type Reg uint8

// Where a row's Value goes.
const (
	None Reg = iota
	Dst      // the register in the dst field
	Src      // the register in the src field (atomic fetch)
	R0       // register 0 (compare and exchange)
)

// A Row is one instruction. Its terms are over these variables:
//
//	dst  64  register in the dst field, before
//	src  64  register in the src field, before
//	r0   64  register 0, before
//	off  16  offset field
//	imm  32  immediate field
//	imm2 32  immediate field of the second slot (Wide)
//	mem   n  the 8*Size bits found in memory (Load, Atomic)
type Row struct {
	Name   string // unique, for example "add64_imm"
	Syntax string // LLVM's assembly, see package asm for the {holes}
	Group  Group
	Kind   Kind
	Opcode uint8

	// Field rules. Rows that share an opcode differ in a Fixed field.
	DstRule, SrcRule, OffRule, ImmRule Rule

	To     Reg
	Value  *bv.Term // 64 bits
	Size   uint8    // bytes of memory accessed, 0 for none
	Addr   *bv.Term // 32 bits, when Size > 0
	Stored *bv.Term // 8*Size bits, when memory is written
	Taken  *bv.Term // truth value of a Jump
}

// Width is the number of 8-byte slots that the instruction takes.
func (r *Row) Width() int {
	if r.Kind == Wide {
		return 2
	}
	return 1
}

// Reads reports whether the instruction reads memory.
func (r *Row) Reads() bool { return r.Kind == Load || r.Kind == Atomic }

// Writes reports whether the instruction writes memory.
func (r *Row) Writes() bool { return r.Kind == Store || r.Kind == Atomic }

// EndsRun reports whether control may not reach the next slot in sequence
// after this instruction: exit and the two unconditional jumps.
func (r *Row) EndsRun() bool {
	return r.Kind == Exit || r.Kind == Jump && r.Taken == bv.True
}
