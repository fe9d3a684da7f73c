/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

/**
 * @ingroup     pkg_femtocontainer
 * @{
 *
 * @file
 * @brief       Handshakes that nobody finishes
 *
 * The linker puts these functions in place of tinydtls' (--wrap).
 *
 * tinydtls keeps a handshake until it ends, for ever if need be, and has room for
 * a few: whoever begins them and goes away, or does not know the key, locks the
 * operator out. Here a new one takes the place of the oldest one from the same
 * address, or else of the oldest one. So nobody can lock others out from one
 * address; with many, one has to begin CONFIG_DTLS_HANDSHAKE_MAX handshakes, each
 * with a round trip, in the time that the operator's takes.
 *
 * When there is no room in its queue, tinydtls releases a peer that it closes
 * twice, and hands the same memory to two others. Strangers can fill the queue with
 * messages out of order. So one place is for closing alone. (RIOT never sends
 * again what is in the queue; only memory is lost when something is dropped.)
 *
 * @}
 */

#include <assert.h>
#include <string.h>

#include "dtls.h"
#include "net/gcoap.h"
#include "netq.h"
#include "peer.h"

static_assert(DTLS_PEER_MAX == CONFIG_DTLS_PEER_MAX && DTLS_HANDSHAKE_MAX < DTLS_PEER_MAX,
              "there are more peers than handshakes, so that the operator's session has room");

enum { ALERT = 2 }; /* bytes; no other message has that many */

dtls_peer_t *__real_dtls_new_peer(const session_t *session);
dtls_peer_t *__wrap_dtls_new_peer(const session_t *session);
netq_t *__real_netq_node_new(size_t size);
netq_t *__wrap_netq_node_new(size_t size);

static bool _is_half_open(const dtls_peer_t *p)
{
    return p->role == DTLS_SERVER && p->handshake_params != NULL && p->security_params[0]->epoch == 0;
}

static bool _same_address(const session_t *a, const session_t *b)
{
    return memcmp(&a->addr.ipv6, &b->addr.ipv6, sizeof(a->addr.ipv6)) == 0;
}

dtls_peer_t *__wrap_dtls_new_peer(const session_t *session)
{
    dtls_context_t *ctx = gcoap_get_sock_dtls()->dtls_ctx;
    dtls_peer_t *oldest = NULL;
    unsigned n = 0;

    for (dtls_peer_t *p = ctx->peers; p != NULL; p = p->next) { /* the newest comes first */
        if (_is_half_open(p)) {
            n++;
            if (oldest == NULL || _same_address(&p->session, session)
                || !_same_address(&oldest->session, session)) {
                oldest = p;
            }
        }
    }
    if (n >= DTLS_HANDSHAKE_MAX) {
        oldest->state = DTLS_STATE_CLOSED; /* it is not worth an alert */
        dtls_reset_peer(ctx, oldest);
    }
    return __real_dtls_new_peer(session);
}

netq_t *__wrap_netq_node_new(size_t size)
{
    netq_t *node = __real_netq_node_new(size);

    if (size != ALERT) { /* leaves room for one */
        netq_t *spare = __real_netq_node_new(ALERT);
        if (spare == NULL) {
            netq_node_free(node);
            node = NULL;
        }
        netq_node_free(spare);
    }
    else if (node == NULL) { /* another alert has the last place */
        netq_node_free(netq_pop_first(&gcoap_get_sock_dtls()->dtls_ctx->sendqueue));
        node = __real_netq_node_new(size);
    }
    return node;
}
