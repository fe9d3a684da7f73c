// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT
// A recursion gets a bounded depth, and a warning that names it.
//! warning FC1015: odd -> even -> odd is a recursion|even -> odd -> even is a recursion
//! depth 8
//! entries start
//! run start 05000000 = 15
//! fault start 09000000 FC3003

#define NOINLINE __attribute__((noinline))

int even(int n);

NOINLINE int odd(int n) { return n <= 0 ? 0 : even(n - 1) + n; }
NOINLINE int even(int n) { return n <= 0 ? 0 : odd(n - 1) + n; }

int start(int *n) { return odd(*n); }
