/* SPDX-FileCopyrightText: The femtocontainer authors */
/* SPDX-License-Identifier: MIT */

#ifndef BRIDGE_H
#define BRIDGE_H

#include "../riotpkg/femtocontainer/core/femto_core.h"

uint16_t femto_resume_small(femto_vm_t *vm, uint32_t fuel);
uint16_t femto_resume_fast(femto_vm_t *vm, uint32_t fuel);
uint16_t femto_resume_fast_regs(femto_vm_t *vm, uint32_t fuel);

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && \
    defined(__OPTIMIZE__) && !defined(__SANITIZE_ADDRESS__)
#define BRIDGE_FAST_REGS
#endif

/* Engine is there. */
enum { BRIDGE_SMALL, BRIDGE_FAST, BRIDGE_REGS, BRIDGE_ENGINES };
int bridge_has(int engine);

/* An instance with one activation, as cbridge allocates it. */
typedef struct {
    femto_vm_t vm;
    femto_instance_t instance;
    uintptr_t handle; /* of the Go value, for system calls */
    uint8_t *image;
    uint8_t *ram;
} bridge_t;

uint16_t bridge_attach(bridge_t *b, uint32_t len, uint32_t ram_len,
                       const uint16_t *granted, uint32_t n_granted, uint32_t *pc);
uint16_t bridge_resume(bridge_t *b, int engine, uint32_t fuel);
uintptr_t bridge_handle(femto_vm_t *vm);

#endif
