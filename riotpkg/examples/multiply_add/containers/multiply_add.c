/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

#include <femto.h>

#include "multiply_add.h"

/* The container's own memory: lives as long as the container is loaded. */
static uint32_t runs;

uint64_t multiply_add(multiply_add_t *ctx)
{
    ctx->result = (uint64_t)ctx->a * ctx->b + ctx->c;
    ctx->runs = ++runs;

    return ctx->result;
}
