/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

#pragma once

/**
 * @ingroup     pkg_femtocontainer
 * @{
 *
 * @file
 * @brief       Events of interrupts, for a hook that runs in a thread
 *
 * Containers never run in an interrupt. What happens there is appended to a
 * bounded queue, and a thread of the priority that the hook's contract says runs
 * the containers. When the queue is full, events are dropped and counted.
 *
 *     FEMTO_HOOK(alarm, FEMTO_HOOK_ALARM);
 *     FEMTO_QUEUE(alarms, alarm, FEMTO_HOOK_ALARM, alarm_event_t, 8);
 *
 *     femto_queue_start(&alarms);
 *     ...
 *     femto_queue_put(&alarms, &event);    // in the interrupt
 */

#include <assert.h>

#include "femto_runtime.h"
#include "thread.h"

#ifdef __cplusplus
extern "C" {
#endif

/** @brief  Stack that running a container takes, without the contract's margin */
#ifdef MODULE_FEMTOCONTAINER_CONSOLE
#define FEMTO_STACKSIZE (THREAD_STACKSIZE_DEFAULT + THREAD_EXTRA_STACKSIZE_PRINTF)
#else
#define FEMTO_STACKSIZE THREAD_STACKSIZE_DEFAULT
#endif

/** @brief  A queue; define one with @ref FEMTO_QUEUE */
typedef struct {
    femto_hook_t *hook;     /**< what the events are for */
    thread_t *worker;       /**< runs the containers; NULL before the start */
    uint8_t *events;        /**< ring of events */
    char *stack;            /**< of the worker */
    uint32_t stack_size;    /**< its length in bytes */
    uint8_t size;           /**< bytes of an event */
    uint8_t mask;           /**< events there is room for, less 1 */
    volatile uint8_t head;  /**< events appended; wraps */
    volatile uint8_t tail;  /**< events done; wraps */
} femto_queue_t;

/**
 * @brief   Define a queue and its thread
 *
 * @param[in]   var     name of the queue
 * @param[in]   hookvar name of the hook
 * @param[in]   number  the hook's FEMTO_HOOK_NAME itself
 * @param[in]   type    of an event, which becomes the context; at most 255 bytes
 * @param[in]   n       events there is room for: a power of 2, at most 128
 */
#define FEMTO_QUEUE(var, hookvar, number, type, n)                          \
    FEMTO_QUEUE_(var, hookvar, number ## _STACK_MARGIN, type, n)

/** @cond INTERNAL */
#define FEMTO_QUEUE_(var, hookvar, margin, type, n)                         \
    static_assert((n) > 0 && (n) <= 128 && ((n) & ((n) - 1)) == 0,          \
                  "the room of a queue is a power of 2, at most 128");      \
    static type var ## _events[n];                                          \
    static char var ## _stack[FEMTO_STACKSIZE + margin]                     \
    __attribute__((aligned(8)));                                            \
    femto_queue_t var = {                                                   \
        .hook = &hookvar,                                                   \
        .events = (uint8_t *)var ## _events,                                \
        .stack = var ## _stack,                                             \
        .stack_size = sizeof(var ## _stack),                                \
        .size = sizeof(type),                                               \
        .mask = (n) - 1,                                                    \
    }
/** @endcond */

/** @brief  Start the thread of a queue, unless it runs already */
void femto_queue_start(femto_queue_t *q);

/**
 * @brief   Append an event and wake the thread, in an interrupt or a thread
 *
 * @return  whether there was room, or nobody to see the event
 */
bool femto_queue_put(femto_queue_t *q, const void *event);

/**
 * @brief   Append an event, with interrupts disabled, and do not wake the thread
 *
 * @return  whether there was room
 */
bool femto_queue_append(femto_queue_t *q, const void *event);

/** @brief  Flag that wakes the thread of a queue */
#define FEMTO_QUEUE_FLAG (1u << 0)

#ifdef __cplusplus
}
#endif

/** @} */
