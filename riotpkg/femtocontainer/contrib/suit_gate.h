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
 * @brief       What a device takes from the network: manifests and image signatures
 *
 * Both have exactly one encoding (docs/deployment.md), so they are compared with
 * it rather than decoded: no recursion, no allocation, no length that is not
 * compared with what is left. RIOT's own SUIT parser, which is more lenient than
 * is good for it, only ever sees manifests that passed here.
 *
 * This is plain C without RIOT; tests/suit compiles it on the host.
 */

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
    FEMTO_SUIT_URL_MAX = 127,       /**< characters of a URL */
    FEMTO_SUIT_KEY_ID = 8,          /**< bytes of a key id */
    FEMTO_SUIT_SIGNATURE = 84,      /**< bytes of an image's COSE_Sign1 */
    FEMTO_SUIT_REVOKED_MAX = 32,    /**< key ids in one revocation */
    FEMTO_SUIT_PARTS_MAX = 8,       /**< parts of a component */
};

/** Longest component name as RIOT joins it, with a separator before each part */
#ifndef FEMTO_SUIT_NAME_MAX
#define FEMTO_SUIT_NAME_MAX 63
#endif

/**
 * @brief   Why something was refused, and where: docs/deployment.md says of what
 *
 * 0 when it was done; a code alone is a verdict. One number, since nearly all
 * functions here return it, and a structure would go through memory.
 */
typedef uint64_t femto_suit_verdict_t;

/** @brief  Part of a verdict that says that there is a place in its upper half */
#define FEMTO_SUIT_HAS_WHERE 0x8000u

/** @brief  A verdict that names a place */
static inline femto_suit_verdict_t femto_suit_at(uint16_t code, uint32_t where)
{
    return (uint64_t)where << 32 | FEMTO_SUIT_HAS_WHERE | code;
}

/** @brief  Was it done? A refusal has a code, so the lower half says so. */
static inline bool femto_suit_done(femto_suit_verdict_t verdict)
{
    return (uint32_t)verdict == 0;
}

/** @brief  Code of a verdict */
static inline uint16_t femto_suit_code(femto_suit_verdict_t verdict)
{
    return verdict & (FEMTO_SUIT_HAS_WHERE - 1);
}

/** @brief  Does a verdict name a place? */
static inline bool femto_suit_has_where(femto_suit_verdict_t verdict)
{
    return (verdict & FEMTO_SUIT_HAS_WHERE) != 0;
}

/** @brief  Place that a verdict names */
static inline uint32_t femto_suit_where(femto_suit_verdict_t verdict)
{
    return verdict >> 32;
}

/**
 * @brief   A manifest that has the right shape; pointers go into its buffer, or
 *          into itself, so it is not copied
 */
typedef struct {
    const uint8_t *signature;       /**< 64 bytes */
    const uint8_t *authenticated;   /**< COSE payload that the signature is for, 36 bytes */
    const uint8_t *manifest;        /**< what the payload's digest is of */
    uint32_t manifest_len;          /**< its length */
    const uint8_t *vendor;          /**< UUID */
    const uint8_t *class_id;        /**< UUID */
    const uint8_t *device;          /**< 16 hex digits, or NULL: any device of the class */
    const uint8_t *digest;          /**< SHA-256 of the payload */
    uint32_t sequence;              /**< sequence number */
    uint32_t size;                  /**< bytes of the payload; 0: removal */
    char url[FEMTO_SUIT_URL_MAX + 1];           /**< where the payload is */
    char component[FEMTO_SUIT_NAME_MAX + 1];    /**< such as fc/sampler/0 */
    const char *hook;               /**< name of the hook, in component; NULL: revocation of keys */
    uint8_t hook_len;               /**< its length */
    uint8_t slot;                   /**< number of the slot */
} femto_suit_manifest_t;

/**
 * @brief   Read a manifest
 *
 * The shape says nothing about who made it.
 *
 * @param[out]  m       the manifest
 * @param[in]   buf     envelope, which has to stay for as long as @p m is used
 * @param[in]   len     its length in bytes
 *
 * @return  0; FC4005 or FC4011, and the offset of what is wrong
 */
femto_suit_verdict_t femto_suit_manifest_read(femto_suit_manifest_t *m, const uint8_t *buf,
                                              uint32_t len);

/** @brief  Is it a character of a component's parts: a to z, 0 to 9, or a hyphen? */
bool femto_suit_is_part(char c);

/**
 * @brief   Copy a URL: 1 to FEMTO_SUIT_URL_MAX characters of ASCII, coap or coaps
 *
 * @param[out]  url     FEMTO_SUIT_URL_MAX + 1 bytes
 * @param[in]   text    its characters
 * @param[in]   len     their number
 *
 * @return  whether it is one
 */
bool femto_suit_url_read(char *url, const uint8_t *text, uint32_t len);

/**
 * @brief   Check who made a manifest, and for whom
 *
 * @param[in]   m       what femto_suit_manifest_read() accepted
 * @param[in]   vendor  UUID that the device compares with
 * @param[in]   class_id likewise
 * @param[in]   device  UUID of the device
 *
 * @return  0, or FC4006 to FC4010
 */
uint16_t femto_suit_manifest_check(const femto_suit_manifest_t *m, const uint8_t vendor[16],
                                   const uint8_t class_id[16], const uint8_t device[16]);

/**
 * @brief   Key id that an image's signature names
 *
 * @param[in]   signature   the COSE_Sign1 behind the image
 * @param[in]   len         its length in bytes
 *
 * @return  8 bytes within @p signature, NULL when it does not have the one shape
 */
const uint8_t *femto_suit_image_key(const uint8_t *signature, uint32_t len);

/**
 * @brief   Is the signature of an image valid?
 *
 * @pre     femto_suit_image_key() found a key id
 *
 * @param[in]   signature   the COSE_Sign1 behind the image
 * @param[in]   digest      SHA-256 of the signed part
 * @param[in]   key         public key to check with
 */
bool femto_suit_image_check(const uint8_t signature[FEMTO_SUIT_SIGNATURE],
                            const uint8_t digest[32], const uint8_t key[32]);

/**
 * @brief   Read a list of revoked keys
 *
 * @param[in]   buf     CBOR
 * @param[in]   len     its length in bytes
 * @param[out]  where   offset of what is wrong
 *
 * @return  number of key ids, which stand 9 bytes apart and begin at
 *          @p buf + len - 9 * number + 1; 0 when the list is malformed
 */
uint32_t femto_suit_revocation_read(const uint8_t *buf, uint32_t len, uint32_t *where);

/**
 * @name    What the firmware provides
 * @{
 */
/** SHA-256 */
void femto_suit_sha256(const uint8_t *buf, uint32_t len, uint8_t digest[32]);
/** Ed25519: is it @p key's signature of the @p len bytes at @p msg? */
bool femto_suit_verify(const uint8_t key[32], const uint8_t signature[64], const uint8_t *msg,
                       uint32_t len);
/** Public key of an operator, NULL when @p i is not below their number */
const uint8_t *femto_suit_operator(unsigned i);
/** Has the key been revoked? */
bool femto_suit_revoked(const uint8_t key[32]);
/** @} */

#ifdef __cplusplus
}
#endif

/** @} */
