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
 * @brief       Key-value stores
 *
 * All stores of a firmware share one table of entries and one block of bytes,
 * which the caller provides: there is no heap. An entry lies in a *space*, that
 * of one container, of one tenant, or the one of all, and counts for the quota
 * of one *tenant*: the one that made it, or last made its value longer. So
 * nobody can use up another's quota by writing to what they share. Only that
 * tenant can have an entry kept over a restart.
 *
 * When the table is as large as all quotas together, each tenant's quota is also
 * reserved: whatever the others do, it can have that much.
 *
 * Nothing here locks. Errors are FEMTO_ENOENT and so on, as in femto_sys.h.
 */

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** @brief  Owner of the space that all containers share */
#define FEMTO_KV_ALL        (0u)

/** @brief  Tenant of entries that the firmware made itself */
#define FEMTO_KV_FIRMWARE   (255u)

/** @brief  One entry */
typedef struct {
    uint32_t key;
    uint32_t value;     /**< the value if it has at most 4 bytes, else where it begins in the bytes */
    uint16_t space;     /**< see @ref femto_kv_space */
    uint16_t len;       /**< of the value in bytes */
    uint8_t tenant;     /**< whose quota it counts for */
    uint8_t flags;      /**< FEMTO_KV_PERSIST or 0 */
} femto_kv_entry_t;

/** @brief  All stores */
typedef struct {
    femto_kv_entry_t *entries;      /**< ascending by space and key */
    uint8_t *bytes;                 /**< values longer than 4 bytes, without gaps */
    uint32_t max_entries;           /**< entries there is room for */
    uint32_t max_bytes;             /**< bytes there is room for */
    uint32_t max_value;             /**< longest value, below 65536 */
    uint32_t n_entries;             /**< entries there are */
    uint32_t n_bytes;               /**< bytes in use */
    /** called when @p tenant changed what it wants to keep over a restart; may be NULL */
    void (*changed)(uint8_t tenant);
} femto_kv_t;

/** @brief  On whose behalf a store is changed */
typedef struct {
    uint16_t space;         /**< where */
    uint8_t tenant;         /**< who */
    uint32_t max_entries;   /**< the tenant's quota of entries in all spaces */
    uint32_t max_bytes;     /**< and of bytes their values have */
} femto_kv_who_t;

/**
 * @brief   The space of a scope
 *
 * @param[in]   scope   FEMTO_SCOPE_LOCAL, _TENANT or _GLOBAL
 * @param[in]   owner   number of the container or tenant, below 16384, or
 *                      @ref FEMTO_KV_ALL
 */
static inline uint16_t femto_kv_space(uint32_t scope, uint32_t owner)
{
    return (uint16_t)(scope << 14 | (owner & 0x3fff));
}

/**
 * @brief   Set a value
 *
 * @param[in]   kv      stores
 * @param[in]   who     who does it, and where
 * @param[in]   key     key
 * @param[in]   value   value
 * @param[in]   len     its length in bytes
 * @param[in]   flags   FEMTO_KV_NEW: only if the key is not there;
 *                      FEMTO_KV_PERSIST: keep over a restart
 *
 * @return  0, FEMTO_EINVAL (flags), FEMTO_EMSGSIZE (too long), FEMTO_EEXIST, or
 *          FEMTO_ENOSPC (quota or table full)
 */
int32_t femto_kv_put(femto_kv_t *kv, const femto_kv_who_t *who, uint32_t key,
                     const void *value, uint32_t len, uint32_t flags);

/**
 * @brief   Get a value
 *
 * @return  its length, FEMTO_ENOENT, or FEMTO_EMSGSIZE if it is longer than
 *          @p size; on error @p value is unchanged
 */
int32_t femto_kv_get(const femto_kv_t *kv, uint16_t space, uint32_t key,
                     void *value, uint32_t size);

/**
 * @brief   Get a number, a value of 4 bytes, little endian
 *
 * @return  0, FEMTO_ENOENT, or FEMTO_EMSGSIZE; on error @p value is unchanged
 */
int32_t femto_kv_fetch(const femto_kv_t *kv, uint16_t space, uint32_t key,
                       uint32_t *value);

/**
 * @brief   Replace a number if it is the expected one
 *
 * @return  0, FEMTO_ENOENT, FEMTO_EMSGSIZE, or FEMTO_EAGAIN
 */
int32_t femto_kv_cas(femto_kv_t *kv, const femto_kv_who_t *who, uint32_t key,
                     uint32_t expected, uint32_t desired);

/**
 * @brief   Delete a key
 *
 * @return  0 or FEMTO_ENOENT
 */
int32_t femto_kv_delete(femto_kv_t *kv, const femto_kv_who_t *who, uint32_t key);

/**
 * @brief   Find the smallest key that is not below @p key
 *
 * @return  length of its value, or FEMTO_ENOENT
 */
int32_t femto_kv_next(const femto_kv_t *kv, uint16_t space, uint32_t *key);

/**
 * @brief   Find the first entry that a tenant wants to keep over a restart and
 *          that is not below (@p space, @p key)
 *
 * Not those of a container's own store.
 *
 * @param[in,out]   space   where to look from; set to the one found
 * @param[in,out]   key     likewise
 * @param[out]      value   room for the longest value there can be
 *
 * @return  length of the value, or FEMTO_ENOENT
 */
int32_t femto_kv_next_kept(const femto_kv_t *kv, uint8_t tenant, uint16_t *space,
                           uint32_t *key, uint8_t *value);

/**
 * @brief   Delete everything in a space
 */
void femto_kv_clear(femto_kv_t *kv, uint16_t space);

/**
 * @brief   How much of its quota a tenant uses
 *
 * @param[out]  entries     entries
 * @param[out]  bytes       bytes their values have
 */
void femto_kv_usage(const femto_kv_t *kv, uint8_t tenant,
                    uint32_t *entries, uint32_t *bytes);

/**
 * @brief   The value of an entry
 *
 * @return  its first byte; good until the stores change
 */
const uint8_t *femto_kv_value(const femto_kv_t *kv, const femto_kv_entry_t *e);

#ifdef __cplusplus
}
#endif

/** @} */
