// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT
// The frame is the largest that a reachable function has, rounded up to 8. A
// buffer that is filled from its end shows only small offsets from r10.
//! clang
//! frame 400
//! depth 2
//! run whole = 400
//! entries whole

#define NOINLINE __attribute__((noinline))

static NOINLINE int large(int seed)
{
	volatile char buffer[397];
	for (int i = sizeof buffer - 1; i >= 0; i--)
		buffer[i] = seed;
	int sum = 0;
	for (int i = 0; i < (int)sizeof buffer; i++)
		sum += buffer[i];
	return sum;
}

int whole(void)
{
	volatile int three = 3;
	return large(1) + three;
}
