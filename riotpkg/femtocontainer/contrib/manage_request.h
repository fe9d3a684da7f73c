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
 * @brief       Requests to /fc/manage, as docs/management.cddl describes them
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** @brief  What shall be done */
enum {
    FEMTO_MANAGE_ATTACH = 1,
    FEMTO_MANAGE_DETACH,
    FEMTO_MANAGE_RUN,
    FEMTO_MANAGE_STOP,
    FEMTO_MANAGE_PUT,
    FEMTO_MANAGE_DELETE,
};

/** @brief  Bytes of the longest name of a hook */
enum { FEMTO_MANAGE_NAME_MAX = 63 };

/** @brief  A request. Fields that the operation has no use for are 0. */
typedef struct {
    const uint8_t *bytes;   /**< name of a hook, or a value; in the buffer that was read */
    uint32_t len;           /**< of these */
    uint32_t key;           /**< in a store */
    uint8_t operation;      /**< FEMTO_MANAGE_... */
    uint8_t container;      /**< id */
    uint8_t scope;          /**< FEMTO_SCOPE_... */
    uint8_t owner;          /**< of the store: container or tenant; for that of all, who pays */
    bool persist;           /**< keep the entry over a restart */
} femto_manage_t;

/**
 * @brief   Read a request, all of it
 *
 * @return  whether it is one; if not, @p out means nothing
 */
bool femto_manage_read(femto_manage_t *out, const uint8_t *buf, size_t len);

#ifdef __cplusplus
}
#endif

/** @} */
