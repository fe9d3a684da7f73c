/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

/**
 * @ingroup     pkg_femtocontainer
 * @{
 *
 * @file
 * @brief       Slots, and the checks that an image has to pass
 *
 * @}
 */

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "femto_runtime.h"
#include "kernel_defines.h"
#include "macros/utils.h"
#include "suit_internal.h"
#include "vfs.h"

enum { SLOTS = FEMTO_TOTAL_CONTAINERS };
static_assert(FEMTO_SUIT_PLACE_REVOKED + SLOTS < UINT8_MAX, "slots are numbered in a byte");

/* Memory of one installed container */
struct femto_suit_place {
    femto_program_t program;
    _Alignas(8) uint8_t ram[CONFIG_FEMTOCONTAINER_SUIT_RAM];
#if !IS_USED(MODULE_FEMTOCONTAINER_SUIT_FLASH)
    _Alignas(8) uint8_t image[CONFIG_FEMTOCONTAINER_SUIT_IMAGE];
#endif
};
static femto_suit_place_t places[SLOTS + 1];

/* What is to come into a slot. Its place is the one that no slot has: there images are
 * received and checked while the others run. */
static femto_suit_slot_t fresh;

femto_suit_slot_t femto_suit_slots[SLOTS];
femto_suit_revoked_t femto_suit_revoked_keys;
static mutex_t lock = MUTEX_INIT;

void femto_suit_lock(void)
{
    mutex_lock(&lock);
}

void femto_suit_unlock(void)
{
    mutex_unlock(&lock);
}

void femto_suit_changed(void)
{
    femto_suit_status.version++;
    femto_suit_unlock();
}

uint8_t *femto_suit_staging(void)
{
#if IS_USED(MODULE_FEMTOCONTAINER_SUIT_FLASH)
    /* Containers run from the flash: all that is received goes through here. */
    static _Alignas(8) uint8_t image[CONFIG_FEMTOCONTAINER_SUIT_IMAGE];
    return image;
#else
    return fresh.place->image;
#endif
}

/* --- names --------------------------------------------------------------- */

/* fc/, the hook's name, / and a slot; in a manifest a device may follow, and in a file
 * system it is the name of a file. */
#define HOOK_FITS(max) ((max) - 3 - 4)
#if IS_USED(MODULE_FEMTOCONTAINER_SUIT_VFS)
#define HOOK_NAME_MAX MIN(HOOK_FITS(FEMTO_SUIT_NAME_MAX - 1 - 17), HOOK_FITS(VFS_NAME_MAX))
#else
#define HOOK_NAME_MAX HOOK_FITS(FEMTO_SUIT_NAME_MAX - 1 - 17)
#endif

const char *femto_suit_hook_name(unsigned hook)
{
    const char *name = femto_hook_contracts[hook].name;
    const char *p = name;
    unsigned parts = 3; /* fc, a slot, a device; and each piece between slashes */

    do {
        if (!femto_suit_is_part(*p)) {
            return NULL;
        }
        while (femto_suit_is_part(*p)) {
            p++;
        }
        parts++;
    } while (*p++ == '/');
    bool fits = p[-1] == '\0' && parts <= FEMTO_SUIT_PARTS_MAX
                && p - 1 - name <= HOOK_NAME_MAX;
    return fits && femto_hook_find(hook) != NULL ? name : NULL;
}

void femto_suit_slot_name(const femto_suit_slot_t *slot, char *out)
{
    sprintf(out, "fc/%s/%u", femto_hook_contracts[slot->hook].name, slot->number);
}

void femto_suit_say(const char *component, femto_suit_verdict_t verdict, const char *done,
                    uint32_t sequence)
{
    if (femto_suit_done(verdict)) {
        printf("suit: %s: %s, sequence %" PRIu32 "\n", component, done, sequence);
    }
    else {
        printf("suit: %s%sFC%u\n", component, *component != '\0' ? ": " : "",
               femto_suit_code(verdict));
    }
}

