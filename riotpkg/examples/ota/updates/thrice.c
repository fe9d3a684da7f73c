/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

#include <femto.h>
#include "sample.h"

SEC("hook/filter")
uint64_t thrice(sample_t *sample)
{
    sample->value *= 3;
    return 0;
}
