/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

/**
 * @ingroup     pkg_femtocontainer
 * @{
 *
 * @file
 * @brief       What a device tells about its containers: CBOR over CoAP
 *
 * docs/device-views.cddl describes the resources. They can only be read. None
 * needs a buffer: a view is encoded twice, once for its length and entity tag,
 * and once for the block that was asked for. Counters are in views that fit one
 * block, so that a view of several blocks does not change between them.
 *
 * @}
 */

#include <string.h>

#include "auto_init_priorities.h"
#include "auto_init_utils.h"
#include "board.h"
#include "femto_runtime.h"
#include "femto_sys.h"
#include "nanocbor/nanocbor.h"
#include "net/gcoap.h"
#include "riot_version.h"
#include "ztimer.h"

#ifdef MODULE_FEMTOCONTAINER_KV
#include "femto_stores.h"
#endif

enum { VERSION = 1 }; /* of the views */

/* A view encodes the object with a number, and is false if there is none. */
typedef bool (*_view_fn)(nanocbor_encoder_t *enc, unsigned number);

typedef struct {
    const char *path;
    _view_fn all;   /* PATH */
    _view_fn one;   /* PATH/NUMBER */
} _view_t;

/* Fields of a map. */
static void _uint(nanocbor_encoder_t *enc, unsigned key, uint32_t value)
{
    nanocbor_fmt_uint(enc, key);
    nanocbor_fmt_uint(enc, value);
}

static void _bool(nanocbor_encoder_t *enc, unsigned key, bool value)
{
    nanocbor_fmt_uint(enc, key);
    nanocbor_fmt_bool(enc, value);
}

static void _text(nanocbor_encoder_t *enc, unsigned key, const char *value)
{
    nanocbor_fmt_uint(enc, key);
    nanocbor_put_tstr(enc, value);
}

static bool _device(nanocbor_encoder_t *enc, unsigned number)
{
    (void)number;
    nanocbor_fmt_map(enc, 5);
    _uint(enc, 1, VERSION);
    _text(enc, 2, RIOT_BOARD);
    _text(enc, 3, RIOT_VERSION);
    _uint(enc, 4, FEMTO_CONTAINERS);
    _uint(enc, 5, CONFIG_FEMTOCONTAINER_FAULT_LOG);
    return true;
}

static bool _device_stats(nanocbor_encoder_t *enc, unsigned number)
{
    (void)number;
    nanocbor_fmt_map(enc, 1);
    _uint(enc, 1, ztimer_now(ZTIMER_MSEC));
    return true;
}

static void _summary(nanocbor_encoder_t *enc, unsigned id, const femto_container_t *c, bool whole)
{
    const femto_program_t *p = femto_container_program(c);
    femto_state_t state = femto_container_state(id);
    bool on_hook = state != FEMTO_STATE_FREE && state != FEMTO_STATE_INSTALLED;

    nanocbor_fmt_map(enc, 4u + on_hook + 2u * whole);
    _uint(enc, 1, id);
    _text(enc, 2, p->name);
    _uint(enc, 3, c->tenant);
    _uint(enc, 4, state);
    if (on_hook) {
        _uint(enc, 5, c->hook);
    }
    if (whole) {
        _uint(enc, 6, p->image_len);
        _uint(enc, 7, p->ram_len);
    }
}

static bool _containers(nanocbor_encoder_t *enc, unsigned number)
{
    (void)number;
    unsigned n = 0;

    for (unsigned id = 0; id < FEMTO_CONTAINERS; id++) {
        n += femto_container_get(id) != NULL;
    }
    nanocbor_fmt_array(enc, n);
    for (unsigned id = 0; id < FEMTO_CONTAINERS && n > 0; id++) {
        const femto_container_t *c = femto_container_get(id);

        if (c != NULL) {
            _summary(enc, id, c, false);
            n--;
        }
    }
    return n == 0; /* or some went away meanwhile */
}