femto_suit_verdict_t femto_suit_find(unsigned hook, unsigned number, femto_suit_slot_t **slot)
{
    if (hook >= FEMTO_HOOKS || femto_suit_hook_name(hook) == NULL) {
        return FEMTO_E_UNKNOWN_HOOK;
    }
    if (number >= femto_hook_contracts[hook].containers) {
        return femto_suit_at(FEMTO_E_UNKNOWN_SLOT, femto_hook_contracts[hook].containers);
    }
    femto_suit_slot_t *s = femto_suit_slots;
    while (s->hook != hook || s->number != number) {
        s++;
    }
    *slot = s;
    return 0;
}

femto_suit_verdict_t femto_suit_target(const femto_suit_manifest_t *m, femto_suit_slot_t **slot)
{
    uint32_t known = femto_suit_revoked_keys.sequence;

    *slot = NULL;
    if (m->hook != NULL) {
        unsigned hook = 0;
        for (; hook < FEMTO_HOOKS; hook++) {
            const char *name = femto_hook_contracts[hook].name;
            if (strncmp(name, m->hook, m->hook_len) == 0 && name[m->hook_len] == '\0') {
                break;
            }
        }
        femto_suit_verdict_t verdict = femto_suit_find(hook, m->slot, slot);
        if (!femto_suit_done(verdict)) {
            return verdict;
        }
        /* who is allowed what is not known: docs/deployment.md */
        if (femto_suit_revoked_keys.damaged) {
            return FEMTO_E_BAD_RECORD;
        }
        known = (*slot)->record.sequence;
    }
    if (m->sequence <= known) {
        return femto_suit_at(FEMTO_E_OLD_SEQUENCE, known);
    }
    if (m->size > CONFIG_FEMTOCONTAINER_SUIT_IMAGE) {
        return femto_suit_at(FEMTO_E_TOO_LONG, CONFIG_FEMTOCONTAINER_SUIT_IMAGE);
    }
    return 0;
}

/* --- checks -------------------------------------------------------------- */

static bool _id_revoked(const uint8_t id[FEMTO_SUIT_KEY_ID])
{
    for (unsigned i = 0; i < femto_suit_revoked_keys.n; i++) {
        if (memcmp(femto_suit_revoked_keys.id[i], id, FEMTO_SUIT_KEY_ID) == 0) {
            return true;
        }
    }
    return false;
}

bool femto_suit_revoked(const uint8_t key[32])
{
    uint8_t digest[32];

    femto_suit_sha256(key, 32, digest);
    return _id_revoked(digest);
}

static const uint8_t *_key(const uint8_t id[FEMTO_SUIT_KEY_ID], uint8_t *tenant)
{
    uint8_t digest[32];

    for (unsigned t = 0; t < FEMTO_TENANTS; t++) {
        for (unsigned k = 0; k < femto_tenants[t].n_keys; k++) {
            femto_suit_sha256(femto_tenants[t].keys[k], 32, digest);
            if (memcmp(digest, id, FEMTO_SUIT_KEY_ID) == 0) {
                *tenant = (uint8_t)t;
                return femto_tenants[t].keys[k];
            }
        }
    }
    return NULL;
}

/* Whose image it is: tenant and key_id of what is fresh are set. */
static uint16_t _check_signature(const uint8_t *image)
{
    uint8_t digest[32];
    uint32_t len = fresh.record.size;
    /* femto_image_open() has compared these lengths: docs/image-format.md */
    uint32_t names_end = len - (image[8] | image[9] << 8);
    const uint8_t *signature = image + names_end;

    if (names_end == len) {
        return FEMTO_E_UNSIGNED;
    }
    const uint8_t *id = femto_suit_image_key(signature, len - names_end);
    if (id == NULL) {
        return FEMTO_E_IMAGE_SIGNATURE;
    }
    memcpy(fresh.key_id, id, sizeof(fresh.key_id));
    const uint8_t *key = _key(id, &fresh.tenant);
    if (key == NULL) {
        return FEMTO_E_UNKNOWN_KEY;
    }
    if (femto_suit_revoked_keys.damaged) {
        return FEMTO_E_BAD_RECORD;
    }
    if (_id_revoked(id)) {
        return FEMTO_E_KEY_REVOKED;
    }
    femto_suit_sha256(image, names_end, digest);
    return femto_suit_image_check(signature, digest, key) ? 0 : FEMTO_E_IMAGE_SIGNATURE;
}

