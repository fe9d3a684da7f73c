/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

#include <femto.h>

/* Enough text for verifying to matter. */
int64_t larger(volatile uint32_t *v, uint32_t len)
{
    uint32_t sum = 0;

#define ROUND(n) sum += v[0] * (n); if (sum & 1) { v[1] ^= sum >> 3; } else { v[2] += sum; }
#define ROUNDS(n) ROUND(n) ROUND(n + 1) ROUND(n + 2) ROUND(n + 3)
    ROUNDS(3) ROUNDS(17) ROUNDS(29) ROUNDS(55)
    return sum + len;
}
