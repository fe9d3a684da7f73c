/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

/**
 * @file
 * @brief   Every attack on the core that the firmware has, one line for each
 */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "host.h"

#include "attacks.h"

/* what an attack may touch, and what lies around it */
static struct {
    uint64_t before[8];
    uint64_t ram[ATTACKS_RAM / 8];
    uint64_t between[8];
    uint8_t ctx[ATTACKS_CTX];
    uint64_t after[8];
} memory;

static femto_instance_t instance;

static void fill(uint64_t *words)
{
    memset(words, 0xa5, sizeof(memory.before));
}

static int touched(const uint64_t *words)
{
    for (unsigned i = 0; i < 8; i++) {
        if (words[i] != 0xa5a5a5a5a5a5a5a5u) {
            return 1;
        }
    }
    return 0;
}

int main(void)
{
    unsigned n = 0;

    fill(memory.before);
    fill(memory.between);
    fill(memory.after);
    for (; n < sizeof(attacks) / sizeof(attacks[0]); n++) {
        uint32_t pc = 0;
        femto_vm_t vm;
        femto_entry_t entry;
        uint16_t status = femto_attach(&instance, attacks[n].image, attacks[n].len,
                                       (uint8_t *)memory.ram, sizeof(memory.ram), granted,
                                       sizeof(granted) / sizeof(granted[0]), host, NULL, &pc);
        if (status != 0) {
            printf("attack %u: refused %u %" PRIu32 "\n", n, status, pc);
        }
        else {
            memcpy(memory.ctx, attacks[n].ctx, attacks[n].ctx_len);
            femto_image_entry(&instance.image, 0, &entry);
            femto_start(&vm, &instance, entry.slot, memory.ctx, attacks[n].ctx_len, !attacks[n].read_only);
            status = femto_resume(&vm, attacks[n].fuel);
            printf("attack %u: ran %u %" PRIu32 " %08" PRIx32 " 0 %08" PRIx32 "%08" PRIx32 "\n", n, status,
                   status == 0 ? 0 : femto_pc(&vm), status == FEMTO_E_BAD_ACCESS ? vm.address : 0,
                   (uint32_t)(vm.r[0] >> 32), (uint32_t)vm.r[0]);
        }
        if (touched(memory.before) || touched(memory.between) || touched(memory.after)) {
            printf("attack %u: memory of the host was overwritten\n", n);
            fill(memory.before);
            fill(memory.between);
            fill(memory.after);
        }
    }
    printf("%u attacks, and still here\n", n);
    return 0;
}
