/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

#include <femto.h>

/* Takes all the CPU it can get, and returns in time not to be detached. */
int64_t hog(void)
{
    volatile uint32_t n = 0;

    while (n < 1000) {
        n++;
    }
    return 0;
}
