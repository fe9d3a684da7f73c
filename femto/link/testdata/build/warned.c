// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT
//! warning FC1037: unused variable 'unused'
//! run entry = 3
int entry(void)
{
	int unused = 2;
	return 3;
}
