/* SPDX-FileCopyrightText: The femtocontainer authors */
/* SPDX-License-Identifier: MIT */
#include "workload.h"

/* Copy n words from a to b, bubble sort b, return a position-weighted sum. */
WORKLOAD uint64_t bsort(workload_ctx_t *ctx)
{
    const uint32_t *from = PTR(const uint32_t, ctx->a);
    uint32_t *d = PTR(uint32_t, ctx->b);
    uint32_t n = ctx->n, sum = 0;

    for (uint32_t i = 0; i < n; i++) {
        d[i] = from[i];
    }
    for (uint32_t i = n; i > 1; i--) {
        for (uint32_t j = 1; j < i; j++) {
            uint32_t x = d[j - 1], y = d[j];
            if (x > y) {
                d[j - 1] = y;
                d[j] = x;
            }
        }
    }
    for (uint32_t i = 0; i < n; i++) {
        sum += d[i] * (i + 1);
    }
    return sum;
}
