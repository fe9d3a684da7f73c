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

#include <assert.h>
#include <stddef.h>
#include <string.h>

#include "hashes/sha256.h"
#include "suit_internal.h"

static_assert(sizeof(femto_suit_header_t) == 48, "headers have no gaps");

void femto_suit_header_make(femto_suit_header_t *header, const char *component,
                            const femto_suit_record_t *record)
{
    sha256_context_t ctx;
    uint8_t digest[32];

    memcpy(header->magic, "FCR\3", sizeof(header->magic));
    header->record = *record;
    /* with the component's name, so that no record passes for another component's */
    sha256_init(&ctx);
    sha256_update(&ctx, header, offsetof(femto_suit_header_t, check));
    sha256_update(&ctx, component, strlen(component));
    sha256_final(&ctx, digest);
    memcpy(header->check, digest, sizeof(header->check));
}

bool femto_suit_header_is(const femto_suit_header_t *header, const char *component)
{
    femto_suit_header_t good;

    femto_suit_header_make(&good, component, &header->record);
    return memcmp(header, &good, sizeof(good)) == 0;
}

bool femto_suit_payload_is(const femto_suit_record_t *record, const uint8_t *payload)
{
    uint8_t digest[32];

    femto_suit_sha256(payload, record->size, digest);
    return memcmp(digest, record->digest, sizeof(digest)) == 0;
}
