/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

/**
 * @ingroup     pkg_femtocontainer
 * @{
 *
 * @file
 * @brief       Hashes, signatures and the operators' keys: those of RIOT
 *
 * @}
 */

#include "cose/crypto.h"
#include "cose/key.h"
#include "hashes/sha256.h"
#include "suit.h"
#include "suit_gate.h"

void femto_suit_sha256(const uint8_t *buf, uint32_t len, uint8_t digest[32])
{
    sha256(buf, len, digest);
}

bool femto_suit_verify(const uint8_t key[32], const uint8_t signature[64], const uint8_t *msg,
                       uint32_t len)
{
    cose_key_t ed25519;

    /* neither key nor message is written to */
    cose_key_init(&ed25519);
    cose_key_set_keys(&ed25519, COSE_EC_CURVE_ED25519, COSE_ALGO_EDDSA, (uint8_t *)(uintptr_t)key,
                      NULL, NULL);
    return cose_crypto_verify(&ed25519, signature, 64, (uint8_t *)(uintptr_t)msg, len) == COSE_OK;
}

const uint8_t *femto_suit_operator(unsigned i)
{
    cose_key_t key;

    return suit_get_public_key((uint8_t)i, &key) ? key.x : NULL;
}
