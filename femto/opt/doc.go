// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

// Package opt shortens what a linked program executes.
//
//	small, stats, err := opt.Image(img)
//
// It needs no trust: its output is verified like any other image. Nothing here
// knows an opcode. What an instruction reads, which bits of that matter, what
// it computes and which other instruction computes the same are asked of the
// terms of package isa: bits.go evaluates terms over bits that are known, or
// are copies of other bits; demand.go finds the bits that a result depends on.
//
// Guarantees, given enough fuel: an activation returns the same r0, makes the
// same system calls with the same arguments, leaves the same memory outside
// the stack segment, and ends with the same fault at the same guest address.
// Stores keep their order, and no access that could fault is removed. The
// entry state that every engine provides is taken for granted.
//
// Not kept: fuel, slots, the registers other than r0 at the end, and the stack
// segment, which no host can see after an activation.
package opt
