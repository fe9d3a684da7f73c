/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

/**
 * @ingroup     pkg_femtocontainer
 * @{
 *
 * @file
 * @brief       System calls for the key-value stores
 *
 * @}
 */

#include "femto_runtime.h"
#include "femto_stores.h"
#include "femto_sys.h"
#include "mutex.h"

/* Room for what the firmware itself keeps in the stores. */
#ifndef CONFIG_FEMTOCONTAINER_KV_ENTRIES
#define CONFIG_FEMTOCONTAINER_KV_ENTRIES 0
#endif
#ifndef CONFIG_FEMTOCONTAINER_KV_BYTES
#define CONFIG_FEMTOCONTAINER_KV_BYTES 0
#endif

enum {
    ENTRIES = FEMTO_TOTAL_KV_ENTRIES + CONFIG_FEMTOCONTAINER_KV_ENTRIES,
    BYTES = FEMTO_TOTAL_KV_BYTES + CONFIG_FEMTOCONTAINER_KV_BYTES,
};

static femto_kv_entry_t _entries[ENTRIES + !ENTRIES];
static uint8_t _bytes[BYTES + !BYTES];

static femto_kv_t _stores = {
    .entries = _entries,
    .bytes = _bytes,
    .max_entries = ENTRIES,
    .max_bytes = BYTES,
    .max_value = CONFIG_FEMTOCONTAINER_KV_VALUE,
};

static mutex_t _lock = MUTEX_INIT;

const femto_kv_who_t femto_stores_firmware = {
    .space = FEMTO_SCOPE_GLOBAL << 14 | FEMTO_KV_ALL,
    .tenant = FEMTO_KV_FIRMWARE,
    .max_entries = CONFIG_FEMTOCONTAINER_KV_ENTRIES,
    .max_bytes = CONFIG_FEMTOCONTAINER_KV_BYTES,
};

femto_kv_t *femto_stores_lock(void)
{
    mutex_lock(&_lock);
    return &_stores;
}

void femto_stores_unlock(void)
{
    mutex_unlock(&_lock);
}

static femto_kv_who_t _who(const femto_vm_t *vm, uint32_t scope)
{
    const femto_container_t *c = femto_container_of(vm);
    uint32_t id = femto_container_id(c);
    femto_kv_who_t who = femto_stores_firmware;

    if (id < FEMTO_CONTAINERS) { /* else it is run by the firmware, and counts as such */
        who.tenant = c->tenant;
        who.max_entries = femto_tenants[c->tenant].quota.kv_entries;
        who.max_bytes = femto_tenants[c->tenant].quota.kv_bytes;
    }
    if (scope == FEMTO_SCOPE_LOCAL) {
        who.space = femto_kv_space(scope, id);
    }
    else if (scope == FEMTO_SCOPE_TENANT) {
        who.space = femto_kv_space(scope, who.tenant);
    }
    return who;
}

/* A container that is removed leaves nothing behind for the next one with its id. */
static void _forget(unsigned id)
{
    mutex_lock(&_lock);
    femto_kv_clear(&_stores, femto_kv_space(FEMTO_SCOPE_LOCAL, id));
    mutex_unlock(&_lock);
}

FEMTO_ON_REMOVAL(_forget);

int32_t femto_sys_kv_put(femto_vm_t *vm, uint32_t scope, uint32_t key,
                         const uint8_t *value, uint32_t len, uint32_t flags)
{
    femto_kv_who_t who = _who(vm, scope);

    mutex_lock(&_lock);
    int32_t result = femto_kv_put(&_stores, &who, key, value, len, flags);
    mutex_unlock(&_lock);
    return result;
}

int32_t femto_sys_kv_store(femto_vm_t *vm, uint32_t scope, uint32_t key, uint32_t value)
{
    return femto_sys_kv_put(vm, scope, key, (const uint8_t *)&value, sizeof(value), 0);
}

int32_t femto_sys_kv_get(femto_vm_t *vm, uint32_t scope, uint32_t key,
                         uint8_t *value, uint32_t size)
{
    femto_kv_who_t who = _who(vm, scope);

    mutex_lock(&_lock);
    int32_t result = femto_kv_get(&_stores, who.space, key, value, size);
    mutex_unlock(&_lock);
    return result;
}

int32_t femto_sys_kv_fetch(femto_vm_t *vm, uint32_t scope, uint32_t key, uint32_t *value)
{
    femto_kv_who_t who = _who(vm, scope);

    mutex_lock(&_lock);
    int32_t result = femto_kv_fetch(&_stores, who.space, key, value);
    mutex_unlock(&_lock);
    return result;
}

int32_t femto_sys_kv_delete(femto_vm_t *vm, uint32_t scope, uint32_t key)
{
    femto_kv_who_t who = _who(vm, scope);

    mutex_lock(&_lock);
    int32_t result = femto_kv_delete(&_stores, &who, key);
    mutex_unlock(&_lock);
    return result;
}

int32_t femto_sys_kv_next(femto_vm_t *vm, uint32_t scope, uint32_t *key)
{
    femto_kv_who_t who = _who(vm, scope);

    mutex_lock(&_lock);
    int32_t result = femto_kv_next(&_stores, who.space, key);
    mutex_unlock(&_lock);
    return result;
}

int32_t femto_sys_kv_cas(femto_vm_t *vm, uint32_t scope, uint32_t key,
                         uint32_t expected, uint32_t desired)
{
    femto_kv_who_t who = _who(vm, scope);

    mutex_lock(&_lock);
    int32_t result = femto_kv_cas(&_stores, &who, key, expected, desired);
    mutex_unlock(&_lock);
    return result;
}
