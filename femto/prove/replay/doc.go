// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

// Package replay runs what gate A found against the C core, beside what the Go
// packages say of it:
//
//	core := replay.Of(root)
//	r, err := core.File("build/prove/1.fc")   // verdicts of loader and verifier
//	r, err := core.File("build/prove/2.json") // a Call
//	r.Same // and r.String(): both, side by side
//
// A Call is a function that the core offers the host, or a system call with its
// stub, in a state of the machine: registers, segments, fuel. The C is the text
// under root, compiled by gcc with its sanitizers, so that an operation without
// a meaning is seen as well as another result; where the proof was about 32-bit
// pointers, for those if gcc can. The Go side is made of the packages that the
// host uses: image and verify, vm, sysapi and hostapi, with package attack's
// memory, which decides about each byte by itself.
//
// Handlers of system calls say what they were asked and give what the Call says.
package replay
