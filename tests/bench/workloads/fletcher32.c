/* SPDX-FileCopyrightText: The femtocontainer authors */
/* SPDX-License-Identifier: MIT */
#include "workload.h"

/* Fletcher-32 checksum of n 16-bit words at a. */
WORKLOAD uint64_t fletcher32(workload_ctx_t *ctx)
{
    uint32_t words = ctx->n;
    const uint16_t *data = PTR(const uint16_t, ctx->a);
    uint32_t sum1 = 0xffff, sum2 = 0xffff;

    while (words) {
        unsigned block = words > 359 ? 359 : words;
        words -= block;
        do {
            sum2 += sum1 += *data++;
        } while (--block);
        sum1 = (sum1 & 0xffff) + (sum1 >> 16);
        sum2 = (sum2 & 0xffff) + (sum2 >> 16);
    }
    sum1 = (sum1 & 0xffff) + (sum1 >> 16);
    sum2 = (sum2 & 0xffff) + (sum2 >> 16);
    return (sum2 << 16) | sum1;
}
