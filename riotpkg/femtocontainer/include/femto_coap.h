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
 * @brief       Hooks that are CoAP resources
 *
 *     #include "femto_coap.h"
 *
 *     FEMTO_COAP_RESOURCE(average, "/average", COAP_GET, FEMTO_HOOK_COAP_AVERAGE);
 *
 * A request to the resource runs the containers on the hook, in gcoap's thread,
 * and the last one's result is the length of the response. One container answers
 * when the policy of the hook's contract is `single`. With `stop-on-positive`
 * they are asked one after the other until one answers, and the others return 0.
 *
 * The client gets 5.03 when no container ran to its end, 5.00 when none answered
 * as it should, and never a byte that the container did not write.
 */

#include "femto_runtime.h"
#include "net/gcoap.h"
#include "xfa.h"

#ifdef __cplusplus
extern "C" {
#endif

/** @cond INTERNAL */
typedef gcoap_listener_t *femto_coap_listener_ptr_t;

XFA_USE_CONST(femto_coap_listener_ptr_t, femto_coap_listeners);

ssize_t femto_coap_request(coap_pkt_t *pdu, uint8_t *buf, size_t len,
                           coap_request_ctx_t *ctx);
/** @endcond */

/**
 * @brief   Define a hook that is a CoAP resource
 *
 * It is registered with gcoap at start-up.
 *
 * @param   var         name of the @ref femto_hook_t
 * @param   path        of the resource
 * @param   methods     COAP_GET, COAP_POST and so on, or several of them
 * @param   number      of the hook in femto_contract.h
 */
#define FEMTO_COAP_RESOURCE(var, path, methods, number)                         \
    FEMTO_HOOK(var, number);                                                    \
    static const coap_resource_t var ## _resource = {                           \
        path, methods, femto_coap_request, &var                                 \
    };                                                                          \
    static gcoap_listener_t var ## _listener = {                                \
        .resources = &var ## _resource, .resources_len = 1,                     \
        .tl_type = GCOAP_SOCKET_TYPE_UNDEF,                                     \
    };                                                                          \
    XFA_CONST(femto_coap_listener_ptr_t, femto_coap_listeners, 0)               \
        var ## _listener_entry = &var ## _listener

#ifdef __cplusplus
}
#endif

/** @} */
