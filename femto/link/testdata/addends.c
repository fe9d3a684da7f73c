// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT
// Addresses inside objects, before them and just past them.
//! run before 02000000 = 200
//! run past = 1
//! run inner 01000000 = 22
//! run negative = 100

struct pair {
	int a, b;
};

static const int table[3] = {100, 200, 300};
struct pair pairs[2] = {{11, 12}, {21, 22}};
int *second_b = &pairs[1].b;
int *end_of_pairs = (int *)&pairs[2];

int before(int *i) { return table[*i - 1]; }
int past(void) { return end_of_pairs == (int *)pairs + 4; }
int inner(int *i)
{
	int *volatile b = &pairs[1].b;
	return *i ? *b : *second_b;
}
int negative(void)
{
	const int *volatile p = table + 2;
	return p[-2];
}
