// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

// Package riot tests the RIOT package from outside, with RIOT's own build
// system: it builds the examples for every board we name, runs them on native
// and under QEMU, measures what the package costs in flash and RAM
// (docs/boards.md), checks that a build redoes only what changed, and executes
// the tutorials line by line.
//
//	make test-riot                           all of it
//	go test ./tests/riot -riot -v -run QEMU  a part
//	go test ./tests/riot -riot -run Boards -update   write docs/boards.md
//
// Some tests measure, and say so with -v; -figures FILE is for tests/bench, which
// makes docs/performance.md of it.
//
// It takes minutes, therefore nothing runs without -riot. What cannot run, for
// want of RIOT, a compiler, an emulator or a vendor's package, is skipped with
// a line that begins with SKIP; REQUIRE_RIOT=1 makes that a failure.
//
// RIOT is taken from $RIOTBASE, or is the submodule, which is fetched on
// demand. RIOT clones packages of chip vendors itself; where that is not
// possible, RIOT's own variables PKG_SOURCE_LOCAL_<PACKAGE> name a copy.
package riot
