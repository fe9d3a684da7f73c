/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

#include <inttypes.h>
#include <stdio.h>

#include "femto_operator.h"
#include "femto_runtime.h"
#include "femto_stores.h"
#include "net/gnrc/pktbuf.h"
#include "shell.h"
#include "sleeper.fc.h"
#include "sum.fc.h"

FEMTO_HOOK(reading_hook, FEMTO_HOOK_READING);
FEMTO_HOOK(service_hook, FEMTO_HOOK_SERVICE);

FEMTO_PROGRAM(sum, SUM);
FEMTO_PROGRAM(sleeper, SLEEPER);
FEMTO_PROGRAM(stranger, SUM);

static int reading(int argc, char **argv)
{
    int64_t value = -1;

    (void)argc;
    (void)argv;
    femto_hook_trigger(&reading_hook, NULL, 0, &value);
    printf("reading %" PRId32 "\n", (int32_t)value);
    return 0;
}

SHELL_COMMAND(reading, "runs the hook", reading);

#ifdef __SANITIZE_ADDRESS__
size_t __sanitizer_get_current_allocated_bytes(void);

static int memory(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    printf("heap %u, packets %s\n", (unsigned)__sanitizer_get_current_allocated_bytes(),
           !gnrc_pktbuf_is_sane() ? "damaged" : gnrc_pktbuf_is_empty() ? "none" : "some");
    return 0;
}

SHELL_COMMAND(memory, "prints what malloc has given, and whether there are packets", memory);
#endif

int main(void)
{
    static const credman_credential_t psk = {
        .type = CREDMAN_TYPE_PSK,
        .tag = 1,
        .params.psk = { .id = { .s = "operator", .len = 8 }, .key = { .s = "0123456789abcdef", .len = 16 } },
    };
    char line[SHELL_DEFAULT_BUFSIZE];

    femto_container_install(&sum, FEMTO_TENANT_ACME);
    femto_container_install(&sleeper, FEMTO_TENANT_ACME);
    femto_container_install(&stranger, FEMTO_TENANT_GUEST);
    printf("ready %d %d\n", femto_operator_admit(&psk), femto_operator_admit(&psk));
    shell_run(NULL, line, sizeof(line));
    return 0;
}
