/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

/**
 * @ingroup     pkg_femtocontainer
 * @{
 *
 * @file
 * @brief       Resources of docs/deployment.md: who the device is, what it has
 *              installed, and the trigger
 *
 * @}
 */

#include <stdio.h>
#include <string.h>

#include "femto_runtime.h"
#include "kernel_defines.h"
#include "nanocbor/nanocbor.h"
#include "net/gcoap.h"
#include "operator.h"
#include "random.h"
#include "suit.h"
#include "suit/conditions.h"
#include "suit_internal.h"

#if (CONFIG_GCOAP_PDU_BUF_SIZE) < (1 << CONFIG_NANOCOAP_BLOCK_SIZE_EXP_MAX) + 48
#error "CONFIG_GCOAP_PDU_BUF_SIZE does not hold a block of CONFIG_NANOCOAP_BLOCK_SIZE_EXP_MAX"
#endif

/* --- answers ------------------------------------------------------------- */

typedef struct {
    coap_pkt_t *pdu;
    coap_block_slicer_t slicer;
} _block_t;

static bool _fits(nanocbor_encoder_t *enc, void *ctx, size_t len)
{
    (void)enc;
    (void)ctx;
    (void)len;
    return true;    /* what is not in the block that was asked for is dropped */
}

static void _append(nanocbor_encoder_t *enc, void *ctx, const uint8_t *data, size_t len)
{
    _block_t *block = ctx;

    (void)enc;
    coap_blockwise_put_bytes_pkt(block->pdu, &block->slicer, data, len);
}

/* Encodes everything for each block, and keeps the block. */
static ssize_t _answer(coap_pkt_t *pdu, uint8_t *buf, size_t len,
                       void (*encode)(nanocbor_encoder_t *enc))
{
    _block_t block;
    nanocbor_encoder_t enc;

    coap_clear_observe(pdu); /* nobody is going to notify */
    bool there = coap_block2_init(pdu, &block.slicer) == 0;
    if (gcoap_resp_init(pdu, buf, len, there ? COAP_CODE_CONTENT : COAP_CODE_BAD_OPTION) != 0) {
        return 0; /* the client wants no response */
    }
    if (!there) {
        return coap_opt_finish(pdu, COAP_OPT_FINISH_NONE);
    }
    femto_suit_lock();
    femto_suit_look();
    /* of these there is room for all, or the file would not compile */
    coap_opt_add_opaque(pdu, COAP_OPT_ETAG, &femto_suit_status.version,
                        sizeof(femto_suit_status.version));
    coap_opt_add_format(pdu, COAP_FORMAT_CBOR);
    bool fits = coap_opt_add_block2(pdu, &block.slicer, true) >= 0
                && coap_opt_finish(pdu, COAP_OPT_FINISH_PAYLOAD) >= 0;
    if (fits) {
        block.pdu = pdu;
        nanocbor_encoder_stream_init(&enc, &block, _append, _fits);
        encode(&enc);
        coap_block2_finish(&block.slicer);
    }
    femto_suit_unlock();
    return fits ? pdu->payload - buf : -1;
}

/* --- docs/deployment.cddl ------------------------------------------------ */

static void _put_uint(nanocbor_encoder_t *enc, unsigned key, uint32_t value)
{
    nanocbor_fmt_uint(enc, key);
    nanocbor_fmt_uint(enc, value);
}

static void _put_bytes(nanocbor_encoder_t *enc, unsigned key, const void *bytes, size_t len)
{
    nanocbor_fmt_uint(enc, key);
    nanocbor_put_bstr(enc, bytes, len);
}

static void _put_text(nanocbor_encoder_t *enc, unsigned key, const char *text)
{
    nanocbor_fmt_uint(enc, key);
    nanocbor_put_tstr(enc, text);
}

/* A code, and by the next key its place, if there is one */
static void _put_why(nanocbor_encoder_t *enc, unsigned key, femto_suit_verdict_t why)
{
    _put_uint(enc, key, femto_suit_code(why));
    if (femto_suit_has_where(why)) {
        _put_uint(enc, key + 1, femto_suit_where(why));
    }
}

