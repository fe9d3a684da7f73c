/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

#include <femto.h>

static volatile struct {
    uint32_t rounds;
    int32_t result;
} seen;

/* Wakes up each 10 ms, until it is to stop. */
int64_t sleeper(void)
{
    uint32_t last = ztimer_now();

    while ((seen.result = ztimer_periodic_wakeup(&last, 10000)) == 0) {
        seen.rounds++;
    }
    return 0;
}
