/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

/**
 * @ingroup     pkg_femtocontainer
 * @{
 *
 * @file
 * @brief       Headers of records, the same in all stores
 *
 * @}
 */

#include <string.h>

#include "byteorder.h"
#include "hashes/sha256.h"
#include "suit_internal.h"

/* magic, sequence, size: 4 bytes each; digest. Then come the first bytes of a digest. */
enum { CHECKED = FEMTO_SUIT_HEADER - 4 };

static const uint8_t magic[4] = { 'F', 'C', 'R', 3 };

void femto_suit_header_put(uint8_t *header, const char *component,
                           const femto_suit_record_t *record)
{
    sha256_context_t ctx;
    uint8_t digest[32];

    memcpy(header, magic, 4);
    byteorder_htolebufl(header + 4, record->sequence);
    byteorder_htolebufl(header + 8, record->size);
    memcpy(header + 12, record->digest, 32);
    /* with the component's name, so that no record passes for another component's */
    sha256_init(&ctx);
    sha256_update(&ctx, header, CHECKED);
    sha256_update(&ctx, component, strlen(component));
    sha256_final(&ctx, digest);
    memcpy(header + CHECKED, digest, FEMTO_SUIT_HEADER - CHECKED);
}

bool femto_suit_header_get(const uint8_t *header, const char *component,
                           femto_suit_record_t *record)
{
    uint8_t good[FEMTO_SUIT_HEADER];

    record->sequence = byteorder_lebuftohl(header + 4);
    record->size = byteorder_lebuftohl(header + 8);
    memcpy(record->digest, header + 12, 32);
    femto_suit_header_put(good, component, record);
    return memcmp(header, good, sizeof(good)) == 0;
}

bool femto_suit_payload_is(const femto_suit_record_t *record, const uint8_t *payload)
{
    uint8_t digest[32];

    femto_suit_sha256(payload, record->size, digest);
    return memcmp(digest, record->digest, sizeof(digest)) == 0;
}
