/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

#include <femto.h>

uint64_t sleeper(void)
{
    while (ztimer_sleep(50) == 0) {
    }
    return 0;
}
