/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

#pragma once

#include <stdint.h>

/*
 * What application and container share. Only fixed-width types, the widest
 * first and no gaps, so that every compiler lays it out alike: a uint64_t is
 * aligned to 8 bytes for a container, but to 4 on some 32-bit hosts.
 */
typedef struct {
    uint64_t result;
    uint32_t a;
    uint32_t b;
    uint32_t c;
    uint32_t runs;
} multiply_add_t;

_Static_assert(sizeof(multiply_add_t) == 24, "gaps in the shared struct");
