/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

#include <stdio.h>

#include "udp.fc.h"
#include "femto_runtime.h"
#include "net/gnrc/netif.h"
#include "net/ipv6/addr.h"

FEMTO_PROGRAM(udp, UDP);

int main(void)
{
    ipv6_addr_t addr;

    netif_t *netif = netif_iter(NULL);
    ipv6_addr_from_str(&addr, "2001:db8::2");
    gnrc_netif_ipv6_addr_add(container_of(netif, gnrc_netif_t, netif), &addr, 64,
                             GNRC_NETIF_IPV6_ADDRS_FLAGS_STATE_VALID);

    femto_refusal_t why;
    int id = femto_container_install(&udp, FEMTO_TENANT_ACME);
    if (femto_container_attach(id, FEMTO_HOOK_PACKET, &why) != 0) {
        femto_refusal_print("udp", &why);
    }
    puts("ready");
    return 0;
}
