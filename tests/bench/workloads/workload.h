/* SPDX-FileCopyrightText: The femtocontainer authors */
/* SPDX-License-Identifier: MIT */
/*
 * One C source for every engine and for native code.
 *
 * A workload gets a 32-byte context and finds everything else in one block of
 * data (block.h). A container sees that block as guest segment 5, so the
 * addresses in its context are guest addresses; native code sees pointers.
 */
#ifndef WORKLOAD_H
#define WORKLOAD_H

#include <stdint.h>

typedef struct {
    uint64_t a, b, c;
    uint32_t n, m;
} workload_ctx_t;

/* A guest address is 32 bits. Saying so keeps the bytecode independent of the
 * width the host's <stdint.h> happens to give uintptr_t for this target. */
#ifdef __bpf__
#define PTR(type, address) ((type *)(uint64_t)(uint32_t)(address))
#else
#define PTR(type, address) ((type *)(uintptr_t)(address))
#endif

#define WORKLOAD __attribute__((noinline))

/* The two system calls that moving_average makes. */
uint32_t store_local(uint32_t key, uint32_t value);
uint32_t fetch_local(uint32_t key, uint32_t *value);

#endif
