/* SPDX-FileCopyrightText: The femtocontainer authors */
/* SPDX-License-Identifier: MIT */

/* Calls one function of the core in a given state, and prints what is seen of
 * it, as ours.go does:
 *
 *     driver FUNCTION NAME=VALUE... < contents of the file, or of the segments
 *
 * handlers.h is made of the table of system calls. */

#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "femto_fmt.h"
#include "femto_sys.c" /* for what is static there */

static char **names;

static uint64_t get(const char *name)
{
    const size_t n = strlen(name);

    for (char **a = names; *a != NULL; a++) {
        if (strncmp(*a, name, n) == 0 && (*a)[n] == '=') {
            return strtoull(*a + n + 1, NULL, 0);
        }
    }
    return 0;
}

static uint64_t get_of(const char *name, int k)
{
    char s[16];

    snprintf(s, sizeof(s), "%s%d", name, k);
    return get(s);
}

static uint8_t *input(size_t n)
{
    uint8_t *b = malloc(n);

    if ((b == NULL && n != 0) || fread(b, 1, n, stdin) != n) {
        exit(2);
    }
    return b;
}

static uint32_t sum(const void *p, size_t n)
{
    uint32_t h = UINT32_C(0x811c9dc5);

    for (size_t i = 0; i < n; i++) {
        h = (h ^ ((const uint8_t *)p)[i]) * UINT32_C(0x01000193);
    }
    return h;
}

/// What handlers were asked ///

static femto_vm_t vm;
static uint32_t size[FEMTO_NUM_SEGMENTS];
static const char *comma;

static void begin(const char *name)
{
    printf("handler %s(", name);
    comma = "";
}

static void next(void)
{
    printf("%s", comma);
    comma = ", ";
}

static void end(void)
{
    printf(")\n");
}

static void number(uint64_t v)
{
    next();
    printf("0x%llx", (unsigned long long)v);
}

static void scalar(uint32_t v)
{
    next();
    printf("number 0x%lx", (unsigned long)v);
}

/* The segment in which p is, or 0. */
static uint32_t segment_of(const uint8_t *p)
{
    for (uint32_t k = 1; k < FEMTO_NUM_SEGMENTS - 1; k++) {
        if ((uintptr_t)p - (uintptr_t)vm.base[k] < size[k]) {
            return k;
        }
    }
    return 0;
}

static void bytes(const void *data, uint32_t n)
{
    const uint8_t *p = data;
    const uint32_t k = segment_of(p);

    next();
    if (p == (const uint8_t *)&vm) {
        printf(n == 0 ? "no bytes" : "%lu bytes of the host's", (unsigned long)n);
    }
    else if (k == 0) {
        printf("%lu bytes that are no container's", (unsigned long)n);
    }
    else {
        printf("%lu bytes at 0x%08lx, sum %08lx", (unsigned long)n,
               (unsigned long)((k << FEMTO_SEGMENT_BITS) + (uint32_t)(p - vm.base[k])), (unsigned long)sum(p, n));
    }
}

static char rendered[8192];
static uint32_t length;

static void render(void *ctx, const char *text, uint32_t n)
{
    (void)ctx;
    for (uint32_t i = 0; i < n && length < sizeof(rendered); i++) {
        rendered[length++] = text[i];
    }
}

static void format(const char *fmt, const femto_sys_rest_t *rest)
{
    length = 0;
    femto_fmt(render, NULL, fmt, rest);
    next();
    printf("%lu characters, sum %08lx: ", (unsigned long)length, (unsigned long)sum(rendered, length));
    for (uint32_t i = 0; i < length && i < 64; i++) {
        putchar(rendered[i] < ' ' || rendered[i] > '~' ? '.' : rendered[i]);
    }
}

#include "handlers.h"

/// Functions ///

static int verdict(void)
{
    const uint32_t len = (uint32_t)get("len");
    femto_image_t img;
    uint32_t pc = 0;

    unsigned code = femto_image_open(&img, input(len), len);
    if (code == 0) { /* every system call that is imported is granted */
        code = femto_image_verify(&img, (const uint16_t *)img.helpers, img.n_helpers, &pc);
    }
    printf("%u %lu\n", code, (unsigned long)pc);
    return 0;
}

/* Room for a text where its low half was found, if nothing is there. */
static femto_word_t *text(uint32_t low, uint32_t slots)
{
    uintptr_t at = low;
#if UINTPTR_MAX > 0xffffffffu
    at |= (uintptr_t)1 << 45;
#endif
    const uintptr_t page = at & ~(uintptr_t)0xfff;
    uint8_t *p = mmap((void *)page, (at - page) + 8 * (size_t)slots + 8, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p == MAP_FAILED) {
        exit(2);
    }
    return (femto_word_t *)(void *)(p + (at - page));
}

static void locate(const uint8_t *p, uint32_t len)
{
    const uint32_t k = segment_of(p);

    if (p == NULL) {
        printf("gives nothing\n");
    }
    else if (len == 0) {
        printf("gives no bytes, which are in reach\n");
    }
    else if (k == 0) {
        printf("gives memory that is no container's\n");
    }
    else {
        printf("gives segment %lu at 0x%lx\n", (unsigned long)k, (unsigned long)(p - vm.base[k]));
    }
}

