// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

// Package mutation guards the proof gates: it seeds errors, one at a time, in
// what the gates read, and expects the gate that an error belongs to, to be red.
//
//	go test ./femto/prove/mutation            # a sample of each kind, under a minute
//	go test ./femto/prove/mutation -mutants   # all of them: make prove-mutants
//
// A mutant is an edit of a real file: the C core, the instruction table, the
// printers of terms, the symbolic executor, the proofs of gate B. The text to
// replace must occur exactly as often as the list says, so that a mutant which
// the source has outgrown is an error and not a mutant that nobody seeds. Files
// are not changed on disk: an edited C file is proved in a copy of the core, an
// edited Go file is built with -overlay.
//
// Detected means more than a failing command. The same units without the edit
// have to be green, the edited C has to compile, the edited Go has to build, and
// what is red has to be a goal, a theorem or a test, not the front end.
//
// docs/mutants.md is the list, printed by go generate.
package mutation

//go:generate go run ./list -write ../../../docs/mutants.md
