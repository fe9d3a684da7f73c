// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

// Package isa is the instruction table of femtocontainer: every instruction of
// RFC 9669 outside the packet group, described once. A row says how the
// instruction is encoded, which values its fields may have, how it is written,
// which conformance group it belongs to, and what it does, as terms of package
// bv.
//
// The reference interpreter evaluates these terms, the C generator prints
// them, both verifiers check the field rules, the assembler reads and writes
// the syntax, and the prover compares the C that ships with them.
//
//	in := isa.Decode(0x0000000200000107) // r1 += 2
//	row := isa.Lookup(in)                // the row named add64_imm
//	bv.Eval(row.Value, row.Env(in, state))
//
// What an instruction cannot say about itself, the address rule, fuel, calls
// and the verifier's predicate over a program, is in machine.go.
//
// Registers are 64 bits wide. Memory is little endian. Terms are over the
// variables listed with Row.
package isa
