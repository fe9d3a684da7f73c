/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

/**
 * @ingroup     pkg_femtocontainer
 * @{
 *
 * @file
 * @brief       Hooks that are CoAP resources, and system calls that answer requests
 *
 * gcoap builds the response in the buffer of the request, with what earlier
 * messages left behind it. A container therefore gets to see neither: it reads
 * the request's payload through a copy, and what it writes the response's
 * payload to is cleared first.
 *
 * @}
 */

#include <string.h>

#include "auto_init_priorities.h"
#include "auto_init_utils.h"
#include "femto_coap.h"
#include "femto_sys.h"

enum {
    CONTEXT = 4, /* segment of the context */
    PAYLOAD = 5, /* segment of the response's payload */
};

/* The request being answered. gcoap has one thread, and so there is one. */
static struct {
    uint8_t ctx[FEMTO_SYS_COAP]; /* the container's femto_coap_ctx_t */
    coap_pkt_t *pdu;             /* NULL: no request */
    uint8_t *buf;                /* for the response */
    size_t len;                  /* of the buffer */
    ssize_t length;              /* of the finished message without payload, or 0 */
    bool marker;                 /* its last byte says that a payload follows */
    bool begun;                  /* the response has taken the place of the request */
    bool unwanted;               /* the client wants no response */
} _exchange;

XFA_INIT_CONST(femto_coap_listener_ptr_t, femto_coap_listeners);

/* Only an activation whose context is that of the request is about it: others
 * with the capability run on other hooks, perhaps in other threads. */
static bool _answers(const femto_vm_t *vm)
{
    return _exchange.pdu != NULL && vm->base[CONTEXT] == _exchange.ctx;
}

/* gcoap_resp_init() works once: it makes an acknowledgement of a confirmable
 * request, and would make something else of that. */
static bool _begin(unsigned code)
{
    coap_pkt_t *pdu = _exchange.pdu;

    if (!_exchange.begun) {
        coap_clear_observe(pdu); /* nobody is going to notify */
        if (gcoap_resp_init(pdu, _exchange.buf, _exchange.len, code) < 0) {
            _exchange.unwanted = true;
            return false;
        }
        _exchange.begun = true;
        return true;
    }
    size_t header = coap_get_total_hdr_len(pdu);

    coap_hdr_set_code(pdu->hdr, code);
    pdu->options_len = 0;
    pdu->payload = _exchange.buf + header;
    pdu->payload_len = _exchange.len - header;
    return true;
}

static ssize_t _error(unsigned code)
{
    return _begin(code) ? coap_opt_finish(_exchange.pdu, COAP_OPT_FINISH_NONE) : 0;
}

/* Length of the response that the containers made, or of an error. */
static ssize_t _response(uint32_t returned, int64_t value)
{
    if (_exchange.unwanted) {
        return 0;
    }
    if (returned == 0) {
        return _error(COAP_CODE_SERVICE_UNAVAILABLE);
    }
    int64_t payload = value - _exchange.length;

    if (_exchange.length == 0 || payload < 0 || payload > _exchange.pdu->payload_len) {
        return _error(COAP_CODE_INTERNAL_SERVER_ERROR);
    }
    /* the marker must not be there without a payload (RFC 7252, section 3) */
    return (ssize_t)value - (payload == 0 && _exchange.marker);
}

ssize_t femto_coap_request(coap_pkt_t *pdu, uint8_t *buf, size_t len, coap_request_ctx_t *ctx)
{
    femto_hook_t *hook = coap_request_ctx_get_context(ctx);
    unsigned format = coap_get_content_type(pdu);
    int64_t value = 0;

    memset(&_exchange, 0, sizeof(_exchange));
    _exchange.pdu = pdu;
    _exchange.buf = buf;
    _exchange.len = len;
    _exchange.ctx[0] = coap_get_code_detail(pdu);
    _exchange.ctx[2] = (uint8_t)format;
    _exchange.ctx[3] = (uint8_t)(format >> 8);
    femto_sys_put32(&_exchange.ctx[4], pdu->payload_len);

    femto_event_t event = {
        .ctx = _exchange.ctx, .ctx_len = sizeof(_exchange.ctx), .ctx_read_only = true,
    };
    uint32_t returned = femto_hook_run(hook, &event, &value);
    ssize_t length = _response(returned, value);

    _exchange.pdu = NULL;
    return length;
}

