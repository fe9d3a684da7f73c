/* SPDX-FileCopyrightText: The femtocontainer authors */
/* SPDX-License-Identifier: MIT */

/* What the gate asks of the firmware, on a host: OpenSSL, or nothing at all for
 * a fuzzer that should get past the signatures. */

#include <stdio.h>
#include <string.h>

#include "suit_gate.h"

enum { MAX_KEYS = 8 };

static struct {
    uint8_t vendor[16], class_id[16], device[16];
    uint8_t keys[MAX_KEYS][32], revoked[MAX_KEYS][8];
    unsigned n_keys, n_revoked;
} device;

const uint8_t *femto_suit_operator(unsigned i)
{
    return i < device.n_keys ? device.keys[i] : NULL;
}

#ifdef NO_CRYPTO
static uint8_t any_digest[32];  /* the one that fits */

void femto_suit_sha256(const uint8_t *buf, uint32_t len, uint8_t digest[32])
{
    volatile uint8_t sum = 0;   /* touches what the real one would */
    for (uint32_t i = 0; i < len; i++) {
        sum = (uint8_t)(sum + buf[i]);
    }
    memcpy(digest, any_digest, 32);
}

bool femto_suit_verify(const uint8_t key[32], const uint8_t signature[64], const uint8_t *msg,
                       uint32_t len)
{
    volatile uint8_t sum = key[31] ^ signature[63] ^ msg[len - 1];
    (void)sum;
    return true;
}
#else
#include <openssl/evp.h>

void femto_suit_sha256(const uint8_t *buf, uint32_t len, uint8_t digest[32])
{
    EVP_Digest(buf, len, digest, NULL, EVP_sha256(), NULL);
}

bool femto_suit_verify(const uint8_t key[32], const uint8_t signature[64], const uint8_t *msg,
                       uint32_t len)
{
    EVP_PKEY *pkey = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, key, 32);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool good = pkey != NULL && ctx != NULL
        && EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, pkey) == 1
        && EVP_DigestVerify(ctx, signature, 64, msg, len) == 1;
    EVP_MD_CTX_free(ctx);
    EVP_PKEY_free(pkey);
    return good;
}
#endif

bool femto_suit_revoked(const uint8_t key[32])
{
    uint8_t digest[32];

    if (device.n_revoked == 0) {
        return false;
    }
    femto_suit_sha256(key, 32, digest);
    for (unsigned i = 0; i < device.n_revoked; i++) {
        if (memcmp(device.revoked[i], digest, 8) == 0) {
            return true;
        }
    }
    return false;
}
