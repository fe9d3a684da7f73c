// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

// Package verify decides, before anything runs, whether an image's text can be
// executed safely: one pass over the slots, no heap, the same rules and the
// same codes as the verifier on the device, but with reasons.
//
//	if err := verify.Image(img, verify.Options{}); err != nil {
//		fmt.Println(err) // FC2021: jump to slot 12, but the text has 9 (pc 3: ...)
//	}
//
// What an accepted image guarantees at run time: the pc stays in the text and
// never enters the second half of a wide instruction, every instruction is one
// of the table with registers that exist, r10 is not written, and only helpers
// that were granted are called. Memory, call depth and fuel are checked while
// it runs. Shift counts and divisors need no check, because the RFC defines
// every case.
package verify
