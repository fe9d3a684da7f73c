/* SPDX-FileCopyrightText: The femtocontainer authors */
/* SPDX-License-Identifier: MIT */

#include "bridge.h"

/* Exported by call.go. */
extern uint16_t femtoBridgeCall(femto_vm_t *vm, uint32_t id);

uint16_t bridge_attach(bridge_t *b, uint32_t len, uint32_t ram_len,
                       const uint16_t *granted, uint32_t n_granted, uint32_t *pc)
{
    return femto_attach(&b->instance, b->image, len, b->ram, ram_len, granted, n_granted,
                        femtoBridgeCall, b, pc);
}

int bridge_has(int engine)
{
#ifdef BRIDGE_FAST_REGS
    return engine < BRIDGE_ENGINES;
#else
    return engine < BRIDGE_REGS;
#endif
}

uint16_t bridge_resume(bridge_t *b, int engine, uint32_t fuel)
{
    switch (engine) {
    case BRIDGE_SMALL:
        return femto_resume_small(&b->vm, fuel);
#ifdef BRIDGE_FAST_REGS
    case BRIDGE_REGS:
        return femto_resume_fast_regs(&b->vm, fuel);
#endif
    default:
        return femto_resume_fast(&b->vm, fuel);
    }
}

uintptr_t bridge_handle(femto_vm_t *vm)
{
    return ((bridge_t *)vm->instance->host)->handle;
}
