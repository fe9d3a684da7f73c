/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

#include <femto.h>

/* Tries to wear out the flash. */
uint64_t wear(void)
{
    uint32_t n = 0;

    fetch_tenant(1, &n);
    n++;
    return kv_put_tenant(1, &n, sizeof(n), FEMTO_KV_PERSIST);
}
