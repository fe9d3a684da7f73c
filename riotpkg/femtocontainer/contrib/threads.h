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
 * @brief       Containers with a thread of their own, as registry.c uses them
 *
 * RIOT has no way to end another thread, so the threads are made once, wait for
 * containers, and are never given up. A container gets fuel in slices; between
 * two of them, and in each call that waits, its thread looks whether it is to
 * stop.
 */

#include "femto_runtime.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * @brief   Start an attached container
 *
 * @return  0 or FEMTO_E_NO_THREAD
 */
uint16_t femto_thread_start(femto_container_t *c, femto_hook_t *hook);

/** @brief  Whether a tenant may have another thread, and there is one */
bool femto_thread_available(unsigned tenant);

/** @brief  Ask a container to stop, and wait until it has */
void femto_thread_stop(femto_container_t *c);

/**
 * @brief   Hand an event to a container's thread
 *
 * @return  whether there was room
 */
bool femto_thread_post(femto_container_t *c, const femto_event_t *event);

#ifdef __cplusplus
}
#endif

/** @} */
