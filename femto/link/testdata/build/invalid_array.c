// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT
//! error FC1036: an array whose length is not constant, or alloca
int entry(int *n)
{
	volatile char array[*n];
	array[0] = 1;
	return array[*n - 1];
}
