/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

/**
 * @ingroup     pkg_femtocontainer
 * @{
 *
 * @file
 * @brief       Run containers that are part of the firmware
 *
 * @}
 */

#include <inttypes.h>
#include <stdio.h>

#include "femto_container.h"
#include "femto_sys.h"

uint16_t femto_container_load(femto_container_t *c, femto_result_t *result)
{
    const femto_program_t *p = femto_container_program(c);
    uint16_t granted[FEMTO_SYS_CALLS];
    uint32_t n = femto_sys_grant(~p->withheld, 0, granted);
    uint32_t pc = 0;
    uint16_t code = femto_attach(&c->instance, p->image, p->image_len,
                                 p->ram, p->ram_len, granted, n,
                                 femto_sys_call, c->instance.host, &pc);

    if (result != NULL) {
        *result = (femto_result_t){ .code = code, .pc = pc };
    }
    return code;
}

/* Nobody has checked what a text does that begins anywhere else. */
static bool _is_entry(const femto_image_t *img, uint32_t slot)
{
    femto_entry_t entry;

    for (uint32_t i = 0; i < img->n_entries; i++) {
        femto_image_entry(img, i, &entry);
        if (entry.slot == slot) {
            return true;
        }
    }
    return false;
}

uint16_t femto_container_run(femto_container_t *c, uint32_t entry,
                             void *ctx, uint32_t ctx_len, uint32_t fuel,
                             femto_result_t *result)
{
    femto_vm_t vm;
    uint32_t used = 0;
    uint16_t code = _is_entry(&c->instance.image, entry)
                    ? femto_start(&vm, &c->instance, entry, ctx, ctx_len, 1) : FEMTO_E_BAD_ENTRY;
    const bool started = code == 0;

    if (fuel > FEMTO_MAX_FUEL) {
        fuel = FEMTO_MAX_FUEL; /* femto_resume() adds no more */
    }
    if (started) {
        code = femto_resume(&vm, fuel);
        used = fuel - femto_room(&vm);
        if (code != 0) {
            femto_reset(&c->instance);
        }
    }
    if (result != NULL) {
        *result = (femto_result_t){
            .value = (code == 0) ? vm.r[0] : 0,
            .fuel_used = used,
            .pc = started ? femto_pc(&vm) : 0,
            .address = (code == FEMTO_E_BAD_ACCESS) ? vm.address : 0,
            .code = code,
        };
    }
    return code;
}

void femto_result_print(const char *name, const femto_result_t *result)
{
    /* printf of newlib-nano has no 64-bit conversions: print in halves */
    uint32_t high = (uint32_t)(result->value >> 32);
    uint32_t low = (uint32_t)result->value;

    if (result->code != 0) {
        printf("%s: FC%u at pc %" PRIu32, name, (unsigned)result->code, result->pc);
        if (result->code == FEMTO_E_BAD_ACCESS) {
            printf(", address 0x%08" PRIx32, result->address);
        }
        printf(", fuel used %" PRIu32 "\n", result->fuel_used);
    }
    else if (high == 0) {
        printf("%s: %" PRIu32 ", fuel used %" PRIu32 "\n", name, low,
               result->fuel_used);
    }
    else {
        printf("%s: 0x%" PRIx32 "%08" PRIx32 ", fuel used %" PRIu32 "\n", name,
               high, low, result->fuel_used);
    }
}
