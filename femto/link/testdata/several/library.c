// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT
int factor = 3;
const char *greeting = "hello";
int shared[8];
int *last = &shared[7];
static __attribute__((noinline)) int same_name(int x) { return x * factor; }
__attribute__((noinline)) int scale(int x)
{
	*last = 77;
	return same_name(x);
}
__attribute__((noinline)) int overridden(void) { return 300; }
extern int nowhere(void);
__attribute__((noinline)) int not_needed(void) { return nowhere(); }
