/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

#include <femto.h>

int64_t breaker(void)
{
    ztimer_sleep(1000);
    return *(volatile uint8_t *)8;
}
