/* SPDX-FileCopyrightText: The femtocontainer authors */
/* SPDX-License-Identifier: MIT */
#include "workload.h"

/* 64-bit multiplication, unsigned division and remainder, n rounds. */
WORKLOAD uint64_t arith64(workload_ctx_t *ctx)
{
    uint64_t x = ctx->a, acc = 0;
    uint32_t n = ctx->n;

    for (uint32_t i = 0; i < n; i++) {
        x = x * 6364136223846793005ULL + 1442695040888963407ULL;
        acc += x / (uint64_t)(i * 2 + 3);
        acc ^= x % (uint64_t)(i * 4 + 5);
    }
    return acc;
}
