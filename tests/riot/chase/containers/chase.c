/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

#include <femto.h>

/* Keeps four entries, of ever greater keys: who writes them in ascending order
 * never comes to an end. */
int64_t chase(void)
{
    for (uint32_t key = 4;; key++) {
        kv_put_tenant(key, "", 0, FEMTO_KV_PERSIST);
        kv_delete_tenant(key - 4);
        if (ztimer_sleep(1000) != 0) {
            return 0;
        }
    }
}
