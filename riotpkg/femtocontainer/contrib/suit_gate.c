/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

/**
 * @ingroup     pkg_femtocontainer
 * @{
 *
 * @file
 * @brief       What a device takes from the network: manifests and image signatures
 *
 * @}
 */

#include <stddef.h>
#include <string.h>

#include "femto_suit_codes.h"
#include "suit_gate.h"

/* What is left. After a refusal p is where the offence begins. */
typedef struct {
    const uint8_t *p;
    const uint8_t *end;
} _cursor_t;

enum { UINT = 0, BSTR = 2, TSTR = 3, ARRAY = 4 };   /* CBOR major types */

/* These bytes; a string, because an array would be put together on the stack. */
#define LITERAL(c, string) _literal(c, string, sizeof(string) - 1)

static bool _literal(_cursor_t *c, const char *want, size_t n)
{
    for (; n > 0; n--, want++, c->p++) {
        if (c->p == c->end || *c->p != (uint8_t)*want) {
            return false;
        }
    }
    return true;
}

/* n bytes that may be anything */
static bool _bytes(_cursor_t *c, size_t n, const uint8_t **out)
{
    if ((size_t)(c->end - c->p) < n) {
        return false;
    }
    *out = c->p;
    c->p += n;
    return true;
}

/* The head of a data item, in its shortest form (RFC 8949, 4.2.1). */
static bool _head(_cursor_t *c, unsigned major, uint32_t *value)
{
    static const uint32_t least[] = { 24, 1u << 8, 1u << 16 };

    if (c->p == c->end || *c->p >> 5 != major) {
        return false;
    }
    unsigned info = *c->p & 31;
    if (info < 24) {
        *value = info;
        c->p++;
        return true;
    }
    /* 24, 25, 26: followed by 1, 2 or 4 bytes */
    unsigned extra = 1u << (info - 24);
    if (info > 26 || (size_t)(c->end - c->p) < extra + 1) {
        return false;
    }
    uint32_t v = 0;
    for (unsigned i = 1; i <= extra; i++) {
        v = v << 8 | c->p[i];
    }
    if (v < least[info - 24]) {
        return false;
    }
    *value = v;
    c->p += extra + 1;
    return true;
}

/* Goes into a byte string, which _leave() wants to have been read to its end. */
static bool _enter(_cursor_t *c, const uint8_t **outer)
{
    const uint8_t *at = c->p;
    uint32_t len;

    if (!_head(c, BSTR, &len) || (size_t)(c->end - c->p) < len) {
        c->p = at;
        return false;
    }
    *outer = c->end;
    c->end = c->p + len;
    return true;
}

static bool _leave(_cursor_t *c, const uint8_t *outer)
{
    if (c->p != c->end) {
        return false;
    }
    c->end = outer;
    return true;
}

/* --- component ----------------------------------------------------------- */

typedef struct {
    const uint8_t *name;
    uint32_t len;
} _part_t;

static bool _is(const _part_t *part, const char *name)
{
    return part->len == strlen(name) && memcmp(part->name, name, part->len) == 0;
}

static bool _part(_cursor_t *c, _part_t *part)
{
    if (!_head(c, BSTR, &part->len) || part->len == 0 || !_bytes(c, part->len, &part->name)) {
        return false;
    }
    for (uint32_t i = 0; i < part->len; i++) {
        uint8_t b = part->name[i];
        if (!((b >= 'a' && b <= 'z') || (b >= '0' && b <= '9') || b == '-')) {
            c->p = part->name + i;
            return false;
        }
    }
    return true;
}

/* A decimal number below 255 in its one form */
static bool _number(const _part_t *part, uint8_t *value)
{
    unsigned v = 0;

    if (part->len > 3 || (part->name[0] == '0' && part->len > 1)) {
        return false;
    }
    for (uint32_t i = 0; i < part->len; i++) {
        if (part->name[i] < '0' || part->name[i] > '9') {
            return false;
        }
        v = 10 * v + (part->name[i] - '0');
    }
    *value = (uint8_t)v;
    return v < 255;
}

static bool _is_device(const _part_t *part)
{
    if (part->len != 16) {
        return false;
    }
    for (unsigned i = 0; i < 16; i++) {
        if (part->name[i] > 'f' || part->name[i] == '-') {
            return false;
        }
    }
    return true;
}

/* ["fc", hook, slot] or ["fc", "revoked"], and then perhaps a device. The name of
 * a hook is as many parts as it has pieces between slashes; a slot's number is
 * never as long as a device, so there is one way to read it. */
