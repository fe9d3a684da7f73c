/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

#include <femto.h>

uint64_t itself(void)
{
    femto_self_t me;
    uint32_t seen = 0;
    uint8_t noise[32];

    self_info(&me);
    printf("container %u of tenant %u, activation %u, faults %u\n",
           me.container, me.tenant, me.activations, me.faults);
    printf("fuel: %d\n", me.fuel > 90000 && me.fuel < 100000);
    random_bytes(noise, sizeof(noise));
    for (uint32_t i = 0; i < sizeof(noise); i++) {
        seen |= noise[i] ^ noise[0];
    }
    printf("random: %d\n", seen != 0 && random_uint32() != random_uint32());
    return 0;
}
