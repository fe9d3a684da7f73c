/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

/**
 * @ingroup     pkg_femtocontainer
 * @{
 *
 * @file
 * @brief       Events of interrupts, for a hook that runs in a thread
 *
 * @}
 */

#include <stdatomic.h>
#include <string.h>

#include "femto_queue.h"
#include "irq.h"
#include "thread_flags.h"

/* Appending is atomic since interrupts are disabled for it: they may nest. The
 * thread needs no lock, as it alone moves the tail. */

static void *work(void *arg)
{
    femto_queue_t *q = arg;

    for (;;) {
        thread_flags_wait_any(FEMTO_QUEUE_FLAG);
        while (q->tail != q->head) {
            atomic_signal_fence(memory_order_acquire);
            /* in its place, which is not used again before the tail moves */
            femto_event_t event = {
                .ctx = q->events + (q->tail & q->mask) * q->size,
                .ctx_len = q->size,
            };
            femto_hook_run(q->hook, &event, NULL);
            atomic_signal_fence(memory_order_release);
            q->tail = q->tail + 1;
        }
    }
    return NULL;
}

void femto_queue_start(femto_queue_t *q)
{
    if (q->worker == NULL) {
        kernel_pid_t pid = thread_create(q->stack, q->stack_size, q->hook->contract->priority, 0,
                                         work, q, q->hook->contract->name);
        q->worker = thread_get(pid);
    }
}

bool femto_queue_append(femto_queue_t *q, const void *event)
{
    if ((uint8_t)(q->head - q->tail) > q->mask) {
        q->hook->dropped++;
        return false;
    }
    memcpy(q->events + (q->head & q->mask) * q->size, event, q->size);
    q->head = q->head + 1;
    return true;
}

bool femto_queue_put(femto_queue_t *q, const void *event)
{
    if (q->hook->first == FEMTO_NONE || q->worker == NULL) {
        return true;
    }
    unsigned irq = irq_disable();
    bool room = femto_queue_append(q, event);
    irq_restore(irq);
    if (room) {
        thread_flags_set(q->worker, FEMTO_QUEUE_FLAG);
    }
    return room;
}
