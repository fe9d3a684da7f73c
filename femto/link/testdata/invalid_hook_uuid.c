// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT
//! error FC1011: looks like a UUID, but is none
__attribute__((section("hook/123e4567-e89b-12d3-a456-42661417400g"), used)) int entry(void) { return 1; }
