/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

/**
 * @ingroup     pkg_femtocontainer
 * @{
 *
 * @file
 * @brief       Containers with a thread of their own
 *
 * @}
 */

#include <assert.h>
#include <string.h>

#include "femto_queue.h"
#include "femto_sys.h"
#include "irq.h"
#include "registry.h"
#include "thread.h"
#include "thread_flags.h"
#include "threads.h"
#include "ztimer.h"

#if FEMTO_TOTAL_THREADS == 0
#error "femtocontainer_threads needs a tenant with threads in its quota in the contract"
#endif

/* Fuel between two looks at whether to stop. */
#ifndef CONFIG_FEMTOCONTAINER_SLICE
#define CONFIG_FEMTOCONTAINER_SLICE 4096
#endif

/* The shortest sleep, in us: shorter ones would let a container keep the
 * scheduler busy for next to no fuel. */
#ifndef CONFIG_FEMTOCONTAINER_SLEEP_MIN
#define CONFIG_FEMTOCONTAINER_SLEEP_MIN 1000
#endif

/* Events that wait for event_wait, and the longest context that can. */
#ifndef CONFIG_FEMTOCONTAINER_EVENTS
#define CONFIG_FEMTOCONTAINER_EVENTS 4
#endif
#ifndef CONFIG_FEMTOCONTAINER_EVENT_SIZE
#define CONFIG_FEMTOCONTAINER_EVENT_SIZE 16
#endif

static_assert((CONFIG_FEMTOCONTAINER_EVENTS & (CONFIG_FEMTOCONTAINER_EVENTS - 1)) == 0 &&
              CONFIG_FEMTOCONTAINER_EVENTS <= 128 && CONFIG_FEMTOCONTAINER_EVENT_SIZE <= 255,
              "events are counted in bytes that wrap around");

enum {
    WORK = 1 << 0,      /* there is a container to run */
    STOP = 1 << 1,      /* it is to stop */
    EVENT = 1 << 2,     /* its hook fired */
    TIMEOUT = THREAD_FLAG_TIMEOUT,
};

typedef struct {
    thread_t *thread;
    femto_container_t *volatile c;  /* runs; NULL: the thread waits for one */
    femto_hook_t *hook;
    mutex_t over;                   /* held while it runs */
    uint32_t budget;                /* fuel until the next wait */
    volatile bool stop;
    uint8_t head, tail;             /* of the ring, wrap */
    uint8_t len[CONFIG_FEMTOCONTAINER_EVENTS];
    uint8_t events[CONFIG_FEMTOCONTAINER_EVENTS][CONFIG_FEMTOCONTAINER_EVENT_SIZE];
} slot_t;

static slot_t slots[FEMTO_TOTAL_THREADS];

static struct {
    char bytes[FEMTO_STACKSIZE + FEMTO_THREADS_STACK_MARGIN] __attribute__((aligned(8)));
} thread_stacks[FEMTO_TOTAL_THREADS];

static slot_t *slot_of(const femto_container_t *c)
{
    for (unsigned i = 0; i < FEMTO_TOTAL_THREADS; i++) {
        if (slots[i].c == c) {
            return &slots[i];
        }
    }
    return NULL;
}

/* Waits for one of the flags, or to be asked to stop. */
static thread_flags_t wait(thread_flags_t flags, uint32_t us)
{
    ztimer_t timer = { 0 };

    thread_flags_clear(TIMEOUT);
    if (us != FEMTO_FOREVER) {
        ztimer_set_timeout_flag(ZTIMER_USEC, &timer, us);
        flags |= TIMEOUT;
    }
    flags = thread_flags_wait_any(flags | STOP);
    if (us != FEMTO_FOREVER) {
        ztimer_remove(ZTIMER_USEC, &timer);
    }
    return flags;
}

/// Running ///

static uint32_t milliseconds_until(uint32_t fuel, uint32_t per_second)
{
    return (uint32_t)((uint64_t)fuel * 1000 / per_second) + 1;
}

