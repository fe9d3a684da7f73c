// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

// Package sysapi is the system-call table of femtocontainer: every call that a
// container can make, described once. A row has the call's number, its name in
// C, what its arguments are, what it costs, and which capability it needs.
//
//	call := sysapi.ByName["fetch_local"]
//	in, price, fault := call.Check(memory, args)
//
// Files prints from it the header that container authors include (<femto.h>),
// the C stubs that check and translate arguments on a device (femto_sys.h and
// femto_sys.c), and docs/system-calls.md. Check is what the stubs do, for the
// host; package hostapi answers calls with it.
//
// What holds on both sides: a handler sees a pointer only after all of it was
// found inside one segment with the needed permission; a call that faults or
// runs out of fuel has had no effect; no argument has undefined upper bits.
//
// A number is never given to another call: ledger.txt remembers all of them,
// and a test compares. Who may make which call is not decided here but in
// package contract.
package sysapi
