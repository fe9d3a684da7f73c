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
kernel_pid_t femto_suit_worker = KERNEL_PID_UNDEF;
static uint8_t envelope[MANIFEST_MAX];
static mutex_t wake = MUTEX_INIT_LOCKED;

/* What runs, or comes next */
static struct {
    femto_suit_job_t *job;              /* another module's, or NULL: a manifest's */
    char url[FEMTO_SUIT_URL_MAX + 1];   /* of the manifest; empty: there is none */
} next;

femto_suit_status_t femto_suit_status;

/* The job that runs. Only the worker touches it. */
static struct {
    uint32_t begin;                     /* of the job, ms */
    femto_suit_verdict_t verdict;       /* of the first callback that refused */
    bool wanted;                        /* RIOT has found the digest to fit */
    femto_suit_manifest_t manifest;
} job;

const uint32_t *const femto_suit_begin = &job.begin;

static uint32_t _ms(void)
{
    return ztimer_now(ZTIMER_MSEC);
}

/* Tells what the job does from now on. */
static void _tell(femto_suit_job_state_t state)
{
    femto_suit_lock();
    femto_suit_status.state = state;
    femto_suit_changed();
}

/* The first refusal is the one that counts. Not an errno that nanocoap takes for
 * a reason to try again. */
static int _refuse(femto_suit_verdict_t verdict)
{
    if (femto_suit_done(job.verdict)) {
        job.verdict = verdict;
    }
    return SUIT_ERR_STORAGE;
}

/* Adds what has come. Blocks have to be consecutive and not empty, whatever a
 * server says, so that there is an end to them. */
static int _receive(uint8_t *to, uint32_t max, size_t offset, const uint8_t *buf, size_t len)
{
    femto_suit_status_t *s = &femto_suit_status;

    if (_ms() - job.begin > FEMTO_SUIT_TIMEOUT_MS || offset != s->received || len == 0) {
        return _refuse(femto_suit_at(FEMTO_E_FETCH_FAILED, s->received));
    }
    if (len > max - offset) {
        return _refuse(femto_suit_at(FEMTO_E_TOO_LONG, max));
    }
    memcpy(to + offset, buf, len);
    femto_suit_lock();
    s->received += len;
    femto_suit_changed();
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
    return len == job.manifest.size ? SUIT_OK : SUIT_ERR_STORAGE;
}

static int _driver_write(suit_storage_t *storage, const suit_manifest_t *manifest,
                         const uint8_t *buf, size_t offset, size_t len)
{
    (void)storage;
    (void)manifest;
    return _receive(femto_suit_staging(), job.manifest.size, offset, buf, len);
}

/* The last write's result is lost in RIOT, but not this one's. RIOT has compared the sizes. */
static int _driver_finish(suit_storage_t *storage, const suit_manifest_t *manifest)
{
    (void)storage;
    (void)manifest;
    return femto_suit_done(job.verdict) ? SUIT_OK : SUIT_ERR_STORAGE;
}

static int _driver_read_ptr(suit_storage_t *storage, const uint8_t **buf, size_t *len)
{
    (void)storage;
    *buf = femto_suit_staging();
    *len = femto_suit_status.received;
    return SUIT_OK;
}

static int _driver_install(suit_storage_t *storage, const suit_manifest_t *manifest)
{
    (void)storage;
    (void)manifest;
    job.wanted = true;
    return SUIT_OK;
}

/* RIOT has put its separator before each part, and the device's behind */
static bool _driver_has_location(const suit_storage_t *storage, const char *location)
{
    const char *own = job.manifest.component;
    size_t len = strlen(own);

    (void)storage;
    return *location++ == '/' && strncmp(location, own, len) == 0
        && (location[len] == '\0' || location[len] == '/');
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
    .has_location = _driver_has_location,
    .set_active_location = _driver_set_active_location,
    .get_seq_no = _driver_get_seq_no,
    .set_seq_no = _driver_set_seq_no,
    .separator = '/',
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
    int res = nanocoap_get_blockwise_url(next.url, CONFIG_SUIT_COAP_BLOCKSIZE, _manifest_block, NULL);

    if (res < 0) {
        _refuse(femto_suit_at(FEMTO_E_FETCH_FAILED, femto_suit_status.received));
    }
    return job.verdict;
}

static femto_suit_verdict_t _check_manifest(uint32_t len, femto_suit_slot_t **slot)
{
    femto_suit_manifest_t *m = &job.manifest;
    femto_suit_verdict_t verdict = femto_suit_manifest_read(m, envelope, len);

    if (!femto_suit_done(verdict)) {
        m->component[0] = '\0';
        return verdict;
    }
    uint16_t code = femto_suit_manifest_check(m, (const uint8_t *)suit_get_vendor_id(),
                                              (const uint8_t *)suit_get_class_id(),
                                              (const uint8_t *)suit_get_device_id());
    if (code == 0 && !_may_fetch(m->url)) {
        code = FEMTO_E_BAD_URL;
    }
    return code != 0 ? code : femto_suit_target(m, slot);
}

