// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

// Package sym executes C symbolically: every path through a function of
// package cir, with values that are terms of package bv.
//
//	ex := &sym.Exec{Units: units, Ask: ask}
//	st := ex.NewState()
//	err := ex.Run(st, "femto_room", vmPointer)
//	ex.Goals // what has to hold for the run to have no undefined behaviour
//
// The meaning is that of C11 with the choices of gcc and clang that cir.Model
// names. Wherever C leaves behaviour undefined (an index or pointer out of
// bounds, a shift count, a division, signed overflow, an uninitialised value,
// a misaligned or aliasing access, a store to a constant) the executor adds a
// goal: the path condition implies that it does not happen.
//
// Memory is a set of objects that do not overlap. Typed objects (locals, the
// structs of the core) are trees of scalars. Blobs are byte arrays of symbolic
// length: buffers, segments, the text. A family is a blob for each value of an
// index, so that "the segment that this entry describes" is one pointer. A
// pointer is an object and a place in it; it becomes an integer only through
// its object's address, a variable, so that a term which depends on a host
// address can be recognised.
//
// Loops are unrolled while their condition folds; any other loop needs a
// Loop: the state at its head is made arbitrary but for an invariant, which
// one iteration must keep while a variant decreases.
//
// What is not known here ends the run with an error that names it.
package sym
