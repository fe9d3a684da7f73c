// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT
//! error FC1002: function helper uses nowhere, which nothing defines and which is not a system call
//! at 8
extern int nowhere(int);
static __attribute__((noinline)) int helper(int x)
{
	return nowhere(x);
}
int entry(int *x) { return helper(*x) + 1; }
