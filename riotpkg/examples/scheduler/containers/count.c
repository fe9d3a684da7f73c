/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

#include <femto.h>
#include <femto_hooks.h>

/* Counts how often each thread gets the CPU: an entry for each pid. */
SEC("hook/scheduler")
int64_t count(const femto_sched_event_t *event)
{
    uint32_t n = 0;

    fetch_local(event->next, &n);
    return store_local(event->next, n + 1);
}
