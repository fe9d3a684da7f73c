/* SPDX-FileCopyrightText: The femtocontainer authors */
/* SPDX-License-Identifier: MIT */
#include "workload.h"

/*
 * Parse n characters of text at a: decimal and 0x-prefixed numbers with an
 * optional sign, anything else separates. The values go to b (room for m).
 * Returns count << 32 | sum of the values.
 */
WORKLOAD uint64_t parse_numbers(workload_ctx_t *ctx)
{
    const uint8_t *s = PTR(const uint8_t, ctx->a), *end = s + ctx->n;
    int32_t *out = PTR(int32_t, ctx->b);
    uint32_t room = ctx->m, count = 0, sum = 0;

    while (s < end) {
        uint32_t negative = 0, value = 0, digits = 0, base = 10;

        if (*s == '-' || *s == '+') {
            negative = *s++ == '-';
        }
        if (end - s > 2 && s[0] == '0' && (s[1] | 0x20) == 'x') {
            base = 16;
            s += 2;
        }
        while (s < end) {
            uint32_t d = (uint32_t)*s - '0';
            if (d > 9) {
                d = (*s | 0x20u) - 'a' + 10;
                if (d < 10 || d > 15) {
                    break;
                }
            }
            if (d >= base) {
                break;
            }
            value = value * base + d;
            digits++;
            s++;
        }
        if (digits == 0) {
            s++;
            continue;
        }
        if (negative) {
            value = 0u - value;
        }
        if (count < room) {
            out[count++] = (int32_t)value;
        }
        sum += value;
    }
    return (uint64_t)count << 32 | sum;
}
