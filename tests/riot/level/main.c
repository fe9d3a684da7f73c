/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

/**
 * @file
 * @brief   What a tenant with a tenth of the CPU takes from another
 */

#include <inttypes.h>
#include <stdio.h>

#include "femto_runtime.h"
#include "hog.fc.h"
#include "serve.fc.h"
#include "ztimer.h"

FEMTO_HOOK(service, FEMTO_HOOK_SERVICE);
FEMTO_HOOK(attack, FEMTO_HOOK_ATTACK);

FEMTO_PROGRAM(serve, SERVE);
FEMTO_PROGRAM(hog, HOG);

enum { SECONDS = 4 };

/* Serves for some seconds; meanwhile the attacker's hook fires all the time. */
static uint32_t served(bool attacked)
{
    uint32_t begin = ztimer_now(ZTIMER_MSEC);
    uint32_t n = 0;

    while (ztimer_now(ZTIMER_MSEC) - begin < 1000 * SECONDS) {
        n += femto_hook_trigger(&service, NULL, 0, NULL);
        if (attacked) {
            femto_hook_trigger(&attack, NULL, 0, NULL);
        }
    }
    return n;
}

static void level(void)
{
    int id = femto_container_install(&hog, FEMTO_TENANT_MALLORY);

    femto_container_attach(femto_container_install(&serve, FEMTO_TENANT_ACME), FEMTO_HOOK_SERVICE,
                           NULL);
    femto_container_attach(id, FEMTO_HOOK_ATTACK, NULL);
    served(true); /* so that what was saved up is used */
    uint32_t fuel = femto_tenant_state[FEMTO_TENANT_ACME].used;
    uint32_t alone = served(false);
    fuel = femto_tenant_state[FEMTO_TENANT_ACME].used - fuel; /* all the CPU can do */
    served(true); /* again */
    for (int i = 0; i < 3; i++) {
        uint32_t used = femto_tenant_state[FEMTO_TENANT_MALLORY].used;
        uint32_t beside = served(true);
        used = femto_tenant_state[FEMTO_TENANT_MALLORY].used - used;
        printf("served alone: %" PRIu32 ", attacked: %" PRIu32 "; the attacker used %" PRIu32
               " fuel of %" PRIu32 "\n", alone, beside, used, fuel);
    }
}

int main(void)
{
    level();
    puts("the end");
    return 0;
}
