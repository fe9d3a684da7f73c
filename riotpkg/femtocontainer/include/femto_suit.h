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
 * @brief       Take containers from the network
 *
 * Two signatures are needed: a tenant's on the image, an operator's on the SUIT
 * manifest. docs/deployment.md is the agreement with `femto deploy`. Modules:
 *
 * - `femtocontainer_suit`: gate, worker, slots in RAM, resources under /fc/suit
 * - `femtocontainer_suit_vfs`: keeps what is installed in a file system
 * - `femtocontainer_suit_flash`: or in the last pages of the CPU's own flash, from
 *   where containers run. Pages have to be of one size.
 *
 * Without either of the two slots are empty after a reboot, and so is the memory
 * of sequence numbers.
 *
 * The operators' public keys are those of RIOT's SUIT (SUIT_KEY_DIR, SUIT_KEY;
 * private keys need not be there). Each slot costs the RAM of one image and of
 * one container, and there is one such place more than slots, where the next
 * image is received and checked while the others run. With
 * `femtocontainer_suit_flash` that place alone has the RAM of an image.
 */

#include <stdint.h>

#include "mtd.h"
#include "net/credman.h"

#ifdef __cplusplus
extern "C" {
#endif

/** @brief  Bytes of the longest image, its signature included */
#ifndef CONFIG_FEMTOCONTAINER_SUIT_IMAGE
#define CONFIG_FEMTOCONTAINER_SUIT_IMAGE 2048
#endif

/** @brief  Bytes of RAM for the stack and data of an installed container */
#ifndef CONFIG_FEMTOCONTAINER_SUIT_RAM
#define CONFIG_FEMTOCONTAINER_SUIT_RAM 1024
#endif

/** @brief  Page behind the last one for containers; 0: the end of the flash */
#ifndef CONFIG_FEMTOCONTAINER_SUIT_FLASH_END
#define CONFIG_FEMTOCONTAINER_SUIT_FLASH_END 0
#endif

/** @brief  What URLs of manifests and images have to begin with */
#ifndef CONFIG_FEMTOCONTAINER_SUIT_URL_PREFIX
#define CONFIG_FEMTOCONTAINER_SUIT_URL_PREFIX "coap"
#endif

/** @brief  Seconds that the downloads of one job may take */
#ifndef CONFIG_FEMTOCONTAINER_SUIT_TIMEOUT
#define CONFIG_FEMTOCONTAINER_SUIT_TIMEOUT 600
#endif

/** @brief  Verdicts that /fc/suit/log remembers */
#ifndef CONFIG_FEMTOCONTAINER_SUIT_LOG
#define CONFIG_FEMTOCONTAINER_SUIT_LOG 4
#endif

/** @brief  Keys that can be revoked */
#ifndef CONFIG_FEMTOCONTAINER_SUIT_REVOKED
#define CONFIG_FEMTOCONTAINER_SUIT_REVOKED 16
#endif

/**
 * @brief   Give a blank flash chip its file system
 *
 * For the first start, before @ref femto_suit_start. A chip that is not blank and
 * cannot be mounted is left as it is, other than by RIOT's vfs_auto_format, since
 * in an empty file system no key is revoked. Needs femtocontainer_suit_vfs.
 *
 * @param[in]   mtd     chip of the file system at VFS_DEFAULT_DATA
 *
 * @return  0 when there is a file system
 * @return  -EEXIST    the chip is not blank
 * @return  other -errno of the chip or the file system
 */
int femto_suit_format_blank(mtd_dev_t *mtd);

/**
 * @brief   Check and attach what is installed, and take triggers from now on
 *
 * The checks are done by a thread of less priority than `main`, so this returns
 * and resources answer before they are over. To be called once.
 *
 * @param[in]   psk     the operator's pre-shared key for CoAPs; stays
 *
 * @return  0
 * @return  what credman_add() or sock_dtls_add_credential() refused it with
 */
int femto_suit_start(const credman_credential_t *psk);

#ifdef __cplusplus
}
#endif

/** @} */
