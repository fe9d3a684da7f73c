// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

// Package sanitizer runs images in the C core, built with address and
// undefined-behaviour sanitizers by gcc and clang, for 64 and for 32 bits.
//
//	builds, err := sanitizer.Builds()
//	lines, err := builds[0].Run([]sanitizer.Case{{Image: img, Fuel: 1000}})
//
// The program is driver/driver.c, which says what its input and output are. A report
// of a sanitizer is an error. The register form of the fast engine cannot run
// under a sanitizer, so only portable forms are here.
package sanitizer
