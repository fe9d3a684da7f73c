/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

#include <femto.h>

/* Uses two slots and a few for each round it is told. */
int64_t spin(volatile uint32_t *rounds)
{
    while (*rounds > 0) {
        --*rounds;
    }
    return 0;
}
