/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

/**
 * @ingroup     pkg_femtocontainer
 * @{
 *
 * @file
 * @brief       Hooks: running the containers that are attached
 *
 * @}
 */

#include "femto_runtime.h"
#include "irq.h"
#include "registry.h"
#include "thread.h"
#include "threads.h"
#include "ztimer.h"

XFA_INIT_CONST(femto_hook_ptr_t, femto_hooks);

femto_tenant_state_t femto_tenant_state[FEMTO_TENANTS];

void femto_count(uint32_t *counter, uint32_t n)
{
    unsigned irq = irq_disable();

    *counter += n;
    irq_restore(irq);
}

bool femto_tenant_print(unsigned tenant, uint32_t bytes)
{
    femto_bucket_t *b = &femto_tenant_state[tenant].console;
    uint32_t rate = femto_tenants[tenant].quota.console_bytes_per_second;

    femto_bucket_fill(b, rate);
    return femto_bucket_take(b, rate, bytes);
}

/* A container's own limits are kept as one number, the time at which what it has
 * used is paid off, in 1/16 ms. Nothing may be used that would move it more than
 * a second ahead; a time further ahead than any debt is one that wrapped around. */
enum { SECOND = 16000, DEBT = 8 * SECOND };

static bool limited(const femto_hook_contract_t *contract)
{
    return (contract->activations_per_second | contract->fuel_per_second) != 0;
}

static uint32_t debt(const femto_container_t *c, uint32_t now)
{
    uint32_t ahead = c->rate - now;

    return (ahead > DEBT) ? 0 : ahead;
}

static bool may_run(const femto_container_t *c, const femto_hook_contract_t *contract)
{
    uint32_t price = contract->activations_per_second ? SECOND / contract->activations_per_second
                                                      : 0;

    return debt(c, ztimer_now(ZTIMER_MSEC) * 16) + price <= SECOND;
}

static void pay(femto_container_t *c, const femto_hook_contract_t *contract, uint32_t used)
{
    uint32_t now = ztimer_now(ZTIMER_MSEC) * 16;
    uint32_t price = 0;

    if (contract->activations_per_second != 0) {
        price = (SECOND - 1) / contract->activations_per_second + 1;
    }
    if (contract->fuel_per_second != 0) {
        uint64_t fuel = ((uint64_t)used * SECOND - 1) / contract->fuel_per_second + 1;
        if (fuel > price) {
            price = (fuel > DEBT - SECOND) ? DEBT - SECOND : (uint32_t)fuel;
        }
    }
    c->rate = now + debt(c, now) + price;
}

/* What was used may be more than the bucket had, if threads of different priority
 * looked into it at the same time. Then it takes longer to fill. */
static void charge(femto_tenant_state_t *tenant, uint32_t used)
{
    unsigned irq = irq_disable();

    tenant->fuel.taken += used;
    tenant->used += used;
    irq_restore(irq);
}

/* One activation. Returns whether the container returned. A function of its own,
 * since the registers do not suffice for it and its caller together. */
__attribute__((noinline))
static bool activate(femto_hook_t *hook, femto_container_t *c, const femto_event_t *event,
                     int64_t *value)
{
    const femto_hook_contract_t *contract = hook->contract;
    femto_tenant_state_t *tenant = &femto_tenant_state[c->tenant];
    uint32_t fuel = contract->fuel; /* FEMTO_MAX_FUEL at most, as contracts are checked */
    femto_vm_t vm;

    if ((limited(contract) && !may_run(c, contract)) ||
        !femto_bucket_has(&tenant->fuel, femto_tenants[c->tenant].quota.fuel_per_second, fuel)) {
        femto_count(&tenant->skipped, 1);
        return false;
    }
    uint32_t slot = c->instance.image.entries[2 * c->entry];
    femto_start(&vm, &c->instance, slot, event->ctx, event->ctx_len, !event->ctx_read_only);
    if (event->data != NULL) {
        femto_grant(&vm, 5, event->data, event->data_len, !event->data_read_only);
    }
    uint16_t code = femto_resume(&vm, fuel);
    uint32_t used = fuel - femto_room(&vm);

    charge(tenant, used);
    c->activations++;
    if (limited(contract)) {
        pay(c, contract, used);
    }
    if (code == 0) {
        c->in_row = 0;
        *value = (int64_t)vm.r[0];
        return true;
    }
    femto_reset(&c->instance);
    femto_fault_record(c, &vm, code);
    c->faults += c->faults < UINT8_MAX;
    c->in_row++;
    if (c->in_row >= CONFIG_FEMTOCONTAINER_FAULTS) {
        femto_hook_unlink(hook, c - femto_pool);
        c->state = FEMTO_STATE_FAULTED;
    }
    return false;
}

/* Tells the threads of the containers. */
static uint32_t post(femto_hook_t *hook, const femto_event_t *event)
{
    uint32_t told = 0;

    for (unsigned id = hook->first; id != FEMTO_NONE; id = femto_pool[id].next) {
        if (femto_thread_post(&femto_pool[id], event)) {
            told++;
        }
        else {
            femto_count(&hook->dropped, 1);
        }
    }
    return told;
}

static bool stops(unsigned policy, int64_t value)
{
    return (policy == FEMTO_POLICY_STOP_ON_NEGATIVE && value < 0) ||
           (policy == FEMTO_POLICY_STOP_ON_POSITIVE && value > 0);
}

/* From the container with the number id on. Returns how many of them returned. */
static uint32_t activate_all(femto_hook_t *hook, unsigned id, const femto_event_t *event,
                             int64_t *value)
{
    uint32_t returned = 0;

    do {
        femto_container_t *c = &femto_pool[id];
        int64_t result;

        id = c->next; /* before a fault takes it off the list */
        if (activate(hook, c, event, &result)) {
            returned++;
            if (value != NULL) {
                *value = result;
            }
            if (stops(hook->contract->policy, result)) {
                break;
            }
        }
    } while (id != FEMTO_NONE);
    return returned;
}

uint32_t femto_hook_run(femto_hook_t *hook, const femto_event_t *event, int64_t *value)
{
    kernel_pid_t me = thread_getpid();
    uint32_t returned = 0;

    /* Containers never run in an interrupt, nor for an event that comes of their
     * own activation, for which they would wait for ever. Then, femto_start()
     * and femto_grant() refuse nothing but segments that are too long. */
    if (irq_is_in() || hook->runner == me ||
        event->ctx_len > FEMTO_MAX_SEGMENT || event->data_len > FEMTO_MAX_SEGMENT) {
        femto_count(&hook->dropped, 1);
        return 0;
    }
    mutex_lock(&hook->lock);
    unsigned id = hook->first;
    if (id != FEMTO_NONE) {
        hook->events++;
        if (IS_USED(MODULE_FEMTOCONTAINER_THREADS) && hook->contract->thread) {
            returned = post(hook, event);
        }
        else {
            hook->runner = me;
            returned = activate_all(hook, id, event, value);
            hook->runner = KERNEL_PID_UNDEF;
        }
    }
    mutex_unlock(&hook->lock);
    return returned;
}

femto_hook_t *femto_hook_find(unsigned number)
{
    for (unsigned i = 0; i < XFA_LEN(femto_hook_ptr_t, femto_hooks); i++) {
        if (femto_hook_number(femto_hooks[i]) == number) {
            return femto_hooks[i];
        }
    }
    return NULL;
}

void femto_hook_unlink(femto_hook_t *hook, unsigned id)
{
    uint8_t *at = &hook->first;

    while (*at != id) {
        at = &femto_pool[*at].next;
    }
    *at = femto_pool[id].next;
}
