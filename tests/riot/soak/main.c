/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

#include <inttypes.h>
#include <stdio.h>

#include "count_1.fc.h"
#include "count_2.fc.h"
#include "femto_runtime.h"
#include "femto_sched.h"
#include "other.fc.h"
#include "thread.h"

FEMTO_HOOK(others, FEMTO_HOOK_OTHERS);

FEMTO_PROGRAM(count_1, COUNT_1);
FEMTO_PROGRAM(count_2, COUNT_2);

enum { OTHERS = 9, EACH = 1000 };

static uint64_t other_ram[OTHERS][(OTHER_RAM + 7) / 8 + 1];
static femto_program_t other[OTHERS];

static void *friend(void *arg)
{
    (void)arg;
    for (;;) {
        thread_sleep();
    }
    return NULL;
}

static volatile uint32_t *memory(int id)
{
    return (volatile uint32_t *)(uintptr_t)femto_container_get(id)->instance.span[1].base;
}

static void soak(void)
{
    static char stack[THREAD_STACKSIZE_DEFAULT];
    static const femto_program_t *const programs[] = { &count_1, &count_2 };
    kernel_pid_t pid = thread_create(stack, sizeof(stack), THREAD_PRIORITY_MAIN - 1, 0, friend,
                                     NULL, "friend");
    uint32_t seen = 0, gaps = 0, replaced = 0, ran = 0;
    int id = femto_container_install(programs[0], FEMTO_TENANT_ACME);

    for (unsigned i = 0; i < OTHERS; i++) {
        other[i] = (femto_program_t){ .name = "other", .image = OTHER_IMAGE,
                                      .image_len = OTHER_IMAGE_LEN,
                                      .ram = (uint8_t *)other_ram[i], .ram_len = sizeof(other_ram[i]) };
        femto_container_attach(femto_container_install(&other[i], i % 3), FEMTO_HOOK_OTHERS, NULL);
    }
    femto_container_attach(id, FEMTO_HOOK_SCHEDULER, NULL);
    while (seen < EVENTS) {
        uint32_t before = memory(id)[0];
        while (memory(id)[0] < before + EACH) {
            thread_wakeup(pid); /* two switches */
        }
        seen += memory(id)[0];
        gaps += memory(id)[1];
        replaced++;
        femto_container_replace(id, programs[replaced % 2], NULL);
        ran += femto_hook_trigger(&others, NULL, 0, NULL);
    }
    printf("%" PRIu32 " activations, %" PRIu32 " gaps, %" PRIu32 " dropped, replaced %" PRIu32
           " times, the other nine %s\n", seen, gaps, femto_sched_hook.dropped, replaced,
           (ran == replaced * OTHERS) ? "always ran" : "did not always run");
    femto_container_remove(id);
}

int main(void)
{
    soak();
    puts("the end");
    return 0;
}
