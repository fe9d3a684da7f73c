/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

/**
 * @ingroup     pkg_femtocontainer
 * @{
 *
 * @file
 * @brief       Key-value stores
 *
 * Entries are sorted, so that finding one takes a few comparisons and iterating
 * needs no state. Usage is counted when it is asked for, which happens only when
 * something grows: a count that is not kept cannot be wrong.
 *
 * @}
 */

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "femto_kv.h"
#include "femto_sys.h"

enum { INLINE = 4 }; /* bytes of a value that lie in the entry itself */

/* Index of the first entry that is not below (space, key). */
static uint32_t _lower(const femto_kv_t *kv, uint16_t space, uint32_t key)
{
    uint32_t low = 0;
    uint32_t high = kv->n_entries;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        const femto_kv_entry_t *e = &kv->entries[middle];

        if (e->space < space || (e->space == space && e->key < key)) {
            low = middle + 1;
        }
        else {
            high = middle;
        }
    }
    return low;
}

static femto_kv_entry_t *_find(const femto_kv_t *kv, uint16_t space, uint32_t key)
{
    uint32_t i = _lower(kv, space, key);
    femto_kv_entry_t *e = &kv->entries[i];

    return (i < kv->n_entries && e->space == space && e->key == key) ? e : NULL;
}

const uint8_t *femto_kv_value(const femto_kv_t *kv, const femto_kv_entry_t *e)
{
    return (e->len > INLINE) ? kv->bytes + e->value : (const uint8_t *)&e->value;
}

/* Takes the value's bytes away and closes the gap. */
static void _free(femto_kv_t *kv, femto_kv_entry_t *e)
{
    uint32_t len = e->len;

    e->len = 0;
    if (len <= INLINE) {
        return;
    }
    kv->n_bytes -= len;
    memmove(kv->bytes + e->value, kv->bytes + e->value + len, kv->n_bytes - e->value);
    for (uint32_t i = 0; i < kv->n_entries; i++) {
        if (kv->entries[i].len > INLINE && kv->entries[i].value > e->value) {
            kv->entries[i].value -= len;
        }
    }
}

/* Sets the value of an entry that has room for it. */
static void _set(femto_kv_t *kv, femto_kv_entry_t *e, const void *value, uint32_t len)
{
    if (len != e->len) {
        _free(kv, e);
        if (len > INLINE) {
            e->value = kv->n_bytes;
            kv->n_bytes += len;
        }
        e->len = (uint16_t)len;
    }
    if (len > 0) {
        memcpy((len > INLINE) ? kv->bytes + e->value : (uint8_t *)&e->value, value, len);
    }
}

/* A container's own store ends with the boot: the next one gives ids anew. */
static bool _kept(const femto_kv_entry_t *e)
{
    return (e->flags & FEMTO_KV_PERSIST) != 0 && e->space >> 14 != FEMTO_SCOPE_LOCAL;
}

/* What one tenant does to another's entry is kept together with the other's
 * own next change: nobody can wear the flash on another's account. */
static void _changed(const femto_kv_t *kv, const femto_kv_entry_t *e, uint8_t by)
{
    if (_kept(e) && e->tenant == by && kv->changed != NULL) {
        kv->changed(by);
    }
}

static void _remove(femto_kv_t *kv, femto_kv_entry_t *e, uint8_t by)
{
    _changed(kv, e, by);
    _free(kv, e);
    kv->n_entries--;
    memmove(e, e + 1, (size_t)(kv->entries + kv->n_entries - e) * sizeof(*e));
}

void femto_kv_usage(const femto_kv_t *kv, uint8_t tenant, uint32_t *entries, uint32_t *bytes)
{
    *entries = 0;
    *bytes = 0;
    for (uint32_t i = 0; i < kv->n_entries; i++) {
        if (kv->entries[i].tenant == tenant) {
            ++*entries;
            *bytes += kv->entries[i].len;
        }
    }
}

/* Whether there is room for a value of len bytes as the writer's, in the place
 * of the entry old, which may be NULL. */
static bool _room(const femto_kv_t *kv, const femto_kv_who_t *who,
                  const femto_kv_entry_t *old, uint32_t len)
{
    uint32_t entries, bytes;
    uint32_t in_bytes = kv->n_bytes;

    femto_kv_usage(kv, who->tenant, &entries, &bytes);
    if (old != NULL) {
        if (old->tenant == who->tenant) {
            entries--;
            bytes -= old->len;
        }
        in_bytes -= (old->len > INLINE) ? old->len : 0u;
    }
    return entries < who->max_entries
           && bytes <= who->max_bytes && len <= who->max_bytes - bytes
           && (old != NULL || kv->n_entries < kv->max_entries)
           && (len <= INLINE || len <= kv->max_bytes - in_bytes);
}

