// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT
//! error FC1034: the call has more than five arguments
//! at 6
extern int many(int a, int b, int c, int d, int e, int f);
int entry(int *x) { return many(*x, 1, 2, 3, 4, 5); }
