/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

#pragma once

#include <stdbool.h>

enum { FLASH_CUT = 42 };    /* exit status when the power fails */

/* From now on, let the power fail in the n-th operation, after so many bytes of
 * it (modulo its size + 1). 0: never. */
void flash_arm(unsigned n, unsigned bytes);

/* Programs and erases since then */
unsigned flash_operations(void);

/* Makes it ready, blank flash too; 0 or -errno */
int flash_init(void);

/* Is that an address in the CPU's own flash? */
bool flash_has(const void *at);
