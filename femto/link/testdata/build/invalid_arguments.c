// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT
//! error FC1034: the function has more than five arguments
//! at 5
__attribute__((noinline)) int entry(int a, int b, int c, int d, int e, int f) { return a * b + c * d + e * f; }
