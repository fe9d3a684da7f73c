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
 * @brief       Hook `boot`: the device has started
 */

#ifdef __cplusplus
extern "C" {
#endif

/**
 * @brief   Fire the hook `boot`
 *
 * The application calls it once its containers are attached. The context is a
 * femto_boot_event_t.
 */
void femto_boot(void);

#ifdef __cplusplus
}
#endif

/** @} */
