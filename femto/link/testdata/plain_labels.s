# SPDX-FileCopyrightText: The femtocontainer authors
# SPDX-License-Identifier: MIT
# Assembly without .type and .size: functions are the global labels.
#! frame 512
#! functions entry twice
#! run entry 15000000 = 42
	.text
	.globl	entry
entry:
	r1 = *(u32 *)(r1 + 0)
	call	twice
	goto done
done:
	exit
	.globl	twice
twice:
	r0 = r1
	r0 += r1
	exit