/* Everything about the image of what is fresh, of which nothing is trusted. */
static femto_suit_verdict_t _check(const uint8_t *image)
{
    femto_suit_place_t *place = fresh.place;
    femto_program_t *program = &place->program;
    femto_image_t opened;
    femto_refusal_t why;
    unsigned used = 1;

    uint16_t code = femto_image_open(&opened, image, fresh.record.size);
    if (code == 0) {
        code = _check_signature(image);
    }
    if (code != 0) {
        return code;
    }
    program->name = femto_hook_contracts[fresh.hook].name;
    program->image = image;
    program->image_len = fresh.record.size;
    program->ram = place->ram;
    program->ram_len = sizeof(place->ram);
    program->sequence = fresh.record.sequence;
    code = femto_program_check(program, fresh.tenant, fresh.hook, &why);
    if (code != 0) {
        uint32_t where = code == FEMTO_E_NOT_GRANTED ? why.helper
                         : code == FEMTO_E_NO_RAM ? sizeof(place->ram) : why.pc;
        return code == FEMTO_E_HOOK_REFUSES ? FEMTO_E_TENANT_REFUSED : femto_suit_at(code, where);
    }
    for (unsigned i = 0; i < SLOTS; i++) {
        const femto_suit_slot_t *other = &femto_suit_slots[i];
        if (other->index != fresh.index && other->record.size > 0
            && other->tenant == fresh.tenant) {
            used++;
        }
    }
    unsigned quota = femto_tenants[fresh.tenant].quota.slots;
    return used > quota ? femto_suit_at(FEMTO_E_SLOT_QUOTA, quota) : 0;
}

/* --- runtime ------------------------------------------------------------- */

/* The slot's container, unless somebody else has removed it: then its id is free, or
 * another container's. */
static const femto_container_t *_container(const femto_suit_slot_t *s)
{
    const femto_container_t *c = femto_container_get(s->container);

    return c != NULL && femto_container_program(c) == &s->place->program ? c : NULL;
}

static bool _is_attached(const femto_suit_slot_t *s)
{
    const femto_container_t *c = _container(s);

    return c != NULL && c->hook == s->hook
        && (c->state == FEMTO_STATE_ATTACHED || c->state == FEMTO_STATE_RUNNING
            || c->state == FEMTO_STATE_ENDED);
}

static uint16_t _detach(femto_suit_slot_t *s)
{
    uint16_t code = _container(s) != NULL ? femto_container_remove(s->container) : 0;

    if (code != 0 && code != FEMTO_E_NO_CONTAINER) {
        return code;
    }
    s->container = FEMTO_NONE;
    return 0;
}

/* Puts what is fresh, and has been checked, where the container of the slot runs, if there
 * is one. */
static femto_suit_verdict_t _attach(femto_suit_slot_t *slot)
{
    const femto_program_t *program = &fresh.place->program;
    const femto_container_t *c = _container(slot);
    femto_refusal_t why;
    uint16_t code;

    if (c != NULL && slot->tenant == fresh.tenant && c->hook == fresh.hook) {
        fresh.container = slot->container;
        code = femto_container_replace(fresh.container, program, &why);
    }
    else {
        code = _detach(slot);
        if (code != 0) {
            return code;
        }
        int id = femto_container_install(program, fresh.tenant);
        if (id < 0) {
            return FEMTO_E_ATTACH_REFUSED;
        }
        fresh.container = (uint8_t)id;
    }
    /* nor is one that was replaced, if it had been detached or faulted too often */
    if (code == 0 && !_is_attached(&fresh)) {
        code = femto_container_attach(fresh.container, fresh.hook, &why);
    }
    if (code != 0) {
        _detach(&fresh);    /* not if it is still what was to be replaced */
        return femto_suit_at(code, why.pc);
    }
    return 0;
}

void femto_suit_look(void)
{
    for (unsigned i = 0; i < SLOTS; i++) {
        femto_suit_slot_t *s = &femto_suit_slots[i];
        if (s->state == FEMTO_SUIT_ATTACHED || s->state == FEMTO_SUIT_WAITING) {
            uint8_t state = _is_attached(s) ? FEMTO_SUIT_ATTACHED : FEMTO_SUIT_WAITING;
            femto_suit_status.version += state != s->state;
            s->state = state;
        }
    }
}

