// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

// Command bench measures the engines: executed instructions, estimated
// cycles, code size, RAM and stack on the targets that matter, and time on the
// host.
//
//	go run ./tests/bench run                     # everything; writes docs/performance.{md,svg}
//	go run ./tests/bench run --target cortex-m4 --engine fast
//	go run ./tests/bench run --save old.json     # ... edit ... then:
//	go run ./tests/bench run --compare old.json  # exit status 1 on a regression
//	go run ./tests/bench size                    # code size, RAM and stack only
//
// The eleven workloads (workloads/) are C functions that are compiled three
// ways: to BPF bytecode and run by each engine, and natively. Under QEMU with
// -icount an executed instruction takes a fixed virtual time, so counts repeat
// exactly and one run is enough; host times are medians of interleaved rounds.
//
// What needs RIOT is measured by tests of tests/riot, which run here with
// -figures: hooks and the re-check of installed containers at a start, in
// instructions, and the time that an install over the network takes.
//
// What it guarantees: every result is checked against the expected value, and
// a wrong one fails the run, so no figure belongs to an engine that computes
// something else. What it needs and does not find (a cross compiler, QEMU) it
// names in a line that begins with SKIP.
//
// What it does not do: predict time on silicon. Instruction counts are an
// ordering and a rough size; the cycle column applies the timings that Arm
// publishes to the counted instructions and models neither flash wait states
// nor stalls. The figures of other engines are recorded (recorded/), because
// their code is not part of this repository; where they come from stands there.
package main
