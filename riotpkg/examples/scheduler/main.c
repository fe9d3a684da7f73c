/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

/**
 * @file
 * @brief   A firmware with a container that watches its scheduler
 *
 * The container is not there at first. In the shell,
 *
 *     fc attach 0 scheduler
 *     fc kv
 *     fc detach 0
 *
 * inserts it, shows what it has counted so far, and takes it out again, while
 * the firmware goes about its business.
 */

#include <stdio.h>

#include "count.fc.h"
#include "femto_runtime.h"
#include "shell.h"
#include "thread.h"
#include "ztimer.h"

FEMTO_PROGRAM(count, COUNT);

/* The firmware's business. */
static void *business(void *arg)
{
    (void)arg;
    for (;;) {
        ztimer_sleep(ZTIMER_MSEC, 50);
    }
    return NULL;
}

int main(void)
{
    static char stack[THREAD_STACKSIZE_DEFAULT];
    static char line[SHELL_DEFAULT_BUFSIZE];

    kernel_pid_t pid = thread_create(stack, sizeof(stack), THREAD_PRIORITY_MAIN - 1, 0,
                                     business, NULL, "business");
    printf("business is thread %d, this is %d\n", (int)pid, (int)thread_getpid());

    femto_container_install(&count, FEMTO_TENANT_OPERATOR);
    shell_run(NULL, line, sizeof(line));
    return 0;
}
