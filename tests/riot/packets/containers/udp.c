/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

#include <femto.h>
#include <femto_hooks.h>

enum { UDP = 17, IPV6_HEADER = 40, UDP_HEADER = 8 };

/* Tells of each UDP packet. */
SEC("hook/packet")
int64_t udp(const femto_packet_event_t *event)
{
    const uint8_t *packet = (const uint8_t *)event->packet;

    if (event->next == UDP && event->len > IPV6_HEADER + UDP_HEADER) {
        printf("%u bytes, IP version %u, first byte of the payload 0x%02x\n", event->len,
               packet[0] >> 4, packet[IPV6_HEADER + UDP_HEADER]);
    }
    return 0;
}
