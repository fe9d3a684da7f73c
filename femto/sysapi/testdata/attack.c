/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: MIT
 */

/* Runs hostile calls through femto_sys_call() with handlers that touch every
 * byte they were given, so that a sanitizer sees a check that was too kind, and
 * whose results depend on all of it, so that a comparison with the host sees a
 * wrong translation.
 *
 *     gcc -fsanitize=address,undefined -I CORE -I . -I CONTRIB attack.c \
 *         CORE/femto_{sys,vm,image,verify}.c CONTRIB/femto_fmt.c
 *     ./a.out image context grant < vectors > results
 *
 * handlers.h is generated from the table. A vector is {u32 id, u32 room, u64
 * r1..r5}, a result {u32 status, u32 room, u64 r0, u64 address, u64 hash of the
 * memory}. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "femto_fmt.h"
#include "femto_sys.h"

static uint64_t hash;

static void mix_bytes(const void *p, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        hash = (hash ^ ((const uint8_t *)p)[i]) * UINT64_C(0x100000001b3);
    }
}

static void begin(const char *name)
{
    hash = UINT64_C(0xcbf29ce484222325);
    mix_bytes(name, (uint32_t)strlen(name));
}

static void mix(uint64_t v)
{
    uint8_t le[8];

    for (int i = 0; i < 8; i++) {
        le[i] = (uint8_t)(v >> 8 * i);
    }
    mix_bytes(le, 8);
}

static void out(void *ctx, const char *text, uint32_t len)
{
    (void)ctx;
    mix_bytes(text, len);
}

static void mix_format(const char *fmt, const femto_sys_rest_t *rest)
{
    uint32_t len = femto_fmt(NULL, NULL, fmt, rest);

    if (femto_fmt(out, NULL, fmt, rest) != len) {
        abort();
    }
    mix(len);
}

static void fill(uint8_t *p, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        p[i] = (uint8_t)(hash + i);
    }
}

#include "handlers.h"

static uint8_t *read_file(const char *name, uint32_t *len)
{
    FILE *f = fopen(name, "rb");

    if (f == NULL || fseek(f, 0, SEEK_END) != 0) {
        abort();
    }
    *len = (uint32_t)ftell(f);
    rewind(f);
    uint8_t *b = malloc(*len);
    if (b == NULL || fread(b, 1, *len, f) != *len) {
        abort();
    }
    fclose(f);
    return b;
}

typedef struct {
    uint32_t id, room;
    uint64_t r[5];
} vector_t;

typedef struct {
    uint32_t status, room;
    uint64_t r0, address, memory;
} result_t;

int main(int argc, char **argv)
{
    uint32_t len, ctx_len, grant_len, pc;
    static uint8_t first[2][1024];
    femto_instance_t instance;
    femto_vm_t vm;
    vector_t v;

    if (argc != 4) {
        return 2;
    }
    uint8_t *image = read_file(argv[1], &len);
    uint8_t *ctx_template = read_file(argv[2], &ctx_len);
    uint8_t *grant = read_file(argv[3], &grant_len);
    uint8_t *ctx = malloc(ctx_len);
    femto_image_t img;
    if (ctx == NULL || femto_image_open(&img, image, len) != 0) {
        return 3;
    }
    uint32_t ram_len = femto_image_ram(&img);
    uint8_t *ram = malloc(ram_len);
    if (femto_attach(&instance, image, len, ram, ram_len, NULL, 0, femto_sys_call, NULL, &pc) != 0) {
        return 4;
    }
    /* stack and data as the image has them, for each vector anew */
    uint32_t stack_len = (uint32_t)img.frame_size * img.depth;
    uint32_t data_len = img.data_len + img.bss_len;
    fread(first[0], 1, stack_len, stdin);
    fread(first[1], 1, data_len, stdin);

    while (fread(&v, sizeof(v), 1, stdin) == 1) {
        memcpy(ctx, ctx_template, ctx_len);
        femto_start(&vm, &instance, 0, ctx, ctx_len, 1);
        femto_grant(&vm, 5, grant, grant_len, 0);
        uint8_t *stack = femto_write(&vm, 0x01000000, stack_len);
        uint8_t *data = femto_write(&vm, 0x02000000, data_len);
        memcpy(stack, first[0], stack_len);
        memcpy(data, first[1], data_len);
        memcpy(&vm.r[1], v.r, sizeof(v.r));
        vm.room = v.room;
        vm.address = 0;

        result_t result;
        result.status = femto_sys_call(&vm, v.id);
        result.address = result.status == FEMTO_E_BAD_ACCESS ? vm.address : 0;
        result.room = vm.room;
        result.r0 = vm.r[0];
        if (memcmp(&vm.r[1], v.r, sizeof(v.r)) != 0) {
            abort(); /* arguments keep their values */
        }
        hash = UINT64_C(0xcbf29ce484222325);
        mix_bytes(stack, stack_len);
        mix_bytes(data, data_len);
        mix_bytes(ctx, ctx_len);
        mix_bytes(grant, grant_len);
        result.memory = hash;
        fwrite(&result, sizeof(result), 1, stdout);
    }
    free(image);
    free(ctx_template);
    free(grant);
    free(ctx);
    free(ram);
    return 0;
}
