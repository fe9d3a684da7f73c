/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

#include <femto.h>

static volatile uint32_t rounds;

/* Never waits, and does not look whether it is to stop. */
int64_t stubborn(void)
{
    for (;;) {
        rounds++;
    }
}
