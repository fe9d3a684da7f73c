// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT
// After a call that does not return the compiler writes no exit.
//! helpers 8
//! entries choose last
//! run choose 01000000 = 5
//! run last = 6

extern void host_stop(void) __attribute__((noreturn));

static __attribute__((noinline, noreturn)) void stop(int *x)
{
	*x = 0;
	host_stop();
}

int choose(int *x)
{
	if (*x != 1)
		stop(x);
	return 5;
}

int last(void) { return 6; }
