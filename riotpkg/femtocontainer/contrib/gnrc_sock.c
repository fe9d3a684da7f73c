/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

/**
 * @ingroup     pkg_femtocontainer
 * @{
 *
 * @file
 * @brief       Empty datagrams, as RIOT 2026.07 should treat them
 *
 * The linker puts this function in place of RIOT's (--wrap).
 *
 * sock_udp_recv_buf_aux() returns the length of the payload and releases the
 * packet when it is called again. gcoap, tinydtls and sock_udp_recv_aux() take 0
 * as the end and never call again, so that each datagram without payload, from
 * anybody, takes about a hundred bytes of the packet buffer for good. After a few
 * dozen the device hears nothing more.
 *
 * @}
 */

#include <errno.h>
#include <stdint.h>
#include <sys/types.h>

#include "gnrc_sock_internal.h"
#include "net/gnrc/pktbuf.h"

ssize_t __real_gnrc_sock_recv(gnrc_sock_reg_t *reg, gnrc_pktsnip_t **pkt_out, uint32_t timeout,
                              sock_ip_ep_t *remote, gnrc_sock_recv_aux_t *aux);
ssize_t __wrap_gnrc_sock_recv(gnrc_sock_reg_t *reg, gnrc_pktsnip_t **pkt_out, uint32_t timeout,
                              sock_ip_ep_t *remote, gnrc_sock_recv_aux_t *aux);

ssize_t __wrap_gnrc_sock_recv(gnrc_sock_reg_t *reg, gnrc_pktsnip_t **pkt_out, uint32_t timeout,
                              sock_ip_ep_t *remote, gnrc_sock_recv_aux_t *aux)
{
    ssize_t res = __real_gnrc_sock_recv(reg, pkt_out, timeout, remote, aux);

    if (res == 0 && (*pkt_out)->size == 0) {
        gnrc_pktbuf_release(*pkt_out);
        return -EPROTO;
    }
    return res;
}
