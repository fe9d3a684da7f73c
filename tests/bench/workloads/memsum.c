/* SPDX-FileCopyrightText: The femtocontainer authors */
/* SPDX-License-Identifier: MIT */
#include "workload.h"

/* Copy n bytes from a to b, one at a time, and add them up. */
WORKLOAD uint64_t memsum(workload_ctx_t *ctx)
{
    const uint8_t *from = PTR(const uint8_t, ctx->a);
    uint8_t *to = PTR(uint8_t, ctx->b);
    uint32_t n = ctx->n, sum = 0;

    for (uint32_t i = 0; i < n; i++) {
        uint8_t v = from[i];
        to[i] = v;
        sum += v;
    }
    return sum;
}
