// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT
//! error FC1011: section hook/: the name of the hook is missing
__attribute__((section("hook/"), used)) int entry(void) { return 1; }
