/* SPDX-FileCopyrightText: The femtocontainer authors */
/* SPDX-License-Identifier: MIT */
/* The workloads as native code. */
#include "count.h"
#include "report.h"
#include "store.h"
#define BLOCK_ADDRESS(p) ((uint64_t)(uintptr_t)(p))
#include "block.h"

#define WORKLOADS(X)                                                            \
    X(ret0) X(fletcher32) X(memsum) X(arith64) X(bsort) X(crc32) X(sha256)      \
    X(coap_response) X(moving_average) X(parse_numbers) X(state_machine)

#define DECLARE(name) uint64_t name(workload_ctx_t *ctx);
WORKLOADS(DECLARE)

__attribute__((noinline)) uint32_t store_local(uint32_t key, uint32_t value)
{
    (void)key;
    store_average = value;
    return 0;
}

__attribute__((noinline)) uint32_t fetch_local(uint32_t key, uint32_t *value)
{
    *value = store_sample(key);
    return 0;
}

static void measure(const char *name, uint64_t (*run)(workload_ctx_t *))
{
    workload_ctx_t ctx;
    uint64_t result = 0;

    workload_context(&ctx, name);
    COUNT_OPEN;
    __auto_type from = count_now();
    for (unsigned long i = 0; i < COUNT_REPEAT; i++) {
        result = run(&ctx);
    }
    __auto_type to = count_now();
    COUNT_CLOSE;
    report(name, "-", 0, 0, (uint32_t)count_between(from, to), result, 0, 0, 0);
}

int main(int argc, char **argv)
{
    count_init(argc, argv);
#define MEASURE(name) measure(#name, name);
    WORKLOADS(MEASURE)
    return 0;
}
