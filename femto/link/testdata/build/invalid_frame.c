// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT
//! error FC1008: the function's local variables need more than 512 bytes of stack
int entry(int *x)
{
	volatile char large[600];
	large[*x] = 1;
	return large[1];
}