static void _put_array(nanocbor_encoder_t *enc, unsigned key, unsigned n)
{
    nanocbor_fmt_uint(enc, key);
    nanocbor_fmt_array(enc, n);
}

static void _put_device(nanocbor_encoder_t *enc)
{
    const uint8_t *key;
    uint8_t digest[32];
    unsigned n = 0;

    nanocbor_fmt_map(enc, 8);
    _put_bytes(enc, 1, suit_get_device_id(), 16);
    _put_bytes(enc, 2, suit_get_vendor_id(), 16);
    _put_bytes(enc, 3, suit_get_class_id(), 16);
    _put_text(enc, 4, SUIT_CLASS_ID);
    while (femto_suit_operator(n) != NULL) {
        n++;
    }
    _put_array(enc, 5, n);
    for (unsigned i = 0; (key = femto_suit_operator(i)) != NULL; i++) {
        femto_suit_sha256(key, 32, digest);
        nanocbor_put_bstr(enc, digest, FEMTO_SUIT_KEY_ID);
    }
    _put_uint(enc, 6, CONFIG_FEMTOCONTAINER_SUIT_IMAGE);
    _put_uint(enc, 7, FEMTO_SUIT_NAME_MAX);
    n = 0;
    for (unsigned hook = 0; hook < FEMTO_HOOKS; hook++) {
        if (femto_suit_hook_name(hook) != NULL) {
            n++;
        }
    }
    _put_array(enc, 8, n);
    for (unsigned hook = 0; hook < FEMTO_HOOKS; hook++) {
        const char *name = femto_suit_hook_name(hook);
        if (name != NULL) {
            nanocbor_fmt_array(enc, 2);
            nanocbor_put_tstr(enc, name);
            nanocbor_fmt_uint(enc, femto_hook_contracts[hook].containers);
        }
    }
}

static void _put_verdict(nanocbor_encoder_t *enc, const femto_suit_result_t *r)
{
    bool known = r->component[0] != '\0';

    nanocbor_fmt_map(enc, 3 + femto_suit_has_where(r->verdict) + 2 * known);
    _put_uint(enc, 1, r->job);
    _put_why(enc, 2, r->verdict);
    if (known) {
        _put_text(enc, 4, r->component);
        _put_uint(enc, 5, r->sequence);
    }
    _put_uint(enc, 6, r->seconds);
}

static void _put_slot(nanocbor_encoder_t *enc, const femto_suit_slot_t *s)
{
    char name[FEMTO_SUIT_NAME_MAX + 1];
    bool image = s->record.size > 0;
    bool refused = !femto_suit_done(s->why);

    femto_suit_slot_name(s, name);
    nanocbor_fmt_map(enc, 3 + 3 * image + refused + femto_suit_has_where(s->why));
    _put_text(enc, 1, name);
    _put_uint(enc, 2, s->record.sequence);
    _put_uint(enc, 3, s->state);
    if (image) {
        _put_bytes(enc, 4, s->record.digest, sizeof(s->record.digest));
        _put_uint(enc, 5, s->record.size);
        _put_bytes(enc, 6, s->key_id, sizeof(s->key_id));
    }
    if (refused) {
        _put_why(enc, 7, s->why);
    }
}