int32_t femto_kv_put(femto_kv_t *kv, const femto_kv_who_t *who, uint32_t key,
                     const void *value, uint32_t len, uint32_t flags)
{
    if ((flags & ~(uint32_t)(FEMTO_KV_NEW | FEMTO_KV_PERSIST)) != 0) {
        return FEMTO_EINVAL;
    }
    if (len > kv->max_value) {
        return FEMTO_EMSGSIZE;
    }

    uint32_t i = _lower(kv, who->space, key);
    femto_kv_entry_t *e = &kv->entries[i];
    bool exists = i < kv->n_entries && e->space == who->space && e->key == key;

    if (exists && (flags & FEMTO_KV_NEW) != 0) {
        return FEMTO_EEXIST;
    }
    if (!exists || len > e->len) {
        if (!_room(kv, who, exists ? e : NULL, len)) {
            return FEMTO_ENOSPC;
        }
        if (!exists) {
            memmove(e + 1, e, (kv->n_entries - i) * sizeof(*e));
            kv->n_entries++;
            *e = (femto_kv_entry_t){ .key = key, .space = who->space };
        }
        e->tenant = who->tenant;
    }
    _set(kv, e, value, len);
    if (e->tenant == who->tenant) {
        _changed(kv, e, who->tenant); /* if it is kept no longer */
        e->flags = (uint8_t)(flags & FEMTO_KV_PERSIST);
        _changed(kv, e, who->tenant);
    }
    return 0;
}

int32_t femto_kv_get(const femto_kv_t *kv, uint16_t space, uint32_t key,
                     void *value, uint32_t size)
{
    const femto_kv_entry_t *e = _find(kv, space, key);

    if (e == NULL) {
        return FEMTO_ENOENT;
    }
    if (e->len > size) {
        return FEMTO_EMSGSIZE;
    }
    if (e->len > 0) {
        memcpy(value, femto_kv_value(kv, e), e->len);
    }
    return e->len;
}

int32_t femto_kv_fetch(const femto_kv_t *kv, uint16_t space, uint32_t key, uint32_t *value)
{
    const femto_kv_entry_t *e = _find(kv, space, key);

    if (e == NULL) {
        return FEMTO_ENOENT;
    }
    if (e->len != sizeof(*value)) {
        return FEMTO_EMSGSIZE;
    }
    *value = e->value;
    return 0;
}

int32_t femto_kv_cas(femto_kv_t *kv, const femto_kv_who_t *who, uint32_t key,
                     uint32_t expected, uint32_t desired)
{
    femto_kv_entry_t *e = _find(kv, who->space, key);

    if (e == NULL) {
        return FEMTO_ENOENT;
    }
    if (e->len != sizeof(desired)) {
        return FEMTO_EMSGSIZE;
    }
    if (e->value != expected) {
        return FEMTO_EAGAIN;
    }
    e->value = desired;
    _changed(kv, e, who->tenant);
    return 0;
}

int32_t femto_kv_delete(femto_kv_t *kv, const femto_kv_who_t *who, uint32_t key)
{
    femto_kv_entry_t *e = _find(kv, who->space, key);

    if (e == NULL) {
        return FEMTO_ENOENT;
    }
    _remove(kv, e, who->tenant);
    return 0;
}

int32_t femto_kv_next(const femto_kv_t *kv, uint16_t space, uint32_t *key)
{
    uint32_t i = _lower(kv, space, *key);

    if (i == kv->n_entries || kv->entries[i].space != space) {
        return FEMTO_ENOENT;
    }
    *key = kv->entries[i].key;
    return kv->entries[i].len;
}

void femto_kv_clear(femto_kv_t *kv, uint16_t space)
{
    uint32_t i = _lower(kv, space, 0);

    while (i < kv->n_entries && kv->entries[i].space == space) {
        _remove(kv, &kv->entries[i], kv->entries[i].tenant);
    }
}

int32_t femto_kv_next_kept(const femto_kv_t *kv, uint8_t tenant, uint16_t *space,
                           uint32_t *key, uint8_t *value)
{
    for (uint32_t i = _lower(kv, *space, *key); i < kv->n_entries; i++) {
        const femto_kv_entry_t *e = &kv->entries[i];

        if (e->tenant == tenant && _kept(e)) {
            *space = e->space;
            *key = e->key;
            if (e->len > 0) {
                memcpy(value, femto_kv_value(kv, e), e->len);
            }
            return e->len;
        }
    }
    return FEMTO_ENOENT;
}
