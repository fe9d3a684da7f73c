/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

/**
 * @ingroup     pkg_femtocontainer
 * @{
 *
 * @file
 * @brief       Hooks that fire periodically
 *
 * @}
 */

#include "femto_timer.h"

static bool fire(void *arg)
{
    femto_timer_t *t = arg;
    femto_timer_event_t event = { .count = ++t->count, .now = ztimer_now(ZTIMER_MSEC) };

    femto_queue_put(t->queue, &event);
    return ZTIMER_PERIODIC_KEEP_GOING;
}

void femto_timer_start(femto_timer_t *t, uint32_t ms)
{
    femto_queue_start(t->queue);
    t->count = 0;
    ztimer_periodic_init(ZTIMER_MSEC, &t->timer, fire, t, ms);
    ztimer_periodic_start(&t->timer);
}

void femto_timer_stop(femto_timer_t *t)
{
    ztimer_periodic_stop(&t->timer);
}
