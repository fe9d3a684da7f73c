// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT
//! error FC1006: function entry calls object, which is data
//! clang
int object = 1;
int entry(void) { return ((int (*)(void))(void *)&object)(); }
