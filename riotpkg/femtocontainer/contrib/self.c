/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

/**
 * @ingroup     pkg_femtocontainer
 * @{
 *
 * @file
 * @brief       System call that tells a container about itself
 *
 * @}
 */

#include "femto_container.h"
#include "femto_sys.h"

#ifdef MODULE_FEMTOCONTAINER_HOOKS
#include "femto_runtime.h"
#endif

void femto_sys_self_info(femto_vm_t *vm, uint8_t *info)
{
    const femto_container_t *c = femto_container_of(vm);
    uint32_t id = 0;
    uint32_t activations = c->activations + 1; /* this one is counted when it ends */

#ifdef MODULE_FEMTOCONTAINER_HOOKS
    id = femto_container_id(c);
    if (c->state == FEMTO_STATE_RUNNING) { /* in its own thread, when it begins */
        activations = c->activations;
    }
#endif
    femto_sys_put32(info, id);
    femto_sys_put32(info + 4, c->tenant);
    femto_sys_put32(info + 8, femto_container_program(c)->sequence);
    femto_sys_put32(info + 12, activations);
    femto_sys_put32(info + 16, c->faults);
    femto_sys_put32(info + 20, vm->room);
}
