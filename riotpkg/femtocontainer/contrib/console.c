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
 * @}
 */

#include <stdio.h>
#include <string.h>

#include "femto_container.h"
#include "femto_fmt.h"
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

/* Of all that prints, printf is what an application has anyway: fwrite and
 * putchar would bring newlib's buffers and its heap. */
static void print(void *ctx, const char *text, uint32_t len)
{
    (void)ctx;
    printf("%.*s", (int)len, text);
}

int32_t femto_sys_printf(femto_vm_t *vm, const char *fmt, const femto_sys_rest_t *rest)
{
    (void)vm;
    uint32_t len = femto_fmt(NULL, NULL, fmt, rest);

    mutex_lock(&lock);
    int granted = take(len);
    if (granted) {
        femto_fmt(print, NULL, fmt, rest);
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
    uint32_t len = femto_fmt(NULL, NULL, fmt, rest);

    if (level > LOG_LEVEL) {
        return (int32_t)len;
    }
    mutex_lock(&lock);
    int granted = take(strlen(c->name) + 2 + len + 1);
    if (granted) {
        printf("%s: ", c->name);
        femto_fmt(print, NULL, fmt, rest);
        printf("\n");
    }
    mutex_unlock(&lock);
    return granted ? (int32_t)len : FEMTO_EDQUOT;
}
