/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

#include <femto.h>

static volatile uint32_t rounds;

/* Sleeps now and then, and ignores that it is to stop. */
int64_t deaf(void)
{
    for (;;) {
        rounds++;
        if (rounds % 100 == 0) {
            ztimer_sleep(1000);
        }
    }
}
