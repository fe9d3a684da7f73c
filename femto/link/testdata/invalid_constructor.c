// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT
//! clang
//! error FC1004: holds the address of function prepare
int state;
static __attribute__((constructor)) void prepare(void) { state = 1; }
int entry(void) { return state; }
