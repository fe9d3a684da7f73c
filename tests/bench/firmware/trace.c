/* SPDX-FileCopyrightText: The femtocontainer authors */
/* SPDX-License-Identifier: MIT */
/*
 * A QEMU TCG plugin that counts, between COUNT_OPEN and COUNT_CLOSE (count.h),
 * how often each instruction ran and how often it was followed by one that is
 * not its neighbour, that is, branched. tests/bench/cycles.go turns these
 * counts into an estimate of Cortex-M4 cycles.
 *
 * The plugin API, version 1, is declared here because distributions ship QEMU
 * with plugins enabled but without qemu-plugin.h.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))

typedef uint64_t plugin_id_t;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
enum { PLUGIN_CB_NO_REGS = 0, PLUGIN_INLINE_ADD_U64 = 0 };

void qemu_plugin_register_vcpu_tb_trans_cb(plugin_id_t, void (*)(plugin_id_t, struct qemu_plugin_tb *));
void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *, void (*)(unsigned, void *), int, void *);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *, void (*)(unsigned, void *), int, void *);
void qemu_plugin_register_vcpu_insn_exec_inline(struct qemu_plugin_insn *, int, void *, uint64_t);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *, size_t);
const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *);

EXPORT int qemu_plugin_version = 1;
EXPORT int qemu_plugin_install(plugin_id_t id, const void *info, int argc, char **argv);

typedef struct {
    uint64_t address, count, branched;
    uint32_t code, size;
} insn_t;

/* Open addressing by address; the firmware has a few thousand instructions,
 * and entries must not move because translated code points at the counters. */
#define SLOTS (1u << 17)
static insn_t insns[SLOTS];

typedef struct {
    uint64_t start;
    insn_t *last;
} block_t;

static insn_t *previous;    /* last instruction of the block that ran before */
static FILE *out;

static insn_t *lookup(uint64_t address)
{
    uint32_t i = (uint32_t)(address >> 1) * 2654435761u % SLOTS;

    while (insns[i].size && insns[i].address != address) {
        i = (i + 1) % SLOTS;
    }
    insns[i].address = address;
    return &insns[i];
}

static void block_runs(unsigned cpu, void *data)
{
    const block_t *block = data;

    (void)cpu;
    if (previous && previous->address + previous->size != block->start) {
        previous->branched++;
    }
    previous = block->last;
}

static void opens(unsigned cpu, void *data)
{
    (void)cpu;
    (void)data;
    for (uint32_t i = 0; i < SLOTS; i++) {
        insns[i].count = insns[i].branched = 0;
    }
}

static void closes(unsigned cpu, void *data)
{
    (void)cpu;
    (void)data;
    fprintf(out, "window\n");
    for (uint32_t i = 0; i < SLOTS; i++) {
        const insn_t *n = &insns[i];
        if (n->count) {
            fprintf(out, "%llx %0*x %llu %llu\n", (unsigned long long)n->address, (int)(2 * n->size), n->code,
                    (unsigned long long)n->count, (unsigned long long)n->branched);
        }
    }
    fflush(out);
}

static void translated(plugin_id_t id, struct qemu_plugin_tb *tb)
{
    size_t n = qemu_plugin_tb_n_insns(tb);
    block_t *block = calloc(1, sizeof(*block));

    (void)id;
    for (size_t i = 0; i < n; i++) {
        struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
        insn_t *entry = lookup(qemu_plugin_insn_vaddr(insn));
        uint16_t half[2] = { 0, 0 };

        entry->size = (uint32_t)qemu_plugin_insn_size(insn);
        memcpy(half, qemu_plugin_insn_data(insn), entry->size);
        entry->code = entry->size == 4 ? (uint32_t)half[0] << 16 | half[1] : half[0];
        if (i == 0) {
            block->start = entry->address;
        }
        block->last = entry;
        if (entry->size == 2 && entry->code == 0x46c9) {
            qemu_plugin_register_vcpu_insn_exec_cb(insn, opens, PLUGIN_CB_NO_REGS, NULL);
        }
        else if (entry->size == 2 && entry->code == 0x46d2) {
            qemu_plugin_register_vcpu_insn_exec_cb(insn, closes, PLUGIN_CB_NO_REGS, NULL);
        }
        else {
            qemu_plugin_register_vcpu_insn_exec_inline(insn, PLUGIN_INLINE_ADD_U64, &entry->count, 1);
        }
    }
    qemu_plugin_register_vcpu_tb_exec_cb(tb, block_runs, PLUGIN_CB_NO_REGS, block);
}

int qemu_plugin_install(plugin_id_t id, const void *info, int argc, char **argv)
{
    (void)info;
    for (int i = 0; i < argc; i++) {
        if (strncmp(argv[i], "out=", 4) == 0) {
            out = fopen(argv[i] + 4, "w");
        }
    }
    if (out == NULL) {
        fprintf(stderr, "trace: out=FILE is needed\n");
        return 1;
    }
    qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
    return 0;
}
