// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT
//! error FC1035: floating point (__mulsf3), which BPF does not have
//! at 5
int entry(float *x) { return *x * 3.5f > 2.0f; }
