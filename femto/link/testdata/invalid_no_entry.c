// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT
//! error FC1010: no function can serve as entry point
int even(int n);
__attribute__((noinline)) int odd(int n) { return n ? even(n - 1) : 0; }
__attribute__((noinline)) int even(int n) { return n ? odd(n - 1) : 1; }
