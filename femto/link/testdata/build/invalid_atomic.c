// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT
//! error FC1036: an atomic operation that BPF does not have
//! at 6
#pragma clang diagnostic ignored "-Wsync-fetch-and-nand-semantics-changed"
int entry(int *x) { return __sync_fetch_and_nand(x, 3); }
