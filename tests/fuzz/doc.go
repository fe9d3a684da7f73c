// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

// Command fuzz compares every engine on random programs:
//
//	go run ./tests/fuzz -n 10000000 -seed 1
//
// A program has bounded loops, local calls, system calls, accesses to all
// segments, and instructions of every row of the table; the verifier accepts
// it. It is executed several times, each time with other memory, fuel and
// slices. After every slice the reference interpreter and each engine of the C
// core must agree on the result, all registers, the fuel used, and the code, pc
// and address of a fault; at the end on all memory too; and an execution in
// slices must end as one without. One execution of -n is one such run on all
// engines.
//
// Everything follows from the seed: program i is the same whatever the number
// of workers. A mismatch is written to a file that -replay reads.
package main
