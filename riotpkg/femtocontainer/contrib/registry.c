/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

/**
 * @ingroup     pkg_femtocontainer
 * @{
 *
 * @file
 * @brief       Containers: installed, attached, replaced, removed
 *
 * @}
 */

#include <assert.h>
#include <string.h>

#include "femto_sys.h"
#include "mutex.h"
#include "registry.h"
#include "thread.h"
#include "threads.h"

#if UINTPTR_MAX == UINT32_MAX
static_assert(sizeof(femto_container_t) <= 96, "a container takes at most 96 bytes of RAM");
#endif
static_assert(FEMTO_CONTAINERS < FEMTO_NONE, "ids are bytes");
static_assert(CONFIG_FEMTOCONTAINER_FAULTS > 0 && CONFIG_FEMTOCONTAINER_FAULTS < 32,
              "faults in a row are counted in 5 bits");

femto_container_t femto_pool[FEMTO_CONTAINERS];

XFA_INIT_CONST(femto_removed_fn, femto_on_removal);

static mutex_t management = MUTEX_INIT;

/* A verified image, not yet in its container. */
typedef struct {
    femto_instance_t instance;
    uint8_t entry;
} candidate_t;

static bool same_hook(const uint8_t *a, const uint8_t *b)
{
    return a != NULL && memcmp(a, b, 16) == 0;
}

/* The entry point for a hook: the one that the image binds to it, else the only
 * one that it binds to none. */
static int find_entry(const femto_image_t *image, const femto_hook_contract_t *contract)
{
    int found = -1;
    unsigned unbound = 0;

    for (unsigned i = 0; i < image->n_entries; i++) {
        femto_entry_t entry;
        femto_image_entry(image, i, &entry);
        if (same_hook(entry.hook, contract->uuid)) {
            return i;
        }
        if (entry.hook == NULL) {
            unbound++;
            found = i;
        }
    }
    return (unbound == 1) ? found : -1;
}

static const femto_grant_t *grant_of(const femto_hook_contract_t *contract, unsigned tenant)
{
    for (unsigned i = 0; i < contract->n_grants; i++) {
        if (contract->grants[i].tenant == tenant) {
            return &contract->grants[i];
        }
    }
    return NULL;
}

/* Names the first call that is not granted. */
static void name_missing(const femto_image_t *image, const femto_grant_t *grant,
                         femto_refusal_t *why)
{
    for (unsigned i = 0, k = 0; i < image->n_helpers; i++) {
        while (k < grant->n_helpers && grant->helpers[k] < image->helpers[i]) {
            k++;
        }
        if (k == grant->n_helpers || grant->helpers[k] != image->helpers[i]) {
            why->helper = image->helpers[i];
            break;
        }
    }
    for (unsigned i = 0; i < femto_n_needs; i++) {
        if (femto_needs[i].helper == why->helper) {
            why->capability = femto_needs[i].capability;
        }
    }
}

/* Reads a program for a tenant on a hook, and finds its entry point. */
static uint16_t open(candidate_t *out, const femto_program_t *program, unsigned tenant,
                     const femto_hook_t *hook, const femto_grant_t **grant)
{
    *grant = grant_of(hook->contract, tenant);
    if (*grant == NULL) {
        return FEMTO_E_HOOK_REFUSES;
    }
    uint16_t code = femto_image_open(&out->instance.image, program->image, program->image_len);
    if (code != 0) {
        return code;
    }
    int entry = find_entry(&out->instance.image, hook->contract);
    if (entry < 0) {
        return FEMTO_E_NO_HOOK_ENTRY;
    }
    out->entry = entry;
    return 0;
}

/* Whether a program can be attached; its RAM is untouched. */
static uint16_t check(candidate_t *out, const femto_program_t *program, unsigned tenant,
                      const femto_hook_t *hook, femto_refusal_t *why)
{
    const femto_image_t *image = &out->instance.image;
    const femto_grant_t *grant;
    uint16_t code = open(out, program, tenant, hook, &grant);

    if (code == 0) {
        code = femto_image_verify(image, grant->helpers, grant->n_helpers, &why->pc);
    }
    if (code == FEMTO_E_NOT_GRANTED) {
        name_missing(image, grant, why);
    }
    return (code == 0 && femto_image_ram(image) > program->ram_len) ? FEMTO_E_NO_RAM : code;
}

