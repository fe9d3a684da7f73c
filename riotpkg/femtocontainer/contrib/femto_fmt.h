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
 * @brief       What containers print
 */

#include <stdint.h>

#include "femto_sys.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * @brief   Where text goes
 *
 * @param[in] ctx   as given to femto_fmt()
 * @param[in] text  characters, not terminated
 * @param[in] len   how many
 */
typedef void (*femto_fmt_out_t)(void *ctx, const char *text, uint32_t len);

/**
 * @brief   Format what a container gave to printf or log_write
 *
 * Format and arguments are those that femto_sys_call() has checked and hands to
 * the handler. Nothing is kept between calls, so a handler can first ask for the
 * length, to see whether a quota allows it, and then print.
 *
 * @param[in] out   called for each piece, or NULL to only get the length
 * @param[in] ctx   first argument of @p out
 * @param[in] fmt   format string
 * @param[in] rest  its arguments
 *
 * @return  number of characters
 */
uint32_t femto_fmt(femto_fmt_out_t out, void *ctx, const char *fmt,
                   const femto_sys_rest_t *rest);

#ifdef __cplusplus
}
#endif

/** @} */
