/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

/**
 * @ingroup     pkg_femtocontainer
 * @{
 *
 * @file
 * @brief       Hook `boot`: the device has started
 *
 * @}
 */

#include "container/femto_hooks.h"
#include "femto_boot.h"
#include "femto_runtime.h"
#include "ztimer.h"

#ifndef FEMTO_HOOK_BOOT
#error "femtocontainer_boot needs [hooks.boot] in the contract"
#endif

FEMTO_HOOK(femto_boot_hook, FEMTO_HOOK_BOOT);

void femto_boot(void)
{
    femto_boot_event_t event = { .now = ztimer_now(ZTIMER_MSEC) };

    femto_hook_trigger(&femto_boot_hook, &event, sizeof(event), NULL);
}
