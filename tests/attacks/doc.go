// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

// Package attacks holds images that try to break out, to crash the loader, or
// to make two engines disagree: one named test for each defect found in
// earlier implementations of containers, and input from strangers.
//
//	for _, a := range attacks.Corpus() {
//		fmt.Println(a.Name, a.Image, a.Want)
//	}
//
// Every attack says what must come of it. The tests run it in the reference
// interpreter, in each engine of the C core, in a build of the core with
// address and undefined-behaviour sanitizers (tests/sanitizer, with gcc and
// with clang), and embedded in a RIOT application on the native board (riot/).
package attacks
