// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT
// Local calls: static and global functions, within a section and across
// sections, each in the image once; frames do not overlap; r6 to r9 survive.
// never_called and what it refers to are left out, so that an undefined symbol in
// it does not matter.
//! clang
//! entries program second
//! warning FC1017: never_called: left out
//! functions leaf middle outer program second
//! depth 4
//! frame 32
//! run program 05000000 = 1115
//! run second 05000000 = 244

#define SEC(name) __attribute__((section(name), used))
#define NOINLINE __attribute__((noinline))

static NOINLINE int leaf(int x)
{
	volatile int frame[8];
	for (int i = 0; i < 8; i++)
		frame[i] = x + i;
	int sum = 0;
	for (int i = 0; i < 8; i++)
		sum += frame[i];
	return sum;
}

NOINLINE int middle(int x)
{
	volatile int kept[4] = {x, x + 1, x + 2, x + 3};
	int a = leaf(x), b = leaf(x + 1);
	return kept[0] + kept[1] + kept[2] + kept[3] + a + b;
}

extern int nowhere(int);

NOINLINE int never_called(int x) { return nowhere(x); }

static NOINLINE int outer(int x)
{
	int sum = 0;
	for (int i = 0; i < x; i++)
		sum += middle(i) + leaf(i);
	return sum;
}

SEC("one") int program(int *x) { return outer(*x) + leaf(*x) * 0 + middle(*x) * 2 + *x; }

SEC("two") int second(int *x) { return middle(*x) + leaf(*x) + *x + 1; }