/* Runs to the end, a fault, or until asked to stop, which is no fault. */
static uint16_t run(slot_t *s, femto_vm_t *vm)
{
    femto_container_t *c = s->c;
    femto_tenant_state_t *tenant = &femto_tenant_state[c->tenant];
    uint32_t rate = femto_tenants[c->tenant].quota.fuel_per_second;

    s->budget = s->hook->contract->fuel;
    femto_start(vm, &c->instance, c->instance.image.entries[2 * c->entry], NULL, 0, 0);
    c->activations++;
    while (!s->stop) {
        uint32_t slice = CONFIG_FEMTOCONTAINER_SLICE;
        if (slice > rate) {
            slice = rate;
        }
        if (slice > s->budget) {
            slice = s->budget;
        }
        if (slice == 0) {
            return FEMTO_E_OUT_OF_FUEL;
        }
        if (!femto_bucket_take(&tenant->fuel, rate, slice)) {
            wait(0, milliseconds_until(slice, rate) * 1000);
            continue;
        }
        s->budget -= slice; /* a call that waits renews it */
        uint16_t code = femto_resume(vm, slice);
        uint32_t left = (code == FEMTO_E_OUT_OF_FUEL) ? 0 : femto_room(vm);

        femto_bucket_return(&tenant->fuel, left < slice ? left : slice);
        femto_count(&tenant->used, left < slice ? slice - left : 0);
        if (code != FEMTO_E_OUT_OF_FUEL) {
            return code;
        }
        thread_yield(); /* to others of the same priority */
    }
    return 0;
}

/* How a run ended. Returns whether it begins again. A container that is asked to
 * stop ends, whatever it does: who asks is not to find it taken off its hook. */
static bool ended(slot_t *s, const femto_vm_t *vm, uint16_t code)
{
    femto_container_t *c = s->c;
    bool faulted = code != 0 && !s->stop;

    if (code != 0) {
        femto_reset(&c->instance);
        femto_fault_record(c, vm, code);
    }
    if (faulted) {
        c->faults += c->faults < UINT8_MAX;
        c->in_row++;
        if (c->in_row < CONFIG_FEMTOCONTAINER_FAULTS) {
            return true;
        }
    }
    mutex_lock(&s->hook->lock);
    if (faulted) {
        femto_hook_unlink(s->hook, femto_container_id(c));
        c->state = FEMTO_STATE_FAULTED;
    }
    else {
        c->state = FEMTO_STATE_ENDED;
    }
    mutex_unlock(&s->hook->lock);
    return false;
}

static void *work(void *arg)
{
    slot_t *s = arg;
    femto_vm_t vm;

    for (;;) {
        thread_flags_wait_any(WORK);
        while (ended(s, &vm, run(s, &vm))) {}
        s->c = NULL;
        mutex_unlock(&s->over);
    }
    return NULL;
}

/// Management, under its lock ///

bool femto_thread_available(unsigned tenant)
{
    unsigned used = 0;
    bool one = false;

    for (unsigned i = 0; i < FEMTO_TOTAL_THREADS; i++) {
        femto_container_t *c = slots[i].c;
        used += c != NULL && c->tenant == tenant;
        one |= c == NULL;
    }
    return one && used < femto_tenants[tenant].quota.threads;
}

uint16_t femto_thread_start(femto_container_t *c, femto_hook_t *hook)
{
    slot_t *s = slot_of(NULL);
    uint8_t priority = hook->contract->priority;

    if (s == NULL || !femto_thread_available(c->tenant)) {
        return FEMTO_E_NO_THREAD;
    }
    mutex_lock(&s->over);
    if (s->thread == NULL) {
        s->thread = thread_get(thread_create(thread_stacks[s - slots].bytes,
                                             sizeof(thread_stacks[0].bytes), priority, 0,
                                             work, s, "container"));
    }
    sched_change_priority(s->thread, priority);
    /* what the one before did not look at any more */
    unsigned irq = irq_disable();
    s->thread->flags = 0;
    irq_restore(irq);
    s->hook = hook;
    s->stop = false;
    s->head = s->tail = 0;
    c->state = FEMTO_STATE_RUNNING;
    s->c = c; /* from now on there are events for it */
    thread_flags_set(s->thread, WORK);
    return 0;
}

