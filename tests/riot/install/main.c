/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

#include <stdio.h>

#include "femto_runtime.h"
#include "shell.h"

FEMTO_HOOK(value_hook, FEMTO_HOOK_VALUE);
FEMTO_HOOK(other_hook, FEMTO_HOOK_OTHER);

/* What the containers of a hook make of it. */
static int value(int argc, char **argv)
{
    int64_t result = 0;
    uint32_t n = femto_hook_trigger(&value_hook, NULL, 0, &result);

    (void)argc;
    (void)argv;
    printf("%u of them, value %d\n", (unsigned)n, (int)result);
    return 0;
}

SHELL_COMMAND(value, "runs the hook value", value);

int main(void)
{
    char line[SHELL_DEFAULT_BUFSIZE];

    puts("ready");
    shell_run(NULL, line, sizeof(line));
    return 0;
}
