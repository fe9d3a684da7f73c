/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

/**
 * @ingroup     pkg_femtocontainer
 * @{
 *
 * @file
 * @brief       One job at a time: fetch a manifest and do as it says
 *
 * RIOT's SUIT module fetches the payload and compares its digest; the storage
 * driver here is the staging place. What RIOT makes of sequence numbers and of
 * install() is not relied on (it keeps one number for all components and drops
 * install()'s result): numbers are compared before it begins, and the switch
 * happens after suit_parse() has returned.
 *
 * @}
 */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "femto_suit.h"
#include "kernel_defines.h"
#include "net/nanocoap_sock.h"
#include "suit.h"
#include "suit/conditions.h"
#include "suit/storage.h"
#include "suit/transport/coap.h"
#include "suit_internal.h"
#include "thread.h"
#include "xfa.h"
#include "ztimer.h"

/* The longest that the gate accepts has 128 bytes less. */
enum { MANIFEST_MAX = 512 };

static char stack[3 * THREAD_STACKSIZE_LARGE];
static kernel_pid_t worker = KERNEL_PID_UNDEF;
static uint8_t envelope[MANIFEST_MAX];
static char trigger_url[FEMTO_SUIT_URL_MAX + 1];
static bool busy;

/* What somebody who waits wants to have installed; NULL: what trigger_url says */
typedef struct {
    femto_suit_read_fn read;
    const char *path;
    unsigned hook, slot;
    femto_suit_verdict_t verdict;
    mutex_t done;
} _file_t;
static _file_t *trigger_file;

femto_suit_status_t femto_suit_status;

/* The job that runs. Only the worker touches it. */
static struct {
    femto_suit_manifest_t manifest;
    char url[FEMTO_SUIT_URL_MAX + 1];   /* RIOT's, while it fetches */
    uint32_t begin;                     /* of the job, ms */
    uint32_t received;                  /* bytes of manifest or payload */
    femto_suit_verdict_t verdict;       /* of the first callback that refused */
    bool wanted;                        /* RIOT has found the digest to fit */
} job;

static void _state(femto_suit_job_state_t state)
{
    mutex_lock(&femto_suit_lock);
    femto_suit_status.state = state;
    femto_suit_status.received = 0;
    femto_suit_status.size = job.manifest.size;
    femto_suit_status.version++;
    mutex_unlock(&femto_suit_lock);
}

/* The first refusal is the one that counts. Not an errno that nanocoap takes for
 * a reason to try again. */
static int _refuse(femto_suit_verdict_t verdict)
{
    if (job.verdict.code == 0) {
        job.verdict = verdict;
    }
    return SUIT_ERR_STORAGE;
}

/* Adds what has come. Blocks have to be consecutive and not empty, whatever a
 * server says, so that there is an end to them. */
static int _receive(uint8_t *to, uint32_t max, size_t offset, const uint8_t *buf, size_t len)
{
    if (ztimer_now(ZTIMER_MSEC) - job.begin > CONFIG_FEMTOCONTAINER_SUIT_TIMEOUT * 1000u
        || offset != job.received || len == 0) {
        return _refuse(femto_suit_at(FEMTO_E_FETCH_FAILED, job.received));
    }
    if (len > max - job.received) {
        return _refuse(femto_suit_at(FEMTO_E_TOO_LONG, max));
    }
    memcpy(to + offset, buf, len);
    job.received += len;
    return SUIT_OK;
}

/* --- storage driver ------------------------------------------------------ */

static int _driver_init(suit_storage_t *storage)
{
    (void)storage;
    return SUIT_OK;
}

static int _driver_start(suit_storage_t *storage, const suit_manifest_t *manifest, size_t len)
{
    (void)storage;
    (void)manifest;
    job.received = 0;
    return len == job.manifest.size ? SUIT_OK : SUIT_ERR_STORAGE;
}

static int _driver_write(suit_storage_t *storage, const suit_manifest_t *manifest,
                         const uint8_t *buf, size_t offset, size_t len)
{
    (void)storage;
    (void)manifest;
    int res = _receive(femto_suit_staging(), job.manifest.size, offset, buf, len);

    mutex_lock(&femto_suit_lock);
    femto_suit_status.received = job.received;
    femto_suit_status.version++;
    mutex_unlock(&femto_suit_lock);
    return res;
}

/* The last write's result is lost in RIOT, but not this one's. */
static int _driver_finish(suit_storage_t *storage, const suit_manifest_t *manifest)
{
    (void)storage;
    (void)manifest;
    if (job.verdict.code == 0 && job.received != job.manifest.size) {
        _refuse(femto_suit_at(FEMTO_E_WRONG_SIZE, job.received));
    }
    return job.verdict.code == 0 ? SUIT_OK : SUIT_ERR_STORAGE;
}

