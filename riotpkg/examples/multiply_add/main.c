/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>

#include "femto_container.h"
#include "multiply_add.fc.h"
#include "multiply_add.h"

FEMTO_CONTAINER(multiply_add, MULTIPLY_ADD);

int main(void)
{
    femto_result_t result;

    if (femto_container_load(&multiply_add, &result) != 0) {
        femto_result_print("multiply_add", &result);
        return 1;
    }

    for (uint32_t i = 1; i <= 3; i++) {
        multiply_add_t ctx = { .a = i, .b = 1000, .c = 7 };

        femto_container_run(&multiply_add, MULTIPLY_ADD_ENTRY_multiply_add,
                            &ctx, sizeof(ctx), 100, &result);
        femto_result_print("multiply_add", &result);
        printf("%" PRIu32 " * %" PRIu32 " + %" PRIu32 " = %" PRIu32 ", run %" PRIu32 "\n",
               ctx.a, ctx.b, ctx.c, (uint32_t)ctx.result, ctx.runs);
    }

    return 0;
}
