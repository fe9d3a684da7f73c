/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

/**
 * @ingroup     pkg_femtocontainer
 * @{
 *
 * @file
 * @brief       Shell command `fc`
 *
 * @}
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "femto_runtime.h"
#include "shell.h"

#ifdef MODULE_FEMTOCONTAINER_INSTALL
#include "femto_install.h"
#endif

#ifdef MODULE_FEMTOCONTAINER_KV
#include "femto_stores.h"
#endif

static const char *const states[] = {
    [FEMTO_STATE_INSTALLED] = "installed",
    [FEMTO_STATE_ATTACHED] = "attached",
    [FEMTO_STATE_RUNNING] = "running",
    [FEMTO_STATE_ENDED] = "ended",
    [FEMTO_STATE_FAULTED] = "faulted",
};

static const char *hook_name(unsigned number)
{
    return (number < FEMTO_HOOKS) ? femto_hook_contracts[number].name : "-";
}

static void print_container(unsigned id, const femto_container_t *c)
{
    printf("%3u %-15s %-15s %-15s %-9s %10" PRIu32 " %6u\n", id, femto_container_program(c)->name,
           femto_tenants[c->tenant].name, hook_name(c->hook), states[c->state], c->activations,
           (unsigned)c->faults);
}

static void print_header(void)
{
    puts(" id name            tenant          hook            state     activation faults");
}

static int list(void)
{
    print_header();
    for (unsigned id = 0; id < FEMTO_CONTAINERS; id++) {
        const femto_container_t *c = femto_container_get(id);
        if (c != NULL) {
            print_container(id, c);
        }
    }
    return 0;
}

static void print_capabilities(const femto_container_t *c)
{
    const femto_hook_contract_t *contract = &femto_hook_contracts[c->hook];

    printf("may:");
    for (unsigned i = 0; i < contract->n_grants; i++) {
        for (unsigned bit = 0; contract->grants[i].tenant == c->tenant && bit < FEMTO_CAPS; bit++) {
            if (contract->grants[i].capabilities & (UINT32_C(1) << bit)) {
                printf(" %s", femto_capability_names[bit]);
            }
        }
    }
    printf("\nfuel of an activation: %" PRIu32 "\n", contract->fuel);
}

static int info(unsigned id, const femto_container_t *c)
{
    const femto_program_t *program = femto_container_program(c);
    femto_fault_t fault;

    print_header();
    print_container(id, c);
    printf("image: %" PRIu32 " bytes, RAM: %" PRIu32 " bytes\n", program->image_len, program->ram_len);
    if (c->hook != FEMTO_NONE) {
        print_capabilities(c);
    }
    for (unsigned i = 0; i < CONFIG_FEMTOCONTAINER_FAULT_LOG; i++) {
        if (femto_fault_get(i, &fault) && fault.container == id) {
            printf("fault: FC%u at pc %" PRIu32 ", address 0x%08" PRIx32 ", %" PRIu32
                   " times, last at %" PRIu32 " ms\n", (unsigned)fault.code, fault.pc,
                   fault.address, fault.count, fault.last);
        }
    }
    return 0;
}

static unsigned containers_on(unsigned hook)
{
    unsigned n = 0;

    for (unsigned id = 0; id < FEMTO_CONTAINERS; id++) {
        femto_state_t state = femto_container_state(id);
        n += (state == FEMTO_STATE_ATTACHED || state == FEMTO_STATE_RUNNING ||
              state == FEMTO_STATE_ENDED) && femto_container_get(id)->hook == hook;
    }
    return n;
}

static int stats(void)
{
    puts("tenant          fuel used  of a second    skipped");
    for (unsigned i = 0; i < FEMTO_TENANTS; i++) {
        printf("%-15s %10" PRIu32 " %10" PRIu32 " %10" PRIu32 "\n", femto_tenants[i].name,
               femto_tenant_state[i].used, femto_tenants[i].quota.fuel_per_second,
               femto_tenant_state[i].skipped);
    }
    puts("hook            containers  may be     events    dropped");
    for (unsigned i = 0; i < XFA_LEN(femto_hook_ptr_t, femto_hooks); i++) {
        const femto_hook_t *hook = femto_hooks[i];
        printf("%-15s %10u %7u %10" PRIu32 " %10" PRIu32 "\n", hook->contract->name,
               containers_on(femto_hook_number(hook)), (unsigned)hook->contract->containers,
               hook->events, hook->dropped);
    }
    return 0;
}

#ifdef MODULE_FEMTOCONTAINER_KV
static void print_entry(const femto_kv_t *kv, const femto_kv_entry_t *e)
{
    static const char *const scopes[] = { "", "local", "tenant", "global" };
    unsigned owner = e->space & 0x3fff;
    uint8_t value[16];
    unsigned shown = (e->len < sizeof(value)) ? e->len : sizeof(value);

    printf("%-6s %5u %10" PRIu32 " %5u ", scopes[e->space >> 14], owner, e->key, (unsigned)e->len);
    if (e->len == sizeof(uint32_t)) {
        printf("%" PRIu32 "\n", e->value);
        return;
    }
    memcpy(value, (e->len <= sizeof(e->value)) ? (const uint8_t *)&e->value : kv->bytes + e->value,
           shown);
    for (unsigned i = 0; i < shown; i++) {
        printf("%02x", value[i]);
    }
    printf("%s\n", (shown < e->len) ? "..." : "");
}

static int kv(void)
{
    femto_kv_t *stores = femto_stores_lock();

    puts("store  owner        key bytes value");
    for (uint32_t i = 0; i < stores->n_entries; i++) {
        print_entry(stores, &stores->entries[i]);
    }
    femto_stores_unlock();
    return 0;
}
#endif

static unsigned hook_named(const char *name)
{
    unsigned i = 0;

    while (i < FEMTO_HOOKS && strcmp(femto_hook_contracts[i].name, name) != 0) {
        i++;
    }
    return i;
}

static int said(const char *name, uint16_t code, femto_refusal_t *why)
{
    if (code != 0) {
        why->code = code;
        femto_refusal_print(name, why);
    }
    return code != 0;
}

#ifdef MODULE_FEMTOCONTAINER_INSTALL
static int install(const char *path, const char *hook, const char *whose)
{
    femto_refusal_t why;
    unsigned number = 0;

#ifdef MODULE_FEMTOCONTAINER_SUIT
    char *end;
    number = strtoul(whose, &end, 10);
    if (*whose == '\0' || *end != '\0') {
        number = FEMTO_NONE;
    }
#else
    while (number < FEMTO_TENANTS && strcmp(femto_tenants[number].name, whose) != 0) {
        number++;
    }
#endif
    return said(path, femto_install_file(path, hook_named(hook), number, &why), &why);
}
#endif

/* What is done to one container. */
static int change(const char *verb, unsigned id, const char *hook)
{
    femto_refusal_t why = { .capability = FEMTO_NONE };

    if (strcmp(verb, "attach") == 0 && hook != NULL) {
        return said(verb, femto_container_attach(id, hook_named(hook), &why), &why);
    }
    if (strcmp(verb, "detach") == 0) {
        return said(verb, femto_container_detach(id), &why);
    }
    if (strcmp(verb, "run") == 0) {
        return said(verb, femto_container_restart(id), &why);
    }
    if (strcmp(verb, "stop") == 0) {
        return said(verb, femto_container_stop(id), &why);
    }
    if (strcmp(verb, "rm") == 0) {
        return said(verb, femto_container_remove(id), &why);
    }
    return -1;
}

