/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

#include <femto.h>

uint64_t formats(void)
{
    uint64_t big = 1;

    big <<= 40;
    printf("%5d|%-5d|%05d|%x\n", -42, -42, -42, 0xbeefu);
    printf("%lu\n", big);
    printf("%s %c %%\n", "text", 'c');
    printf("over\rwritten, \x1b[2J, %c\n", 0);
    log_write(FEMTO_LOG_WARNING, "battery %u", 12);
    log_write(FEMTO_LOG_WARNING, "full\nother: %s", "ok\n");
    return log_write(FEMTO_LOG_DEBUG, "not shown");
}

/* How many lines of 50 characters come out before the quota is used up. */
uint64_t flood(void)
{
    uint32_t n = 0;

    while (printf("%49s\n", "") != FEMTO_EDQUOT) {
        n++;
    }
    return n;
}

uint64_t clock(uint32_t *ctx)
{
    ctx[0] = now_ms();
    ctx[1] = ztimer_now();
    return 0;
}
