/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

/**
 * @ingroup     pkg_femtocontainer
 * @{
 *
 * @file
 * @brief       System calls that tell the time
 *
 * @}
 */

#include "femto_sys.h"
#include "ztimer.h"

uint32_t femto_sys_now_ms(femto_vm_t *vm)
{
    (void)vm;
    return ztimer_now(ZTIMER_MSEC);
}

uint32_t femto_sys_ztimer_now(femto_vm_t *vm)
{
    (void)vm;
    return ztimer_now(ZTIMER_USEC);
}
