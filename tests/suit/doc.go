// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

// Package suit tests on the host what a device takes from the network: the gate
// of riotpkg/femtocontainer/contrib/suit_gate.c, through which manifests, image
// signatures and lists of revoked keys have to go. It is compiled here as it is,
// with the sanitizers of gcc or clang and with OpenSSL for the cryptography; and
// what reads requests to change containers and stores, manage_request.c.
//
// Testdata holds envelopes that RIOT's suit-tool made. The tests put each wrong
// in every way that is listed, flip each of its bits, and cut it off everywhere.
//
//	go test ./tests/suit                       # and libFuzzer for a few seconds
//	go test ./tests/suit -run Fuzz -runs 1000000
//
// TestFuzzWorker has the worker and RIOT's own SUIT parser behind the gate, which get
// envelopes that are put together from a recipe. Everything else runs on RIOT: tests/riot.
package suit
