// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT
//! error FC1031: use of undeclared identifier 'undeclared'
//! at 7
int entry(int *x)
{
	return *x + undeclared;
}