/* Makes an instance of a program. Its RAM is untouched if it is refused. */
static uint16_t prepare(candidate_t *out, const femto_program_t *program, unsigned tenant,
                        const femto_hook_t *hook, femto_refusal_t *why)
{
    const femto_grant_t *grant;
    uint16_t code = open(out, program, tenant, hook, &grant);

    if (code == 0) {
        code = femto_attach(&out->instance, program->image, program->image_len,
                            program->ram, program->ram_len, grant->helpers, grant->n_helpers,
                            femto_sys_call, (void *)(uintptr_t)program, &why->pc);
    }
    if (code == FEMTO_E_NOT_GRANTED) {
        name_missing(&out->instance.image, grant, why);
    }
    return code;
}

static void begin(femto_container_t *c, const candidate_t *candidate)
{
    c->instance = candidate->instance;
    c->entry = candidate->entry;
    c->activations = 0;
    c->rate = 0;
    c->handles = 0;
    c->faults = 0;
    c->in_row = 0;
}

static bool is_full(femto_hook_t *hook)
{
    unsigned room = (hook->contract->policy == FEMTO_POLICY_SINGLE) ? 1
                                                                    : hook->contract->containers;
    mutex_lock(&hook->lock);
    for (unsigned id = hook->first; id != FEMTO_NONE; id = femto_pool[id].next) {
        room--;
    }
    mutex_unlock(&hook->lock);
    return room == 0;
}

/* Appends to the list of a hook that is not full, and calls it attached. */
static void append(femto_hook_t *hook, femto_container_t *c)
{
    mutex_lock(&hook->lock);
    uint8_t *at = &hook->first;
    while (*at != FEMTO_NONE) {
        at = &femto_pool[*at].next;
    }
    c->next = FEMTO_NONE;
    c->state = FEMTO_STATE_ATTACHED;
    *at = c - femto_pool;
    mutex_unlock(&hook->lock);
}

/* All that follow hold the lock of management. */

static femto_container_t *lookup(unsigned id)
{
    if (id >= FEMTO_CONTAINERS || femto_pool[id].state == FEMTO_STATE_FREE) {
        return NULL;
    }
    return &femto_pool[id];
}

/* Whether the container is in the list of a hook. */
static bool on_hook(const femto_container_t *c)
{
    return c->state == FEMTO_STATE_ATTACHED || c->state == FEMTO_STATE_RUNNING ||
           c->state == FEMTO_STATE_ENDED;
}

static bool needs_thread(const femto_hook_t *hook)
{
    return hook->contract->thread;
}

static bool thread_available(unsigned tenant)
{
    return IS_USED(MODULE_FEMTOCONTAINER_THREADS) && femto_thread_available(tenant);
}

/* Starts the container's thread, if it has one. */
static void start(femto_container_t *c, femto_hook_t *hook)
{
    if (IS_USED(MODULE_FEMTOCONTAINER_THREADS) && needs_thread(hook)) {
        femto_thread_start(c, hook);
    }
}

/* Returns when the container's thread, if it has one, is done with it. */
static void stop(femto_container_t *c)
{
    if (IS_USED(MODULE_FEMTOCONTAINER_THREADS)) {
        femto_thread_stop(c);
    }
}

static uint16_t attach(femto_container_t *c, unsigned number, femto_refusal_t *why)
{
    femto_hook_t *hook = femto_hook_find(number);
    candidate_t candidate;

    if (hook == NULL) {
        return FEMTO_E_NO_HOOK;
    }
    if (on_hook(c)) {
        return FEMTO_E_WRONG_STATE;
    }
    stop(c); /* it may still be on its way out after a last fault */
    if (is_full(hook)) {
        return FEMTO_E_HOOK_FULL;
    }
    uint16_t code = prepare(&candidate, femto_container_program(c), c->tenant, hook, why);
    if (code == 0 && needs_thread(hook) && !thread_available(c->tenant)) {
        code = FEMTO_E_NO_THREAD;
    }
    if (code == 0) {
        begin(c, &candidate);
        c->hook = number;
        append(hook, c);
        start(c, hook);
    }
    return code;
}