/* --- what manifests ask for ---------------------------------------------- */

femto_suit_record_t *femto_suit_prepare(const femto_suit_slot_t *slot)
{
    femto_suit_place_t *place = fresh.place;

    fresh = *slot;
    fresh.place = place;
    fresh.container = FEMTO_NONE;
    return &fresh.record;
}

/* Runs what is fresh, and has been checked. */
static void _run_fresh(femto_suit_slot_t *slot)
{
    fresh.why = _attach(slot);
    fresh.state = femto_suit_done(fresh.why) ? FEMTO_SUIT_ATTACHED : FEMTO_SUIT_WAITING;
}

/* The slot becomes what is fresh, and what it was before ends. */
static void _commit(femto_suit_slot_t *slot)
{
    uint16_t code = _detach(slot);

    femto_suit_lock();
    if (code == 0) {
        femto_suit_place_t *place = slot->place;
        *slot = fresh;
        fresh.place = place;
    }
    else {  /* it still runs there, and is what a revocation would be about */
        slot->record = fresh.record;
        slot->why = femto_suit_done(fresh.why) ? code : fresh.why;
    }
    femto_suit_changed();
}

/* Stores the fresh record. */
static femto_suit_verdict_t _store(unsigned place, const char *component, uint8_t **payload)
{
    int err = femto_suit_store_write(place, component, &fresh.record, payload);

    return err == 0 ? 0
         : err == -ENOSPC ? FEMTO_E_STORAGE_FULL : femto_suit_at(FEMTO_E_STORAGE_ERROR, -err);
}

femto_suit_verdict_t femto_suit_put(femto_suit_slot_t *slot, const char *component)
{
    uint8_t *image = femto_suit_staging();
    femto_suit_verdict_t verdict = _check(image);

    if (femto_suit_done(verdict) && IS_USED(MODULE_FEMTOCONTAINER_SUIT_FLASH)
        && slot->state != FEMTO_SUIT_ATTACHED) {
        /* what is left of a container may be in the bank that is written next */
        verdict = _detach(slot);
    }
    if (femto_suit_done(verdict)) {
        verdict = _store(slot->index, component, &image);
    }
    if (!femto_suit_done(verdict)) {
        return verdict;
    }
    /* from here on the slot has the new image, whatever happens */
    fresh.place->program.image = image;
    _run_fresh(slot);
    _commit(slot);
    return slot->why;
}

static femto_suit_verdict_t _remove(femto_suit_slot_t *slot, const char *component)
{
    uint8_t *nothing = femto_suit_staging();

    if (!femto_suit_payload_is(&fresh.record, nothing)) {
        return FEMTO_E_WRONG_DIGEST;
    }
    /* It ends even if that cannot be stored; then the old record stays, and the
     * same manifest can be sent again. */
    fresh.why = _store(slot->index, component, &nothing);
    if (femto_suit_done(fresh.why)) {
        fresh.state = FEMTO_SUIT_REMOVED;
    }
    else {
        fresh.record = slot->record;
        fresh.state = slot->state == FEMTO_SUIT_ATTACHED ? FEMTO_SUIT_WAITING : slot->state;
    }
    _commit(slot);
    return slot->why;
}

/* Takes the containers away whose keys do not count any more. */
static void _enforce(void)
{
    for (unsigned i = 0; i < SLOTS; i++) {
        femto_suit_slot_t *s = &femto_suit_slots[i];
        if (_container(s) != NULL && _id_revoked(s->key_id)) {
            _detach(s);
            femto_suit_lock();
            s->state = FEMTO_SUIT_WAITING;
            s->why = FEMTO_E_KEY_REVOKED;
            femto_suit_changed();
        }
    }
}

