/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

/**
 * @ingroup     pkg_femtocontainer
 * @{
 *
 * @file
 * @brief       What containers print
 *
 * The C library's printf is not used: what it makes of a conversion differs
 * from board to board, and newlib-nano knows no 64-bit numbers.
 *
 * @}
 */

#include <stddef.h>

#include "femto_fmt.h"

typedef struct {
    femto_fmt_out_t out;
    void *ctx;
    uint32_t len;
} _writer_t;

static void _write(_writer_t *w, const char *text, uint32_t len)
{
    if (w->out != NULL && len != 0) {
        w->out(w->ctx, text, len);
    }
    w->len += len;
}

static void _pad(_writer_t *w, char c, uint32_t n)
{
    for (; n > 0; n--) {
        _write(w, &c, 1);
    }
}

static void _conversion(_writer_t *w, const femto_sys_conversion_t *c, uint64_t value,
                        const femto_sys_arg_t *text)
{
    char buf[20];
    const char *body = buf;
    const char *prefix = "";
    uint32_t prefix_len = 0;
    uint32_t len = 0;

    if (c->wide == 0) {
        value = (uint32_t)value;
    }
    switch (c->verb) {
    case 'd':
        if (c->wide == 0) {
            value = (uint64_t)(int64_t)(int32_t)(uint32_t)value;
        }
        if ((int64_t)value < 0) {
            prefix = "-";
            prefix_len = 1;
            value = 0 - value;
        }
        len = femto_sys_digits(buf, value, 10, 'a');
        break;
    case 'u':
        len = femto_sys_digits(buf, value, 10, 'a');
        break;
    case 'x':
        len = femto_sys_digits(buf, value, 16, 'a');
        break;
    case 'X':
        len = femto_sys_digits(buf, value, 16, 'A');
        break;
    case 'p':
        prefix = "0x00000000";
        len = femto_sys_digits(buf, value, 16, 'a');
        prefix_len = 10 - len;
        break;
    case 'c':
        buf[0] = (char)value;
        len = 1;
        break;
    default:
        /* %s: none here means that the format changed since it was checked */
        body = (const char *)text->in;
        len = body != NULL ? text->len : 0;
        break;
    }

    uint32_t used = prefix_len + len;
    uint32_t fill = c->width > used ? c->width - used : 0;
    int is_number = c->verb != 'p' && c->verb != 'c' && c->verb != 's';

    if (c->left == 0 && (c->zero == 0 || !is_number)) {
        _pad(w, ' ', fill);
        fill = 0;
    }
    _write(w, prefix, prefix_len);
    if (c->left == 0) {
        _pad(w, '0', fill);
        fill = 0;
    }
    _write(w, body, len);
    _pad(w, ' ', fill);
}

uint32_t femto_fmt(femto_fmt_out_t out, void *ctx, const char *fmt,
                   const femto_sys_rest_t *rest)
{
    _writer_t w = { out, ctx, 0 };
    uint32_t used = 0;

    while (*fmt != '\0') {
        const char *end = fmt;
        femto_sys_conversion_t c;

        while (*end != '\0' && *end != '%') {
            end++;
        }
        _write(&w, fmt, (uint32_t)(end - fmt));
        if (*end == '\0') {
            break;
        }
        fmt = femto_sys_conversion(end + 1, &c);
        /* The container's memory could have changed since the check, if the
         * host let another thread write to it: then stop, do not overrun. */
        if (fmt == NULL) {
            break;
        }
        if (c.verb == '%') {
            _write(&w, "%", 1);
            continue;
        }
        if (used == rest->n) {
            break;
        }
        _conversion(&w, &c, rest->value[used], &rest->text[used]);
        used++;
    }
    return w.len;
}