static uint32_t bytes_to(uint32_t end, uint32_t k)
{
    return end > k << FEMTO_SEGMENT_BITS ? end - (k << FEMTO_SEGMENT_BITS) : 0;
}

static void changes(uint32_t k, const uint8_t *was, const uint8_t *is, uint32_t n)
{
    uint32_t first = 0;
    uint32_t last = n;

    while (first < n && was[first] == is[first]) {
        first++;
    }
    if (first == n) {
        printf("segment %lu as before\n", (unsigned long)k);
        return;
    }
    while (was[last - 1] == is[last - 1]) {
        last--;
    }
    printf("segment %lu written from 0x%lx to 0x%lx, now", (unsigned long)k, (unsigned long)first, (unsigned long)last - 1);
    for (uint32_t i = first; i < last && i < first + 16; i++) {
        printf(" %02x", is[i]);
    }
    printf(", sum %08lx\n", (unsigned long)sum(is, n));
}

/* The way of an image until it runs; what the host has to give is not zero. */
static int instance_of(void)
{
    static femto_instance_t c;
    const uint32_t len = (uint32_t)get("len");
    const uint32_t ram_len = (uint32_t)get("arg.ram_len");
    const uint32_t ctx_len = (uint32_t)get("arg.ctx_len");
    const uint32_t n = (uint32_t)get("arg.n_granted");
    const size_t shift = get("arg.ram_at") & 7;
    const uint8_t *image = input(len);
    uint8_t *ram = (uint8_t *)malloc(ram_len + shift) + shift;
    uint8_t *ctx = malloc(ctx_len);
    const uint16_t *granted = calloc(n, sizeof(*granted));
    uint32_t pc;

    memset(ram, 0xee, ram_len);
    memset(ctx, 0x5a, ctx_len);
    memset(&c, 0xee, sizeof(c));
    const unsigned status = femto_attach(&c, image, len, ram, ram_len, granted, n, femto_sys_call, names, &pc);
    printf("status %u\n", status);
    if (status >= FEMTO_E_ILLEGAL_INSTRUCTION) {
        printf("slot %lu\n", (unsigned long)pc);
    }
    if (status != 0) {
        return 0;
    }
    printf("host %s\n", c.host == names && c.call == femto_sys_call ? "as given" : "another");
    for (uint32_t i = 0; i < c.image.n_entries; i++) {
        femto_entry_t e;
        femto_image_entry(&c.image, i, &e);
        printf("entry %lu at slot %lu, name of %u characters, sum %08lx, hook ", (unsigned long)i, (unsigned long)e.slot,
               e.name_len, (unsigned long)sum(e.name, e.name_len));
        if (e.hook == NULL) {
            printf("none\n");
        }
        else {
            printf("%08lx\n", (unsigned long)sum(e.hook, 16));
        }
    }
    const uint32_t data = bytes_to(c.span[1].end, 2);
    uint32_t attached = sum(c.span[1].base, data);
    memset(c.span[0].base, 0xee, bytes_to(c.span[0].end, 1));
    memset(c.span[1].base, 0xee, data);
    femto_reset(&c);
    printf("data %lu bytes, sum %08lx", (unsigned long)data, (unsigned long)sum(c.span[1].base, data));
    if (sum(c.span[1].base, data) != attached) {
        printf(", but %08lx when attached", (unsigned long)attached);
    }
    printf("\n");
    memset(&vm, 0xee, sizeof(vm));
    const unsigned started = femto_start(&vm, &c, (uint32_t)get("arg.slot"), ctx_len == 0 ? NULL : ctx, ctx_len,
                                         (int)(uint32_t)get("arg.writable"));
    printf("start %u\n", started);
    if (started != 0) {
        return 0;
    }
    for (int i = 0; i < FEMTO_NUM_REGS; i++) {
        printf("r%d 0x%llx\n", i, (unsigned long long)vm.r[i]);
    }
    printf("pc 0x%lx\n", (unsigned long)femto_pc(&vm));
    printf("fuel 0x%lx\n", (unsigned long)(uint32_t)(vm.room - (uint32_t)(uintptr_t)vm.pc));
    printf("level 0x%lx\n", (unsigned long)vm.level);
    for (uint32_t k = 1; k < FEMTO_NUM_SEGMENTS - 1; k++) {
        const uint32_t size_k = bytes_to(vm.end[k], k);
        printf("mapped %lu 0x%lx bytes, 0x%lx of them to write, sum %08lx\n", (unsigned long)k, (unsigned long)size_k,
               (unsigned long)bytes_to(vm.writable_end[k], k), (unsigned long)sum(vm.base[k], size_k));
    }
    return 0;
}

