/* SPDX-FileCopyrightText: The femtocontainer authors */
/* SPDX-License-Identifier: MIT */
/*
 * The workloads as containers in one engine of the core. images.h is written
 * by the harness: every workload in every bytecode variant, as an image.
 */
#include <stddef.h>

#include "femto_core.h"

#include "count.h"
#include "report.h"
#include "store.h"
#define BLOCK_ADDRESS(p) (0x05000000u + (uint64_t)((const uint8_t *)(p) - (const uint8_t *)&block))
#include "block.h"
#include "images.h"

#define FUEL 0x04000000u

/* Written out rather than generated: the bench measures the engine and the
 * price of leaving it, not the system calls. */
static uint16_t system_call(femto_vm_t *vm, uint32_t id)
{
    switch (id) {
    case IMAGES_STORE_LOCAL:
        store_average = (uint32_t)vm->r[2];
        vm->r[0] = 0;
        return 0;
    case IMAGES_FETCH_LOCAL: {
        uint8_t *to = femto_write(vm, vm->r[2], sizeof(uint32_t));
        if (to == NULL) {
            return FEMTO_E_BAD_ACCESS;
        }
        uint32_t sample = store_sample((uint32_t)vm->r[1]);
        memcpy(to, &sample, sizeof(sample));
        vm->r[0] = 0;
        return 0;
    }
    default:
        return FEMTO_E_UNKNOWN_HELPER;
    }
}

static const uint16_t granted[] = { IMAGES_STORE_LOCAL, IMAGES_FETCH_LOCAL };
static uint8_t ram[2048] __attribute__((aligned(8)));
static femto_instance_t instance;

typedef struct {
    uint64_t result;
    uint32_t fuel;
    uint16_t status;
} outcome_t;

/*
 * One activation, as a host does it: start, grant what this run may see, run.
 * All of it is measured; the granting belongs to the activation because a
 * grant ends with it.
 */
static inline __attribute__((always_inline)) void activate(outcome_t *out, const image_t *image, uint32_t entry,
                                                           workload_ctx_t *ctx, uintptr_t *top)
{
    femto_vm_t vm;

    if (top != NULL) {  /* a constant: this costs a measured run nothing */
        *top = (uintptr_t)(&vm + 1);
    }
    out->status = femto_start(&vm, &instance, entry, ctx, sizeof(*ctx), 1);
    if (!out->status && image->grants) {
        out->status = femto_grant(&vm, 5, &block, sizeof(block), 1);
    }
    if (!out->status) {
        out->status = femto_resume(&vm, FUEL);
    }
    out->result = vm.r[0];
    out->fuel = FUEL - femto_room(&vm);
}

/*
 * How much C stack an activation takes, femto_vm_t included: fill what lies
 * below the stack pointer, run, look how far down it was overwritten.
 */
#if defined(__arm__) || defined(__riscv)
#define PAINT 0xa5u
#define PAINTED 1024u

__attribute__((noinline)) static uintptr_t activate_once(const image_t *image, uint32_t entry, workload_ctx_t *ctx)
{
    outcome_t out;
    uintptr_t top;

    activate(&out, image, entry, ctx, &top);
    return top;
}

__attribute__((noinline)) static uint32_t stack_used(const image_t *image, uint32_t entry, workload_ctx_t *ctx)
{
    volatile uint8_t *sp;

#if defined(__arm__)
    __asm__ volatile ("mov %0, sp" : "=r" (sp));
#else
    __asm__ volatile ("mv %0, sp" : "=r" (sp));
#endif
    for (uint32_t i = 1; i <= PAINTED; i++) {
        sp[-(int32_t)i] = PAINT;
    }
    uint8_t *top = (uint8_t *)activate_once(image, entry, ctx);

    volatile uint8_t *lowest = sp - PAINTED;
    while (lowest < top && *lowest == PAINT) {
        lowest++;
    }
    return (uint32_t)(top - lowest);
}
#else
static uint32_t stack_used(const image_t *image, uint32_t entry, workload_ctx_t *ctx)
{
    (void)image;
    (void)entry;
    (void)ctx;
    return 0;
}
#endif

static void measure(const image_t *image)
{
    workload_ctx_t ctx;
    femto_image_t view;
    femto_entry_t entry;
    outcome_t out = { 0, 0, 0 };
    uint32_t pc;
    const uint32_t n_granted = sizeof(granted) / sizeof(granted[0]);

    workload_context(&ctx, image->workload);
    uint16_t status = femto_image_open(&view, image->bytes, image->len);
    __auto_type t0 = count_now();
    if (!status) {
        status = femto_image_verify(&view, granted, n_granted, &pc);
    }
    __auto_type t1 = count_now();
    if (!status) {
        status = femto_attach(&instance, image->bytes, image->len, ram, sizeof(ram), granted, n_granted,
                              system_call, NULL, &pc);
    }
    __auto_type t2 = count_now();
    if (status) {
        report(image->workload, image->bytecode, 0, 0, 0, 0, 0, status, 0);
        return;
    }

    femto_image_entry(&instance.image, 0, &entry);
    COUNT_OPEN;
    __auto_type t3 = count_now();
    for (unsigned long i = 0; i < COUNT_REPEAT; i++) {
        activate(&out, image, entry.slot, &ctx, NULL);
    }
    __auto_type t4 = count_now();
    COUNT_CLOSE;

    report(image->workload, image->bytecode, (uint32_t)count_between(t1, t2), (uint32_t)count_between(t0, t1),
           (uint32_t)count_between(t3, t4), out.result, out.fuel, out.status,
           stack_used(image, entry.slot, &ctx));
}

int main(int argc, char **argv)
{
    count_init(argc, argv);
    for (unsigned i = 0; i < sizeof(images) / sizeof(images[0]); i++) {
        measure(&images[i]);
    }
    return 0;
}
