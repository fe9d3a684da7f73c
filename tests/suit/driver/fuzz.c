/* SPDX-FileCopyrightText: The femtocontainer authors */
/* SPDX-License-Identifier: MIT */

/* libFuzzer's entry to the gate. Built twice: with OpenSSL, and with NO_CRYPTO,
 * where every signature and digest fits. */

#include <stdlib.h>

#include "crypto.h"

static void must(bool b)
{
    if (!b) {
        abort();
    }
}

static void manifest(const uint8_t *buf, uint32_t len)
{
    femto_suit_manifest_t m;
    femto_suit_verdict_t verdict = femto_suit_manifest_read(&m, buf, len);

    if (verdict != 0) {
        must(femto_suit_has_where(verdict) && femto_suit_where(verdict) <= len);
        return;
    }
    /* what its users rely on */
    must(strlen(m.url) <= FEMTO_SUIT_URL_MAX && strlen(m.component) <= FEMTO_SUIT_NAME_MAX);
    must(m.digest > buf && m.digest + 32 < buf + len);
    must(m.hook == NULL || (m.hook_len > 0 && m.hook == m.component + 3 && m.component[3 + m.hook_len] == '/'));
    must(m.manifest + m.manifest_len == buf + len);
#ifdef NO_CRYPTO
    memcpy(any_digest, m.authenticated + 4, 32);
#endif
    femto_suit_manifest_check(&m, device.vendor, device.class_id, device.device);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint32_t where = UINT32_MAX;

    device.n_keys = 1;
    if (size < 1) {
        return 0;
    }
    uint32_t len = (uint32_t)size - 1;
    uint8_t *buf = malloc(len);
    memcpy(buf, data + 1, len);
    switch (data[0]) {
    case 'i':
        if (femto_suit_image_key(buf, len) != NULL) {
            must(len == FEMTO_SUIT_SIGNATURE);
            femto_suit_image_check(buf, device.keys[0], device.keys[0]);
        }
        break;
    case 'r': {
        uint32_t n = femto_suit_revocation_read(buf, len, &where);
        must(n == 0 ? where <= len : n <= FEMTO_SUIT_REVOKED_MAX && 9 * n < len);
        break;
    }
    default:
        manifest(buf, len);
        break;
    }
    free(buf);
    return 0;
}