static uint16_t detach(femto_container_t *c)
{
    femto_hook_t *hook = femto_hook_find(c->hook);
    uint16_t code = 0;

    if (hook == NULL || hook->runner == thread_getpid()) {
        return FEMTO_E_WRONG_STATE;
    }
    stop(c);
    mutex_lock(&hook->lock);
    if (on_hook(c)) {
        femto_hook_unlink(hook, c - femto_pool);
        c->state = FEMTO_STATE_INSTALLED;
    }
    else {
        code = FEMTO_E_WRONG_STATE;
    }
    mutex_unlock(&hook->lock);
    return code;
}

/* Attaches a container that faults took off its hook, with another program. If
 * that is refused it stays as it was. */
static uint16_t attach_as(femto_container_t *c, const femto_program_t *program,
                          femto_refusal_t *why)
{
    void *old = c->instance.host;

    c->instance.host = (void *)(uintptr_t)program;
    uint16_t code = attach(c, c->hook, why);
    if (code != 0) {
        c->instance.host = old;
    }
    return code;
}

static uint16_t replace(femto_container_t *c, const femto_program_t *program, femto_refusal_t *why)
{
    femto_hook_t *hook = femto_hook_find(c->hook);
    candidate_t candidate;
    uint16_t code;

    if (c->state == FEMTO_STATE_FAULTED) { /* the new one gets the place on the hook */
        return attach_as(c, program, why);
    }
    if (hook == NULL || !on_hook(c)) {
        c->instance.host = (void *)(uintptr_t)program;
        return 0; /* verified when it is attached */
    }
    if (hook->runner == thread_getpid()) {
        return FEMTO_E_WRONG_STATE;
    }
    /* Verifying takes long, and can be done while the old one runs. Only then is
     * a thread stopped: it cannot go on where it was. */
    bool shared = program->ram == femto_container_program(c)->ram;
    if (!shared || needs_thread(hook)) {
        code = shared ? check(&candidate, program, c->tenant, hook, why)
                      : prepare(&candidate, program, c->tenant, hook, why);
        if (code != 0) {
            return code;
        }
        stop(c);
    }
    mutex_lock(&hook->lock);
    if (!on_hook(c)) { /* it faulted once too often in the meantime */
        mutex_unlock(&hook->lock);
        return attach_as(c, program, why);
    }
    code = shared ? prepare(&candidate, program, c->tenant, hook, why) : 0;
    if (code == 0) {
        begin(c, &candidate);
    }
    mutex_unlock(&hook->lock);
    if (code == 0) {
        start(c, hook);
    }
    return code;
}

static uint16_t restart(femto_container_t *c, femto_refusal_t *why)
{
    femto_hook_t *hook = femto_hook_find(c->hook);

    if (hook == NULL || hook->runner == thread_getpid()) {
        return FEMTO_E_WRONG_STATE;
    }
    stop(c);
    mutex_lock(&hook->lock);
    bool attached = on_hook(c);
    if (attached) {
        candidate_t same = { .instance = c->instance, .entry = c->entry };
        femto_reset(&c->instance);
        begin(c, &same);
    }
    mutex_unlock(&hook->lock);
    if (attached) {
        start(c, hook);
    }
    return attached ? 0 : attach(c, c->hook, why);
}

/* The public functions lock, and complete a refusal. */

static uint16_t refuse(femto_refusal_t *why, uint16_t code)
{
    mutex_unlock(&management);
    why->code = code;
    return code;
}

static femto_refusal_t *clear(femto_refusal_t *why, femto_refusal_t *own)
{
    if (why == NULL) {
        why = own;
    }
    *why = (femto_refusal_t){ .capability = FEMTO_NONE };
    return why;
}