static bool _container(nanocbor_encoder_t *enc, unsigned id)
{
    const femto_container_t *c = femto_container_get(id);

    if (c != NULL) {
        _summary(enc, id, c, true);
    }
    return c != NULL;
}

/* The record of a container's latest fault; its count is 0 if there is none. */
static femto_fault_t _latest(unsigned id, uint32_t now)
{
    femto_fault_t latest = { 0 };
    femto_fault_t fault;

    for (unsigned i = 0; i < CONFIG_FEMTOCONTAINER_FAULT_LOG; i++) {
        if (femto_fault_get(i, &fault) && fault.container == id
            && (latest.count == 0 || now - fault.last < now - latest.last)) {
            latest = fault;
        }
    }
    return latest;
}

static void _put_fault(nanocbor_encoder_t *enc, const femto_fault_t *fault, uint32_t now)
{
    _uint(enc, 1, fault->code);
    _uint(enc, 2, fault->pc);
    _uint(enc, 3, fault->address);
    _uint(enc, 4, fault->count);
    _uint(enc, 5, now - fault->last);
}

static bool _fault_stats(nanocbor_encoder_t *enc, unsigned number)
{
    femto_fault_t fault;

    if (number >= CONFIG_FEMTOCONTAINER_FAULT_LOG || !femto_fault_get(number, &fault)) {
        return false;
    }
    nanocbor_fmt_map(enc, 7);
    _put_fault(enc, &fault, ztimer_now(ZTIMER_MSEC));
    _uint(enc, 6, fault.container);
    _uint(enc, 7, fault.tenant);
    return true;
}

static bool _container_stats(nanocbor_encoder_t *enc, unsigned id)
{
    const femto_container_t *c = femto_container_get(id);

    if (c == NULL) {
        return false;
    }
    uint32_t now = ztimer_now(ZTIMER_MSEC);
    femto_fault_t fault = _latest(id, now);

    nanocbor_fmt_map(enc, fault.count > 0 ? 4 : 3);
    _uint(enc, 1, femto_container_state(id));
    _uint(enc, 2, c->activations);
    _uint(enc, 3, c->faults);
    if (fault.count > 0) {
        nanocbor_fmt_uint(enc, 4);
        nanocbor_fmt_map(enc, 5);
        _put_fault(enc, &fault, now);
    }
    return true;
}

static bool _hook_stats(nanocbor_encoder_t *enc, unsigned number)
{
    const femto_hook_t *hook = femto_hook_find(number);

    if (hook == NULL) {
        return false;
    }
    nanocbor_fmt_map(enc, 2);
    _uint(enc, 1, hook->events);
    _uint(enc, 2, hook->dropped);
    return true;
}

static bool _tenant_stats(nanocbor_encoder_t *enc, unsigned number)
{
    uint32_t entries = 0;
    uint32_t bytes = 0;

    if (number >= FEMTO_TENANTS) {
        return false;
    }
#ifdef MODULE_FEMTOCONTAINER_KV
    femto_kv_usage(femto_stores_lock(), (uint8_t)number, &entries, &bytes);
    femto_stores_unlock();
#endif
    nanocbor_fmt_map(enc, 4);
    _uint(enc, 1, femto_tenant_state[number].used);
    _uint(enc, 2, femto_tenant_state[number].skipped);
    _uint(enc, 3, entries);
    _uint(enc, 4, bytes);
    return true;
}

static void _tenant(nanocbor_encoder_t *enc, const femto_tenant_t *t)
{
    const femto_quota_t *q = &t->quota;

    nanocbor_fmt_map(enc, 9);
    _text(enc, 1, t->name);
    _uint(enc, 2, t->capabilities);
    _uint(enc, 3, q->fuel_per_second);
    _uint(enc, 4, q->slots);
    _uint(enc, 5, q->threads);
    _uint(enc, 6, q->kv_entries);
    _uint(enc, 7, q->kv_bytes);
    _uint(enc, 8, q->console_bytes_per_second);
    _uint(enc, 9, q->flash_bytes_per_hour);
}

