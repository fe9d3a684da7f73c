/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

/**
 * @ingroup     pkg_femtocontainer
 * @{
 *
 * @file
 * @brief       The log of faults
 *
 * @}
 */

#include <string.h>

#include "mutex.h"
#include "registry.h"
#include "ztimer.h"

static femto_fault_t records[CONFIG_FEMTOCONTAINER_FAULT_LOG];
static mutex_t lock = MUTEX_INIT;

static unsigned held_by(unsigned tenant)
{
    unsigned n = 0;

    for (unsigned i = 0; i < ARRAY_SIZE(records); i++) {
        n += records[i].count > 0 && records[i].tenant == tenant;
    }
    return n;
}

/* An empty record, or the oldest of the tenant that has the most. */
static femto_fault_t *room(uint32_t now)
{
    femto_fault_t *best = NULL;
    unsigned most = 0;
    uint32_t age = 0;

    for (unsigned i = 0; i < ARRAY_SIZE(records); i++) {
        femto_fault_t *r = &records[i];
        if (r->count == 0) {
            return r;
        }
        unsigned held = held_by(r->tenant);
        if (held > most || (held == most && now - r->last > age)) {
            most = held;
            age = now - r->last;
            best = r;
        }
    }
    return best;
}

void femto_fault_record(const femto_container_t *c, const femto_vm_t *vm, uint16_t code)
{
    uint32_t now = ztimer_now(ZTIMER_MSEC);
    femto_fault_t fault = {
        .pc = femto_pc(vm),
        .address = (code == FEMTO_E_BAD_ACCESS) ? vm->address : 0,
        .last = now,
        .code = code,
        .container = c - femto_pool,
        .tenant = c->tenant,
    };

    mutex_lock(&lock);
    femto_fault_t *r = NULL;
    for (unsigned i = 0; i < ARRAY_SIZE(records) && r == NULL; i++) {
        if (records[i].count > 0 && records[i].container == fault.container &&
            records[i].code == code && records[i].pc == fault.pc) {
            r = &records[i];
            fault.count = r->count;
        }
    }
    if (r == NULL) {
        r = room(now);
    }
    fault.count += fault.count < UINT32_MAX;
    *r = fault;
    mutex_unlock(&lock);
}

void femto_fault_forget(unsigned id)
{
    mutex_lock(&lock);
    for (unsigned i = 0; i < ARRAY_SIZE(records); i++) {
        if (records[i].container == id) {
            memset(&records[i], 0, sizeof(records[i]));
        }
    }
    mutex_unlock(&lock);
}

bool femto_fault_get(unsigned index, femto_fault_t *out)
{
    mutex_lock(&lock);
    *out = records[index];
    mutex_unlock(&lock);
    return out->count > 0;
}
