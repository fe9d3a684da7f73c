/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

#include <stdio.h>

#include "chain.fc.h"
#include "devices.fc.h"
#include "femto_coap.h"
#include "femto_runtime.h"
#include "femto_stores.h"
#include "guarded.fc.h"
#include "itself.fc.h"
#include "saul_reg.h"
#include "shell.h"
#include "stores.fc.h"

FEMTO_HOOK(calls, FEMTO_HOOK_CALLS);
FEMTO_COAP_RESOURCE(guarded_resource, "/guarded", COAP_GET | COAP_POST, FEMTO_HOOK_COAP_GUARDED);
FEMTO_COAP_RESOURCE(chain_resource, "/chain", COAP_GET | COAP_POST, FEMTO_HOOK_COAP_CHAIN);

FEMTO_PROGRAM(stores, STORES);
FEMTO_PROGRAM(stores2, STORES);
FEMTO_PROGRAM(stores3, STORES);
FEMTO_PROGRAM(devices, DEVICES);
FEMTO_PROGRAM(itself, ITSELF);
FEMTO_PROGRAM(guarded, GUARDED);
FEMTO_PROGRAM(chain, CHAIN);
FEMTO_PROGRAM(chain2, CHAIN);

/* Devices in software, since native has none of its own. */

static int lamp_level;

static int read_room(const void *dev, phydat_t *res)
{
    (void)dev;
    *res = (phydat_t){ .val = { 2156 }, .unit = UNIT_TEMP_C, .scale = -2 };
    return 1;
}

static int read_lamp(const void *dev, phydat_t *res)
{
    (void)dev;
    *res = (phydat_t){ .val = { lamp_level }, .unit = UNIT_BOOL };
    return 1;
}

static int write_lamp(const void *dev, const phydat_t *state)
{
    (void)dev;
    lamp_level = state->val[0];
    return 1;
}

static int fail(const void *dev, phydat_t *res)
{
    (void)dev;
    (void)res;
    return -ECANCELED;
}

static const saul_driver_t room_driver = { read_room, saul_write_notsup, SAUL_SENSE_TEMP };
static const saul_driver_t lamp_driver = { read_lamp, write_lamp, SAUL_ACT_SWITCH };
static const saul_driver_t button_driver = { read_lamp, saul_write_notsup, SAUL_SENSE_BTN };
static const saul_driver_t broken_driver = { fail, saul_write_notsup, SAUL_SENSE_HUM };

static saul_reg_t software[] = {
    { .name = NULL, .driver = &broken_driver },
    { .name = "room", .driver = &room_driver },
    { .name = "lamp", .driver = &lamp_driver },
    { .name = "button", .driver = &button_driver },
    { .name = "broken", .driver = &broken_driver },
};

static unsigned put(const femto_program_t *program, unsigned tenant, unsigned hook)
{
    femto_refusal_t why;
    int id = femto_container_install(program, tenant);

    if (id < 0 || femto_container_attach(id, hook, &why) != 0) {
        femto_refusal_print(program->name, &why);
    }
    return id;
}

/* Runs a program once, alone on the hook. */
static unsigned once(const femto_program_t *program, unsigned tenant, unsigned times)
{
    unsigned id = put(program, tenant, FEMTO_HOOK_CALLS);

    for (; times > 0; times--) {
        femto_hook_trigger(&calls, NULL, 0, NULL);
    }
    femto_container_detach(id);
    return id;
}

int main(void)
{
    femto_kv_t *kv = femto_stores_lock();
    uint32_t number = 4711;

    femto_kv_put(kv, &femto_stores_firmware, 1000, &number, sizeof(number), 0);
    femto_stores_unlock();

    puts("-- acme, twice");
    unsigned id = once(&stores, FEMTO_TENANT_ACME, 2);
    puts("-- acme, another container");
    unsigned id2 = once(&stores2, FEMTO_TENANT_ACME, 1);
    puts("-- guest, whose quota is 2 entries");
    unsigned id3 = once(&stores3, FEMTO_TENANT_GUEST, 1);
    puts("-- acme, the first one in a new place");
    femto_container_remove(id);
    femto_container_remove(id2);
    femto_container_remove(id3);
    femto_container_remove(once(&stores, FEMTO_TENANT_ACME, 1));

    puts("-- devices");
    for (unsigned i = 0; i < ARRAY_SIZE(software); i++) {
        saul_reg_add(&software[i]);
    }
    femto_container_remove(once(&devices, FEMTO_TENANT_ACME, 1));

    puts("-- itself");
    femto_container_remove(once(&itself, FEMTO_TENANT_ACME, 2));

    puts("-- elsewhere");
    femto_container_remove(once(&chain, FEMTO_TENANT_ACME, 1));

    put(&guarded, FEMTO_TENANT_ACME, FEMTO_HOOK_COAP_GUARDED);
    put(&chain, FEMTO_TENANT_ACME, FEMTO_HOOK_COAP_CHAIN);
    put(&chain2, FEMTO_TENANT_GUEST, FEMTO_HOOK_COAP_CHAIN);
    puts("-- ready");

    char line[SHELL_DEFAULT_BUFSIZE];

    shell_run(NULL, line, sizeof(line));
    return 0;
}
