// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT
//! error FC1014: function entry uses counters in section .maps
struct {
	int (*type)[2];
	int *key;
} counters __attribute__((section(".maps"), used));
extern void *host_add(void *map, int key);
int entry(void) { return *(int *)host_add(&counters, 0); }
