// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

// Package random compares the symbolic executor with gcc. Gate A trusts the
// executor to know what the C means; an error in how it reads C, or in terms
// that both sides of a goal are made of, could hide there.
//
//	go test ./femto/prove/random                       # a few ten thousand states
//	go test ./femto/prove/random -states 1000000       # the run that docs/proofs.md records
//
// The functions of the core are executed symbolically once for each row of the
// table, in each engine and data model. Then, for each random state of the
// machine, the paths' conditions and results are evaluated by package bv, and a
// program that gcc made of the same files runs the same function from the same
// state. Compared are: that exactly one path is taken; the result; every
// register, pc, fuel, call depth, refused address; every byte of every segment
// and of the save area; what the host was asked; and that no goal about
// undefined behaviour fails in a state that the proofs allow.
//
// The program places the text at chosen addresses, so that the low half of an
// address wraps within it.
package random
