// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT
// What compilers make of C that old instruction sets lack.
//! run divide 00000080ffffffff = -2147483648
//! run divide 0700000002000000 = 3
//! run widen ff = -1
//! run swap 0102030405060708 = 72623859790382856
//! run shift 0100000020000000 = 4294967296
//! run sum 04 = 10
//! cpu v4
//! clang

int divide(const int *x) { return x[0] / x[1]; }
long widen(const signed char *x) { return *x; }
unsigned long swap(const unsigned long *x) { return __builtin_bswap64(*x); }
unsigned long shift(const unsigned int *x) { return (unsigned long)x[0] << x[1]; }
int sum(const unsigned char *n)
{
	char zeroed[16];
	for (int i = 0; i < (int)sizeof zeroed; i++)
		zeroed[i] = 0;
	int s = zeroed[*n & 15];
	for (int i = 1; i <= *n; i++)
		s += i;
	return s;
}
