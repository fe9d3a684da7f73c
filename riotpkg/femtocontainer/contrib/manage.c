/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

/**
 * @ingroup     pkg_femtocontainer
 * @{
 *
 * @file
 * @brief       What the operator does to containers and stores over CoAPs
 *
 * The same calls as the shell's. Clients send a request again when its answer was
 * lost, and RIOT's CoAP server takes that for another one; so the last one is
 * remembered, and its repetition gets the same answer.
 *
 * @}
 */

#include <string.h>

#include "auto_init_priorities.h"
#include "auto_init_utils.h"
#include "femto_runtime.h"
#include "femto_suit_codes.h"
#include "femto_sys.h"
#include "manage_request.h"
#include "net/sock/util.h"
#include "operator.h"

#ifdef MODULE_FEMTOCONTAINER_KV
#include "femto_stores.h"
#endif

/* What came of a request. */
typedef struct {
    uint32_t where;     /* if it means something for the code */
    uint16_t code;      /* 0: it was done */
    bool has_where;
} _result_t;

static struct {
    sock_udp_ep_t remote;
    uint8_t token[COAP_TOKEN_LENGTH_MAX];
    uint8_t token_len;
    bool valid;
    uint16_t id;
    _result_t result;
} _last;

static unsigned _hook_named(const uint8_t *name, uint32_t len)
{
    unsigned i = 0;

    while (i < FEMTO_HOOKS && (strlen(femto_hook_contracts[i].name) != len
                               || memcmp(femto_hook_contracts[i].name, name, len) != 0)) {
        i++;
    }
    return i;
}

static _result_t _attach(const femto_manage_t *r)
{
    femto_refusal_t why;
    uint16_t code = femto_container_attach(r->container, _hook_named(r->bytes, r->len), &why);

    if (code == FEMTO_E_NOT_GRANTED) {
        return (_result_t){ .code = code, .has_where = true, .where = why.helper };
    }
    return (_result_t){ .code = code, .has_where = why.pc != 0, .where = why.pc };
}

#ifdef MODULE_FEMTOCONTAINER_KV
/* On whose behalf a store is changed; false if there is none like that. A
 * container is removed before its store is cleared, so it is not too late. */
static bool _who(const femto_manage_t *r, femto_kv_who_t *who)
{
    unsigned tenant = r->owner;

    *who = femto_stores_firmware;
    if (r->scope == FEMTO_SCOPE_LOCAL) {
        if (femto_container_state(r->owner) == FEMTO_STATE_FREE) {
            return false;
        }
        tenant = femto_container_get(r->owner)->tenant;
    }
    if (r->scope != FEMTO_SCOPE_GLOBAL) {
        who->space = femto_kv_space(r->scope, r->owner);
    }
    else if (tenant == FEMTO_KV_FIRMWARE) {
        return true;
    }
    if (tenant >= FEMTO_TENANTS) {
        return false;
    }
    who->tenant = (uint8_t)tenant;
    who->max_entries = femto_tenants[tenant].quota.kv_entries;
    who->max_bytes = femto_tenants[tenant].quota.kv_bytes;
    return true;
}

static _result_t _store(const femto_manage_t *r)
{
    femto_kv_who_t who;
    int32_t res = FEMTO_ENODEV;
    femto_kv_t *kv = femto_stores_lock();

    if (_who(r, &who)) {
        res = (r->operation == FEMTO_MANAGE_DELETE)
                  ? femto_kv_delete(kv, &who, r->key)
                  : femto_kv_put(kv, &who, r->key, r->bytes, r->len,
                                 r->persist ? FEMTO_KV_PERSIST : 0);
    }
    femto_stores_unlock();
    switch (res) {
    case 0:
        return (_result_t){ .code = 0 };
    case FEMTO_ENODEV:
        return (_result_t){ .code = FEMTO_E_NO_STORE };
    case FEMTO_ENOENT:
        return (_result_t){ .code = FEMTO_E_NO_KEY };
    case FEMTO_EMSGSIZE:
        return (_result_t){ .code = FEMTO_E_VALUE_TOO_LONG, .has_where = true,
                            .where = CONFIG_FEMTOCONTAINER_KV_VALUE };
    default:
        return (_result_t){ .code = FEMTO_E_STORE_FULL };
    }
}
#else
static _result_t _store(const femto_manage_t *r)
{
    (void)r;
    return (_result_t){ .code = FEMTO_E_NO_STORE };
}
#endif