static femto_suit_verdict_t _revoke(const femto_suit_manifest_t *m)
{
    femto_suit_revoked_t *all = &femto_suit_revoked_keys;
    const uint8_t *list = femto_suit_staging();
    uint8_t *ids = all->id[0];
    unsigned total = all->n;
    uint32_t where = 0;
    uint32_t n = femto_suit_revocation_read(list, m->size, &where);

    if (n == 0) {
        return femto_suit_at(FEMTO_E_BAD_REVOCATION, where);
    }
    /* nobody looks behind the first all->n */
    const uint8_t *id = list + m->size - 9 * n + 1;
    for (; n > 0; n--, id += 9) {
        if (_id_revoked(id)) {
            continue;
        }
        if (total == ARRAY_SIZE(all->id)) {
            return femto_suit_at(FEMTO_E_BAD_REVOCATION, id - list);
        }
        memcpy(all->id[total++], id, FEMTO_SUIT_KEY_ID);
    }
    fresh.record.size = total * FEMTO_SUIT_KEY_ID;
    femto_suit_sha256(ids, fresh.record.size, fresh.record.digest);
    femto_suit_verdict_t verdict = _store(FEMTO_SUIT_PLACE_REVOKED, m->component, &ids);
    /* The keys do not count even if that cannot be stored; then the same manifest
     * can be sent again. */
    femto_suit_lock();
    all->n = total;
    if (femto_suit_done(verdict)) {
        all->sequence = m->sequence;
        all->damaged = false;
    }
    femto_suit_changed();
    _enforce();
    return verdict;
}

femto_suit_verdict_t femto_suit_do(const femto_suit_manifest_t *m, femto_suit_slot_t *slot)
{
    if (slot != NULL) {
        femto_suit_prepare(slot);
    }
    fresh.record.sequence = m->sequence;
    fresh.record.size = m->size;
    memcpy(fresh.record.digest, m->digest, sizeof(fresh.record.digest));
    return slot == NULL ? _revoke(m)
         : m->size == 0 ? _remove(slot, m->component) : femto_suit_put(slot, m->component);
}

/* --- boot ---------------------------------------------------------------- */

static void _boot_slot(femto_suit_slot_t *slot)
{
    char name[FEMTO_SUIT_NAME_MAX + 1];
    uint8_t *image = femto_suit_staging();

    femto_suit_slot_name(slot, name);
    femto_suit_prepare(slot);
    int err = femto_suit_store_read(slot->index, name, &fresh.record, &image,
                                    CONFIG_FEMTOCONTAINER_SUIT_IMAGE);
    if (err == -ENOENT) {
        return;
    }
    fresh.state = FEMTO_SUIT_REFUSED;
    if (err != 0) {
        fresh.why = FEMTO_E_BAD_RECORD;
    }
    else if (fresh.record.size == 0) {
        fresh.state = FEMTO_SUIT_REMOVED;
    }
    else {
        fresh.why = _check(image);
        if (femto_suit_done(fresh.why)) {
            _run_fresh(slot);
        }
    }
    _commit(slot);
    femto_suit_say(name, fresh.why, fresh.record.size > 0 ? "attached" : "removed",
                   fresh.record.sequence);
}

void femto_suit_slots_init(void)
{
    unsigned hook = 0, number = 0;

    for (unsigned i = 0; i < SLOTS; i++) {
        femto_suit_slot_t *s = &femto_suit_slots[i];
        while (number == femto_hook_contracts[hook].containers) {
            hook++;
            number = 0;
        }
        s->place = &places[i];
        s->index = FEMTO_SUIT_PLACE_REVOKED + 1 + i;
        s->hook = hook;
        s->number = number++;
        s->container = FEMTO_NONE;
        s->tenant = FEMTO_NONE;
    }
    fresh.place = &places[SLOTS];
}

void femto_suit_boot(void)
{
    femto_suit_revoked_t *all = &femto_suit_revoked_keys;
    uint8_t *ids = all->id[0];

    bool there = femto_suit_store_init() == 0;
    int err = femto_suit_store_read(FEMTO_SUIT_PLACE_REVOKED, "fc/revoked", &fresh.record, &ids,
                                    sizeof(all->id));
    femto_suit_lock();
    all->sequence = fresh.record.sequence;
    if (err == 0) {
        memmove(all->id, ids, fresh.record.size);
        all->n = fresh.record.size / FEMTO_SUIT_KEY_ID;
    }
    /* Without the list nobody's key counts, until a revocation makes a new one. */
    all->damaged = !there || (err != 0 && err != -ENOENT);
    femto_suit_changed();

    for (unsigned i = 0; i < SLOTS; i++) {
        if (femto_suit_hook_name(femto_suit_slots[i].hook) != NULL) {
            _boot_slot(&femto_suit_slots[i]);
        }
    }
}
