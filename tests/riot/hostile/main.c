/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

/**
 * @file
 * @brief   Every system call with every hostile argument
 *
 * The file has, for each call: 8 bytes (number of the call, length of the image,
 * number of vectors), an image that makes the call with what it finds in its
 * context, and vectors of five arguments and the fault that they must lead to.
 */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "femto_runtime.h"

FEMTO_HOOK(call, FEMTO_HOOK_CALL);

__asm__(".section .rodata\n"
        ".balign 8\n"
        "vectors: .incbin \"" VECTORS "\"\n"
        "vectors_end: .byte 0\n"
        ".text\n");
extern const uint8_t vectors[];
extern const uint8_t vectors_end[];

typedef struct {
    uint16_t call;
    uint16_t image_len;
    uint32_t n;
} header_t;

typedef struct {
    uint64_t args[5];
    uint64_t fault;     /* the number NNNN of a code FCNNNN, or 0 */
} vector_t;

enum { CTX = 64, ARGS = 24, DATA = 16 };

/* What calls may write, and what lies around it. */
static struct {
    uint8_t before[64];
    uint8_t ctx[CTX];
    uint8_t between[64];
    uint8_t data[DATA];
    uint8_t after[64];
} memory;

static uint64_t ram[64];

static int touched(void)
{
    for (unsigned i = 0; i < 64; i++) {
        if (memory.before[i] != 0xa5 || memory.between[i] != 0xa5 || memory.after[i] != 0xa5) {
            return 1;
        }
    }
    for (unsigned i = 0; i < DATA; i++) {
        if (memory.data[i] != 0xa5) {
            return 1; /* which is read only */
        }
    }
    return 0;
}

static int begin(const femto_program_t *program, femto_refusal_t *why)
{
    int id = femto_container_install(program, FEMTO_TENANT_MALLORY);

    femto_container_attach(id, FEMTO_HOOK_CALL, why);
    return id;
}

static unsigned attack(unsigned number, const femto_program_t *program, const vector_t *v, uint32_t n)
{
    femto_refusal_t why;
    unsigned wrong = 0;
    int id = begin(program, &why);

    if (why.code != 0) { /* calls that wait, which are refused on this hook */
        femto_refusal_print("attach", &why);
        femto_container_remove(id);
        return why.code != FEMTO_E_NOT_GRANTED;
    }
    for (uint32_t i = 0; i < n && wrong < 10; i++) {
        femto_event_t event = {
            .ctx = memory.ctx, .ctx_len = CTX,
            .data = memory.data, .data_len = DATA, .data_read_only = true,
        };
        femto_fault_t fault = { 0 };

        memset(&memory, 0xa5, sizeof(memory));
        memset(memory.ctx, 'A', ARGS);
        memcpy(memory.ctx + ARGS, v[i].args, sizeof(v[i].args));
        if (femto_hook_run(&call, &event, NULL) == 0) {
            femto_fault_get(0, &fault);
            femto_container_remove(id); /* and with it the record */
            id = begin(program, &why);
        }
        if (touched() || fault.code != v[i].fault) {
            printf("WRONG: call 0x%02x, vector %" PRIu32 ": FC%u, not FC%u%s\n", number, i,
                   fault.code, (unsigned)v[i].fault, touched() ? ", memory was overwritten" : "");
            wrong++;
        }
        femto_container_restart(id); /* with its initial data */
    }
    femto_container_remove(id);
    return wrong;
}

int main(void)
{
    const uint8_t *at = vectors;
    unsigned calls = 0, total = 0, wrong = 0;

    while (at < vectors_end) {
        header_t h;
        memcpy(&h, at, sizeof(h));
        const femto_program_t program = {
            .name = "attack", .image = at + sizeof(h), .image_len = h.image_len,
            .ram = (uint8_t *)ram, .ram_len = sizeof(ram),
        };
        at += sizeof(h) + (h.image_len + 7) / 8 * 8;
        wrong += attack(h.call, &program, (const vector_t *)(uintptr_t)at, h.n);
        at += h.n * sizeof(vector_t);
        calls++;
        total += h.n;
    }
    printf("%u calls, %u vectors, %u wrong, and still here\n", calls, total, wrong);
    return 0;
}
