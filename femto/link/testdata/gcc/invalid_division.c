// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT
// gcc takes signed division from its library.
//! error FC1002: function entry uses __divdi3, which nothing defines
//! hint signed division in gcc
int entry(long *x) { return x[0] / x[1]; }