void femto_thread_stop(femto_container_t *c)
{
    slot_t *s = slot_of(c);

    if (s != NULL) {
        s->stop = true;
        thread_flags_set(s->thread, STOP);
        mutex_lock(&s->over); /* until it has stopped */
        mutex_unlock(&s->over);
    }
}

bool femto_thread_post(femto_container_t *c, const femto_event_t *event)
{
    slot_t *s = slot_of(c);

    if (s == NULL || event->ctx_len > CONFIG_FEMTOCONTAINER_EVENT_SIZE) {
        return false;
    }
    unsigned irq = irq_disable();
    bool room = (uint8_t)(s->head - s->tail) < CONFIG_FEMTOCONTAINER_EVENTS;
    if (room) {
        unsigned at = s->head % CONFIG_FEMTOCONTAINER_EVENTS;
        if (event->ctx_len > 0) {
            memcpy(s->events[at], event->ctx, event->ctx_len);
        }
        s->len[at] = event->ctx_len;
        s->head++;
    }
    irq_restore(irq);
    if (room) {
        thread_flags_set(s->thread, EVENT);
    }
    return room;
}

/// System calls ///

/* The container has waited, or got what it would have waited for: it was well
 * behaved until here, and begins anew. */
static void renew(slot_t *s)
{
    s->budget = s->hook->contract->fuel;
}

static int32_t sleep(const femto_vm_t *vm, uint32_t us)
{
    slot_t *s = slot_of(femto_container_of(vm));

    if (!s->stop) {
        wait(0, (us > CONFIG_FEMTOCONTAINER_SLEEP_MIN) ? us : CONFIG_FEMTOCONTAINER_SLEEP_MIN);
        renew(s);
    }
    return s->stop ? FEMTO_ECANCELED : 0;
}

int32_t femto_sys_ztimer_sleep(femto_vm_t *vm, uint32_t duration)
{
    return sleep(vm, duration);
}

int32_t femto_sys_ztimer_periodic_wakeup(femto_vm_t *vm, uint32_t *last_wakeup, uint32_t period)
{
    uint32_t target = *last_wakeup + period;
    uint32_t ahead = target - ztimer_now(ZTIMER_USEC);

    if (ahead <= period) { /* else it has passed */
        int32_t result = sleep(vm, ahead);
        if (result < 0) {
            return result;
        }
    }
    *last_wakeup = target;
    return 0;
}

int32_t femto_sys_event_wait(femto_vm_t *vm, uint8_t *buf, uint32_t size, uint32_t timeout)
{
    slot_t *s = slot_of(femto_container_of(vm));
    uint32_t begin = ztimer_now(ZTIMER_MSEC);

    while (!s->stop) {
        if (s->tail != s->head) {
            unsigned at = s->tail % CONFIG_FEMTOCONTAINER_EVENTS;
            uint32_t len = s->len[at];
            if (len <= size) {
                memcpy(buf, s->events[at], len);
            }
            s->tail++;
            renew(s);
            return (len <= size) ? (int32_t)len : FEMTO_EMSGSIZE;
        }
        uint32_t us = FEMTO_FOREVER;
        if (timeout != FEMTO_FOREVER) {
            uint32_t passed = ztimer_now(ZTIMER_MSEC) - begin;
            if (passed >= timeout) {
                return FEMTO_ETIMEDOUT;
            }
            us = (timeout - passed < 1000000) ? (timeout - passed) * 1000 : 1000000000;
        }
        if (wait(EVENT, us) & TIMEOUT) {
            renew(s);
        }
    }
    return FEMTO_ECANCELED;
}
