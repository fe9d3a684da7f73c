/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

#include <femto.h>
#include "sample.h"

SEC("hook/alarm")
uint64_t limit(const sample_t *sample)
{
    return sample->value > 50;
}