static femto_suit_verdict_t _fetch_payload(uint32_t len)
{
    char *url = job.manifest.url;   /* where RIOT copies it to */
    suit_manifest_t manifest = { .urlbuf = url, .urlbuf_len = sizeof(job.manifest.url) };

    femto_suit_status.received = 0;
    femto_suit_status.size = job.manifest.size;
    _tell(FEMTO_SUIT_FETCHING);
    /* RIOT's parser fetches through the driver above */
    int res = suit_parse(&manifest, envelope, len);

    if (res == SUIT_ERR_DIGEST_MISMATCH) {
        _refuse(FEMTO_E_WRONG_DIGEST);
    }
    else if (res != SUIT_OK || !job.wanted) {
        /* -1 is what its transport says of a file that is longer or shorter than announced */
        _refuse(femto_suit_at(res == -1 ? FEMTO_E_WRONG_SIZE : FEMTO_E_FETCH_FAILED,
                              femto_suit_status.received));
    }
    return job.verdict;
}

/* Does what the manifest at next.url says. */
static femto_suit_verdict_t _run(void)
{
    femto_suit_verdict_t verdict = _fetch_manifest();
    uint32_t len = femto_suit_status.received;
    femto_suit_slot_t *slot;

    if (femto_suit_done(verdict)) {
        _tell(FEMTO_SUIT_CHECKING);
        verdict = _check_manifest(len, &slot);
    }
    if (femto_suit_done(verdict) && job.manifest.size > 0) {
        verdict = _fetch_payload(len);
    }
    if (femto_suit_done(verdict)) {
        _tell(FEMTO_SUIT_INSTALLING);
        verdict = femto_suit_do(&job.manifest, slot);
    }
    return verdict;
}

static void _end(femto_suit_verdict_t verdict)
{
    const femto_suit_manifest_t *m = &job.manifest;

    femto_suit_lock();
    femto_suit_status_t *s = &femto_suit_status;
    femto_suit_result_t *r = &s->log[s->results++ % CONFIG_FEMTOCONTAINER_SUIT_LOG];
    r->verdict = verdict;
    r->job = s->job;
    r->sequence = m->sequence;
    r->seconds = _ms() / 1000;
    strcpy(r->component, m->component);
    s->state = FEMTO_SUIT_IDLE;
    s->received = 0;
    femto_suit_changed();
    femto_suit_say(m->component, verdict, "done", m->sequence);
}

static void *_worker(void *arg)
{
    (void)arg;
    femto_suit_boot();
    while (1) {
        mutex_lock(&wake);
        femto_suit_job_t *other = next.job;
        job.begin = _ms();
        femto_suit_verdict_t verdict = other == NULL ? _run() : other->run(other, &job.manifest);
        _end(verdict);
        memset(&job, 0, sizeof(job));   /* no component is ours in between */
        if (other != NULL) {
            other->verdict = verdict;
            mutex_unlock(&other->done);
        }
    }
    return NULL;
}

/* Has the worker begin; it is idle, and the lock is held. */
static void _begin(femto_suit_job_t *other, const char *url, femto_suit_job_state_t state)
{
    strcpy(next.url, url);
    next.job = other;
    femto_suit_status.job++;
    femto_suit_status.state = state;
    femto_suit_status.version++;
    mutex_unlock(&wake);
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
    femto_suit_lock();
    if (femto_suit_status.state == FEMTO_SUIT_IDLE) {
        _begin(NULL, copy, FEMTO_SUIT_FETCHING_MANIFEST);
    }
    else if (strcmp(next.url, copy) != 0) {
        code = FEMTO_E_BUSY;
    }
    *number = femto_suit_status.job;
    femto_suit_unlock();
    return code;
}

femto_suit_verdict_t femto_suit_job_wait(femto_suit_job_t *other)
{
    femto_suit_lock();
    bool taken = femto_suit_status.state == FEMTO_SUIT_IDLE
                 && femto_suit_worker != KERNEL_PID_UNDEF;
    if (taken) {
        mutex_init_locked(&other->done);
        _begin(other, "", FEMTO_SUIT_INSTALLING);
    }
    femto_suit_unlock();
    if (!taken) {
        return FEMTO_E_BUSY;
    }
    mutex_lock(&other->done);
    return other->verdict;
}

int femto_suit_start(const credman_credential_t *psk)
{
    femto_suit_slots_init();
    femto_suit_worker = thread_create(stack, sizeof(stack), THREAD_PRIORITY_MAIN + 1, 0, _worker,
                                      NULL, "femto_suit");
    return femto_suit_coap_init(psk);
}
