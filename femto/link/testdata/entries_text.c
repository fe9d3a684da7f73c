// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT
// Without SEC, every global function that no other one calls is an entry point.
//! entries first second third
//! run first 01000000 = 11
//! run second 01000000 = 12
//! run third 03000000 = 6

__attribute__((noinline)) int add(int a, int b) { return a + b; }

int first(int *x) { return add(*x, 10); }
int second(int *x) { return add(*x, 11); }
__attribute__((noinline)) int third(int *x)
{
	// Calling oneself does not count.
	int n = *x;
	if (n <= 0)
		return 0;
	*x = n - 1;
	return third(x) + n;
}
