/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

/**
 * @file
 * @brief   How much a tenant has written that changes its entries while they are
 *          written, to a slow medium
 */

#include <inttypes.h>
#include <stdio.h>

#include "chase.fc.h"
#include "femto_runtime.h"
#include "vfs.h"
#include "ztimer.h"

FEMTO_HOOK(service, FEMTO_HOOK_SERVICE);
FEMTO_PROGRAM(chase, CHASE);

static volatile uint32_t written;

ssize_t __real_vfs_write(int fd, const void *src, size_t count);
ssize_t __wrap_vfs_write(int fd, const void *src, size_t count);

ssize_t __wrap_vfs_write(int fd, const void *src, size_t count)
{
    ztimer_sleep(ZTIMER_MSEC, 10); /* as if a page had to be erased */
    written += count;
    return __real_vfs_write(fd, src, count);
}

int main(void)
{
    int id = femto_container_install(&chase, FEMTO_TENANT_MALLORY);

    femto_container_attach(id, FEMTO_HOOK_SERVICE, NULL);
    ztimer_sleep(ZTIMER_SEC, 6);
    printf("state %d, %" PRIu32 " bytes written\n", femto_container_state(id), written);
    return 0;
}
