/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

/**
 * @ingroup     pkg_femtocontainer
 * @{
 *
 * @file
 * @brief       Sockets, as those of RIOT 2026.07 should be
 *
 * The linker puts these functions in place of RIOT's (--wrap).
 *
 * Empty datagrams: sock_udp_recv_buf_aux() returns the length of the payload and releases the
 * packet when it is called again. gcoap, tinydtls and sock_udp_recv_aux() take 0
 * as the end and never call again, so that each datagram without payload, from
 * anybody, takes about a hundred bytes of the packet buffer for good. After a few
 * dozen the device hears nothing more.
 *
 * Datagrams that nobody receives: what is in a socket's queue when it is closed stays in the
 * packet buffer for good. A server that answers a download's last request more than
 * once leaves up to eight there.
 *
 * Downloads without end: nanocoap waits anew with each empty acknowledgement, so a server
 * could hold the worker of femtocontainer_suit, and with it all jobs, for as long as it likes.
 *
 * @}
 */

#include <errno.h>
#include <stdint.h>
#include <sys/types.h>

#include "gnrc_sock_internal.h"
#include "mbox.h"
#include "net/gnrc/pktbuf.h"
#include "net/sock/udp.h"

#ifdef MODULE_FEMTOCONTAINER_SUIT
#include "suit_internal.h"
#include "thread.h"
#include "time_units.h"
#include "ztimer.h"
#endif

ssize_t __real_gnrc_sock_recv(gnrc_sock_reg_t *reg, gnrc_pktsnip_t **pkt_out, uint32_t timeout,
                              sock_ip_ep_t *remote, gnrc_sock_recv_aux_t *aux);
ssize_t __wrap_gnrc_sock_recv(gnrc_sock_reg_t *reg, gnrc_pktsnip_t **pkt_out, uint32_t timeout,
                              sock_ip_ep_t *remote, gnrc_sock_recv_aux_t *aux);
void __real_sock_udp_close(sock_udp_t *sock);
void __wrap_sock_udp_close(sock_udp_t *sock);

ssize_t __wrap_gnrc_sock_recv(gnrc_sock_reg_t *reg, gnrc_pktsnip_t **pkt_out, uint32_t timeout,
                              sock_ip_ep_t *remote, gnrc_sock_recv_aux_t *aux)
{
#ifdef MODULE_FEMTOCONTAINER_SUIT
    if (thread_getpid() == femto_suit_worker) {
        uint32_t spent = ztimer_now(ZTIMER_MSEC) - *femto_suit_begin;
        if (spent > FEMTO_SUIT_TIMEOUT_MS) {
            return -ECANCELED;  /* after -ETIMEDOUT it would ask again */
        }
        if (timeout / US_PER_MS > FEMTO_SUIT_TIMEOUT_MS - spent) {
            timeout = (FEMTO_SUIT_TIMEOUT_MS + 1 - spent) * US_PER_MS;
        }
    }
#endif
    ssize_t res = __real_gnrc_sock_recv(reg, pkt_out, timeout, remote, aux);

    if (res == 0 && (*pkt_out)->size == 0) {
        gnrc_pktbuf_release(*pkt_out);
        return -EPROTO;
    }
    return res;
}

void __wrap_sock_udp_close(sock_udp_t *sock)
{
    msg_t msg;

    __real_sock_udp_close(sock);    /* from here on nothing comes in */
    while (mbox_try_get(&sock->reg.mbox, &msg)) {
        gnrc_pktbuf_release(msg.content.ptr);
    }
}
