// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT
//! error FC1031: undeclared function 'host_ad'|implicit declaration of function 'host_ad'
//! at 5
int entry(int *x) { return host_ad(*x, 1); }
