/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

#include <femto.h>

SEC("hook/alarm")
uint64_t print(const int32_t *sample)
{
    printf("guest: %d\n", *sample);
    return 0;
}
