/* SPDX-FileCopyrightText: The femtocontainer authors */
/* SPDX-License-Identifier: MIT */
#include "workload.h"

#define WINDOW 10
#define KEY_AVERAGE 100

/*
 * Read n samples from the key-value store (keys 1..n), keep the last WINDOW of
 * them, and store the average after each: two system calls a sample, one of
 * them with a pointer into the container's stack.
 */
WORKLOAD uint64_t moving_average(workload_ctx_t *ctx)
{
    uint32_t n = ctx->n, filled = 0, next = 0;
    uint32_t window[WINDOW];
    uint32_t sum = 0, average = 0;
    uint64_t trace = 0;

    for (uint32_t i = 1; i <= n; i++) {
        uint32_t sample;
        if (fetch_local(i, &sample)) {
            break;
        }
        if (filled == WINDOW) {
            sum -= window[next];
        }
        else {
            filled++;
        }
        window[next] = sample;
        sum += sample;
        next = next + 1 == WINDOW ? 0 : next + 1;
        average = sum / filled;
        store_local(KEY_AVERAGE, average);
        trace = trace * 31 + average;
    }
    return trace;
}
