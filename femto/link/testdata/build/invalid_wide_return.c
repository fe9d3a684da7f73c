// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT
//! error FC1036: a function returns a value of more than 64 bits
__int128 entry(__int128 *x) { return *x; }
