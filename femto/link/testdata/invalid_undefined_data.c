// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT
//! error FC1002: function entry uses missing, which nothing defines
//! at 8
extern int missing;
int entry(void)
{
	return missing;
}
