/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

/* One of each kind of hook that an application declares itself. */

#include "femto_coap.h"
#include "femto_gpio.h"
#include "femto_runtime.h"
#include "femto_timer.h"

FEMTO_HOOK(tick, FEMTO_HOOK_TICK);
FEMTO_TIMER(ticks, tick, FEMTO_HOOK_TICK);
FEMTO_HOOK(pin, FEMTO_HOOK_PIN);
FEMTO_PIN(button, pin, FEMTO_HOOK_PIN);
FEMTO_COAP_RESOURCE(average, "/average", COAP_GET, FEMTO_HOOK_COAP_AVERAGE);
FEMTO_HOOK(service, FEMTO_HOOK_SERVICE);

int main(void)
{
    return 0;
}
