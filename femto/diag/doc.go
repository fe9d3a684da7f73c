// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

// Package diag holds what femtocontainer says when it refuses or stops
// something: stable codes FC1xxx (build and link), FC2xxx (load and verify),
// FC3xxx (run) and FC4xxx (deploy), one table for host and device, and an error
// type that says where, why and what to do.
//
//	blink.c:12: FC2021: jump out of the text (pc 3: if r1 == 0 goto +9)
//	  hint: ...
//
// A code's number is never reused. A device reports the bare number; `femto
// explain FC2021` prints the long form.
package diag