int main(int argc, char **argv)
{
    static femto_instance_t instance;
    uint8_t *was[FEMTO_NUM_SEGMENTS];
    const char *function = argc > 1 ? argv[1] : "";

    names = argv + (argc > 1);
    if (strcmp(function, "verdict") == 0) {
        return verdict();
    }
    if (strcmp(function, "instance") == 0) {
        return instance_of();
    }
    const femto_word_t *start = text((uint32_t)get("text"), (uint32_t)get("slots"));
    instance.image.text = start;
    instance.image.slots = (uint32_t)get("slots");
    vm.instance = &instance;
    for (int i = 0; i < FEMTO_NUM_REGS; i++) {
        vm.r[i] = get_of("r", i);
    }
    for (uint32_t k = 1; k < FEMTO_NUM_SEGMENTS - 1; k++) {
        const uint32_t writable = (uint32_t)get_of("writable", (int)k);
        size[k] = (uint32_t)get_of("readable", (int)k);
        vm.base[k] = input(size[k]);
        vm.end[k] = size[k] == 0 ? 0 : (k << FEMTO_SEGMENT_BITS) + size[k];
        vm.writable_end[k] = writable == 0 ? 0 : (k << FEMTO_SEGMENT_BITS) + writable;
        was[k] = malloc(size[k]);
        if (size[k] != 0) {
            memcpy(was[k], vm.base[k], size[k]);
        }
    }
    vm.pc = start + 2 * (uint32_t)get("pc");
    vm.address = (uint32_t)get("address");
    const int between = strcmp(function, "femto_room") == 0; /* runs, not in a system call */
    vm.room = between ? (uint32_t)(uintptr_t)start + 8 * (uint32_t)get("bound") : (uint32_t)get("room");

    static femto_vm_t before; /* and what is between its members */
    memcpy(&before, &vm, sizeof(vm));
    const uint64_t addr = get("arg.address");
    const uint32_t len = (uint32_t)get("arg.len");
    if (strcmp(function, "femto_read") == 0) {
        locate(femto_read(&vm, addr, len), len);
        before.address = vm.address;
    }
    else if (strcmp(function, "femto_write") == 0) {
        locate(femto_write(&vm, addr, len), len);
        before.address = vm.address;
    }
    else if (strcmp(function, "femto_room") == 0) {
        printf("gives 0x%lx\n", (unsigned long)femto_room(&vm));
        vm.room = (uint32_t)get("room"); /* as printed by the other side */
        before.room = vm.room;
    }
    else if (strcmp(function, "femto_pc") == 0) {
        printf("gives 0x%lx\n", (unsigned long)femto_pc(&vm));
    }
    else if (strcmp(function, "femto_grant") == 0) {
        static uint8_t given;
        const uint32_t segment = (uint32_t)get("arg.segment");
        printf("status %u\n", femto_grant(&vm, segment, &given, len, (int)(uint32_t)get("arg.writable")));
        for (uint32_t k = 1; k < FEMTO_NUM_SEGMENTS - 1; k++) {
            printf("mapped %lu 0x%lx bytes, 0x%lx of them to write\n", (unsigned long)k,
                   (unsigned long)bytes_to(vm.end[k], k), (unsigned long)bytes_to(vm.writable_end[k], k));
            if (vm.base[k] == &given && k == segment) {
                vm.base[k] = before.base[k];
            }
            vm.end[k] = before.end[k];
            vm.writable_end[k] = before.writable_end[k];
        }
    }
    else if (strcmp(function, "femto_sys_grant") == 0) {
        uint16_t ids[FEMTO_SYS_CALLS];
        const uint32_t n = femto_sys_grant((uint32_t)get("arg.capabilities"), (int)(uint32_t)get("arg.may_block"), ids);
        printf("gives calls");
        for (uint32_t i = 0; i < n; i++) {
            printf(" 0x%x", ids[i]);
        }
        printf("\n");
    }
    else if (strcmp(function, "call") == 0) {
        static const femto_sys_arg_t none[FEMTO_SYS_ARGS];
        printf("status %u\n", call(&vm, (uint32_t)get("arg.id"), none));
    }
    else if (strcmp(function, "femto_sys_call") == 0) {
        const unsigned status = femto_sys_call(&vm, (uint32_t)get("arg.id"));
        printf("status %u\n", status);
        if (status != FEMTO_E_BAD_ACCESS) {
            vm.address = before.address; /* of interest after a refusal only */
        }
        before.r[0] = vm.r[0];
        before.room = vm.room;
        before.address = vm.address;
    }
    else {
        return 2;
    }

    for (int i = 0; i < FEMTO_NUM_REGS; i++) {
        printf("r%d 0x%llx\n", i, (unsigned long long)vm.r[i]);
    }
    printf("room 0x%lx\n", (unsigned long)vm.room);
    printf("address 0x%08lx\n", (unsigned long)vm.address);
    for (uint32_t k = 1; k < FEMTO_NUM_SEGMENTS - 1; k++) {
        changes(k, was[k], before.base[k], size[k]);
    }
    printf("else %s\n", memcmp(&vm, &before, sizeof(vm)) == 0 ? "as before" : "changed");
    return 0;
}
