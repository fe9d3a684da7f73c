// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

// Package simp rewrites bit-vector terms into a form in which the questions of
// the prover are mostly about bits, not about the C that moved them around:
// shifts and masks by constants become slices, sums become linear forms.
//
//	var s simp.Simplifier
//	s.Do(term) // equal to term, for every value of its variables
//
// It is not trusted: every rewrite it makes is kept as a lemma, an equation in
// as few variables as carry it, and package prove has the solvers decide each
// lemma like any other goal. Two rewrites that are instances of one equation
// are one lemma.
package simp
