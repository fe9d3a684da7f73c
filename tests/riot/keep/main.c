/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

#include <stdio.h>

#include "boots.fc.h"
#include "femto_runtime.h"
#include "wear.fc.h"
#include "ztimer.h"

FEMTO_HOOK(boot, FEMTO_HOOK_BOOT);
FEMTO_HOOK(often, FEMTO_HOOK_OFTEN);
FEMTO_PROGRAM(boots, BOOTS);
FEMTO_PROGRAM(wear, WEAR);

int main(void)
{
    femto_container_attach(femto_container_install(&boots, FEMTO_TENANT_ACME), FEMTO_HOOK_BOOT, NULL);
    femto_container_attach(femto_container_install(&wear, FEMTO_TENANT_GUEST), FEMTO_HOOK_OFTEN, NULL);
    femto_hook_trigger(&boot, NULL, 0, NULL);
    for (;;) {
        femto_hook_trigger(&often, NULL, 0, NULL);
        ztimer_sleep(ZTIMER_MSEC, 20);
    }
}
