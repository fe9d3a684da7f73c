// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT
//! error FC1002: section .data points to missing at offset 0, which nothing defines|section .data.pointer points to missing
extern int missing;
int *pointer = &missing;
int entry(void) { return *pointer; }
