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
 * is filled by the time that passes. Reading the clock takes longer than a short
 * run of a container, so a bucket that is more than half full is not filled: in
 * any t seconds, the worth of t + 1 1/2 can be taken, or of t + 1 where
 * femto_bucket_fill() precedes each taking.
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
 * @brief   Fill a bucket by the time that has passed
 */
void femto_bucket_fill(femto_bucket_t *b, uint32_t per_second);

/**
 * @brief   Whether as much could be taken
 */
static inline bool femto_bucket_has(femto_bucket_t *b, uint32_t per_second, uint32_t want)
{
    uint32_t after = b->taken + want;

    if (after > per_second / 2) {
        femto_bucket_fill(b, per_second);
        after = b->taken + want;
    }
    return after <= per_second;
}

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
