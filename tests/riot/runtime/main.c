/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

#include <inttypes.h>
#include <stdio.h>

#include "add.fc.h"
#include "femto_runtime.h"

FEMTO_HOOK(all, FEMTO_HOOK_ALL);
FEMTO_PROGRAM(add, ADD);
FEMTO_PROGRAM(add2, ADD);

int main(void)
{
    uint32_t n = 40;
    int64_t value = 0;
    femto_refusal_t why;
    int a = femto_container_install(&add, FEMTO_TENANT_ACME);
    int b = femto_container_install(&add2, FEMTO_TENANT_GUEST);

    printf("attach: %u\n", femto_container_attach(a, FEMTO_HOOK_ALL, &why));
    printf("attach: %u\n", femto_container_attach(b, FEMTO_HOOK_ALL, &why));
    uint32_t ran = femto_hook_trigger(&all, &n, sizeof(n), &value);
    printf("%" PRIu32 " ran, the last returned %d\n", ran, (int)value);
    return 0;
}
