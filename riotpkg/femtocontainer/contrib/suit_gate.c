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

/* A shape is what an item looks like. Its bytes stand for themselves, but for these,
 * which no item here has. */
enum {
    END = 0xe0,     /* nothing may follow */
    ENTER,          /* a byte string, which has to be what follows, up to: */
    LEAVE,
    ANY,            /* n, offset: any n bytes; a pointer to them goes to the offset */
    NUMBER,         /* offset: an unsigned integer, which goes there */
    COMPONENT,
    URL,
};
enum { NESTED = 3 };    /* byte strings within each other, at most */
#define AT(member) offsetof(femto_suit_manifest_t, member)

/* n bytes that may be anything */
static bool _any(_cursor_t *c, size_t n, const uint8_t **out)
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
    if (v < (extra == 1 ? 24 : 1u << 4 * extra)) {
        return false;
    }
    *value = v;
    c->p += extra + 1;
    return true;
}

/* --- component ----------------------------------------------------------- */

bool femto_suit_is_part(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
}

/* A decimal number below 255 in its one form */
static bool _number(const char *text, uint8_t *value)
{
    unsigned v = 0;

    for (const char *p = text; *p != '\0'; p++) {
        unsigned digit = (unsigned)(*p - '0');
        if (digit > 9 || (v == 0 && p > text)) {
            return false;
        }
        v = 10 * v + digit;
        if (v >= 255) {
            return false;
        }
    }
    *value = (uint8_t)v;
    return true;
}

/* ["fc", hook, slot] or ["fc", "revoked"], and then perhaps a device. The name of
 * a hook is as many parts as it has pieces between slashes; a slot's number is
 * never as long as a device, so there is one way to read it. */
static bool _component(_cursor_t *c, femto_suit_manifest_t *m)
{
    const uint8_t *at = c->p, *part;
    uint32_t n, len, used = 0, last = 0;
    char *name = m->component;

    m->device = NULL;
    m->hook = NULL;
    if (!_head(c, ARRAY, &n) || n < 2 || n > FEMTO_SUIT_PARTS_MAX) {
        c->p = at;
        return false;
    }
    for (uint32_t i = 1; i <= n; i++) {
        bool hex = true;

        if (!_head(c, BSTR, &len) || len == 0 || !_any(c, len, &part)) {
            return false;
        }
        for (uint32_t k = 0; k < len; k++) {
            char b = (char)part[k];
            if (!femto_suit_is_part(b)) {
                c->p = part + k;
                return false;
            }
            hex = hex && b <= 'f' && b != '-';
        }
        if (used + len + 1 > FEMTO_SUIT_NAME_MAX) {
            c->p = part;
            return false;
        }
        /* the first bytes of a UUID */
        if (i > 2 && i == n && len == 16 && hex) {
            m->device = part;
            break;
        }
        last = used;
        memcpy(name + used, part, len);
        used += len;
        name[used++] = '/';
    }
    name[used - 1] = '\0';
    if (memcmp(name, "fc/", 3) == 0) {
        if (strcmp(name + 3, "revoked") == 0) {
            return true;
        }
        if (last > 3 && _number(name + last, &m->slot)) {
            m->hook = name + 3;
            m->hook_len = (uint8_t)(last - 1 - 3);
            return true;
        }
    }
    c->p = at;
    return false;
}

/* --- shapes -------------------------------------------------------------- */

bool femto_suit_url_read(char *url, const uint8_t *text, uint32_t len)
{
    if (len > FEMTO_SUIT_URL_MAX) {
        return false;
    }
    for (uint32_t i = 0; i < len; i++) {
        if (text[i] <= ' ' || text[i] > '~') {
            return false;
        }
    }
    memcpy(url, text, len);
    url[len] = '\0';
    return strncmp(url, "coap", 4) == 0 && strncmp(url + 4 + (url[4] == 's'), "://", 3) == 0;
}

static bool _url(_cursor_t *c, char *url)
{
    const uint8_t *at = c->p, *text;
    uint32_t len;
    bool good = _head(c, TSTR, &len) && _any(c, len, &text) && femto_suit_url_read(url, text, len);

    if (!good) {
        c->p = at;
    }
    return good;
}

/* Compares with a shape: NULL, or where in the shape it does not fit */
static const uint8_t *_match(_cursor_t *c, const uint8_t *shape, void *out)
{
    const uint8_t *outer[NESTED], *at;
    unsigned depth = 0;
    uint32_t value;

    for (;;) {
        const uint8_t *s = shape++;
        bool good;

        switch (*s) {
        case END:
            return c->p == c->end ? NULL : s;
        case ENTER:
            at = c->p;
            good = _head(c, BSTR, &value) && (size_t)(c->end - c->p) >= value;
            if (good) {
                outer[depth++] = c->end;
                c->end = c->p + value;
            }
            else {
                c->p = at;
            }
            break;
        case LEAVE:
            good = c->p == c->end;
            if (good) {
                c->end = outer[--depth];
            }
            break;
        case ANY:
            at = c->p;
            good = _any(c, s[1], &at);
            memcpy((uint8_t *)out + s[2], &at, sizeof(at));
            shape += 2;
            break;
        case NUMBER:
            good = _head(c, UINT, &value);
            memcpy((uint8_t *)out + s[1], &value, sizeof(value));
            shape += 1;
            break;
        case COMPONENT:
            good = _component(c, out);
            break;
        case URL:
            good = _url(c, ((femto_suit_manifest_t *)out)->url);
            break;
        default:
            good = c->p < c->end && *c->p == *s;
            c->p += good;
        }
        if (!good) {
            return s;
        }
    }
}

