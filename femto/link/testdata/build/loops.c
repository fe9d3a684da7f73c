// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT
// Plain loops that clear and copy stay loops; clang would make calls of memset
// and memcpy from them.
//! run entry = 1
static char from[2000] = {[1999] = 1}, to[2000];
int entry(void)
{
	for (int i = 0; i < 2000; i++)
		to[i] = 0;
	for (int i = 0; i < 2000; i++)
		to[i] = from[i];
	return to[1999];
}
