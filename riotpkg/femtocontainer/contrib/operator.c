/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

/**
 * @ingroup     pkg_femtocontainer
 * @{
 *
 * @file
 * @brief       Who may change this device over the network
 *
 * @}
 */

#ifndef MODULE_GCOAP_DTLS
#error "this firmware can be changed over the network, so requests have to be authenticated: it needs gcoap_dtls"
#endif

#include "femto_suit_codes.h"
#include "operator.h"

bool femto_operator_asks(coap_pkt_t *pdu, uint8_t *buf, size_t len, coap_request_ctx_t *ctx,
                         ssize_t *answer)
{
    bool authenticated = coap_request_ctx_get_tl_type(ctx) == GCOAP_SOCKET_TYPE_DTLS;

    /* A part of a request is none, and the option is critical (RFC 7959, 2.1). */
    if (authenticated && coap_find_option(pdu, COAP_OPT_BLOCK1) == NULL) {
        return true;
    }
    *answer = femto_operator_refuse(pdu, buf, len,
                                    authenticated ? COAP_CODE_BAD_OPTION : COAP_CODE_UNAUTHORIZED,
                                    authenticated ? FEMTO_E_BAD_REQUEST : FEMTO_E_NOT_AUTHENTICATED,
                                    NULL);
    return false;
}

ssize_t femto_operator_answer(coap_pkt_t *pdu, uint8_t *buf, size_t len, unsigned status,
                              nanocbor_encoder_t *enc)
{
    if (gcoap_resp_init(pdu, buf, len, status) != 0) {
        return 0; /* the client wants no response */
    }
    ssize_t head = coap_opt_add_format(pdu, COAP_FORMAT_CBOR);
    if (head >= 0 && status == COAP_CODE_SERVICE_UNAVAILABLE) {
        head = coap_opt_add_uint(pdu, COAP_OPT_MAX_AGE, 5);
    }
    if (head >= 0) {
        head = coap_opt_finish(pdu, COAP_OPT_FINISH_PAYLOAD);
    }
    nanocbor_encoder_init(enc, pdu->payload, pdu->payload_len);
    return head;
}

ssize_t femto_operator_refuse(coap_pkt_t *pdu, uint8_t *buf, size_t len, unsigned status,
                              uint16_t code, const uint32_t *where)
{
    nanocbor_encoder_t enc;
    ssize_t head = femto_operator_answer(pdu, buf, len, status, &enc);

    if (head <= 0) {
        return head;
    }
    nanocbor_fmt_map(&enc, 1 + (where != NULL));
    nanocbor_fmt_uint(&enc, 2);
    nanocbor_fmt_uint(&enc, code);
    if (where != NULL) {
        nanocbor_fmt_uint(&enc, 3);
        nanocbor_fmt_uint(&enc, *where);
    }
    return head + nanocbor_encoded_len(&enc);
}

int femto_operator_admit(const credman_credential_t *psk)
{
    sock_dtls_t *dtls = gcoap_get_sock_dtls();
    const credman_tag_t *tags;
    size_t n = sock_dtls_get_credentials(dtls, &tags);

    for (size_t i = 0; i < n; i++) {
        if (tags[i] == psk->tag) {
            return 0;
        }
    }
    int res = credman_add(psk);
    if (res == CREDMAN_OK || res == CREDMAN_EXIST) {
        res = sock_dtls_add_credential(dtls, psk->tag);
    }
    return res;
}
