# SPDX-FileCopyrightText: The femtocontainer authors
# SPDX-License-Identifier: MIT
# A call of a place that is no function.
#! error FC1007: function entry calls offset 16 of section .text, where no function begins
	.text
	.globl	entry
	.type	entry,@function
entry:
	call	inside
	exit
inside:
	r0 = 2
	exit
	.size	entry, .-entry