int32_t femto_sys_gcoap_resp_init(femto_vm_t *vm, const uint8_t *ctx, uint32_t code)
{
    (void)ctx;
    uint32_t class = code >> 5;

    if (!_answers(vm)) {
        return FEMTO_ENOTSUP;
    }
    if (_exchange.length != 0 || (class != COAP_CLASS_SUCCESS && class != COAP_CLASS_CLIENT_FAILURE
                                  && class != COAP_CLASS_SERVER_FAILURE)) {
        return FEMTO_EINVAL;
    }
    return _begin(code) ? 0 : FEMTO_ENOTSUP;
}

/* 0 between gcoap_resp_init and coap_opt_finish. */
static int32_t _building(const femto_vm_t *vm)
{
    if (!_answers(vm)) {
        return FEMTO_ENOTSUP;
    }
    return (_exchange.begun && _exchange.length == 0) ? 0 : FEMTO_EINVAL;
}

int32_t femto_sys_coap_add_format(femto_vm_t *vm, const uint8_t *ctx, uint16_t format)
{
    (void)ctx;
    int32_t error = _building(vm);

    if (error < 0) {
        return error;
    }
    if (_exchange.pdu->options_len > 0) { /* this is the only option there can be */
        return FEMTO_EINVAL;
    }
    ssize_t n = coap_opt_add_format(_exchange.pdu, format);

    return (n < 0) ? FEMTO_ENOSPC : (int32_t)n;
}

int32_t femto_sys_coap_opt_finish(femto_vm_t *vm, const uint8_t *ctx, uint32_t flags)
{
    (void)ctx;
    coap_pkt_t *pdu = _exchange.pdu;
    int32_t error = _building(vm);

    if (error < 0) {
        return error;
    }
    if (flags > COAP_OPT_FINISH_PAYLOAD) {
        return FEMTO_EINVAL;
    }
    if (flags == COAP_OPT_FINISH_PAYLOAD && pdu->payload_len == 0) {
        return FEMTO_ENOSPC;
    }
    _exchange.length = coap_opt_finish(pdu, (uint16_t)flags);
    _exchange.marker = flags == COAP_OPT_FINISH_PAYLOAD;
    if (pdu->payload_len > 0) {
        memset(pdu->payload, 0, pdu->payload_len);
        if (femto_grant(vm, PAYLOAD, pdu->payload, pdu->payload_len, 1) != 0) {
            pdu->payload_len = 0;
            return FEMTO_ENOTSUP;
        }
    }
    return (int32_t)_exchange.length;
}

uint32_t femto_sys_coap_get_pdu(femto_vm_t *vm, const uint8_t *ctx)
{
    (void)ctx;
    bool there = _answers(vm) && _exchange.length != 0 && _exchange.pdu->payload_len > 0;

    return there ? (uint32_t)PAYLOAD << FEMTO_SEGMENT_BITS : 0;
}

int32_t femto_sys_coap_get_payload(femto_vm_t *vm, const uint8_t *ctx, uint8_t *buf, uint32_t size)
{
    (void)ctx;
    const coap_pkt_t *pdu = _exchange.pdu;

    if (!_answers(vm)) {
        return FEMTO_ENOTSUP;
    }
    if (_exchange.begun) {
        return FEMTO_EINVAL;
    }
    if (pdu->payload_len > size) {
        return FEMTO_EMSGSIZE;
    }
    if (pdu->payload_len > 0) {
        memcpy(buf, pdu->payload, pdu->payload_len);
    }
    return (int32_t)pdu->payload_len;
}

int32_t femto_sys_coap_payload_max(femto_vm_t *vm, const uint8_t *ctx)
{
    (void)ctx;
    if (!_answers(vm)) {
        return FEMTO_ENOTSUP;
    }
    return (_exchange.length != 0) ? (int32_t)_exchange.pdu->payload_len : FEMTO_EINVAL;
}

static void _register(void)
{
    for (unsigned i = 0; i < XFA_LEN(femto_coap_listener_ptr_t, femto_coap_listeners); i++) {
        gcoap_register_listener(femto_coap_listeners[i]);
    }
}

AUTO_INIT(_register, AUTO_INIT_PRIORITY_AFTER(AUTO_INIT_PRIO_MOD_GCOAP));
