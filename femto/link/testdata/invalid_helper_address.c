// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT
//! error FC1004: function entry takes the address of function host_add
extern int host_add(int a, int b);
long entry(int *x) { return (long)(*x ? host_add : 0); }
