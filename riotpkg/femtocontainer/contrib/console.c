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

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "femto_bucket.h"
#include "femto_container.h"
#include "femto_fmt.h"
#include "femto_sys.h"
#include "log.h"
#include "mutex.h"

#ifdef MODULE_FEMTOCONTAINER_HOOKS
#include "femto_runtime.h"
#endif

/* Bytes that containers of no tenant may print in a second. */
#ifndef CONFIG_FEMTOCONTAINER_CONSOLE_QUOTA
#define CONFIG_FEMTOCONTAINER_CONSOLE_QUOTA 2000
#endif

static mutex_t lock = MUTEX_INIT;

/* Takes from the quota, all or nothing: that of the container's tenant, or of
 * all containers that belong to none. */
static bool take(const femto_container_t *c, uint32_t bytes)
{
#ifdef MODULE_FEMTOCONTAINER_HOOKS
    if (c->state != FEMTO_STATE_FREE) {
        return femto_tenant_print(c->tenant, bytes);
    }
#else
    (void)c;
#endif
    static femto_bucket_t quota;

    femto_bucket_fill(&quota, CONFIG_FEMTOCONTAINER_CONSOLE_QUOTA);
    return femto_bucket_take(&quota, CONFIG_FEMTOCONTAINER_CONSOLE_QUOTA, bytes);
}

/* What a terminal shows, and what it may do besides: a container does not clear
 * the screen, go back over what others printed, or end a line of the log. */
static bool shown(char c, const bool *lines)
{
    return ((unsigned char)c >= ' ' && c != 0x7f) || c == '\t' || (c == '\n' && *lines);
}

/* Of all that prints, printf is what an application has anyway: fwrite and
 * putchar would bring newlib's buffers and its heap. */
static void print(void *lines, const char *text, uint32_t len)
{
    while (len > 0) {
        uint32_t n = 0;

        while (n < len && shown(text[n], lines)) {
            n++;
        }
        printf("%.*s", (int)n, text);
        if (n < len) {
            printf("?");
            n++;
        }
        text += n;
        len -= n;
    }
}

int32_t femto_sys_printf(femto_vm_t *vm, const char *fmt, const femto_sys_rest_t *rest)
{
    uint32_t len = femto_fmt(NULL, NULL, fmt, rest);
    bool lines = true;

    mutex_lock(&lock);
    bool granted = take(femto_container_of(vm), len);
    if (granted) {
        femto_fmt(print, &lines, fmt, rest);
    }
    mutex_unlock(&lock);
    return granted ? (int32_t)len : FEMTO_EDQUOT;
}

int32_t femto_sys_log_write(femto_vm_t *vm, uint32_t level, const char *fmt,
                            const femto_sys_rest_t *rest)
{
    const femto_container_t *c = femto_container_of(vm);
    const char *name = femto_container_program(c)->name;

    if (level < FEMTO_LOG_ERROR || level > FEMTO_LOG_DEBUG) {
        return FEMTO_EINVAL;
    }
    uint32_t len = femto_fmt(NULL, NULL, fmt, rest);
    bool lines = false;

    if (level > LOG_LEVEL) {
        return (int32_t)len;
    }
    mutex_lock(&lock);
    bool granted = take(c, strlen(name) + 2 + len + 1);
    if (granted) {
        printf("%s: ", name);
        femto_fmt(print, &lines, fmt, rest);
        printf("\n");
    }
    mutex_unlock(&lock);
    return granted ? (int32_t)len : FEMTO_EDQUOT;
}