static int _driver_read_ptr(suit_storage_t *storage, const uint8_t **buf, size_t *len)
{
    (void)storage;
    *buf = femto_suit_staging();
    *len = job.received;
    return SUIT_OK;
}

static int _driver_install(suit_storage_t *storage, const suit_manifest_t *manifest)
{
    (void)storage;
    (void)manifest;
    job.wanted = true;
    return SUIT_OK;
}

static int _driver_erase(suit_storage_t *storage)
{
    (void)storage;
    job.received = 0;
    return SUIT_OK;
}

/* RIOT has put its separator before each part, and the device's behind */
static bool _driver_has_location(const suit_storage_t *storage, const char *location)
{
    const char *own = job.manifest.component;

    (void)storage;
    if (*location++ != '.') {
        return false;
    }
    for (; *own != '\0'; own++, location++) {
        if (*location != (*own == '/' ? '.' : *own)) {
            return false;
        }
    }
    return *location == '\0' || *location == '.';
}

static int _driver_set_active_location(suit_storage_t *storage, const char *location)
{
    (void)storage;
    (void)location;
    return SUIT_OK;
}

static int _driver_get_seq_no(const suit_storage_t *storage, uint32_t *seq_no)
{
    (void)storage;
    *seq_no = 0;
    return SUIT_OK;
}

static int _driver_set_seq_no(suit_storage_t *storage, uint32_t seq_no)
{
    (void)storage;
    (void)seq_no;
    return SUIT_OK;
}

static const suit_storage_driver_t driver = {
    .init = _driver_init,
    .start = _driver_start,
    .write = _driver_write,
    .finish = _driver_finish,
    .read_ptr = _driver_read_ptr,
    .install = _driver_install,
    .erase = _driver_erase,
    .has_location = _driver_has_location,
    .set_active_location = _driver_set_active_location,
    .get_seq_no = _driver_get_seq_no,
    .set_seq_no = _driver_set_seq_no,
    .separator = '.',
};

static suit_storage_t storage = { .driver = &driver };

XFA_USE(suit_storage_t *, suit_storage_reg);
XFA(suit_storage_t *, suit_storage_reg, 0) femto_suit_storage = &storage;

/* --- job ----------------------------------------------------------------- */

static bool _may_fetch(const char *url)
{
    static const char prefix[] = CONFIG_FEMTOCONTAINER_SUIT_URL_PREFIX;

    /* the gate knows no schemes but coap and coaps */
    return strncmp(url, prefix, sizeof(prefix) - 1) == 0
        && (IS_USED(MODULE_NANOCOAP_DTLS) || url[4] == ':');
}

static int _manifest_block(void *arg, size_t offset, uint8_t *buf, size_t len, int more)
{
    (void)arg;
    (void)more;
    return _receive(envelope, sizeof(envelope), offset, buf, len);
}

static femto_suit_verdict_t _fetch_manifest(void)
{
    int res = nanocoap_get_blockwise_url(job.url, CONFIG_SUIT_COAP_BLOCKSIZE, _manifest_block, NULL);

    if (res < 0) {
        _refuse(femto_suit_at(FEMTO_E_FETCH_FAILED, job.received));
    }
    return job.verdict;
}

static femto_suit_verdict_t _check_manifest(void)
{
    femto_suit_manifest_t *m = &job.manifest;
    uint32_t where = 0;
    uint16_t code = femto_suit_manifest_read(m, envelope, job.received, &where);

    if (code != 0) {
        m->component[0] = '\0';
        return femto_suit_at(code, where);
    }
    code = femto_suit_manifest_check(m, (const uint8_t *)suit_get_vendor_id(),
                                     (const uint8_t *)suit_get_class_id(),
                                     (const uint8_t *)suit_get_device_id());
    if (code == 0 && !_may_fetch(m->url)) {
        code = FEMTO_E_BAD_URL;
    }
    return code != 0 ? femto_suit_code(code) : femto_suit_target(m);
}

static femto_suit_verdict_t _fetch_payload(uint32_t len)
{
    /* RIOT's parser fetches through the driver above */
    suit_manifest_t manifest = { .urlbuf = job.url, .urlbuf_len = sizeof(job.url) };
    int res = suit_parse(&manifest, envelope, len);

    if (job.verdict.code == 0 && (res != SUIT_OK || !job.wanted)) {
        if (res == SUIT_ERR_DIGEST_MISMATCH) {
            return femto_suit_code(FEMTO_E_WRONG_DIGEST);
        }
        /* what its transport says of a file that is longer or shorter than announced */
        uint16_t code = res == -1 ? FEMTO_E_WRONG_SIZE : FEMTO_E_FETCH_FAILED;
        return femto_suit_at(code, job.received);
    }
    return job.verdict;
}

