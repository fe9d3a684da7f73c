/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

#include <femto.h>

/* reads what is behind its context */
SEC("hook/filter")
uint64_t fault(int32_t *sample)
{
    return sample[1000];
}
