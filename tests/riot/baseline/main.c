/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>

int main(void)
{
    volatile uint32_t counter = 41;

    printf("before: %" PRIu32 "\n", counter);
    counter = counter + 1;
    printf("after: %" PRIu32 "\n", counter);

    return 0;
}
