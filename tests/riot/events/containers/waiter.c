/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

#include <femto.h>

static volatile struct {
    uint32_t events;
    uint32_t sum;
    uint32_t timeouts;
    int32_t result;
} seen;

/* Adds up what its hook tells. */
int64_t waiter(void)
{
    uint32_t number;

    for (;;) {
        int32_t n = event_wait(&number, sizeof(number), 50);
        if (n == FEMTO_ETIMEDOUT) {
            seen.timeouts++;
        }
        else if (n < 0 && n != FEMTO_EMSGSIZE) {
            seen.result = n;
            return n;
        }
        else {
            seen.events++;
            seen.sum += number;
        }
    }
}