static void _hook(nanocbor_encoder_t *enc, unsigned number)
{
    const femto_hook_contract_t *h = &femto_hook_contracts[number];

    nanocbor_fmt_map(enc, 11);
    _text(enc, 1, h->name);
    nanocbor_fmt_uint(enc, 2);
    nanocbor_put_bstr(enc, h->uuid, sizeof(h->uuid));
    _bool(enc, 3, femto_hook_find(number) != NULL);
    _uint(enc, 4, h->policy);
    _bool(enc, 5, h->thread);
    _uint(enc, 6, h->priority);
    _uint(enc, 7, h->containers);
    _uint(enc, 8, h->fuel);
    _uint(enc, 9, h->activations_per_second);
    _uint(enc, 10, h->fuel_per_second);
    nanocbor_fmt_uint(enc, 11);
    nanocbor_fmt_map(enc, h->n_grants);
    for (unsigned i = 0; i < h->n_grants; i++) {
        _uint(enc, h->grants[i].tenant, h->grants[i].capabilities);
    }
}

static bool _contract(nanocbor_encoder_t *enc, unsigned number)
{
    (void)number;
    nanocbor_fmt_map(enc, 2);
    nanocbor_fmt_uint(enc, 1);
    nanocbor_fmt_array(enc, FEMTO_TENANTS);
    for (unsigned i = 0; i < FEMTO_TENANTS; i++) {
        _tenant(enc, &femto_tenants[i]);
    }
    nanocbor_fmt_uint(enc, 2);
    nanocbor_fmt_array(enc, FEMTO_HOOKS);
    for (unsigned i = 0; i < FEMTO_HOOKS; i++) {
        _hook(enc, i);
    }
    return true;
}

static const _view_t _views[] = {
    { "/fc/containers", _containers, _container },
    { "/fc/contract", _contract, NULL },
    { "/fc/device", _device, NULL },
    { "/fc/stats/containers", NULL, _container_stats },
    { "/fc/stats/device", _device_stats, NULL },
    { "/fc/stats/faults", NULL, _fault_stats },
    { "/fc/stats/hooks", NULL, _hook_stats },
    { "/fc/stats/tenants", NULL, _tenant_stats },
};

/* Finds the view that a path is about, and the number at its end. */
static _view_fn _find(const char *path, unsigned *number)
{
    for (unsigned i = 0; i < ARRAY_SIZE(_views); i++) {
        size_t len = strlen(_views[i].path);

        if (strncmp(path, _views[i].path, len) != 0) {
            continue;
        }
        const char *rest = path + len;

        if (*rest == '\0') {
            return _views[i].all;
        }
        unsigned n = 0;
        unsigned digits = 0;

        if (*rest != '/') {
            continue;
        }
        for (rest++; *rest >= '0' && *rest <= '9' && digits < 3; rest++, digits++) {
            n = 10 * n + (unsigned)(*rest - '0');
        }
        if (digits == 0 || *rest != '\0') {
            return NULL;
        }
        *number = n;
        return _views[i].one;
    }
    return NULL;
}

typedef struct {
    uint32_t len;
    uint32_t tag; /* FNV-1a of the bytes */
} _measure_t;

static bool _always(nanocbor_encoder_t *enc, void *ctx, size_t len)
{
    (void)enc;
    (void)ctx;
    (void)len;
    return true;
}

static void _measure(nanocbor_encoder_t *enc, void *ctx, const uint8_t *data, size_t len)
{
    (void)enc;
    _measure_t *m = ctx;

    m->len += len;
    for (size_t i = 0; i < len; i++) {
        m->tag = (m->tag ^ data[i]) * 16777619u;
    }
}

typedef struct {
    coap_pkt_t *pdu;
    coap_block_slicer_t slicer;
} _block_t;

