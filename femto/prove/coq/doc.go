// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

// Package coq is gate B of docs/proofs.md: theorems about every program, over a
// model of the machine that is printed from the instruction table.
//
//	report, err := coq.Run(ctx, coq.Options{})
//	report.Green() // every theorem compiled and rests on no axiom
//
// model.v holds the table: field rules, effects, the address rule and the fuel
// rule, as the terms of packages isa and bv say them. Model prints it; Run
// prints it again and is red when the file differs. machine.v is one step of
// the machine and the verifier's linear pass around those terms, written by
// hand as package vm and package verify are. bits.v gives bv's operators a
// meaning over Z; samples of every row, computed by package bv, are computed
// again by Coq.
//
// Helpers are any function that keeps the interface (helper_ok in machine.v):
// every theorem is for all of them. In words:
//
//   - isolation_writes: a step, and any number of steps, of any text changes no
//     byte outside writable granted segments.
//   - isolation_reads: two memories that agree on the readable segments give
//     the same outcome, pc, fuel, registers, frames and host state, and agree
//     there afterwards.
//   - progress, never_stuck: from a landing place of a text that the verifier
//     accepts, every step ends at a landing place, exits, or faults with a name
//     (access, depth, fuel, helper). No register outside 0..10, no helper that
//     is not granted, no second slot is ever met; fewer frames than declared
//     are suspended, and r10 is always the top of its frame.
//   - fuel_decreases: each step takes at least one slot from the fuel left.
//   - slice_ends, bounded_run: an activation with some fuel is over after at
//     most fuel + length of text steps; resumable: so is each further slice.
//
// Not here: that the C is this machine (gate A), and what the effects of single
// rows ought to be; the theorems hold whatever a row computes.
package coq
