/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

#include <femto.h>

/* more RAM than a place has */
static uint32_t memory[512];

SEC("hook/filter")
uint64_t large(int32_t *sample)
{
    memory[*sample & 511] += 1;
    return memory[0];
}
