// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT
// System calls are extern prototypes, found by name.
//! helpers 7
//! run use 05000000 = 18

extern int host_add(int a, int b);

int use(const int *x) { return host_add(host_add(*x, 3), 10); }
