// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT
// Every object is aligned as C says, whatever stands before it.
//! run misaligned = 0
//! run spread = 1

char a1 = 1;
long a2 __attribute__((aligned(64))) = 2;
char a3 = 3;
char b1;
long b2 __attribute__((aligned(128)));
char b3;
const char c1 = 1;
const long c2 __attribute__((aligned(32))) = 2;
static char *keep[] = {&a1, &a3, &b1, &b3, (char *)&c1};

long misaligned(void)
{
	return ((long)&a2 & 63) | ((long)&b2 & 127) | ((long)&c2 & 31) | ((long)keep & 7);
}

int spread(void)
{
	volatile long *p = &b2;
	*p = 0;
	return keep[0][0] == 1 && keep[1][0] == 3 && keep[2][0] == 0 && keep[3][0] == 0 && keep[4][0] == 1;
}
