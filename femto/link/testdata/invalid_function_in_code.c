// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT
//! error FC1004: function entry takes the address of function chosen
//! at 8
static __attribute__((noinline)) int chosen(int x) { return x * 3; }
long entry(int *x)
{
	return (long)(*x ? chosen : 0);
}
