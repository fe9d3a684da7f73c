/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

#include <stdint.h>
#include <stdio.h>

#include "container.h"
#include "femto_container.h"

#include "endless.fc.h"
#include "null_pointer.fc.h"
#include "overrun.fc.h"
#include "recursion.fc.h"
#include "write_constant.fc.h"

FEMTO_CONTAINER(endless, ENDLESS);
FEMTO_CONTAINER(null_pointer, NULL_POINTER);
FEMTO_CONTAINER(overrun, OVERRUN);
FEMTO_CONTAINER(recursion, RECURSION);
FEMTO_CONTAINER(write_constant, WRITE_CONSTANT);

static const struct {
    const char *name;
    femto_container_t *container;
    uint32_t entry;
} guests[] = {
    { "null_pointer", &null_pointer, NULL_POINTER_ENTRY_null_pointer },
    { "overrun", &overrun, OVERRUN_ENTRY_overrun },
    { "write_constant", &write_constant, WRITE_CONSTANT_ENTRY_write_constant },
    { "endless", &endless, ENDLESS_ENTRY_endless },
    { "recursion", &recursion, RECURSION_ENTRY_recursion },
};

int main(void)
{
    /* what lies around the context is not for the containers */
    uint32_t memory[6] = { 0xcafe, 0, 0, 0, 0, 0xcafe };
    uint32_t *ctx = &memory[1];
    unsigned faults = 0;

    for (unsigned i = 0; i < ARRAY_SIZE(guests); i++) {
        femto_result_t result;

        if (femto_container_load(guests[i].container, &result) == 0) {
            femto_container_run(guests[i].container, guests[i].entry,
                                ctx, 4 * sizeof(*ctx), 1000, &result);
        }
        femto_result_print(guests[i].name, &result);
        faults += result.code != 0;
    }

    printf("%u faults, and still here: %s\n", faults,
           (memory[0] == 0xcafe && memory[5] == 0xcafe) ? "nothing else was touched"
                                                        : "memory was overwritten");
    return 0;
}
