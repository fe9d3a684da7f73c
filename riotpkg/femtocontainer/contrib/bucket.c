/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

/**
 * @ingroup     pkg_femtocontainer
 * @{
 *
 * @file
 * @brief       Limits per second, as token buckets
 *
 * @}
 */

#include "femto_bucket.h"
#include "irq.h"
#include "ztimer.h"

void femto_bucket_fill(femto_bucket_t *b, uint32_t per_second)
{
    unsigned irq = irq_disable();
    uint32_t now = ztimer_now(ZTIMER_MSEC);
    uint32_t elapsed = now - b->since;

    if (elapsed >= 1000) {
        b->taken = 0;
        b->since = now;
    }
    else {
        /* In two steps, or the product would not fit 32 bits. */
        uint32_t more = per_second / 1000 * elapsed + per_second % 1000 * elapsed / 1000;
        if (more > 0) { /* else let the fractions add up */
            b->taken -= (more < b->taken) ? more : b->taken;
            b->since = now;
        }
    }
    irq_restore(irq);
}

bool femto_bucket_take(femto_bucket_t *b, uint32_t per_second, uint32_t want)
{
    unsigned irq = irq_disable();
    bool enough = femto_bucket_has(b, per_second, want);

    if (enough) {
        b->taken += want;
    }
    irq_restore(irq);
    return enough;
}

void femto_bucket_return(femto_bucket_t *b, uint32_t unused)
{
    unsigned irq = irq_disable();

    b->taken -= (unused < b->taken) ? unused : b->taken;
    irq_restore(irq);
}
