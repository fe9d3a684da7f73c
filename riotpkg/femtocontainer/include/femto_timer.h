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
 * @brief       Hooks that fire periodically
 *
 *     FEMTO_HOOK(minute, FEMTO_HOOK_MINUTE);
 *     FEMTO_TIMER(minutes, minute, FEMTO_HOOK_MINUTE);
 *
 *     femto_timer_start(&minutes, 60000);
 *
 * The context is a femto_timer_event_t. A period for which the one before
 * it has not been handled yet waits; when 4 do, further ones are dropped.
 */

#include "container/femto_hooks.h"
#include "femto_queue.h"
#include "ztimer/periodic.h"

#ifdef __cplusplus
extern "C" {
#endif

/** @brief  A timer; define one with @ref FEMTO_TIMER */
typedef struct {
    femto_queue_t *queue;       /**< events for the hook */
    ztimer_periodic_t timer;    /**< RIOT's timer */
    uint32_t count;             /**< periods so far */
} femto_timer_t;

/**
 * @brief   Define a timer
 *
 * @param[in]   var     name of the timer
 * @param[in]   hookvar name of the hook
 * @param[in]   number  the hook's FEMTO_HOOK_NAME itself
 */
#define FEMTO_TIMER(var, hookvar, number)                                   \
    FEMTO_QUEUE_(var ## _queue, hookvar, number ## _STACK_MARGIN, femto_timer_event_t, 4); \
    femto_timer_t var = { .queue = &var ## _queue }

/**
 * @brief   Fire each @p ms milliseconds from now on
 *
 * @pre     the timer does not run
 */
void femto_timer_start(femto_timer_t *t, uint32_t ms);

/** @brief  Fire no more */
void femto_timer_stop(femto_timer_t *t);

#ifdef __cplusplus
}
#endif

/** @} */
