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
 * @brief       Limits per second, as token buckets
 *
 * A bucket holds what may be used at once, at most what one second brings, and
 * is filled by the time that passes. Over any t seconds, no more than the
 * worth of t + 1 is taken.
 */

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** @brief  A bucket; full when all zero */
typedef struct {
    uint32_t taken;     /**< what is missing until it is full */
    uint32_t since;     /**< when it was last filled, ms since the start */
} femto_bucket_t;

/**
 * @brief   Take from a bucket, all or nothing
 *
 * Atomic, and may be called by any thread.
 *
 * @param[in,out]   b           bucket
 * @param[in]       per_second  what a second brings, at most 10^9
 * @param[in]       want        how much to take
 *
 * @return  whether there was enough
 */
bool femto_bucket_take(femto_bucket_t *b, uint32_t per_second, uint32_t want);

/**
 * @brief   Put back what was taken but not used
 */
void femto_bucket_return(femto_bucket_t *b, uint32_t unused);

#ifdef __cplusplus
}
#endif

/** @} */
