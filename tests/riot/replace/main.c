/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

#include <stdio.h>

#include "femto_coap.h"
#include "femto_runtime.h"
#include "femto_suit.h"
#include "net/credman.h"
#include "saul_reg.h"

FEMTO_HOOK(sampler, FEMTO_HOOK_SAMPLER);
FEMTO_COAP_RESOURCE(resource, "/average", COAP_GET, FEMTO_HOOK_COAP_AVERAGE);

/* Of the test alone: replace_test.go has it too. */
static const uint8_t key[] = "sixteen bytes...";
static const credman_credential_t psk = {
    .type = CREDMAN_TYPE_PSK,
    .tag = 1,
    .params.psk = {
        .id = { .s = "test", .len = 4 },
        .key = { .s = key, .len = sizeof(key) - 1 },
    },
};

static int read_thermometer(const void *dev, phydat_t *res)
{
    (void)dev;
    *res = (phydat_t){ .val = { 2050 }, .unit = UNIT_TEMP_C, .scale = -2 };
    return 1;
}

static const saul_driver_t driver = { read_thermometer, saul_write_notsup, SAUL_SENSE_TEMP };
static saul_reg_t thermometer = { .name = "thermometer", .driver = &driver };

int main(void)
{
    saul_reg_add(&thermometer);
    printf("start: %d\n", femto_suit_start(&psk));
    return 0;
}
