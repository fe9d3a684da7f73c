/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

#include <femto.h>

/* What the operator put into the stores, and how often that was asked for. */
uint64_t sum(void)
{
    static uint32_t asked;
    uint32_t local = 0, tenant = 0, global = 0;

    fetch_local(1, &local);
    fetch_tenant(1, &tenant);
    fetch_global(1, &global);
    return ++asked + 10 * local + 100 * tenant + 1000 * global;
}
