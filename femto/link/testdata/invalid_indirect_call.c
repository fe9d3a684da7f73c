// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT
//! error FC1005: function entry calls through a pointer
//! clang
int entry(int (**f)(int)) { return (*f)(2); }
