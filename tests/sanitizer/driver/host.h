/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: MIT
 *
 * The host of tests/engines, in C, for driver.c and for the RIOT application.
 */
#ifndef ATTACKS_HOST_H
#define ATTACKS_HOST_H

#include <stddef.h>
#include <string.h>

#include "femto_core.h"

static const uint16_t granted[] = { 1, 2, 3, 4, 0xffff };

static uint16_t host(femto_vm_t *vm, uint32_t id)
{
    const uint64_t *r = vm->r;
    uint32_t len = (uint32_t)r[2], price = 1 + len / 8;

    switch (id) {
    case 1:
        if (vm->room < 2) {
            return FEMTO_E_OUT_OF_FUEL;
        }
        vm->room -= 2;
        vm->r[0] = r[1] + 3 * r[2] + 5 * r[3] + 7 * r[4] + 11 * r[5];
        return 0;
    case 2:
    case 3: {
        if (vm->room < price) {
            return FEMTO_E_OUT_OF_FUEL;
        }
        uint8_t *to = id == 2 ? femto_write(vm, r[1], len) : NULL;
        const uint8_t *from = id == 3 ? femto_read(vm, r[1], len) : to;
        if (from == NULL) {
            return FEMTO_E_BAD_ACCESS;
        }
        vm->room -= price;
        if (id == 2) {
            memset(to, (int)(r[3] & 0xff), len);
            vm->r[0] = r[1];
        }
        else {
            uint64_t sum = 0;
            for (uint32_t i = 0; i < len; i++) {
                sum += (uint64_t)(i + 1) * from[i];
            }
            vm->r[0] = sum;
        }
        return 0;
    }
    case 4:
        return 3998;
    case 0xffff:
        vm->r[0] = 0x1122;
        return 0;
    }
    return FEMTO_E_UNKNOWN_HELPER;
}

#endif /* ATTACKS_HOST_H */