/* What does not fit is left out, and the view is about something else than it
 * was a moment ago: the entity tag of the next block tells. */
static void _slice(nanocbor_encoder_t *enc, void *ctx, const uint8_t *data, size_t len)
{
    (void)enc;
    _block_t *b = ctx;

    (void)coap_blockwise_put_bytes_pkt(b->pdu, &b->slicer, data, len);
}

/* Nothing is sent to a client that wants no response. */
static ssize_t _refuse(coap_pkt_t *pdu, uint8_t *buf, size_t len, unsigned code)
{
    ssize_t n = gcoap_response(pdu, buf, len, code);

    return (n < 0) ? 0 : n;
}

static ssize_t _answer(coap_pkt_t *pdu, uint8_t *buf, size_t len, coap_request_ctx_t *ctx)
{
    (void)ctx;
    char path[CONFIG_NANOCOAP_URI_MAX];
    unsigned number = 0;
    uint32_t first;
    uint8_t szx;
    nanocbor_encoder_t enc;
    _measure_t measure = { .tag = 2166136261u };
    _block_t block = { .pdu = pdu };

    coap_clear_observe(pdu); /* nobody is going to notify */
    if (coap_get_uri_path(pdu, path) <= 0) {
        return _refuse(pdu, buf, len, COAP_CODE_BAD_REQUEST);
    }
    _view_fn view = _find(path, &number);

    nanocbor_encoder_stream_init(&enc, &measure, _measure, _always);
    if (view == NULL || !view(&enc, number)) {
        return _refuse(pdu, buf, len, COAP_CODE_PATH_NOT_FOUND);
    }
    bool asked = coap_get_blockopt(pdu, COAP_OPT_BLOCK2, &first, &szx) >= 0;

    if (coap_block2_init(pdu, &block.slicer) != 0
        || (block.slicer.start > 0 && block.slicer.start >= measure.len)) {
        return _refuse(pdu, buf, len, COAP_CODE_BAD_REQUEST);
    }
    bool blockwise = asked || measure.len > block.slicer.end;

    if (gcoap_resp_init(pdu, buf, len, COAP_CODE_CONTENT) != 0) {
        return 0; /* the client wants no response */
    }
    ssize_t ok = 0;

    if (blockwise) {
        ok = coap_opt_add_opaque(pdu, COAP_OPT_ETAG, &measure.tag, sizeof(measure.tag));
    }
    if (ok >= 0) {
        ok = coap_opt_add_format(pdu, COAP_FORMAT_CBOR);
    }
    if (ok >= 0 && blockwise) {
        ok = coap_opt_add_block2(pdu, &block.slicer, true);
    }
    if (ok < 0 || coap_opt_finish(pdu, COAP_OPT_FINISH_PAYLOAD) < 0) {
        return -1;
    }
    nanocbor_encoder_stream_init(&enc, &block, _slice, _always);
    if (!view(&enc, number)) {
        return -1; /* it is gone since */
    }
    if (blockwise) {
        coap_block2_finish(&block.slicer);
    }
    return pdu->payload - buf;
}

static const coap_resource_t _resources[] = {
    { "/fc/containers", COAP_GET | COAP_MATCH_SUBTREE, _answer, NULL },
    { "/fc/contract", COAP_GET, _answer, NULL },
    { "/fc/device", COAP_GET, _answer, NULL },
    { "/fc/stats/", COAP_GET | COAP_MATCH_SUBTREE, _answer, NULL },
};

static gcoap_listener_t _listener = {
    .resources = _resources,
    .resources_len = ARRAY_SIZE(_resources),
    .tl_type = GCOAP_SOCKET_TYPE_UNDEF,
};

static void _register_views(void)
{
    gcoap_register_listener(&_listener);
}

AUTO_INIT(_register_views, AUTO_INIT_PRIORITY_AFTER(AUTO_INIT_PRIO_MOD_GCOAP));