static _result_t _do(const uint8_t *payload, size_t len)
{
    femto_manage_t r;

    if (!femto_manage_read(&r, payload, len)) {
        return (_result_t){ .code = FEMTO_E_BAD_REQUEST };
    }
    switch (r.operation) {
    case FEMTO_MANAGE_ATTACH:
        return _attach(&r);
    case FEMTO_MANAGE_DETACH:
        return (_result_t){ .code = femto_container_detach(r.container) };
    case FEMTO_MANAGE_RUN:
        return (_result_t){ .code = femto_container_restart(r.container) };
    case FEMTO_MANAGE_STOP:
        return (_result_t){ .code = femto_container_stop(r.container) };
    default:
        return _store(&r);
    }
}

static bool _is_last(const coap_pkt_t *pdu, const sock_udp_ep_t *remote)
{
    return _last.valid && _last.id == coap_get_id(pdu)
           && _last.token_len == coap_get_token_len(pdu)
           && memcmp(_last.token, coap_get_token(pdu), _last.token_len) == 0
           && sock_udp_ep_equal(&_last.remote, remote);
}

static void _remember(const coap_pkt_t *pdu, const sock_udp_ep_t *remote, _result_t result)
{
    _last.valid = coap_get_token_len(pdu) <= sizeof(_last.token);
    if (_last.valid) {
        _last.remote = *remote;
        _last.id = coap_get_id(pdu);
        _last.token_len = (uint8_t)coap_get_token_len(pdu);
        memcpy(_last.token, coap_get_token(pdu), _last.token_len);
        _last.result = result;
    }
}

static unsigned _status(uint16_t code)
{
    switch (code) {
    case FEMTO_E_BAD_REQUEST:
        return COAP_CODE_BAD_REQUEST;
    case FEMTO_E_NO_CONTAINER:
    case FEMTO_E_NO_HOOK:
    case FEMTO_E_NO_STORE:
    case FEMTO_E_NO_KEY:
        return COAP_CODE_PATH_NOT_FOUND;
    default:
        return COAP_CODE_CONFLICT;
    }
}

static ssize_t _manage(coap_pkt_t *pdu, uint8_t *buf, size_t len, coap_request_ctx_t *ctx)
{
    ssize_t refused;

    if (!femto_operator_asks(pdu, buf, len, ctx, &refused)) {
        return refused;
    }
    const sock_udp_ep_t *remote = coap_request_ctx_get_remote_udp(ctx);
    bool again = _is_last(pdu, remote);
    _result_t result = again ? _last.result : _do(pdu->payload, pdu->payload_len);

    if (!again) {
        _remember(pdu, remote, result);
    }
    if (result.code != 0) {
        return femto_operator_refuse(pdu, buf, len, _status(result.code), result.code,
                                     result.has_where ? &result.where : NULL);
    }
    ssize_t n = gcoap_response(pdu, buf, len, COAP_CODE_CHANGED);
    return (n < 0) ? 0 : n;
}

static const coap_resource_t _resources[] = { { "/fc/manage", COAP_POST, _manage, NULL } };

static gcoap_listener_t _listener = {
    .resources = _resources,
    .resources_len = ARRAY_SIZE(_resources),
    .tl_type = GCOAP_SOCKET_TYPE_UNDEF,
};

/* Without a key no DTLS session comes about: femto_operator_admit(). */
static void _register_manage(void)
{
    gcoap_register_listener(&_listener);
}

AUTO_INIT(_register_manage, AUTO_INIT_PRIORITY_AFTER(AUTO_INIT_PRIO_MOD_GCOAP));
