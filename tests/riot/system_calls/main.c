/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

#include <inttypes.h>
#include <stdio.h>

#include "femto_container.h"
#include "femto_sys.h"
#include "print.fc.h"
#include "ztimer.h"

FEMTO_CONTAINER(guest, PRINT);

static const femto_program_t mute_program = {
    .name = "mute",
    .image = PRINT_IMAGE,
    .image_len = PRINT_IMAGE_LEN,
    .withheld = 1 << FEMTO_CAP_CONSOLE,
};
static femto_container_t mute = { .instance = { .host = (void *)(uintptr_t)&mute_program } };

static void run(const char *name, uint32_t entry)
{
    uint32_t ctx[2] = { 0 };
    femto_result_t result;

    femto_container_run(&guest, entry, ctx, sizeof(ctx), 100000, &result);
    femto_result_print(name, &result);
}

static void clock(uint32_t *ctx)
{
    femto_container_run(&guest, PRINT_ENTRY_clock, ctx, 2 * sizeof(*ctx), 100, NULL);
}

int main(void)
{
    uint32_t before[2];
    uint32_t after[2];
    femto_result_t result;

    femto_container_load(&mute, &result);
    femto_result_print("mute", &result);

    femto_container_load(&guest, &result);
    femto_result_print("load", &result);

    run("formats", PRINT_ENTRY_formats);
    ztimer_sleep(ZTIMER_MSEC, 1100);
    run("flood", PRINT_ENTRY_flood);
    run("flood at once", PRINT_ENTRY_flood);
    ztimer_sleep(ZTIMER_MSEC, 1100);
    run("flood later", PRINT_ENTRY_flood);

    clock(before);
    ztimer_sleep(ZTIMER_MSEC, 100);
    clock(after);
    uint32_t ms = after[0] - before[0];
    uint32_t us = after[1] - before[1];
    printf("slept 100 ms: %s\n",
           (ms >= 99 && ms < 1000 && us >= 99000 && us < 1000000) ? "yes" : "no");

    femto_result_t most;
    femto_container_run(&guest, PRINT_ENTRY_clock, before, sizeof(before), 100, &result);
    femto_container_run(&guest, PRINT_ENTRY_clock, before, sizeof(before), UINT32_MAX, &most);
    printf("the limit changes the fuel used: %s\n",
           (most.code == 0 && most.fuel_used == result.fuel_used) ? "no" : "yes");

    /* slots that are none of its entry points, the next one and one far outside its text */
    printf("elsewhere: FC%u, FC%u\n",
           femto_container_run(&guest, PRINT_ENTRY_clock + 1, NULL, 0, 100, &result),
           femto_container_run(&guest, 1u << 20, NULL, 0, 100, NULL));
    return 0;
}
