// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT
//! cpu v3
//! error FC1033: signed division or remainder, which this version of BPF does not have
//! at 8
int entry(int *x)
{
	return x[0] / x[1];
}
