/* SPDX-FileCopyrightText: The femtocontainer authors */
/* SPDX-License-Identifier: MIT */

/* Runs one function of the core from each state that it reads, and writes the
 * state behind it. The layouts are those of state.go. */

#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "femto_core.h"

enum { SLOTS = 20, BYTES = 32, FRAMES = 3 };
enum { RESUME, READ, WRITE, ROOM, PC, GRANT, VERIFY };

struct frame {
    uint64_t r[4];
    uint32_t pc, unused;
};

struct input {
    uint64_t r[FEMTO_NUM_REGS];
    struct frame saved[FRAMES];
    uint64_t text[SLOTS];
    uint64_t helper_r0, address64;
    uint32_t end[FEMTO_NUM_SEGMENTS], writable[FEMTO_NUM_SEGMENTS];
    uint32_t text_page, pc, fuel, room, level, address, helper_room, len;
    uint32_t segment, helper_status, frame_size, depth, what, flag;
    uint32_t slots, entry;
    uint16_t helpers[2], granted[2];
    uint8_t bytes[FEMTO_NUM_SEGMENTS][BYTES];
};

struct output {
    uint64_t r[FEMTO_NUM_REGS];
    struct frame saved[FRAMES];
    uint32_t end[FEMTO_NUM_SEGMENTS], writable[FEMTO_NUM_SEGMENTS];
    uint32_t pc, room, level, address, result, segment, offset;
    uint32_t called, id, seen_pc, seen_room;
    uint32_t kept; /* everything else is as it was */
    uint8_t bytes[FEMTO_NUM_SEGMENTS][BYTES];
};

static struct input in;
static struct output out;
static uint8_t *pages[2];
static uint32_t *text;

static uint16_t host(femto_vm_t *vm, uint32_t id)
{
    out.called++;
    out.id = id;
    out.seen_pc = (uint32_t)((uintptr_t)vm->pc - (uintptr_t)text);
    out.seen_room = vm->room;
    vm->room = in.helper_room;
    if (in.helper_status == 0) {
        vm->r[0] = in.helper_r0;
    }
    return (uint16_t)in.helper_status;
}

static void locate(const uint8_t *p, const femto_vm_t *vm, uint8_t (*bytes)[BYTES])
{
    out.result = p == NULL ? 0 : p == (const uint8_t *)vm ? 1 : 2;
    if (out.result == 2) {
        out.segment = (uint32_t)((size_t)(p - bytes[0]) / BYTES);
        out.offset = (uint32_t)((size_t)(p - bytes[0]) % BYTES);
    }
}

int main(void)
{
    static uint8_t bytes[FEMTO_NUM_SEGMENTS][BYTES];
    static uint8_t given[BYTES];
    static femto_frame_t frames[FRAMES];
    const uintptr_t at[2] = {
        0x7ffff000u, /* the sign of the low half changes behind the first page */
#if UINTPTR_MAX > 0xffffffffu
        0xfffff000u, /* the low half wraps there */
#else
        0x20000000u,
#endif
    };

    for (int i = 0; i < 2; i++) {
        pages[i] = mmap((void *)at[i], 0x2000, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
        if (pages[i] == MAP_FAILED || (uintptr_t)pages[i] != at[i]) {
            perror("mmap");
            return 1;
        }
    }
    while (fread(&in, sizeof(in), 1, stdin) == 1) {
        femto_instance_t instance, before;
        femto_vm_t vm, vm_before;

        memset(&out, 0, sizeof(out));
        memset(&instance, 0, sizeof(instance));
        memset(&vm, 0, sizeof(vm));
        /* in the middle of the text the address crosses into the second page */
        text = (uint32_t *)(pages[in.text_page] + 0x1000 - 8 * (SLOTS / 2));
        memcpy(text, in.text, sizeof(in.text));
        memcpy(frames, in.saved, sizeof(frames));
        memcpy(bytes, in.bytes, sizeof(bytes));
        instance.image.text = (const femto_word_t *)text;
        instance.image.slots = SLOTS;
        instance.image.depth = (uint8_t)in.depth;
        instance.image.frame_size = (uint16_t)in.frame_size;
        instance.frames = frames;
        instance.call = host;
        memcpy(vm.r, in.r, sizeof(vm.r));
        for (int i = 0; i < FEMTO_NUM_SEGMENTS; i++) {
            vm.end[i] = in.end[i];
            vm.writable_end[i] = in.writable[i];
            if (i != FEMTO_NUM_SEGMENTS - 1) {
                vm.base[i] = bytes[i];
            }
        }
        vm.level = in.level;
        vm.instance = &instance;
        vm.pc = (const femto_word_t *)text + 2 * in.pc;
        vm.room = (uint32_t)(uintptr_t)text + 8 * in.room;
        vm.address = in.address;
        before = instance;
        vm_before = vm;

        switch (in.what) {
        case RESUME: out.result = femto_resume(&vm, in.fuel); break;
        case READ: locate(femto_read(&vm, in.address64, in.len), &vm, bytes); break;
        case WRITE: locate(femto_write(&vm, in.address64, in.len), &vm, bytes); break;
        case ROOM: out.result = femto_room(&vm); break;
        case PC: out.result = femto_pc(&vm); break;
        case GRANT:
            out.result = femto_grant(&vm, in.segment, given, in.len, (int)in.flag);
            break;
        case VERIFY: {
            const uint32_t entry[2] = { in.entry, 0 };
            femto_image_t img = instance.image;
            img.slots = in.slots;
            img.entries = (const femto_word_t *)entry;
            img.n_entries = 1;
            img.helpers = (const femto_half_t *)in.helpers;
            img.n_helpers = 2;
            out.result = femto_image_verify(&img, in.granted, 2, &out.offset);
            break;
        }
        default: return 2;
        }

        memcpy(out.r, vm.r, sizeof(vm.r));
        memcpy(out.saved, frames, sizeof(frames));
        memcpy(out.bytes, bytes, sizeof(bytes));
        out.kept = memcmp(text, in.text, sizeof(in.text)) == 0 && vm.instance == &instance;
        for (int i = 0; i < FEMTO_NUM_SEGMENTS; i++) {
            out.end[i] = vm.end[i];
            out.writable[i] = vm.writable_end[i];
            if (i != FEMTO_NUM_SEGMENTS - 1 && vm.base[i] != vm_before.base[i]) {
                out.segment |= 1u << i; /* mapped anew */
                out.kept &= in.what == GRANT && vm.base[i] == given;
            }
        }
        out.pc = (uint32_t)((uintptr_t)vm.pc - (uintptr_t)text);
        out.room = vm.room;
        out.level = vm.level;
        out.address = vm.address;
        out.kept &= memcmp(&instance, &before, sizeof(instance)) == 0;
        if (fwrite(&out, sizeof(out), 1, stdout) != 1) {
            return 3;
        }
    }
    return fflush(stdout) != 0;
}
