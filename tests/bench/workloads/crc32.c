/* SPDX-FileCopyrightText: The femtocontainer authors */
/* SPDX-License-Identifier: MIT */
#include "workload.h"

/* Bitwise CRC-32 of n bytes at a. */
WORKLOAD uint64_t crc32(workload_ctx_t *ctx)
{
    const uint8_t *data = PTR(const uint8_t, ctx->a);
    uint32_t n = ctx->n, crc = 0xffffffffu;

    for (uint32_t i = 0; i < n; i++) {
        crc ^= data[i];
        for (int bit = 0; bit < 8; bit++) {
            uint32_t low = crc & 1;
            crc >>= 1;
            if (low) {
                crc ^= 0xedb88320u;
            }
        }
    }
    return (uint32_t)~crc;
}
