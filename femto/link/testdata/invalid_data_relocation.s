# SPDX-FileCopyrightText: The femtocontainer authors
# SPDX-License-Identifier: MIT
# A 16-bit pointer cannot hold a guest address.
#! error FC1006|FC1031
	.text
	.globl	entry
	.type	entry,@function
entry:
	r1 = pointer ll
	r0 = *(u16 *)(r1 + 0)
	exit
	.size	entry, .-entry
	.data
pointer:
	.short	pointer
