# SPDX-FileCopyrightText: The femtocontainer authors
# SPDX-License-Identifier: MIT
# A frame that the compiler would have refused.
#! error FC1008: function entry needs 520 bytes of stack; a frame has at most 512
	.text
	.globl	entry
	.type	entry,@function
entry:
	r0 = 0
	exit
	.size	entry, .-entry
	.section	.stack_sizes,"o",@progbits,.text
	.quad	entry
	.uleb128 520
