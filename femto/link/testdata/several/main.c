// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT
// Entry points that use library.c.
extern int scale(int x);
extern int factor;
extern const char *greeting;
int shared[3];              // COMMON with -fcommon, larger in library.c
int *to_library = &factor;
__attribute__((weak)) int overridden(void) { return 1; }
__attribute__((weak)) int kept(void) { return 20; }
static __attribute__((noinline)) int same_name(int x) { return x + 1; }

int scaled(int *x) { return same_name(scale(*x)); }
int through(void) { return *to_library + greeting[0]; }
int common(void) { return shared[7]; }
int weak(void) { return overridden() + kept(); }
