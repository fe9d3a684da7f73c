/* SPDX-FileCopyrightText: The femtocontainer authors */
/* SPDX-License-Identifier: MIT */

/* libFuzzer's entry to requests to /fc/manage. What is taken for a request has to
 * be the one encoding of what was read. */

#include <stdlib.h>
#include <string.h>

#include "manage_request.h"

static uint8_t *at;

static void head(unsigned major, uint32_t v)
{
    unsigned n = v < 24 ? 0 : v < 256 ? 1 : v < 65536 ? 2 : 4;

    *at++ = (uint8_t)(major << 5 | (n == 0 ? v : n == 1 ? 24 : n == 2 ? 25 : 26));
    while (n-- > 0) {
        *at++ = (uint8_t)(v >> (8 * n));
    }
}

static void string(unsigned major, const femto_manage_t *r)
{
    head(major, r->len);
    if (r->len > 0) {
        memcpy(at, r->bytes, r->len);
    }
    at += r->len;
}

static void encode(const femto_manage_t *r)
{
    bool store = r->operation == FEMTO_MANAGE_PUT || r->operation == FEMTO_MANAGE_DELETE;

    head(4, r->operation == FEMTO_MANAGE_PUT ? 6 : store ? 4 : r->operation == FEMTO_MANAGE_ATTACH ? 3 : 2);
    head(0, r->operation);
    if (!store) {
        head(0, r->container);
    }
    else {
        head(0, r->scope);
        head(0, r->owner);
        head(0, r->key);
    }
    if (r->operation == FEMTO_MANAGE_ATTACH) {
        string(3, r);
    }
    if (r->operation == FEMTO_MANAGE_PUT) {
        string(2, r);
        *at++ = r->persist ? 0xf5 : 0xf4;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    femto_manage_t r;
    uint8_t *buf = malloc(size); /* so that AddressSanitizer knows where it ends */

    if (size > 0) {
        memcpy(buf, data, size);
    }
    if (femto_manage_read(&r, buf, size)) {
        uint8_t *again = malloc(r.len + 64u);
        at = again;
        encode(&r);
        if ((size_t)(at - again) != size || memcmp(again, data, size) != 0) {
            abort();
        }
        free(again);
    }
    free(buf);
    return 0;
}
