/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

/**
 * @ingroup     pkg_femtocontainer
 * @{
 *
 * @file
 * @brief       Install an image from a file
 *
 * @}
 */

#include <fcntl.h>
#include <string.h>

#include "femto_install.h"
#include "mutex.h"
#include "suit_internal.h"
#include "vfs.h"

/* Reads a file whole, if it has at most max bytes. */
static femto_suit_verdict_t read_file(const char *path, uint8_t *buf, uint32_t max, uint32_t *len)
{
    uint8_t more;
    ssize_t n = 1;
    int fd = vfs_open(path, O_RDONLY, 0);

    *len = 0;
    if (fd < 0) {
        return femto_suit_at(FEMTO_E_STORAGE_ERROR, -fd);
    }
    while (*len < max && (n = vfs_read(fd, buf + *len, max - *len)) > 0) {
        *len += n;
    }
    if (n > 0) {
        n = vfs_read(fd, &more, 1);
    }
    vfs_close(fd);
    return (n < 0) ? femto_suit_at(FEMTO_E_STORAGE_ERROR, -n)
         : (n > 0) ? femto_suit_at(FEMTO_E_TOO_LONG, max) : 0;
}

static uint16_t say(femto_refusal_t *why, femto_suit_verdict_t verdict)
{
    why->code = femto_suit_code(verdict);
    if (why->code == FEMTO_E_NOT_GRANTED) {
        why->helper = femto_suit_where(verdict);
        for (unsigned i = 0; i < femto_n_needs; i++) {
            if (femto_needs[i].helper == why->helper) {
                why->capability = femto_needs[i].capability;
            }
        }
    }
    else {
        why->pc = femto_suit_where(verdict);
    }
    return why->code;
}

#ifdef MODULE_FEMTOCONTAINER_SUIT

/* Installing a file, as the worker of femtocontainer_suit does it */
typedef struct {
    femto_suit_job_t job;
    const char *path;
    unsigned hook, slot;
} file_job_t;

/* All checks of an image come as for a manifest. */
static femto_suit_verdict_t run(femto_suit_job_t *job, femto_suit_manifest_t *m)
{
    const file_job_t *file = container_of(job, file_job_t, job);
    femto_suit_slot_t *slot;
    femto_suit_verdict_t verdict = femto_suit_find(file->hook, file->slot, &slot);

    if (verdict != 0) {
        return verdict;
    }
    femto_suit_slot_name(slot, m->component);
    femto_suit_record_t *record = femto_suit_prepare(slot);
    if (record->sequence == UINT32_MAX) {
        return femto_suit_at(FEMTO_E_OLD_SEQUENCE, UINT32_MAX);
    }
    m->sequence = ++record->sequence; /* of two records the greater number counts */
    verdict = read_file(file->path, femto_suit_staging(), CONFIG_FEMTOCONTAINER_SUIT_IMAGE,
                        &record->size);
    if (verdict != 0) {
        return verdict;
    }
    femto_suit_sha256(femto_suit_staging(), record->size, record->digest);
    return femto_suit_put(slot, m->component);
}

uint16_t femto_install_file(const char *path, unsigned hook, unsigned slot, femto_refusal_t *why)
{
    femto_refusal_t own;
    file_job_t file = { .job.run = run, .path = path, .hook = hook, .slot = slot };

    why = (why == NULL) ? &own : why;
    *why = (femto_refusal_t){ .capability = FEMTO_NONE };
    return say(why, femto_suit_job_wait(&file.job));
}

#else

/* Memory of one installed container. */
typedef struct {
    _Alignas(8) uint8_t image[CONFIG_FEMTOCONTAINER_INSTALL_IMAGE];
    _Alignas(8) uint8_t ram[CONFIG_FEMTOCONTAINER_INSTALL_RAM];
    femto_program_t program;
    char name[16];
} place_t;

static place_t places[CONFIG_FEMTOCONTAINER_INSTALL_PLACES];
static mutex_t lock = MUTEX_INIT; /* one at a time */

/* The container in a place, or NULL: others remove it, and give its id away. */
static const femto_container_t *user(const place_t *place)
{
    for (unsigned id = 0; id < FEMTO_CONTAINERS; id++) {
        const femto_container_t *c = femto_container_get(id);
        if (c != NULL && femto_container_program(c) == &place->program) {
            return c;
        }
    }
    return NULL;
}

/* A free place, or NULL. Counts what the tenant has. */
static place_t *find(unsigned tenant, unsigned *used)
{
    place_t *found = NULL;

    *used = 0;
    for (unsigned i = 0; i < ARRAY_SIZE(places); i++) {
        const femto_container_t *c = user(&places[i]);
        if (c == NULL) {
            found = &places[i];
        }
        *used += c != NULL && c->tenant == tenant;
    }
    return found;
}

/* From /sd/average.fc to average, in characters that anybody can show. */
static void name_after(place_t *place, const char *path)
{
    const char *base = strrchr(path, '/');
    size_t n = 0;

    for (base = (base == NULL) ? path : base + 1; *base != '\0' && n + 1 < sizeof(place->name); base++) {
        place->name[n++] = (*base > ' ' && *base <= '~') ? *base : '?';
    }
    if (n > 3 && memcmp(place->name + n - 3, ".fc", 3) == 0) {
        n -= 3;
    }
    place->name[n] = '\0';
}

static uint16_t install(const char *path, unsigned hook, unsigned tenant, femto_refusal_t *why)
{
    unsigned used;
    uint32_t len;
    place_t *place = find(tenant, &used);

    if (used >= femto_tenants[tenant].quota.slots) {
        return say(why, femto_suit_at(FEMTO_E_SLOT_QUOTA, femto_tenants[tenant].quota.slots));
    }
    if (place == NULL) {
        return say(why, FEMTO_E_TOO_MANY_CONTAINERS);
    }
    femto_suit_verdict_t verdict = read_file(path, place->image, sizeof(place->image), &len);
    if (verdict != 0) {
        return say(why, verdict);
    }
    name_after(place, path);
    place->program = (femto_program_t){
        .name = place->name,
        .image = place->image,
        .image_len = len,
        .ram = place->ram,
        .ram_len = sizeof(place->ram),
    };
    int id = femto_container_install(&place->program, tenant);
    if (id < 0) {
        return say(why, -id);
    }
    uint16_t code = femto_container_attach(id, hook, why);
    if (code != 0) {
        femto_container_remove(id);
    }
    return code;
}

uint16_t femto_install_file(const char *path, unsigned hook, unsigned tenant, femto_refusal_t *why)
{
    femto_refusal_t own;

    why = (why == NULL) ? &own : why;
    *why = (femto_refusal_t){ .capability = FEMTO_NONE };
    if (tenant >= FEMTO_TENANTS) {
        return say(why, FEMTO_E_HOOK_REFUSES);
    }
    mutex_lock(&lock);
    uint16_t code = install(path, hook, tenant, why);
    mutex_unlock(&lock);
    return code;
}

#endif
