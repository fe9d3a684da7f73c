/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>

#include "femto_container.h"
#include "increment.fc.h"

FEMTO_CONTAINER(increment, INCREMENT);

int main(void)
{
    uint32_t counter = 41;
    femto_result_t result;

    if (femto_container_load(&increment, &result) != 0) {
        femto_result_print("increment", &result);
        return 1;
    }

    printf("before: %" PRIu32 "\n", counter);
    femto_container_run(&increment, INCREMENT_ENTRY_increment,
                        &counter, sizeof(counter), 100, &result);
    femto_result_print("increment", &result);
    printf("after: %" PRIu32 "\n", counter);

    return 0;
}
