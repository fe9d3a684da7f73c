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
 * @brief       Hook `scheduler`: which thread has the CPU
 *
 * Fires for each switch from one thread to another, those to and from its own
 * worker aside. The context is a femto_sched_event_t. Containers run in the
 * worker, of the priority that the contract says; up to
 * CONFIG_FEMTOCONTAINER_SCHED_QUEUE switches wait for it.
 */

#include "container/femto_hooks.h"
#include "femto_queue.h"

#ifdef __cplusplus
extern "C" {
#endif

extern femto_hook_t femto_sched_hook;       /**< counts events and drops */
extern femto_queue_t femto_sched_queue;     /**< has the worker */

#ifdef __cplusplus
}
#endif

/** @} */