static femto_suit_verdict_t _run(void)
{
    _state(FEMTO_SUIT_FETCHING_MANIFEST);
    femto_suit_verdict_t verdict = _fetch_manifest();
    if (verdict.code != 0) {
        return verdict;
    }
    _state(FEMTO_SUIT_CHECKING);
    uint32_t len = job.received;
    verdict = _check_manifest();
    if (verdict.code != 0) {
        return verdict;
    }
    if (job.manifest.size > 0) {
        _state(FEMTO_SUIT_FETCHING);
        verdict = _fetch_payload(len);
        if (verdict.code != 0) {
            return verdict;
        }
    }
    else if (job.manifest.hook == NULL) {
        return femto_suit_at(FEMTO_E_BAD_REVOCATION, 0);
    }
    _state(FEMTO_SUIT_INSTALLING);
    return femto_suit_do(&job.manifest);
}

static femto_suit_verdict_t _run_file(const _file_t *f)
{
    _state(FEMTO_SUIT_INSTALLING);
    return femto_suit_do_file(&job.manifest, f->read, f->path, f->hook, f->slot);
}

static void _end(femto_suit_verdict_t verdict)
{
    const femto_suit_manifest_t *m = &job.manifest;

    mutex_lock(&femto_suit_lock);
    femto_suit_status_t *s = &femto_suit_status;
    femto_suit_result_t *r = &s->log[s->results++ % CONFIG_FEMTOCONTAINER_SUIT_LOG];
    r->verdict = verdict;
    r->job = s->job;
    r->sequence = m->sequence;
    r->seconds = ztimer_now(ZTIMER_MSEC) / 1000;
    strcpy(r->component, m->component);
    s->state = FEMTO_SUIT_IDLE;
    s->version++;
    busy = false;
    mutex_unlock(&femto_suit_lock);

    if (verdict.code == 0) {
        printf("suit: %s: done, sequence %" PRIu32 "\n", m->component, m->sequence);
    }
    else if (m->component[0] != '\0') {
        printf("suit: %s: FC%u\n", m->component, verdict.code);
    }
    else {
        printf("suit: FC%u\n", verdict.code);
    }
}

static void *_worker(void *arg)
{
    (void)arg;
    femto_suit_boot();
    mutex_lock(&femto_suit_lock);
    femto_suit_status.version++;
    mutex_unlock(&femto_suit_lock);

    while (1) {
        thread_flags_wait_any(1);
        memset(&job, 0, sizeof(job));
        job.begin = ztimer_now(ZTIMER_MSEC);
        mutex_lock(&femto_suit_lock);
        strcpy(job.url, trigger_url);
        _file_t *file = trigger_file;
        trigger_file = NULL;
        mutex_unlock(&femto_suit_lock);
        if (file != NULL) {
            file->verdict = _run_file(file);
            _end(file->verdict);
            mutex_unlock(&file->done);
        }
        else {
            _end(_run());
        }
    }
    return NULL;
}

/* Has the worker begin; femto_suit_lock is held and it is not busy. */
static void _begin(const char *url, _file_t *file)
{
    strcpy(trigger_url, url);
    trigger_file = file;
    busy = true;
    femto_suit_status.job++;
    femto_suit_status.state = FEMTO_SUIT_FETCHING_MANIFEST;
    femto_suit_status.version++;
    thread_flags_set(thread_get(worker), 1);
}

uint16_t femto_suit_trigger(const uint8_t *url, uint32_t len, uint32_t *number)
{
    char copy[FEMTO_SUIT_URL_MAX + 1];
    uint16_t code = 0;

    if (len == 0) {
        return FEMTO_E_BAD_REQUEST;
    }
    if (!femto_suit_url_read(copy, url, len) || !_may_fetch(copy)) {
        return FEMTO_E_BAD_URL;
    }
    mutex_lock(&femto_suit_lock);
    if (!busy) {
        _begin(copy, NULL);
    }
    else if (strcmp(trigger_url, copy) != 0) {
        code = FEMTO_E_BUSY;
    }
    *number = femto_suit_status.job;
    mutex_unlock(&femto_suit_lock);
    return code;
}

femto_suit_verdict_t femto_suit_install(femto_suit_read_fn read, const char *path, unsigned hook,
                                        unsigned slot)
{
    _file_t file = { .read = read, .path = path, .hook = hook, .slot = slot,
                     .verdict = femto_suit_code(FEMTO_E_BUSY), .done = MUTEX_INIT_LOCKED };

    mutex_lock(&femto_suit_lock);
    bool taken = !busy && worker != KERNEL_PID_UNDEF;
    if (taken) {
        _begin("", &file);
    }
    mutex_unlock(&femto_suit_lock);
    if (taken) {
        mutex_lock(&file.done);
    }
    return file.verdict;
}

int femto_suit_start(const credman_credential_t *psk)
{
    femto_suit_slots_init();
    worker = thread_create(stack, sizeof(stack), THREAD_PRIORITY_MAIN + 1, 0, _worker, NULL,
                           "femto_suit");
    return femto_suit_coap_init(psk);
}
