/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

/**
 * @file
 * @brief   Three containers of two tenants, one of them hostile
 */

#include <inttypes.h>
#include <stdio.h>

#include "average.fc.h"
#include "femto_runtime.h"
#include "femto_stores.h"
#include "hostile.fc.h"
#include "measure.fc.h"
#include "ztimer.h"

FEMTO_HOOK(event, FEMTO_HOOK_EVENT);

FEMTO_PROGRAM(measure, MEASURE);
FEMTO_PROGRAM(average, AVERAGE);
FEMTO_PROGRAM(hostile, HOSTILE);

static int put(const femto_program_t *program, unsigned tenant)
{
    femto_refusal_t why;
    int id = femto_container_install(program, tenant);

    if (femto_container_attach(id, FEMTO_HOOK_EVENT, &why) != 0) {
        femto_refusal_print(program->name, &why);
    }
    return id;
}

int main(void)
{
    int measuring = put(&measure, FEMTO_TENANT_ACME);
    put(&average, FEMTO_TENANT_ACME);
    int attacking = put(&hostile, FEMTO_TENANT_MALLORY);

    for (uint32_t i = 1; i <= 100; i++) {
        uint32_t memory[] = { 0xcafe, i, 0xcafe };
        femto_event_t ctx = { .ctx = &memory[1], .ctx_len = sizeof(memory[1]),
                              .ctx_read_only = true };

        femto_hook_run(&event, &ctx, NULL);
        if (femto_container_state(attacking) == FEMTO_STATE_FAULTED) {
            femto_container_restart(attacking); /* it gets every chance */
        }
        if (memory[0] != 0xcafe || memory[1] != i || memory[2] != 0xcafe) {
            puts("memory was overwritten");
        }
    }

    uint32_t published = 0;
    femto_kv_fetch(femto_stores_lock(), femto_stores_firmware.space, 1, &published);
    femto_stores_unlock();
    printf("average: %" PRIu32 ", published by acme\n", published);
    for (int id = measuring; id <= attacking; id++) {
        const femto_container_t *c = femto_container_get(id);
        printf("%s: %" PRIu32 " activations, %u faults\n", femto_container_program(c)->name,
               c->activations, (unsigned)c->faults);
    }
    femto_fault_t fault;
    for (unsigned i = 0; i < CONFIG_FEMTOCONTAINER_FAULT_LOG && femto_fault_get(i, &fault); i++) {
        printf("FC%u at pc %" PRIu32 ", address 0x%08" PRIx32 ": %" PRIu32 " times\n",
               (unsigned)fault.code, fault.pc, fault.address, fault.count);
    }
    puts("and still here");
    return 0;
}
