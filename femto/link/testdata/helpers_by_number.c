// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT
// Kernel headers declare helpers by number; so can we. The list of imports is
// sorted, each number once.
//! clang
//! helpers 7 9
//! run use 05000000 = 146

extern int host_add(int a, int b);
static int (*host_double)(int) = (void *)9;

int use(const int *x) { return host_double(host_add(*x, 3)) + host_add(host_double(60), 10); }
