/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

/**
 * @file
 * @brief   What hooks cost, in instructions
 */

#include <inttypes.h>
#include <stdio.h>

#include "femto_queue.h"
#include "instructions.h"
#include "irq.h"
#include "larger.fc.h"
#include "nothing.fc.h"

FEMTO_HOOK(here, FEMTO_HOOK_HERE);
FEMTO_HOOK(queued, FEMTO_HOOK_QUEUED);
FEMTO_QUEUE(queue, queued, FEMTO_HOOK_QUEUED, uint32_t, 4);

FEMTO_PROGRAM(nothing, NOTHING);
FEMTO_PROGRAM(nothing_queued, NOTHING);
FEMTO_PROGRAM(larger, LARGER);

enum { TIMES = 100 };

static uint32_t begun;

static void begin(void)
{
    begun = instructions_now();
}

static uint32_t instructions(void)
{
    return instructions_in(instructions_now() - begun);
}

static void report(const char *what, uint32_t n)
{
    printf("%s: %" PRIu32 " instructions\n", what, n);
}

static uint32_t triggers(void)
{
    begin();
    for (volatile unsigned i = 0; i < TIMES; i++) {
        femto_hook_trigger(&here, NULL, 0, NULL);
    }
    return instructions() / TIMES;
}

static uint32_t nothings(void)
{
    begin();
    for (volatile unsigned i = 0; i < TIMES; i++) {
    }
    return instructions() / TIMES;
}

int main(void)
{
    uint32_t event = 0;
    uint32_t pc;
    femto_image_t image;

    instructions_init();
    uint32_t loop = nothings();
    report("empty hook", triggers() - loop);

    int id = femto_container_install(&nothing, FEMTO_TENANT_ACME);
    femto_container_attach(id, FEMTO_HOOK_HERE, NULL);
    report("hook with a container that returns at once", triggers() - loop);

    int second = femto_container_install(&nothing_queued, FEMTO_TENANT_ACME);
    femto_container_attach(second, FEMTO_HOOK_QUEUED, NULL);
    femto_queue_start(&queue); /* more urgent than main: drains at once */
    unsigned irq = irq_disable();
    begin();
    femto_queue_append(&queue, &event);
    uint32_t enqueue = instructions();
    irq_restore(irq);
    report("enqueue", enqueue);
    begin();
    femto_queue_put(&queue, &event);
    report("enqueue, switch, drain 2 events, switch back", instructions());

    femto_container_detach(id);
    femto_container_remove(id);
    id = femto_container_install(&larger, FEMTO_TENANT_ACME);
    const femto_grant_t *grant = femto_hook_contracts[FEMTO_HOOK_HERE].grants;
    begin();
    femto_image_open(&image, larger.image, larger.image_len);
    femto_image_verify(&image, grant->helpers, grant->n_helpers, &pc);
    uint32_t verify = instructions();
    begin();
    femto_container_attach(id, FEMTO_HOOK_HERE, NULL);
    uint32_t attach = instructions();
    report("verify", verify);
    report("attach", attach);
    printf("%" PRIu32 " slots\n", image.slots);
    printf("container: %u bytes, hook: %u bytes, tenant: %u bytes, fault: %u bytes\n",
           (unsigned)sizeof(femto_container_t), (unsigned)sizeof(femto_hook_t),
           (unsigned)sizeof(femto_tenant_state_t), (unsigned)sizeof(femto_fault_t));
    puts("the end");
    return 0;
}
