// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT
//! error FC1036: the function takes variable arguments or returns a structure
//! at 5
int entry(int n, ...) { return n; }
