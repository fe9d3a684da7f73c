// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT
//! error FC1004: holds the address of function other at offset 0|address of function chosen at offset
static __attribute__((noinline)) int chosen(int x) { return x * 3; }
static __attribute__((noinline)) int other(int x) { return x * 5; }
int (*const table[])(int) = {other, chosen, other};
// clang sees through a constant table, so nothing in the code refers to it.
int (*variable)(int) = chosen;
int entry(int *x) { return chosen(*x) + other(*x); }
