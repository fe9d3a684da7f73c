/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

#include <inttypes.h>
#include <stdio.h>

#include "boots.fc.h"
#include "femto_runtime.h"
#include "femto_stores.h"
#include "femto_sys.h"
#include "wear.fc.h"
#include "ztimer.h"

FEMTO_HOOK(boot, FEMTO_HOOK_BOOT);
FEMTO_HOOK(often, FEMTO_HOOK_OFTEN);
FEMTO_PROGRAM(boots, BOOTS);
FEMTO_PROGRAM(wear, WEAR);

/* One tenant makes an entry longer that was made longer by the other. */
static void shared(void)
{
    uint8_t value[CONFIG_FEMTOCONTAINER_KV_VALUE] = { 0 };
    femto_kv_t *kv = femto_stores_lock();
    femto_kv_who_t who = femto_stores_firmware;
    int32_t len = femto_kv_get(kv, who.space, 9, value, sizeof(value));

    printf("shared: %" PRId32 "\n", len);
    len = (len < 0) ? 1 : len + 1;
    who.tenant = (len % 2 == 0) ? FEMTO_TENANT_EVEN : FEMTO_TENANT_ODD;
    who.max_entries = 1;
    who.max_bytes = 64;
    femto_kv_put(kv, &who, 9, value, (uint32_t)len, FEMTO_KV_PERSIST);
    femto_stores_unlock();
}

int main(void)
{
    shared();
    femto_container_attach(femto_container_install(&boots, FEMTO_TENANT_ACME), FEMTO_HOOK_BOOT, NULL);
    femto_container_attach(femto_container_install(&wear, FEMTO_TENANT_GUEST), FEMTO_HOOK_OFTEN, NULL);
    femto_hook_trigger(&boot, NULL, 0, NULL);
    for (;;) {
        femto_hook_trigger(&often, NULL, 0, NULL);
        ztimer_sleep(ZTIMER_MSEC, 20);
    }
}
