// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT
// <femto.h> declares the system calls.
//! helpers 7
//! run entry = 5
#include <femto.h>
int entry(void) { return host_add(2, 3); }
