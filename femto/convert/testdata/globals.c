// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

// The source of globals.bin, and with -c of invalid_compressed.bin, as the
// earlier tools made them:
//
//	clang-14 -target bpf -O2 -c globals.c -o globals.o
//	gen_rbf.py generate globals.o globals.bin
unsigned int counter = 5;
unsigned int step[2] = {10, 100};
const unsigned int table[4] = {1000, 2000, 3000, 4000};
static unsigned int (*now_ms)(void) = (void *)0x20;

unsigned long increment(const unsigned int *ctx)
{
	counter += step[ctx[0] & 1];
	return counter;
}

unsigned long lookup(const unsigned int *ctx)
{
	return table[ctx[0] & 3] + counter + now_ms();
}
