/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

#include <inttypes.h>
#include <stdio.h>

#include "board.h"
#include "femto_contract.h"
#include "femto_runtime.h"
#include "femto_suit.h"
#include "net/credman.h"
#include "sample.h"
#include "ztimer.h"

FEMTO_HOOK(filter_hook, FEMTO_HOOK_FILTER);
FEMTO_HOOK(alarm_hook, FEMTO_HOOK_ALARM);

/* Each device has a key of its own; here the build reads it from a file. */
static const uint8_t key[] = { PSK_KEY };
static const credman_credential_t psk = {
    .type = CREDMAN_TYPE_PSK,
    .tag = 1,
    .params.psk = {
        .id = { .s = PSK_ID, .len = sizeof(PSK_ID) - 1 },
        .key = { .s = key, .len = sizeof(key) },
    },
};

int main(void)
{
    int32_t shown = 0;
    int64_t alarmed = 0;

    int res;

#ifdef MODULE_FEMTOCONTAINER_SUIT_VFS
    res = femto_suit_format_blank(MTD_0);
    if (res != 0) {
        printf("no file system for what comes from the network: %d\n", res);
    }
#endif
    res = femto_suit_start(&psk);
    if (res != 0) {
        printf("cannot take containers from the network: %d\n", res);
        return 1;
    }

    while (1) {
        sample_t sample = { .value = 21 };
        int64_t is_alarm = 0;

        femto_hook_trigger(&filter_hook, &sample, sizeof(sample), NULL);
        femto_hook_trigger(&alarm_hook, &sample, sizeof(sample), &is_alarm);
        if (sample.value != shown || is_alarm != alarmed) {
            shown = sample.value;
            alarmed = is_alarm;
            printf("reading: %" PRId32 "%s\n", shown, alarmed > 0 ? ", alarm" : "");
        }
        ztimer_sleep(ZTIMER_MSEC, 100);
    }
}