static bool _component(_cursor_t *c, femto_suit_manifest_t *m)
{
    const uint8_t *at = c->p;
    _part_t part[FEMTO_SUIT_PARTS_MAX];
    uint32_t n, joined = 0;

    if (!_head(c, ARRAY, &n) || n < 2 || n > FEMTO_SUIT_PARTS_MAX) {
        c->p = at;
        return false;
    }
    for (uint32_t i = 0; i < n; i++) {
        if (!_part(c, &part[i])) {
            return false;
        }
        joined += 1 + part[i].len;
        if (joined > FEMTO_SUIT_NAME_MAX) {
            c->p = part[i].name;
            return false;
        }
    }
    const uint8_t *end = c->p;
    c->p = at;
    if (!_is(&part[0], "fc")) {
        return false;
    }
    uint32_t own = n;   /* parts without the one that binds to a device */
    m->device = NULL;
    if (n > 2 && _is_device(&part[n - 1])) {
        m->device = part[n - 1].name;
        own = n - 1;
    }
    if (own == 2 ? !_is(&part[1], "revoked") : !_number(&part[own - 1], &m->slot)) {
        return false;
    }
    char *out = m->component;
    for (uint32_t i = 0; i < own; i++) {
        if (i > 0) {
            *out++ = '/';
        }
        memcpy(out, part[i].name, part[i].len);
        out += part[i].len;
    }
    *out = '\0';
    m->hook = NULL;
    if (own > 2) {
        m->hook = m->component + part[0].len + 1;
        m->hook_len = (uint8_t)(out - m->hook - 1 - (ptrdiff_t)part[own - 1].len);
    }
    c->p = end;
    return true;
}

/* --- manifest ------------------------------------------------------------ */

static bool _url(_cursor_t *c, femto_suit_manifest_t *m)
{
    const uint8_t *at = c->p;
    const uint8_t *text;
    uint32_t len;

    if (!_head(c, TSTR, &len) || len > FEMTO_SUIT_URL_MAX || !_bytes(c, len, &text)) {
        c->p = at;
        return false;
    }
    for (uint32_t i = 0; i < len; i++) {
        if (text[i] <= ' ' || text[i] > '~') {
            c->p = text + i;
            return false;
        }
    }
    memcpy(m->url, text, len);
    m->url[len] = '\0';
    if (strncmp(m->url, "coap://", 7) != 0 && strncmp(m->url, "coaps://", 8) != 0) {
        c->p = text;
        return false;
    }
    return true;
}

static bool _sequence_of_common(_cursor_t *c, femto_suit_manifest_t *m)
{
    const uint8_t *outer, *digest_outer;

    /* [20, {1: vendor, 2: class, 3: bstr([2, digest]), 14: size}, 1, 15, 2, 15] */
    return LITERAL(c, "\x04") && _enter(c, &outer)
        && LITERAL(c, "\x86\x14\xa4")
        && LITERAL(c, "\x01\x50") && _bytes(c, 16, &m->vendor)
        && LITERAL(c, "\x02\x50") && _bytes(c, 16, &m->class_id)
        && LITERAL(c, "\x03") && _enter(c, &digest_outer)
        && LITERAL(c, "\x82\x02\x58\x20") && _bytes(c, 32, &m->digest)
        && _leave(c, digest_outer)
        && LITERAL(c, "\x0e") && _head(c, UINT, &m->size)
        && LITERAL(c, "\x01\x0f\x02\x0f")
        && _leave(c, outer);
}

static bool _install(_cursor_t *c, femto_suit_manifest_t *m)
{
    const uint8_t *outer;

    /* [19, {21: url}, 21, 2, 3, 15] */
    return LITERAL(c, "\x09") && _enter(c, &outer)
        && LITERAL(c, "\x86\x13\xa1\x15") && _url(c, m)
        && LITERAL(c, "\x15\x02\x03\x0f")
        && _leave(c, outer);
}

uint16_t femto_suit_manifest_read(femto_suit_manifest_t *m, const uint8_t *buf, uint32_t len,
                                  uint32_t *where)
{
    _cursor_t cursor = { buf, buf + len };
    _cursor_t *c = &cursor;
    const uint8_t *outer, *common_outer;
    uint16_t code = FEMTO_E_BAD_MANIFEST;

    bool good = LITERAL(c, "\xa2\x02\x58\x72\x81\x58\x6f")
        /* COSE_Sign1, EdDSA */
        && LITERAL(c, "\xd2\x84\x43\xa1\x01\x27\xa0\x58\x24")
        && _bytes(c, 36, &m->authenticated)
        && LITERAL(c, "\x58\x40") && _bytes(c, 64, &m->signature)
        && LITERAL(c, "\x03");
    if (good) {
        m->manifest = c->p;
        m->manifest_len = (uint32_t)(c->end - c->p);
        good = _enter(c, &outer) && c->end == outer
            && LITERAL(c, "\xa5\x01\x01\x02") && _head(c, UINT, &m->sequence)
            && LITERAL(c, "\x03") && _enter(c, &common_outer)
            && LITERAL(c, "\xa2\x02\x81");
    }
    if (good) {
        good = _component(c, m);
        if (!good) {
            code = FEMTO_E_BAD_COMPONENT;
        }
    }
    good = good && _sequence_of_common(c, m) && _leave(c, common_outer)
        && _install(c, m)
        && LITERAL(c, "\x0a\x43\x82\x03\x0f")
        && _leave(c, outer);
    if (!good) {
        *where = (uint32_t)(c->p - buf);
        return code;
    }
    return 0;
}

