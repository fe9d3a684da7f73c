/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: MIT
 *
 * Runs images in the C core under sanitizers. By hand:
 *
 *   cc -fsanitize=address,undefined -fno-sanitize-recover=all -g -DFEMTO_ENGINE_SMALL \
 *       -Iriotpkg/femtocontainer/core tests/sanitizer/driver/driver.c
 *
 * with every C file of the core behind it but femto_sys.c.
 *
 * Standard input is a sequence of cases, each eight 32-bit little-endian words
 * { flags, image, context, grant 5, grant 6, fuel, slice, rounds }: lengths in bytes,
 * the fuel for the first femto_resume() and for each further one, and how many
 * there are at most; then the bytes of image, context and both grants.
 *
 * Each case gives one line on standard output:
 *
 *   refused CODE PC
 *   ran CODE PC ADDRESS USED R0 ... R10 CONTEXT GRANT5 GRANT6 STACK DATA
 *
 * in hexadecimal, the last five as FNV-1a hashes of the memory afterwards.
 */
#include <stdio.h>
#include <stdlib.h>

#include "host.h"

enum {
    SAME_BUFFER = 1, /* write the image into the buffer, RAM and instance of the case before */
    READ_ONLY = 2,   /* the context may not be written */
    GRANT_TWICE = 4, /* map each grant two times */
    READ_ONLY_5 = 8, /* grant 5 may not be written */
    ALL_ENTRIES = 16, /* describe every entry point, too */
    READ_ONLY_6 = 32 /* grant 6 may not be written */
};

/* Of large memories only the first and the last bytes. */
static uint64_t hash(const uint8_t *p, uint32_t len)
{
    uint64_t h = 0xcbf29ce484222325u;

    for (uint32_t i = 0; i < len; i++) {
        if (i == 4096 && len > 8192) {
            i = len - 4096;
        }
        h = (h ^ p[i]) * 0x100000001b3u;
    }
    return h;
}

/* Exactly len bytes, so that the sanitizer sees the first one too many. */
static uint8_t *take(uint32_t len)
{
    uint8_t *p = malloc(len > 0 ? len : 1);

    if (p == NULL || fread(p, 1, len, stdin) != len) {
        fprintf(stderr, "driver: cut off\n");
        exit(2);
    }
    return p;
}

static uint32_t word(const uint8_t *p)
{
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

int main(void)
{
    uint8_t head[32];
    static femto_instance_t instance;
    uint8_t *image = NULL, *ram = NULL;
    uint32_t capacity = 0, ram_len = 0;

    while (fread(head, sizeof(head), 1, stdin) == 1) {
        uint32_t flags = word(head), image_len = word(head + 4), ctx_len = word(head + 8);
        uint32_t len5 = word(head + 12), len6 = word(head + 16), fuel = word(head + 20), slice = word(head + 24), rounds = word(head + 28);
        uint8_t *fresh = take(image_len), *ctx = take(ctx_len), *grant5 = take(len5), *grant6 = take(len6);

        if ((flags & SAME_BUFFER) != 0 && image_len == capacity) {
            memcpy(image, fresh, image_len);
            free(fresh);
        }
        else {
            free(image);
            free(ram);
            ram = NULL;
            image = fresh;
            capacity = image_len;
            memset(&instance, 0xaa, sizeof(instance));
        }
        femto_image_t probe;
        uint16_t status = femto_image_open(&probe, image, image_len);
        uint32_t pc = 0;
        if (status == 0 && (flags & ALL_ENTRIES) != 0) {
            for (uint32_t i = 0; i < probe.n_entries; i++) {
                femto_entry_t e;
                femto_image_entry(&probe, i, &e);
                (void)hash(e.name, e.name_len);
                if (e.hook != NULL) {
                    (void)hash(e.hook, 16);
                }
            }
        }
        if (status == 0 && ram == NULL) {
            ram_len = femto_image_ram(&probe);
            ram = malloc(ram_len > 0 ? ram_len : 1);
            memset(ram, 0x55, ram_len);
        }
        if (status == 0) {
            status = femto_attach(&instance, image, image_len, ram, ram_len, granted,
                                  sizeof(granted) / sizeof(granted[0]), host, NULL, &pc);
        }
        if (status != 0) {
            printf("refused %u %u\n", status, pc);
        }
        else {
            femto_vm_t vm;
            femto_entry_t entry;
            uint64_t given = 0;

            femto_image_entry(&instance.image, 0, &entry);
            femto_start(&vm, &instance, entry.slot, ctx, ctx_len, (flags & READ_ONLY) == 0);
            for (int i = 0; i < ((flags & GRANT_TWICE) != 0 ? 2 : 1); i++) {
                femto_grant(&vm, 5, grant5, len5, (flags & READ_ONLY_5) == 0);
                femto_grant(&vm, 6, grant6, len6, (flags & READ_ONLY_6) == 0);
            }
            do {
                given += fuel > FEMTO_MAX_FUEL ? FEMTO_MAX_FUEL : fuel;
                status = femto_resume(&vm, fuel);
                fuel = slice;
            } while (status == FEMTO_E_OUT_OF_FUEL && --rounds > 0);
            uint32_t used = (uint32_t)given - (status == FEMTO_E_OUT_OF_FUEL ? 0 : femto_room(&vm));
            uint32_t stack = (uint32_t)instance.image.frame_size * instance.image.depth;
            uint32_t data = instance.image.data_len + instance.image.bss_len;

            printf("ran %u %u %08x %u", status, status == 0 ? 0 : femto_pc(&vm),
                   status == FEMTO_E_BAD_ACCESS ? vm.address : 0, used);
            for (int i = 0; i < FEMTO_NUM_REGS; i++) {
                printf(" %llx", (unsigned long long)vm.r[i]);
            }
            printf(" %llx %llx %llx %llx %llx\n", (unsigned long long)hash(ctx, ctx_len),
                   (unsigned long long)hash(grant5, len5), (unsigned long long)hash(grant6, len6),
                   (unsigned long long)hash(instance.span[0].base, stack),
                   (unsigned long long)hash(instance.span[1].base, data));
        }
        fflush(stdout);
        free(ctx);
        free(grant5);
        free(grant6);
    }
    free(image);
    free(ram);
    return 0;
}
