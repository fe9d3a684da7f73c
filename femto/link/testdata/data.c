// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT
// All kinds of data: zero, initialised, constant, tentative, static and global;
// pointers between them in initialised data; string literals; tables.
//! depth 1
//! run get 00 = 0
//! run get 01 = 7
//! run get 02 = 9
//! run get 03 = 30
//! run get 04 = 7
//! run get 05 = 101
//! run get 06 = 40
//! run get 07 = 116
//! run get 08 = 119
//! run get 09 = 30
//! run get 0a = 0
//! run get 0b = 10
//! run get 0c = 50331648
//! run get 0d = 33554432
// .data and .bss persist from one activation to the next.
//! run get 20 = 1
//! run get 20 = 2
//! run get 21 = 8
//! run get 22 = 10
//! run get 01 = 8
//! run get 02 = 10
//! helpers

int zero;                                    // .bss
static int hidden_zero[4];                   // .bss
int seven = 7;                               // .data
static int nine = 9;                         // .data
const int table[4] = {10, 20, 30, 40};       // .rodata
static const char *const words[] = {"one", "two", "three"};
int *to_seven = &seven;                      // .data -> .data
const char *message = "hello";               // .data -> .rodata.str
const int *const third = &table[2];          // .rodata -> .rodata, in the middle
int common[10];                              // COMMON with -fcommon
int *to_common = &common[9];                 // .data -> COMMON or .bss
static struct {
	char tag;
	const int *p;
	int *q;
} record = {'x', &table[3], &hidden_zero[2]};

int get(unsigned char *which)
{
	switch (*which) {
	case 0: return zero + hidden_zero[1];
	case 1: return seven;
	case 2: return nine;
	case 3: return table[which[0] - 1];
	case 4: return *to_seven;
	case 5: return message[1];
	case 6: return *record.p;
	case 7: return words[1][0];
	case 8: return words[1][1];
	case 9: return *third;
	case 10: return *record.q + *to_common;
	case 11: *to_common = 10; return common[9];
	case 12: return (unsigned long)words & 0xff000000;
	case 13: return (unsigned long)&seven & 0xff000000;
	case 0x20: return ++zero;
	case 0x21: return ++seven;
	case 0x22: return ++nine;
	}
	return -1;
}