uint16_t femto_suit_manifest_check(const femto_suit_manifest_t *m, const uint8_t vendor[16],
                                   const uint8_t class_id[16], const uint8_t device[16])
{
    static const char hex[] = "0123456789abcdef";
    /* Sig_structure of RFC 9052, 4.4 */
    uint8_t tbs[19 + 36] = "\x84\x6aSignature1\x43\xa1\x01\x27\x40\x58\x24";
    uint8_t payload[36] = "\x82\x02\x58\x20";
    uint16_t code = FEMTO_E_MANIFEST_SIGNATURE;

    femto_suit_sha256(m->manifest, m->manifest_len, payload + 4);
    if (memcmp(m->authenticated, payload, sizeof(payload)) != 0) {
        return code;
    }
    memcpy(tbs + 19, payload, sizeof(payload));
    const uint8_t *key;
    for (unsigned i = 0; (key = femto_suit_operator(i)) != NULL; i++) {
        if (femto_suit_verify(key, m->signature, tbs, sizeof(tbs))) {
            if (!femto_suit_revoked(key)) {
                code = 0;
                break;
            }
            code = FEMTO_E_OPERATOR_REVOKED;
        }
    }
    if (code != 0) {
        return code;
    }
    if (memcmp(m->vendor, vendor, 16) != 0) {
        return FEMTO_E_WRONG_VENDOR;
    }
    if (memcmp(m->class_id, class_id, 16) != 0) {
        return FEMTO_E_WRONG_CLASS;
    }
    for (unsigned i = 0; m->device != NULL && i < 16; i++) {
        if (m->device[i] != hex[device[i / 2] >> (i % 2 ? 0 : 4) & 15]) {
            return FEMTO_E_WRONG_DEVICE;
        }
    }
    return 0;
}

/* --- image signature ----------------------------------------------------- */

const uint8_t *femto_suit_image_key(const uint8_t *signature, uint32_t len)
{
    _cursor_t cursor = { signature, signature + len };
    _cursor_t *c = &cursor;
    const uint8_t *key_id, *rest;

    return LITERAL(c, "\xd2\x84\x4d\xa2\x01\x27\x04\x48")
        && _bytes(c, FEMTO_SUIT_KEY_ID, &key_id)
        && LITERAL(c, "\xa0\xf6\x58\x40") && _bytes(c, 64, &rest)
        && c->p == c->end
        ? key_id : NULL;
}

uint16_t femto_suit_image_check(const uint8_t *signature, uint32_t len, const uint8_t digest[32],
                                const uint8_t key[32])
{
    uint8_t tbs[12 + 14 + 24 + 38] = "\x84\x6aSignature1";

    if (femto_suit_image_key(signature, len) == NULL) {
        return FEMTO_E_IMAGE_SIGNATURE;
    }
    memcpy(tbs + 12, signature + 2, 14);    /* protected, with its head */
    memcpy(tbs + 26, "\x57" "femtocontainer image v1", 24);
    memcpy(tbs + 50, "\x58\x24\x82\x2f\x58\x20", 6);
    memcpy(tbs + 56, digest, 32);
    return femto_suit_verify(key, signature + 20, tbs, sizeof(tbs)) ? 0 : FEMTO_E_IMAGE_SIGNATURE;
}

/* --- revocation ---------------------------------------------------------- */

uint32_t femto_suit_revocation_read(const uint8_t *buf, uint32_t len, uint32_t *where)
{
    _cursor_t cursor = { buf, buf + len };
    _cursor_t *c = &cursor;
    const uint8_t *key_id;
    uint32_t n = 0;
    bool good = _head(c, ARRAY, &n) && n <= FEMTO_SUIT_REVOKED_MAX;

    for (uint32_t i = 0; good && i < n; i++) {
        good = LITERAL(c, "\x48") && _bytes(c, FEMTO_SUIT_KEY_ID, &key_id);
    }
    if (!good || c->p != c->end || n == 0) {
        *where = (uint32_t)(c->p - buf);
        return 0;
    }
    return n;
}
