/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

#include <femto.h>
#include <femto_hooks.h>

/* How often each thread got the CPU, and events that do not follow the one
 * before. */
static volatile struct {
    uint32_t broken;
    uint16_t last;
    uint16_t unused;
    uint32_t count[32];
} seen;

SEC("hook/scheduler")
int64_t switches(const femto_sched_event_t *event)
{
    seen.broken += seen.last != 0 && event->previous != seen.last;
    seen.last = event->next;
    seen.count[event->next % 32]++;
    return 0;
}
