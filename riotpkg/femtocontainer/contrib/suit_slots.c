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

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "femto_runtime.h"
#include "kernel_defines.h"
#include "suit_internal.h"

enum { SLOTS = FEMTO_TOTAL_CONTAINERS };

/* Memory of one installed container */
typedef struct {
#if !IS_USED(MODULE_FEMTOCONTAINER_SUIT_FLASH)
    _Alignas(8) uint8_t image[CONFIG_FEMTOCONTAINER_SUIT_IMAGE];
#endif
    _Alignas(8) uint8_t ram[CONFIG_FEMTOCONTAINER_SUIT_RAM];
    femto_program_t program;
} _place_t;

/* One more than slots: what comes is received and checked in the spare one. */
static _place_t places[SLOTS + 1];
static uint8_t spare = SLOTS;

#if IS_USED(MODULE_FEMTOCONTAINER_SUIT_FLASH)
/* Containers run from the flash: all that is received goes through here. */
static _Alignas(8) uint8_t image[CONFIG_FEMTOCONTAINER_SUIT_IMAGE];
#define IMAGE(place) ((void)(place), image)
#else
#define IMAGE(place) (places[place].image)
#endif

femto_suit_slot_t femto_suit_slots[SLOTS];
femto_suit_revoked_t femto_suit_revoked_keys;
mutex_t femto_suit_lock = MUTEX_INIT;

static const uint8_t digest_of_nothing[32] = {
    0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24,
    0x27, 0xae, 0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55,
};

uint8_t *femto_suit_staging(void)
{
    return IMAGE(spare);
}

/* --- names --------------------------------------------------------------- */

const char *femto_suit_hook_name(unsigned hook)
{
    const char *name = femto_hook_contracts[hook].name;
    const char *piece = name;

    /* each piece is a part of the component; so are fc, a slot and a device */
    for (unsigned parts = 3 + 1; parts <= FEMTO_SUIT_PARTS_MAX; parts++) {
        size_t len = strspn(piece, "abcdefghijklmnopqrstuvwxyz0123456789-");

        if (len == 0) {
            return NULL;
        }
        piece += len;
        if (*piece == '\0') {
            bool fits = piece - name <= FEMTO_SUIT_NAME_MAX - 3 - 1 - 4 - 17;
            return fits && femto_hook_find(hook) != NULL ? name : NULL;
        }
        if (*piece++ != '/') {
            return NULL;
        }
    }
    return NULL;
}

void femto_suit_slot_name(const femto_suit_slot_t *slot, char *out)
{
    sprintf(out, "fc/%s/%u", femto_hook_contracts[slot->hook].name, slot->number);
}

static femto_suit_slot_t *_find(const femto_suit_manifest_t *m)
{
    char name[FEMTO_SUIT_NAME_MAX + 1];

    for (unsigned i = 0; i < SLOTS; i++) {
        if (femto_suit_hook_name(femto_suit_slots[i].hook) != NULL) {
            femto_suit_slot_name(&femto_suit_slots[i], name);
            if (strcmp(name, m->component) == 0) {
                return &femto_suit_slots[i];
            }
        }
    }
    return NULL;
}

