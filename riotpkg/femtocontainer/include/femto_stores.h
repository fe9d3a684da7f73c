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
 * @brief       The key-value stores of this firmware's containers
 *
 * There is room for all that the contract gives its tenants, so each has its
 * quota whatever the others do, and for what the firmware keeps itself
 * (CONFIG_FEMTOCONTAINER_KV_ENTRIES and _BYTES).
 *
 *     femto_kv_t *kv = femto_stores_lock();
 *     femto_kv_put(kv, &femto_stores_firmware, KEY, &value, sizeof(value), 0);
 *     femto_stores_unlock();
 *
 * puts a value into the store that all containers share. With the module
 * femtocontainer_kv_files, entries with FEMTO_KV_PERSIST are kept in a file system.
 */

#include "femto_kv.h"

#ifdef __cplusplus
extern "C" {
#endif

/** @brief  Bytes of the longest value */
#ifndef CONFIG_FEMTOCONTAINER_KV_VALUE
#define CONFIG_FEMTOCONTAINER_KV_VALUE 64
#endif

/** @brief  The firmware, as who changes the store that all containers share */
extern const femto_kv_who_t femto_stores_firmware;

/**
 * @brief   The stores, for reading and writing until @ref femto_stores_unlock
 */
femto_kv_t *femto_stores_lock(void);

/**
 * @brief   Let others at the stores
 */
void femto_stores_unlock(void);

#ifdef __cplusplus
}
#endif

/** @} */
