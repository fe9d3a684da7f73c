// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

// Package prove shows that the C core does what the instruction table says,
// and nothing else: gate A of docs/proofs.md.
//
//	report, err := prove.Run(ctx, prove.Options{Root: "."})
//	report.Failed // goals that are not proved, with counterexamples
//
// The C is the text on disk, read by package cir and executed symbolically by
// package sym, once per variant that a build can select and, for an engine,
// once per row of the table, with the opcode known and everything else
// unknown. What comes out is compared with terms that are built from package
// isa only. Each comparison, each operation that C could leave undefined and
// each memory access is a goal; z3 and cvc5 decide it.
//
// Only the answer unsat counts as proved. A goal that is satisfiable, unknown,
// late, or that could not be stated because the C has a construct that the
// executor does not know, is red and has a name.
package prove
