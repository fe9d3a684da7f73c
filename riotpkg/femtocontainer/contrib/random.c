/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

/**
 * @ingroup     pkg_femtocontainer
 * @{
 *
 * @file
 * @brief       System calls for random numbers
 *
 * @}
 */

#include "femto_sys.h"
#include "random.h"

uint32_t femto_sys_random_uint32(femto_vm_t *vm)
{
    (void)vm;
    return random_uint32();
}

void femto_sys_random_bytes(femto_vm_t *vm, uint8_t *buf, uint32_t n)
{
    (void)vm;
    random_bytes(buf, n);
}
