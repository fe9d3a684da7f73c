/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

/**
 * @ingroup     pkg_femtocontainer
 * @{
 *
 * @file
 * @brief       Hook `packet`: IPv6 packets that are received
 *
 * RIOT calls back in the thread that dispatches a packet, while it holds the lock
 * of its registry. So this registers once and for all; attaching and detaching
 * change only the list of our hook. The packet is shared with others: it can be
 * read, and our reference is released afterwards. That thread is one of a network
 * interface, of 6LoWPAN, or of IPv6, whose stacks Makefile.include enlarges.
 *
 * @}
 */

#include <assert.h>

#include "auto_init_utils.h"
#include "container/femto_hooks.h"
#include "femto_queue.h"
#include "femto_runtime.h"
#include "net/gnrc.h"
#include "net/ipv6/hdr.h"

#ifndef FEMTO_HOOK_PACKET
#error "femtocontainer_netif needs [hooks.packet] in the contract"
#endif

/* What other threads have that run containers. */
#define STACK (FEMTO_STACKSIZE + FEMTO_HOOK_PACKET_STACK_MARGIN)

static_assert(GNRC_NETIF_STACKSIZE_DEFAULT >= STACK && GNRC_IPV6_STACK_SIZE >= STACK &&
              GNRC_SIXLOWPAN_STACK_SIZE >= STACK,
              "containers that see packets need more stack: raise GNRC_..._STACK_SIZE");

FEMTO_HOOK(femto_packet_hook, FEMTO_HOOK_PACKET);

static void see(gnrc_pktsnip_t *pkt)
{
    const ipv6_hdr_t *header = pkt->data;
    gnrc_pktsnip_t *netif = gnrc_pktsnip_search_type(pkt, GNRC_NETTYPE_NETIF);
    femto_packet_event_t ctx = {
        .packet = UINT64_C(5) << 24,
        .len = pkt->size,
        .interface = netif ? ((gnrc_netif_hdr_t *)netif->data)->if_pid : 0,
        .next = header->nh,
    };
    femto_event_t event = {
        .ctx = &ctx,
        .ctx_len = sizeof(ctx),
        .data = pkt->data,
        .data_len = pkt->size,
        .data_read_only = true,
    };

    femto_hook_run(&femto_packet_hook, &event, NULL);
}

static void on_packet(uint16_t cmd, gnrc_pktsnip_t *pkt, void *ctx)
{
    (void)ctx;
    if (cmd == GNRC_NETAPI_MSG_TYPE_RCV && femto_packet_hook.first != FEMTO_NONE &&
        pkt->size >= sizeof(ipv6_hdr_t)) {
        see(pkt);
    }
    gnrc_pktbuf_release(pkt);
}

static void femto_netif_start(void)
{
    static gnrc_netreg_entry_cbd_t callback = { .cb = on_packet };
    static gnrc_netreg_entry_t entry = GNRC_NETREG_ENTRY_INIT_CB(GNRC_NETREG_DEMUX_CTX_ALL, &callback);

    gnrc_netreg_register(GNRC_NETTYPE_IPV6, &entry);
}

AUTO_INIT(femto_netif_start, 9000);
