/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

#include <stdio.h>

#include "average.fc.h"
#include "femto_coap.h"
#include "femto_runtime.h"
#include "respond.fc.h"
#include "saul_reg.h"

FEMTO_HOOK(sampler, FEMTO_HOOK_SAMPLER);
FEMTO_COAP_RESOURCE(resource, "/average", COAP_GET, FEMTO_HOOK_COAP_AVERAGE);

FEMTO_PROGRAM(average, AVERAGE);
FEMTO_PROGRAM(respond, RESPOND);

/* For boards without a thermometer, such as native: 20.00 to 23.19 degrees. */
static int read_thermometer(const void *dev, phydat_t *res)
{
    static uint16_t step;

    (void)dev;
    *res = (phydat_t){ .val = { 2000 + step }, .unit = UNIT_TEMP_C, .scale = -2 };
    step = (step + 29) % 320;
    return 1;
}

static const saul_driver_t thermometer_driver = {
    read_thermometer, saul_write_notsup, SAUL_SENSE_TEMP
};
static saul_reg_t thermometer = { .name = "thermometer", .driver = &thermometer_driver };

static void start(const femto_program_t *program, unsigned hook)
{
    femto_refusal_t why = { 0 };
    int id = femto_container_install(program, FEMTO_TENANT_ACME);

    if (id < 0 || femto_container_attach(id, hook, &why) != 0) {
        femto_refusal_print(program->name, &why);
        return;
    }
    printf("%s is on hook %s\n", program->name, femto_hook_contracts[hook].name);
}

int main(void)
{
    if (saul_reg_find_type(SAUL_SENSE_TEMP) == NULL) {
        saul_reg_add(&thermometer);
    }
    start(&average, FEMTO_HOOK_SAMPLER);
    start(&respond, FEMTO_HOOK_COAP_AVERAGE);
    return 0;
}