uint16_t femto_program_check(const femto_program_t *program, unsigned tenant, unsigned hook,
                             femto_refusal_t *why)
{
    const femto_hook_t *at = femto_hook_find(hook);
    femto_refusal_t own;
    candidate_t candidate;

    why = clear(why, &own);
    why->code = (at == NULL) ? FEMTO_E_NO_HOOK : check(&candidate, program, tenant, at, why);
    return why->code;
}

int femto_container_install(const femto_program_t *program, unsigned tenant)
{
    int id = -FEMTO_E_TOO_MANY_CONTAINERS;

    assert(tenant < FEMTO_TENANTS);
    mutex_lock(&management);
    for (unsigned i = 0; i < FEMTO_CONTAINERS && id < 0; i++) {
        if (femto_pool[i].state == FEMTO_STATE_FREE) {
            femto_pool[i] = (femto_container_t){
                .instance = { .host = (void *)(uintptr_t)program },
                .tenant = tenant,
                .hook = FEMTO_NONE,
                .next = FEMTO_NONE,
                .state = FEMTO_STATE_INSTALLED,
            };
            id = i;
        }
    }
    mutex_unlock(&management);
    return id;
}

uint16_t femto_container_attach(unsigned id, unsigned hook, femto_refusal_t *why)
{
    femto_refusal_t own;

    why = clear(why, &own);
    mutex_lock(&management);
    femto_container_t *c = lookup(id);
    return refuse(why, (c == NULL) ? FEMTO_E_NO_CONTAINER : attach(c, hook, why));
}

uint16_t femto_container_detach(unsigned id)
{
    femto_refusal_t why;

    mutex_lock(&management);
    femto_container_t *c = lookup(id);
    return refuse(&why, (c == NULL) ? FEMTO_E_NO_CONTAINER : detach(c));
}

uint16_t femto_container_replace(unsigned id, const femto_program_t *program,
                                 femto_refusal_t *why)
{
    femto_refusal_t own;

    why = clear(why, &own);
    mutex_lock(&management);
    femto_container_t *c = lookup(id);
    return refuse(why, (c == NULL) ? FEMTO_E_NO_CONTAINER : replace(c, program, why));
}

uint16_t femto_container_restart(unsigned id)
{
    femto_refusal_t why;
    uint16_t code = FEMTO_E_NO_CONTAINER;

    clear(&why, &why);
    mutex_lock(&management);
    femto_container_t *c = lookup(id);
    if (c != NULL) {
        code = restart(c, &why);
    }
    return refuse(&why, code);
}

uint16_t femto_container_stop(unsigned id)
{
    femto_refusal_t why;
    uint16_t code = FEMTO_E_NO_CONTAINER;

    mutex_lock(&management);
    femto_container_t *c = lookup(id);
    if (c != NULL) {
        code = (c->state == FEMTO_STATE_RUNNING) ? 0 : FEMTO_E_WRONG_STATE;
        stop(c);
    }
    return refuse(&why, code);
}

uint16_t femto_container_remove(unsigned id)
{
    femto_refusal_t why;
    uint16_t code = FEMTO_E_NO_CONTAINER;

    mutex_lock(&management);
    femto_container_t *c = lookup(id);
    if (c != NULL) {
        code = on_hook(c) ? detach(c) : 0;
        if (!on_hook(c)) { /* by a last fault, if not by us */
            code = 0;
            stop(c);
            c->state = FEMTO_STATE_FREE; /* before its store is cleared: see manage.c */
            for (unsigned i = 0; i < XFA_LEN(femto_removed_fn, femto_on_removal); i++) {
                femto_on_removal[i](id);
            }
            femto_fault_forget(id);
        }
    }
    return refuse(&why, code);
}

const femto_container_t *femto_container_get(unsigned id)
{
    return lookup(id);
}

unsigned femto_container_id(const femto_container_t *c)
{
    return c - femto_pool;
}

femto_state_t femto_container_state(unsigned id)
{
    return (id < FEMTO_CONTAINERS) ? (femto_state_t)femto_pool[id].state : FEMTO_STATE_FREE;
}
