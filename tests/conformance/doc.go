// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

// Command conformance is a plugin for the runner of the public bpf_conformance
// suite (github.com/Alan-Jowett/bpf_conformance):
//
//	$ echo 'b7 00 00 00 03 00 00 00 95 00 00 00 00 00 00 00' | conformance --engine small
//	3
//
// The program comes as hexadecimal bytes on standard input, memory likewise in
// the first argument when there is any; r1 points to it and r2 is its length.
// r0 goes to standard output in hexadecimal with exit status 0. Whatever is
// refused or faults gives a message on standard error, nothing on standard
// output, and exit status 1; wrong usage 2.
//
// The suite's helpers 0 to 5 exist only here. Helper numbers of the project
// begin at 1, so the program text is changed before it is loaded: the number
// of each helper call is raised by one, which changes nothing that a program
// can observe.
package main
