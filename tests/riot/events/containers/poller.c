/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

#include <femto.h>

/* Asks for events all the time, and never waits for one. */
int64_t poller(void)
{
    uint32_t number;

    while (event_wait(&number, sizeof(number), 0) != FEMTO_ECANCELED) {}
    return 0;
}
