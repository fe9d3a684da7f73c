/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

#include <femto.h>

/* Says how often it was called by this container, this tenant, anybody. */
uint64_t stores(void)
{
    uint32_t local = 0;
    uint32_t tenant = 0;
    uint32_t global = 0;
    uint32_t owner = 0;
    uint8_t text[8];

    fetch_local(1, &local);
    fetch_tenant(1, &tenant);
    fetch_global(1, &global);
    store_local(1, local + 1);
    store_tenant(1, tenant + 1);
    printf("store_global: %d\n", store_global(1, global + 1));
    printf("%u %u %u\n", local + 1, tenant + 1, global + 1);
    printf("firmware: %d %u\n", fetch_global(1000, &owner), owner);
    printf("missing: %d, cas: %d %d\n", fetch_local(7, &local), kv_cas_local(1, local + 2, 0), kv_cas_local(7, 0, 0));
    printf("bytes: %d %d\n", kv_put_local(8, "blue", 4, 0), kv_get_local(8, text, sizeof(text)));
    return 0;
}
