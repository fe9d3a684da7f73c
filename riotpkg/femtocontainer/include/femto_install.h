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
 * @brief       Install an image from a file
 *
 * For firmware whose owner brings images on a memory card or by the console: the
 * module `femtocontainer_install`, and `fc install` of the shell. Whoever calls
 * this is trusted to choose what runs; that the image keeps to its contract is
 * checked as of any other.
 *
 * With `femtocontainer_suit` the image goes into a slot and has to be signed by
 * a tenant, whose it is; the call takes the place of the operator's manifest.
 * The image gets the sequence number after the slot's, so that a manifest has to
 * have a greater one, and it outlives a restart, if others in slots do.
 *
 * Without it nobody asks for a signature: the caller says whose the image is. It
 * is kept in RAM, in one of CONFIG_FEMTOCONTAINER_INSTALL_PLACES, until its
 * container is removed. After a restart it has to be installed again.
 */

#include "femto_runtime.h"

#ifdef __cplusplus
extern "C" {
#endif

/** @brief  Images from files that there can be at a time */
#ifndef CONFIG_FEMTOCONTAINER_INSTALL_PLACES
#define CONFIG_FEMTOCONTAINER_INSTALL_PLACES 1
#endif

/** @brief  Bytes of the longest of them, a signature included */
#ifndef CONFIG_FEMTOCONTAINER_INSTALL_IMAGE
#define CONFIG_FEMTOCONTAINER_INSTALL_IMAGE 2048
#endif

/** @brief  Bytes of RAM for the stack and data of each container */
#ifndef CONFIG_FEMTOCONTAINER_INSTALL_RAM
#define CONFIG_FEMTOCONTAINER_INSTALL_RAM 1024
#endif

/**
 * @brief   Install the image in a file, and attach it
 *
 * Not for a container's own thread or hook.
 *
 * @param[in]   path    of the file, as RIOT's VFS has it
 * @param[in]   hook    number of the hook in femto_contract.h
 * @param[in]   whose   with `femtocontainer_suit` the slot of the hook, without
 *                      it the number of the tenant in femto_contract.h
 * @param[out]  why     details of a refusal; may be NULL. Its pc is what
 *                      docs/deployment.md says of a code FC4xxx
 *
 * @return  0
 * @return  the number of a code FC2xxx
 * @return  4002 another job runs; 4004 the file is too long; 4012 no such hook;
 *          4013 no such slot; 4022 the tenant has no slot left; 4024 the file
 *          cannot be read; and what else a manifest's image is refused with
 */
uint16_t femto_install_file(const char *path, unsigned hook, unsigned whose, femto_refusal_t *why);

#ifdef __cplusplus
}
#endif

/** @} */
