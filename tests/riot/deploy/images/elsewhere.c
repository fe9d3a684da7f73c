/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

#include <femto.h>

/* for another hook than that whose slot it is put into */
SEC("hook/alarm")
uint64_t elsewhere(int32_t *sample)
{
    return *sample;
}
