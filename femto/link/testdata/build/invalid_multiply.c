// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT
//! error FC1032: the compiler needs the library function __multi3 here
//! at 5
unsigned long entry(unsigned long *x) { return ((unsigned __int128)x[0] * x[1]) >> 64; }
