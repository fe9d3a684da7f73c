/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

/**
 * @ingroup     pkg_femtocontainer
 * @{
 *
 * @file
 * @brief       System calls that print
 *
 * The conversions are done here and not by the C library: its printf takes
 * arguments that a container must not choose, and differs between libraries.
 *
 * @}
 */

#include <stdio.h>
#include <string.h>

#include "femto_container.h"
#include "femto_sys.h"
#include "log.h"
#include "mutex.h"
#include "ztimer.h"

/* Bytes that containers may print in a second, and so at once. */
#ifndef CONFIG_FEMTOCONTAINER_CONSOLE_QUOTA
#define CONFIG_FEMTOCONTAINER_CONSOLE_QUOTA 2000
#endif

static mutex_t lock = MUTEX_INIT;

/* Takes from the quota, all or nothing. It refills with time, to at most what
 * a second allows. The lock is held. */
static int take(uint32_t bytes)
{
    static uint32_t left = CONFIG_FEMTOCONTAINER_CONSOLE_QUOTA;
    static uint32_t last;
    uint32_t now = ztimer_now(ZTIMER_MSEC);
    uint32_t elapsed = now - last;

    if (elapsed >= 1000) {
        left = CONFIG_FEMTOCONTAINER_CONSOLE_QUOTA;
        last = now;
    }
    else {
        uint32_t refill = elapsed * CONFIG_FEMTOCONTAINER_CONSOLE_QUOTA / 1000;
        if (refill > 0) {
            uint32_t room = CONFIG_FEMTOCONTAINER_CONSOLE_QUOTA - left;
            left += (refill < room) ? refill : room;
            last = now;
        }
    }
    if (bytes > left) {
        return 0;
    }
    left -= bytes;
    return 1;
}

/* Prints when print is not 0; returns the number of characters either way, so
 * that the quota is asked before the first of them comes out. */
static uint32_t put(const char *s, uint32_t len, int print)
{
    if (print) {
        fwrite(s, 1, len, stdout);
    }
    return len;
}

static uint32_t fill(char c, uint32_t n, int print)
{
    for (uint32_t i = 0; print && i < n; i++) {
        putchar(c);
    }
    return n;
}

static uint32_t convert(const femto_sys_conversion_t *c, uint64_t value,
                        const femto_sys_arg_t *text, int print)
{
    char digits[22];
    const char *body = digits;
    uint32_t len = 0;
    uint32_t sign = 0;
    int number = 1;

    if (!c->wide) {
        value = (c->verb == 'd') ? (uint64_t)(int32_t)value : (uint32_t)value;
    }
    switch (c->verb) {
    case 'd':
        if ((int64_t)value < 0) {
            value = 0 - value;
            sign = 1;
        }
        /* fall-through */
    case 'u':
        len = femto_sys_digits(digits, value, 10, 'a');
        break;
    case 'x':
        len = femto_sys_digits(digits, value, 16, 'a');
        break;
    case 'X':
        len = femto_sys_digits(digits, value, 16, 'A');
        break;
    case 'p':
        memcpy(digits, "0x00000000", 10);
        len = femto_sys_digits(&digits[12], value, 16, 'a');
        memcpy(&digits[10 - len], &digits[12], len);
        len = 10;
        number = 0;
        break;
    case 'c':
        digits[0] = (char)value;
        len = 1;
        number = 0;
        break;
    default: /* s */
        body = (const char *)text->in;
        len = text->len;
        number = 0;
        break;
    }

    uint32_t pad = (c->width > sign + len) ? c->width - sign - len : 0;
    uint32_t n = 0;

    if (!c->left && !(c->zero && number)) {
        n += fill(' ', pad, print);
    }
    n += put("-", sign, print);
    if (!c->left && c->zero && number) {
        n += fill('0', pad, print);
    }
    n += put(body, len, print);
    if (c->left) {
        n += fill(' ', pad, print);
    }
    return n;
}

static uint32_t format(const char *s, const femto_sys_rest_t *rest, int print)
{
    uint32_t n = 0;
    uint32_t used = 0;

    while (*s != '\0') {
        uint32_t plain = strcspn(s, "%");

        n += put(s, plain, print);
        s += plain;
        if (*s == '%') {
            femto_sys_conversion_t c;

            s = femto_sys_conversion(s + 1, &c);
            if (c.verb == '%') {
                n += put("%", 1, print);
            }
            else {
                n += convert(&c, rest->value[used], &rest->text[used], print);
                used++;
            }
        }
    }
    return n;
}

int32_t femto_sys_printf(femto_vm_t *vm, const char *fmt, const femto_sys_rest_t *rest)
{
    (void)vm;
    uint32_t len = format(fmt, rest, 0);

    mutex_lock(&lock);
    int granted = take(len);
    if (granted) {
        format(fmt, rest, 1);
    }
    mutex_unlock(&lock);
    return granted ? (int32_t)len : FEMTO_EDQUOT;
}

int32_t femto_sys_log_write(femto_vm_t *vm, uint32_t level, const char *fmt,
                            const femto_sys_rest_t *rest)
{
    const femto_container_t *c = (const femto_container_t *)vm->instance->host;

    if (level < FEMTO_LOG_ERROR || level > FEMTO_LOG_DEBUG) {
        return FEMTO_EINVAL;
    }
    uint32_t len = format(fmt, rest, 0);

    if (level > LOG_LEVEL) {
        return (int32_t)len;
    }
    mutex_lock(&lock);
    int granted = take(strlen(c->name) + 2 + len + 1);
    if (granted) {
        printf("%s: ", c->name);
        format(fmt, rest, 1);
        putchar('\n');
    }
    mutex_unlock(&lock);
    return granted ? (int32_t)len : FEMTO_EDQUOT;
}