static int usage(void)
{
    puts("usage: fc list               all containers\n"
         "       fc info ID            one, with what it may do and its faults\n"
#ifdef MODULE_FEMTOCONTAINER_INSTALL
#ifdef MODULE_FEMTOCONTAINER_SUIT
         "       fc install FILE HOOK SLOT    a signed image, instead of what is there\n"
#else
         "       fc install FILE HOOK TENANT  a tenant's image; have it called as attach does\n"
#endif
#endif
         "       fc attach ID HOOK     have it called when the hook fires\n"
         "       fc detach ID          no more\n"
         "       fc run ID             with its initial data, where it was before\n"
         "       fc stop ID            one with a thread\n"
         "       fc rm ID              forget it\n"
         "       fc stats              tenants and hooks"
#ifdef MODULE_FEMTOCONTAINER_KV
         "\n       fc kv                 what is in the stores"
#endif
         );
    return 1;
}

static int fc(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "list") == 0) {
        return list();
    }
    if (argc == 2 && strcmp(argv[1], "stats") == 0) {
        return stats();
    }
#ifdef MODULE_FEMTOCONTAINER_KV
    if (argc == 2 && strcmp(argv[1], "kv") == 0) {
        return kv();
    }
#endif
#ifdef MODULE_FEMTOCONTAINER_INSTALL
    if (argc > 1 && strcmp(argv[1], "install") == 0) {
        return (argc == 5) ? install(argv[2], argv[3], argv[4]) : usage();
    }
#endif
    if (argc < 3) {
        return usage();
    }
    char *end;
    unsigned long id = strtoul(argv[2], &end, 10);
    const femto_container_t *c = (*end == '\0') ? femto_container_get(id) : NULL;
    if (c == NULL) {
        femto_refusal_print(argv[1], &(femto_refusal_t){ .code = FEMTO_E_NO_CONTAINER });
        return 1;
    }
    if (strcmp(argv[1], "info") == 0) {
        return info(id, c);
    }
    int result = change(argv[1], id, (argc > 3) ? argv[3] : NULL);
    return (result < 0) ? usage() : result;
}

SHELL_COMMAND(fc, "containers", fc);
