// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

// Package cir reads C and makes control-flow graphs of it: the form in which
// package sym executes the generated core.
//
//	unit, err := cir.Load(cir.ILP32, nil, "riotpkg/femtocontainer/core/femto_small.c")
//	fn := unit.Funcs["femto_resume"]
//
// The text is the one on disk, preprocessed, parsed and typed by
// modernc.org/cc/v4. Lowering makes every implicit conversion, promotion,
// decay and side effect an instruction of its own, in one order; expressions
// whose meaning depends on the order that C leaves open are refused.
//
// What it does not know (floating point, bit fields, unions, assembly, struct
// values, volatile, ...) is an error that names the construct and its place:
// nothing is skipped.
package cir
