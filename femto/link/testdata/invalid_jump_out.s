# SPDX-FileCopyrightText: The femtocontainer authors
# SPDX-License-Identifier: MIT
# A jump into another function.
#! error FC1007: function entry jumps out of itself
	.text
	.globl	entry
	.type	entry,@function
entry:
	r0 = 1
	if r1 == 0 goto .Lother
	exit
	.size	entry, .-entry
	.globl	other
	.type	other,@function
other:
.Lother:
	exit
	.size	other, .-other