static void _put_status(nanocbor_encoder_t *enc)
{
    const femto_suit_status_t *s = &femto_suit_status;
    bool fetching = s->state == FEMTO_SUIT_FETCHING;
    unsigned n = 0;

    nanocbor_fmt_map(enc, 4 + fetching + (s->results > 0));
    _put_uint(enc, 1, s->job);
    _put_uint(enc, 2, s->state);
    if (fetching) {
        _put_array(enc, 3, 2);
        nanocbor_fmt_uint(enc, s->received);
        nanocbor_fmt_uint(enc, s->size);
    }
    if (s->results > 0) {
        nanocbor_fmt_uint(enc, 4);
        _put_verdict(enc, &s->log[(s->results - 1) % CONFIG_FEMTOCONTAINER_SUIT_LOG]);
    }
    for (unsigned i = 0; i < FEMTO_TOTAL_CONTAINERS; i++) {
        if (femto_suit_slots[i].state != FEMTO_SUIT_EMPTY) {
            n++;
        }
    }
    _put_array(enc, 5, n);
    for (unsigned i = 0; i < FEMTO_TOTAL_CONTAINERS; i++) {
        if (femto_suit_slots[i].state != FEMTO_SUIT_EMPTY) {
            _put_slot(enc, &femto_suit_slots[i]);
        }
    }
    _put_array(enc, 6, femto_suit_revoked_keys.n);
    for (unsigned i = 0; i < femto_suit_revoked_keys.n; i++) {
        nanocbor_put_bstr(enc, femto_suit_revoked_keys.id[i], FEMTO_SUIT_KEY_ID);
    }
}

static void _put_log(nanocbor_encoder_t *enc)
{
    const femto_suit_status_t *s = &femto_suit_status;
    uint32_t n = s->results < CONFIG_FEMTOCONTAINER_SUIT_LOG ? s->results
                                                             : CONFIG_FEMTOCONTAINER_SUIT_LOG;

    nanocbor_fmt_array(enc, n);
    for (uint32_t i = s->results - n; i != s->results; i++) {
        _put_verdict(enc, &s->log[i % CONFIG_FEMTOCONTAINER_SUIT_LOG]);
    }
}

/* --- resources ----------------------------------------------------------- */

static ssize_t _device(coap_pkt_t *pdu, uint8_t *buf, size_t len, coap_request_ctx_t *ctx)
{
    (void)ctx;
    return _answer(pdu, buf, len, _put_device);
}

static ssize_t _status(coap_pkt_t *pdu, uint8_t *buf, size_t len, coap_request_ctx_t *ctx)
{
    (void)ctx;
    return _answer(pdu, buf, len, _put_status);
}

static ssize_t _log(coap_pkt_t *pdu, uint8_t *buf, size_t len, coap_request_ctx_t *ctx)
{
    (void)ctx;
    return _answer(pdu, buf, len, _put_log);
}

static ssize_t _trigger(coap_pkt_t *pdu, uint8_t *buf, size_t len, coap_request_ctx_t *ctx)
{
    uint32_t job = 0;
    nanocbor_encoder_t enc;
    ssize_t refused;

    if (!femto_operator_asks(pdu, buf, len, ctx, &refused)) {
        return refused;
    }
    uint16_t code = femto_suit_trigger(pdu->payload, pdu->payload_len, &job);
    if (code != 0) {
        return femto_operator_refuse(pdu, buf, len,
                                     code == FEMTO_E_BUSY ? COAP_CODE_SERVICE_UNAVAILABLE
                                                          : COAP_CODE_BAD_REQUEST, code, NULL);
    }
    ssize_t head = femto_operator_answer(pdu, buf, len, COAP_CODE_CHANGED, &enc);
    if (head <= 0) {
        return head;
    }
    nanocbor_fmt_uint(&enc, job);
    return head + nanocbor_encoded_len(&enc);
}

static const coap_resource_t resources[] = {
    { "/fc/suit/device", COAP_GET, _device, NULL },
    { "/fc/suit/log", COAP_GET, _log, NULL },
    { "/fc/suit/status", COAP_GET, _status, NULL },
    { "/fc/suit/trigger", COAP_POST, _trigger, NULL },
};

static gcoap_listener_t listener = {
    .resources = resources,
    .resources_len = ARRAY_SIZE(resources),
    .tl_type = GCOAP_SOCKET_TYPE_UNDEF,
};

int femto_suit_coap_init(const credman_credential_t *psk)
{
    /* so that no ETag from before a reboot is taken for one of ours */
    femto_suit_status.version = random_uint32();
    gcoap_register_listener(&listener);
    return femto_operator_admit(psk);
}
