/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

#include <femto.h>
#include <femto_hooks.h>

/* Counts, and finds gaps. Version 1. */
static volatile struct {
    uint32_t count;
    uint32_t gaps;
    uint16_t last;
} seen;

SEC("hook/scheduler")
int64_t count_1(const femto_sched_event_t *event)
{
    seen.gaps += seen.count > 0 && event->previous != seen.last;
    seen.last = event->next;
    seen.count++;
    return 0;
}
