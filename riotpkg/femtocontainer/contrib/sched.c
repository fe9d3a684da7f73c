/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

/**
 * @ingroup     pkg_femtocontainer
 * @{
 *
 * @file
 * @brief       Hook `scheduler`: which thread has the CPU
 *
 * RIOT calls back within its scheduler, with interrupts disabled: when a thread
 * leaves the CPU, (pid, none), and when one gets it, (none, pid). Here the two
 * become one event, which is only put into the queue. The worker that runs the
 * containers is left out, else each of its runs would make the next one
 * necessary.
 *
 * @}
 */

#include "auto_init_utils.h"
#include "femto_sched.h"
#include "sched.h"
#include "thread_flags.h"

#ifdef MODULE_SCHEDSTATISTICS
#error "femtocontainer_sched and schedstatistics both need RIOT's one sched_cb: leave one out"
#endif

#ifndef FEMTO_HOOK_SCHEDULER
#error "femtocontainer_sched needs [hooks.scheduler] in the contract"
#endif

/* Switches that the worker may be late. */
#ifndef CONFIG_FEMTOCONTAINER_SCHED_QUEUE
#define CONFIG_FEMTOCONTAINER_SCHED_QUEUE 32
#endif

FEMTO_HOOK(femto_sched_hook, FEMTO_HOOK_SCHEDULER);
FEMTO_QUEUE(femto_sched_queue, femto_sched_hook, FEMTO_HOOK_SCHEDULER, femto_sched_event_t,
            CONFIG_FEMTOCONTAINER_SCHED_QUEUE);

static kernel_pid_t last;   /* had the CPU, the worker aside */
static bool slept;          /* and gave it up by itself */

static void wake(thread_t *worker)
{
    if (thread_flags_set_internal(worker, FEMTO_QUEUE_FLAG)) {
        /* The scheduler has already chosen, and forgets the request that this has
         * set, unless it is called again. On Cortex-M, a pending PendSV does that
         * at once. Elsewhere the request stays, until the next interrupt or
         * system call on RISC-V, and until interrupts are enabled on native. */
#ifdef MODULE_CORTEXM_COMMON
        thread_yield_higher();
#endif
    }
}

static void on_switch(kernel_pid_t active, kernel_pid_t next)
{
    thread_t *worker = femto_sched_queue.worker;

    if (femto_sched_hook.first == FEMTO_NONE) {
        last = next;
        return;
    }
    if (active != KERNEL_PID_UNDEF) {
        if (active == last) {
            thread_t *thread = thread_get(active);
            slept = thread == NULL || thread->status < STATUS_ON_RUNQUEUE;
        }
        return;
    }
    /* Back from the worker to the thread that it took the CPU from? */
    if (next == worker->pid || (next == last && !slept)) {
        return;
    }
    femto_sched_event_t event = { .previous = last, .next = next };
    last = next;
    slept = false;
    if (femto_queue_append(&femto_sched_queue, &event)) {
        wake(worker);
    }
}

static void femto_sched_start(void)
{
    femto_queue_start(&femto_sched_queue);
    sched_register_cb(on_switch);
}

AUTO_INIT(femto_sched_start, 9000);
