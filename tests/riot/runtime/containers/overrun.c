/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

#include <femto.h>

int64_t overrun(uint8_t *ctx, uint32_t len)
{
    return ctx[len];
}