static const uint8_t manifest_shape[] = {
    0xa2, 0x02, 0x58, 0x72, 0x81, 0x58, 0x6f,
    /* COSE_Sign1, EdDSA */
    0xd2, 0x84, 0x43, 0xa1, 0x01, 0x27, 0xa0,
    0x58, 0x24, ANY, 36, AT(authenticated),
    0x58, 0x40, ANY, 64, AT(signature),
    0x03, ANY, 0, AT(manifest), ENTER,
    0xa5, 0x01, 0x01, 0x02, NUMBER, AT(sequence),
    0x03, ENTER, 0xa2, 0x02, 0x81, COMPONENT,
    /* [20, {1: vendor, 2: class, 3: bstr([2, digest]), 14: size}, 1, 15, 2, 15] */
    0x04, ENTER, 0x86, 0x14, 0xa4,
    0x01, 0x50, ANY, 16, AT(vendor),
    0x02, 0x50, ANY, 16, AT(class_id),
    0x03, 0x58, 0x24, 0x82, 0x02, 0x58, 0x20, ANY, 32, AT(digest),
    0x0e, NUMBER, AT(size),
    0x01, 0x0f, 0x02, 0x0f, LEAVE, LEAVE,
    /* [19, {21: url}, 21, 2, 3, 15] */
    0x09, ENTER, 0x86, 0x13, 0xa1, 0x15, URL, 0x15, 0x02, 0x03, 0x0f, LEAVE,
    0x0a, 0x43, 0x82, 0x03, 0x0f, LEAVE, END,
};

static const uint8_t image_shape[] = {
    0xd2, 0x84, 0x4d, 0xa2, 0x01, 0x27, 0x04, 0x48, ANY, FEMTO_SUIT_KEY_ID, 0,
    0xa0, 0xf6, 0x58, 0x40, ANY, 64, sizeof(void *), END,
};

/* --- manifest ------------------------------------------------------------ */

femto_suit_verdict_t femto_suit_manifest_read(femto_suit_manifest_t *m, const uint8_t *buf,
                                              uint32_t len)
{
    _cursor_t c = { buf, buf + len };
    const uint8_t *misfit = _match(&c, manifest_shape, m);

    if (misfit != NULL) {
        return femto_suit_at(*misfit == COMPONENT ? FEMTO_E_BAD_COMPONENT : FEMTO_E_BAD_MANIFEST,
                             (uint32_t)(c.p - buf));
    }
    m->manifest_len = (uint32_t)(buf + len - m->manifest);
    return 0;
}

uint16_t femto_suit_manifest_check(const femto_suit_manifest_t *m, const uint8_t vendor[16],
                                   const uint8_t class_id[16], const uint8_t device[16])
{
    /* Sig_structure of RFC 9052, 4.4; the payload is the digest's pair */
    static const char begin[] = "\x84\x6aSignature1\x43\xa1\x01\x27\x40\x58\x24\x82\x02\x58\x20";
    uint8_t tbs[19 + 36];
    uint16_t code = FEMTO_E_MANIFEST_SIGNATURE;

    memcpy(tbs, begin, 23);
    femto_suit_sha256(m->manifest, m->manifest_len, tbs + 23);
    if (memcmp(m->authenticated, tbs + 19, 36) != 0) {
        return code;
    }
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
        unsigned digit = device[i / 2] >> (i % 2 ? 0 : 4) & 15;
        if (m->device[i] != digit + (digit < 10 ? '0' : 'a' - 10)) {
            return FEMTO_E_WRONG_DEVICE;
        }
    }
    return 0;
}

/* --- image signature ----------------------------------------------------- */

const uint8_t *femto_suit_image_key(const uint8_t *signature, uint32_t len)
{
    _cursor_t c = { signature, signature + len };
    const uint8_t *found[2];

    return _match(&c, image_shape, found) == NULL ? found[0] : NULL;
}

bool femto_suit_image_check(const uint8_t signature[FEMTO_SUIT_SIGNATURE],
                            const uint8_t digest[32], const uint8_t key[32])
{
    static const char begin[] = "\x84\x6aSignature1\x4d\xa2\x01\x27\x04\x48--------"
                                "\x57" "femtocontainer image v1\x58\x24\x82\x2f\x58\x20";
    uint8_t tbs[12 + 14 + 24 + 38];

    memcpy(tbs, begin, 56);
    memcpy(tbs + 18, signature + 8, FEMTO_SUIT_KEY_ID);
    memcpy(tbs + 56, digest, 32);
    return femto_suit_verify(key, signature + 20, tbs, sizeof(tbs));
}

/* --- revocation ---------------------------------------------------------- */

uint32_t femto_suit_revocation_read(const uint8_t *buf, uint32_t len, uint32_t *where)
{
    _cursor_t c = { buf, buf + len };
    uint32_t n;
    bool good = _head(&c, ARRAY, &n) && n > 0 && n <= FEMTO_SUIT_REVOKED_MAX;
    const uint8_t *p = c.p;

    for (uint32_t i = 0; good && i < n; i++) {
        good = c.end - p > FEMTO_SUIT_KEY_ID && *p == 0x48;
        if (good) {
            p += 1 + FEMTO_SUIT_KEY_ID;
        }
    }
    if (good && p == c.end) {
        return n;
    }
    *where = (uint32_t)(p - buf);
    return 0;
}
