/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

#include <femto.h>

/* Tries something else each time. Its data are reset after a fault, so it keeps
 * count in its store. */
int64_t hostile(uint32_t *value, uint32_t len)
{
    uint32_t turn = 0;
    uint32_t stolen = 0;

    fetch_local(0, &turn);
    store_local(0, turn + 1);
    switch (turn % 7) {
    case 0: /* the others' stores */
        return fetch_tenant(1, &stolen) == 0 || fetch_local(1, &stolen) == 0;
    case 1: /* all room there is */
        for (uint32_t key = 100; store_local(key, 0) == 0 && store_tenant(key, 0) == 0; key++) {
        }
        return 0;
    case 2: /* all output there is */
        while (printf("it is me, Mallory, and nobody else gets to say anything\n") > 0) {
        }
        return 0;
    case 3: /* the event, which others see after it */
        *value = 666;
        return 0;
    case 4: /* the firmware's memory behind the event */
        return value[len / 4];
    case 5: /* the first of all addresses */
        return *(volatile uint32_t *)0;
    default: /* the CPU */
        for (;;) {
            *(volatile uint32_t *)&stolen = 7;
        }
    }
}
