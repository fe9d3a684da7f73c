/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

#include <femto.h>

/* Keeps its last fault for when it is to stop. */
int64_t spiteful(void)
{
    femto_self_t me;

    self_info(&me);
    while (me.faults == 2 && ztimer_sleep(10000) == 0) {}
    return *(volatile uint8_t *)8;
}
