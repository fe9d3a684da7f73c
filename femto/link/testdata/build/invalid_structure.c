// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT
//! error FC1036: the function takes variable arguments or returns a structure
//! at 8
struct five {
	int x[5];
};
struct five entry(int *x) { return (struct five){{*x}}; }
