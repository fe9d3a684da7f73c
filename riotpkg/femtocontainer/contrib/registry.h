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
 * @brief       What the files of the runtime know of each other
 *
 * Two kinds of locks: one for management, in registry.c, and one for each hook.
 * Who needs both takes that of management first. Where a container stands in
 * the list of its hook, and its state while it is there, changes only under the
 * hook's lock; everything else only under that of management.
 */

#include "femto_runtime.h"

#ifdef __cplusplus
extern "C" {
#endif

/** @brief  All containers, by id */
extern femto_container_t femto_pool[FEMTO_CONTAINERS];

/** @brief  Add to a counter that several threads and interrupts add to */
void femto_count(uint32_t *counter, uint32_t n);

/** @brief  Take a container out of the list of its hook, whose lock is held */
void femto_hook_unlink(femto_hook_t *hook, unsigned id);

/** @brief  Record a fault of an activation that ended with @p code */
void femto_fault_record(const femto_container_t *c, const femto_vm_t *vm, uint16_t code);

/** @brief  Forget the faults of a container that is removed */
void femto_fault_forget(unsigned id);

#ifdef __cplusplus
}
#endif

/** @} */
