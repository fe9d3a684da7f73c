/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

#pragma once

/**
 * @ingroup     pkg_femtocontainer
 * @{
 *
 * @file
 * @brief       What resources that change the device have in common
 *
 * They listen on all transports, to tell those who come without authentication
 * what is missing; so the first thing that a handler does is to ask
 * @ref femto_operator_asks.
 */

#include <stdbool.h>

#include "femto_operator.h"
#include "nanocbor/nanocbor.h"
#include "net/gcoap.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * @brief   May a request that changes something be done?
 *
 * Only if it came over DTLS, hence from the operator, and as a whole.
 *
 * @param[out]  answer  what to return to gcoap if not
 */
bool femto_operator_asks(coap_pkt_t *pdu, uint8_t *buf, size_t len, coap_request_ctx_t *ctx,
                         ssize_t *answer);

/**
 * @brief   Begin an answer in CBOR
 *
 * @param[in]   status  of CoAP
 * @param[out]  enc     for the payload
 *
 * @return  bytes of the answer without its payload
 * @return  0 when the client wants none, or a negative number: what to return to gcoap
 */
ssize_t femto_operator_answer(coap_pkt_t *pdu, uint8_t *buf, size_t len, unsigned status,
                              nanocbor_encoder_t *enc);

/**
 * @brief   Answer with a refusal of docs/deployment.cddl
 *
 * @param[in]   status  of CoAP
 * @param[in]   code    the number of a code FCnnnn
 * @param[in]   where   place that belongs to the code; may be NULL
 */
ssize_t femto_operator_refuse(coap_pkt_t *pdu, uint8_t *buf, size_t len, unsigned status,
                              uint16_t code, const uint32_t *where);

#ifdef __cplusplus
}
#endif

/** @} */
