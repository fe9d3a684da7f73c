/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

#include <femto.h>

/* Says what it finds, and leaves something for the next boot. */
uint64_t boots(void)
{
    uint32_t n = 0;
    char text[40];

    fetch_tenant(0xffffffff, &n);
    printf("boot %u, text %d, local %d, forgotten %d\n", n, kv_get_global(2, text, sizeof(text)),
           kv_get_local(3, text, sizeof(text)), kv_get_tenant(4, text, sizeof(text)));
    n++;
    kv_put_tenant(0xffffffff, &n, sizeof(n), FEMTO_KV_PERSIST);
    kv_put_global(2, "a text that is kept", 19, FEMTO_KV_PERSIST);
    kv_put_local(3, "x", 1, FEMTO_KV_PERSIST);
    kv_put_tenant(4, "x", 1, 0);
    kv_put_tenant(5, "", 0, FEMTO_KV_PERSIST);
    return 0;
}