femto_suit_verdict_t femto_suit_target(const femto_suit_manifest_t *m)
{
    uint32_t known = femto_suit_revoked_keys.sequence;

    if (m->hook != NULL) {
        const femto_suit_slot_t *slot = _find(m);
        if (slot == NULL) {
            for (unsigned hook = 0; hook < FEMTO_HOOKS; hook++) {
                const char *name = femto_suit_hook_name(hook);
                if (name != NULL && strlen(name) == m->hook_len
                    && memcmp(name, m->hook, m->hook_len) == 0) {
                    return femto_suit_at(FEMTO_E_UNKNOWN_SLOT,
                                         femto_hook_contracts[hook].containers);
                }
            }
            return femto_suit_code(FEMTO_E_UNKNOWN_HOOK);
        }
        /* who is allowed what is not known: docs/deployment.md */
        if (femto_suit_revoked_keys.damaged) {
            return femto_suit_code(FEMTO_E_BAD_RECORD);
        }
        known = slot->record.sequence;
    }
    if (m->sequence <= known) {
        return femto_suit_at(FEMTO_E_OLD_SEQUENCE, known);
    }
    if (m->size > CONFIG_FEMTOCONTAINER_SUIT_IMAGE) {
        return femto_suit_at(FEMTO_E_TOO_LONG, CONFIG_FEMTOCONTAINER_SUIT_IMAGE);
    }
    return femto_suit_code(0);
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

/* Whose image it is: tenant and key_id of s are set. */
static uint16_t _check_signature(const uint8_t *image, uint32_t len, femto_suit_slot_t *s)
{
    uint8_t digest[32];
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
    memcpy(s->key_id, id, sizeof(s->key_id));
    const uint8_t *key = _key(id, &s->tenant);
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
    return femto_suit_image_check(signature, len - names_end, digest, key);
}

/* Everything about an image, of which nothing is trusted, in the place of s. */
static femto_suit_verdict_t _check(femto_suit_slot_t *s, const uint8_t *image)
{
    _place_t *place = &places[s->place];
    femto_image_t opened;
    femto_refusal_t why;
    unsigned used = 1;

    uint16_t code = femto_image_open(&opened, image, s->record.size);
    if (code == 0) {
        code = _check_signature(image, s->record.size, s);
    }
    if (code != 0) {
        return femto_suit_code(code);
    }
    place->program = (femto_program_t){
        .name = femto_hook_contracts[s->hook].name,
        .image = image,
        .image_len = s->record.size,
        .ram = place->ram,
        .ram_len = sizeof(place->ram),
        .sequence = s->record.sequence,
    };
    code = femto_program_check(&place->program, s->tenant, s->hook, &why);
    if (code != 0) {
        return code == FEMTO_E_HOOK_REFUSES ? femto_suit_code(FEMTO_E_TENANT_REFUSED)
             : code == FEMTO_E_NOT_GRANTED ? femto_suit_at(code, why.helper)
             : code == FEMTO_E_NO_RAM ? femto_suit_at(code, sizeof(place->ram))
             : femto_suit_at(code, why.pc);
    }
    for (unsigned i = 0; i < SLOTS; i++) {
        const femto_suit_slot_t *other = &femto_suit_slots[i];
        bool same = other->hook == s->hook && other->number == s->number;
        used += !same && other->record.size > 0 && other->tenant == s->tenant;
    }
    unsigned quota = femto_tenants[s->tenant].quota.slots;
    return used > quota ? femto_suit_at(FEMTO_E_SLOT_QUOTA, quota) : femto_suit_code(0);
}

/* --- runtime ------------------------------------------------------------- */

/* The slot's container, unless somebody else has removed it: then its id is free, or
 * another container's. */
static const femto_container_t *_container(const femto_suit_slot_t *s)
{
    const femto_container_t *c = femto_container_get(s->container);

    return c != NULL && femto_container_program(c) == &places[s->place].program ? c : NULL;
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

/* Puts the checked image of s where the container of old runs, if there is one. */
static femto_suit_verdict_t _attach(femto_suit_slot_t *s, femto_suit_slot_t *old)
{
    const femto_program_t *program = &places[s->place].program;
    const femto_container_t *c = _container(old);
    femto_refusal_t why = { 0 };
    uint16_t code;

    s->container = FEMTO_NONE;
    if (c != NULL && old->tenant == s->tenant && c->hook == s->hook) {
        code = femto_container_replace(old->container, program, &why);
        if (code != 0) {
            return femto_suit_at(code, why.pc);
        }
        s->container = old->container;
        old->container = FEMTO_NONE;
    }
    else {
        code = _detach(old);
        if (code != 0) {
            return femto_suit_code(code);
        }
        int id = femto_container_install(program, s->tenant);
        if (id < 0) {
            return femto_suit_code(FEMTO_E_ATTACH_REFUSED);
        }
        s->container = (uint8_t)id;
    }
    /* nor is one that was replaced, if it had been detached or faulted too often */
    if (!_is_attached(s)) {
        code = femto_container_attach(s->container, s->hook, &why);
        if (code != 0) {
            _detach(s);
            return femto_suit_at(code, why.pc);
        }
    }
    return femto_suit_code(0);
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

static femto_suit_verdict_t _stored(int err)
{
    return err == 0 ? femto_suit_code(0)
         : err == -ENOSPC ? femto_suit_code(FEMTO_E_STORAGE_FULL)
         : femto_suit_at(FEMTO_E_STORAGE_ERROR, -err);
}

static femto_suit_record_t _record(const femto_suit_manifest_t *m)
{
    femto_suit_record_t record = { .sequence = m->sequence, .size = m->size };

    memcpy(record.digest, m->digest, sizeof(record.digest));
    return record;
}

static unsigned _place_of(const femto_suit_slot_t *slot)
{
    return FEMTO_SUIT_PLACE_REVOKED + 1 + (slot - femto_suit_slots);
}

/* Installs what is in the spare place. */
static femto_suit_verdict_t _install(femto_suit_slot_t *slot, const char *component,
                                     const femto_suit_record_t *record)
{
    femto_suit_slot_t fresh = *slot;

    fresh.record = *record;
    fresh.place = spare;
    uint8_t *image = femto_suit_staging();
    femto_suit_verdict_t verdict = _check(&fresh, image);
    if (verdict.code == 0 && IS_USED(MODULE_FEMTOCONTAINER_SUIT_FLASH)
        && slot->state != FEMTO_SUIT_ATTACHED) {
        /* what is left of a container may be in the bank that is written next */
        verdict = femto_suit_code(_detach(slot));
    }
    if (verdict.code == 0) {
        verdict = _stored(femto_suit_store_write(_place_of(slot), component, &fresh.record,
                                                 &image));
        places[spare].program.image = image;
    }
    if (verdict.code != 0) {
        return verdict;
    }
    /* From here on the slot has the new image, whatever happens. */
    femto_suit_slot_t old = *slot;
    fresh.why = _attach(&fresh, &old);
    fresh.state = fresh.why.code == 0 ? FEMTO_SUIT_ATTACHED : FEMTO_SUIT_WAITING;
    if (_detach(&old) == 0) {
        spare = old.place;
    }
    else {  /* it still runs there, and is what a revocation would be about */
        old.record = fresh.record;
        old.why = fresh.why;
        fresh = old;
    }
    mutex_lock(&femto_suit_lock);
    *slot = fresh;
    mutex_unlock(&femto_suit_lock);
    return fresh.why;
}

static femto_suit_verdict_t _remove(femto_suit_slot_t *slot, const femto_suit_manifest_t *m)
{
    femto_suit_record_t tombstone = _record(m);

    if (memcmp(tombstone.digest, digest_of_nothing, sizeof(digest_of_nothing)) != 0) {
        return femto_suit_code(FEMTO_E_WRONG_DIGEST);
    }
    /* It ends even if that cannot be stored; then the old record stays, and the
     * same manifest can be sent again. */
    uint8_t *nothing = NULL;
    femto_suit_verdict_t verdict = _stored(femto_suit_store_write(_place_of(slot), m->component,
                                                                  &tombstone, &nothing));
    uint16_t code = _detach(slot);
    mutex_lock(&femto_suit_lock);
    if (verdict.code == 0) {
        slot->record = tombstone;
    }
    if (code != 0) {
        verdict = femto_suit_code(code);
    }
    if (verdict.code == 0) {
        slot->state = FEMTO_SUIT_REMOVED;
    }
    else if (slot->state == FEMTO_SUIT_ATTACHED) {
        slot->state = FEMTO_SUIT_WAITING;
    }
    slot->why = verdict;
    mutex_unlock(&femto_suit_lock);
    return verdict;
}

/* Takes the containers away whose keys do not count any more. */
static void _enforce(void)
{
    for (unsigned i = 0; i < SLOTS; i++) {
        femto_suit_slot_t *s = &femto_suit_slots[i];
        if (_container(s) != NULL && _id_revoked(s->key_id)) {
            _detach(s);
            mutex_lock(&femto_suit_lock);
            s->state = FEMTO_SUIT_WAITING;
            s->why = femto_suit_code(FEMTO_E_KEY_REVOKED);
            mutex_unlock(&femto_suit_lock);
        }
    }
}

static femto_suit_verdict_t _revoke(const femto_suit_manifest_t *m)
{
    femto_suit_revoked_t all = femto_suit_revoked_keys;
    const uint8_t *list = femto_suit_staging();
    uint32_t where = 0;
    uint32_t n = femto_suit_revocation_read(list, m->size, &where);

    if (n == 0) {
        return femto_suit_at(FEMTO_E_BAD_REVOCATION, where);
    }
    const uint8_t *id = list + m->size - 9 * n + 1;
    for (; n > 0; n--, id += 9) {
        if (_id_revoked(id)) {
            continue;
        }
        if (all.n == ARRAY_SIZE(all.id)) {
            return femto_suit_at(FEMTO_E_BAD_REVOCATION, id - list);
        }
        memcpy(all.id[all.n++], id, FEMTO_SUIT_KEY_ID);
    }
    all.sequence = m->sequence;
    all.damaged = false;
    femto_suit_record_t record = { .sequence = all.sequence, .size = all.n * FEMTO_SUIT_KEY_ID };
    femto_suit_sha256(all.id[0], record.size, record.digest);
    uint8_t *ids = all.id[0];
    femto_suit_verdict_t verdict = _stored(femto_suit_store_write(FEMTO_SUIT_PLACE_REVOKED,
                                                                  m->component, &record, &ids));
    /* The keys do not count even if that cannot be stored; then the same manifest
     * can be sent again. */
    mutex_lock(&femto_suit_lock);
    if (verdict.code != 0) {
        all.sequence = femto_suit_revoked_keys.sequence;
        all.damaged = femto_suit_revoked_keys.damaged;
    }
    femto_suit_revoked_keys = all;
    mutex_unlock(&femto_suit_lock);
    _enforce();
    return verdict;
}

femto_suit_verdict_t femto_suit_do(const femto_suit_manifest_t *m)
{
    if (m->hook == NULL) {
        return _revoke(m);
    }
    femto_suit_slot_t *slot = _find(m);
    const femto_suit_record_t record = _record(m);
    return m->size == 0 ? _remove(slot, m) : _install(slot, m->component, &record);
}

femto_suit_verdict_t femto_suit_do_file(femto_suit_manifest_t *m, femto_suit_read_fn read,
                                        const char *path, unsigned hook, unsigned number)
{
    femto_suit_record_t record;
    unsigned i = 0;

    if (hook >= FEMTO_HOOKS || femto_suit_hook_name(hook) == NULL) {
        return femto_suit_code(FEMTO_E_UNKNOWN_HOOK);
    }
    if (number >= femto_hook_contracts[hook].containers) {
        return femto_suit_at(FEMTO_E_UNKNOWN_SLOT, femto_hook_contracts[hook].containers);
    }
    while (femto_suit_slots[i].hook != hook || femto_suit_slots[i].number != number) {
        i++;
    }
    femto_suit_slot_name(&femto_suit_slots[i], m->component);
    uint32_t known = femto_suit_slots[i].record.sequence;
    if (known == UINT32_MAX) {
        return femto_suit_at(FEMTO_E_OLD_SEQUENCE, known);
    }
    m->sequence = known + 1; /* of two records the greater number counts */
    femto_suit_verdict_t verdict = read(path, femto_suit_staging(), CONFIG_FEMTOCONTAINER_SUIT_IMAGE,
                                        &record.size);
    if (verdict.code != 0) {
        return verdict;
    }
    record.sequence = m->sequence;
    femto_suit_sha256(femto_suit_staging(), record.size, record.digest);
    return _install(&femto_suit_slots[i], m->component, &record);
}

/* --- boot ---------------------------------------------------------------- */

static void _boot_slot(femto_suit_slot_t *slot)
{
    char name[FEMTO_SUIT_NAME_MAX + 1];
    femto_suit_slot_t s = *slot;

    femto_suit_slot_name(&s, name);
    uint8_t *image = IMAGE(s.place);
    int err = femto_suit_store_read(_place_of(slot), name, &s.record, &image,
                                    CONFIG_FEMTOCONTAINER_SUIT_IMAGE);
    if (err == -ENOENT) {
        return;
    }
    s.why = err == 0 ? femto_suit_code(0) : femto_suit_code(FEMTO_E_BAD_RECORD);
    if (err == 0 && s.record.size == 0) {
        s.state = FEMTO_SUIT_REMOVED;
    }
    else {
        if (err == 0) {
            s.why = _check(&s, image);
        }
        s.state = FEMTO_SUIT_REFUSED;
        if (s.why.code == 0) {
            femto_suit_slot_t none = { .container = FEMTO_NONE };
            s.why = _attach(&s, &none);
            s.state = s.why.code == 0 ? FEMTO_SUIT_ATTACHED : FEMTO_SUIT_WAITING;
        }
    }
    if (s.why.code != 0) {
        printf("suit: %s: FC%u\n", name, s.why.code);
    }
    else {
        printf("suit: %s: %s, sequence %" PRIu32 "\n", name,
               s.state == FEMTO_SUIT_ATTACHED ? "attached" : "removed", s.record.sequence);
    }
    mutex_lock(&femto_suit_lock);
    *slot = s;
    mutex_unlock(&femto_suit_lock);
}

void femto_suit_slots_init(void)
{
    unsigned i = 0;

    for (unsigned hook = 0; hook < FEMTO_HOOKS; hook++) {
        for (unsigned n = 0; n < femto_hook_contracts[hook].containers; n++, i++) {
            femto_suit_slots[i] = (femto_suit_slot_t){
                .hook = hook, .number = n, .place = i, .container = FEMTO_NONE,
                .tenant = FEMTO_NONE,
            };
        }
    }
}

void femto_suit_boot(void)
{
    femto_suit_revoked_t revoked = { 0 };
    femto_suit_record_t record = { 0 };

    bool there = femto_suit_store_init() == 0;
    uint8_t *ids = revoked.id[0];
    int err = femto_suit_store_read(FEMTO_SUIT_PLACE_REVOKED, "fc/revoked", &record, &ids,
                                    sizeof(revoked.id));
    revoked.sequence = record.sequence;
    if (err == 0) {
        memmove(revoked.id, ids, record.size);
        revoked.n = record.size / FEMTO_SUIT_KEY_ID;
    }
    /* Without the list nobody's key counts, until a revocation makes a new one. */
    revoked.damaged = !there || (err != 0 && err != -ENOENT);
    mutex_lock(&femto_suit_lock);
    femto_suit_revoked_keys = revoked;
    mutex_unlock(&femto_suit_lock);

    for (unsigned i = 0; i < SLOTS; i++) {
        if (femto_suit_hook_name(femto_suit_slots[i].hook) != NULL) {
            _boot_slot(&femto_suit_slots[i]);
        }
    }
}
