// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT
//! error FC1032: the compiler needs memcpy here, which it cannot call for BPF by itself
//! hint call memcpy of <femto.h>
//! at 11
struct large {
	char bytes[4000];
};
void entry(struct large *x)
{
	x[0] = x[1];
}
