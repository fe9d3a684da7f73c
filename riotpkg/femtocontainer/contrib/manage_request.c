/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

/**
 * @ingroup     pkg_femtocontainer
 * @{
 *
 * @file
 * @brief       Requests to /fc/manage
 *
 * A request is one flat array, so that reading it needs no recursion and no more
 * of CBOR than heads in their shortest form (RFC 8949, 4.2.1).
 *
 * @}
 */

#include <string.h>

#include "manage_request.h"

enum { UINT = 0, BSTR = 2, TSTR = 3, ARRAY = 4, SIMPLE = 7 };   /* CBOR major types */

typedef struct {
    const uint8_t *p;
    const uint8_t *end;
} _cursor_t;

/* The parameters of each operation: c container, h hook, s scope, o owner, k key,
 * v value, p persist. */
static const char *const _parameters[] = {
    [FEMTO_MANAGE_ATTACH] = "ch",
    [FEMTO_MANAGE_DETACH] = "c",
    [FEMTO_MANAGE_RUN] = "c",
    [FEMTO_MANAGE_STOP] = "c",
    [FEMTO_MANAGE_PUT] = "sokvp",
    [FEMTO_MANAGE_DELETE] = "sok",
};

static bool _head(_cursor_t *c, unsigned major, uint32_t max, uint32_t *value)
{
    static const uint32_t least[] = { 24, 1u << 8, 1u << 16 };

    if (c->p == c->end || *c->p >> 5 != major) {
        return false;
    }
    unsigned info = *c->p++ & 31;
    uint32_t v = info;
    if (info > 26) {
        return false;
    }
    if (info >= 24) { /* followed by 1, 2 or 4 bytes */
        unsigned extra = 1u << (info - 24);
        if ((size_t)(c->end - c->p) < extra) {
            return false;
        }
        for (v = 0; extra > 0; extra--) {
            v = v << 8 | *c->p++;
        }
        if (v < least[info - 24]) {
            return false;
        }
    }
    *value = v;
    return v <= max;
}

static bool _byte(_cursor_t *c, uint8_t *out)
{
    uint32_t v;

    if (!_head(c, UINT, 255, &v)) {
        return false;
    }
    *out = (uint8_t)v;
    return true;
}

static bool _string(_cursor_t *c, unsigned major, femto_manage_t *out)
{
    if (!_head(c, major, UINT16_MAX, &out->len) || (size_t)(c->end - c->p) < out->len) {
        return false;
    }
    out->bytes = c->p;
    c->p += out->len;
    return true;
}

static bool _parameter(_cursor_t *c, char what, femto_manage_t *out)
{
    uint32_t v;

    switch (what) {
    case 'c':
        return _byte(c, &out->container);
    case 'h':
        return _string(c, TSTR, out) && out->len > 0 && out->len <= FEMTO_MANAGE_NAME_MAX;
    case 's':
        return _byte(c, &out->scope) && out->scope >= 1 && out->scope <= 3;
    case 'o':
        return _byte(c, &out->owner);
    case 'k':
        return _head(c, UINT, UINT32_MAX, &out->key);
    case 'v':
        return _string(c, BSTR, out);
    default:
        /* 20 is false, 21 is true */
        if (!_head(c, SIMPLE, 21, &v) || v < 20) {
            return false;
        }
        out->persist = v == 21;
        return true;
    }
}

bool femto_manage_read(femto_manage_t *out, const uint8_t *buf, size_t len)
{
    _cursor_t c = { buf, buf + len };
    uint32_t n;

    *out = (femto_manage_t){ 0 };
    if (len == 0 || !_head(&c, ARRAY, 6, &n) || !_byte(&c, &out->operation)
        || out->operation < FEMTO_MANAGE_ATTACH || out->operation > FEMTO_MANAGE_DELETE) {
        return false;
    }
    const char *p = _parameters[out->operation];

    if (n != 1 + strlen(p)) {
        return false;
    }
    for (; *p != '\0'; p++) {
        if (!_parameter(&c, *p, out)) {
            return false;
        }
    }
    return c.p == c.end;
}
