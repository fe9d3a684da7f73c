/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

/**
 * @ingroup     pkg_femtocontainer
 * @{
 *
 * @file
 * @brief       Why a container was refused, in words
 *
 * @}
 */

#include <inttypes.h>
#include <stdio.h>

#include "femto_runtime.h"

void femto_refusal_print(const char *name, const femto_refusal_t *why)
{
    printf("%s: FC%u", name, (unsigned)why->code);
    if (why->code == FEMTO_E_NOT_GRANTED && why->capability < FEMTO_CAPS) {
        printf(", needs capability %s", femto_capability_names[why->capability]);
    }
    else if (why->code == FEMTO_E_NOT_GRANTED) {
        printf(", no module of this firmware has call 0x%02x", (unsigned)why->helper);
    }
    else if (why->pc != 0) {
        printf((why->code < 4000) ? " at pc %" PRIu32 : ", %" PRIu32, why->pc);
    }
    printf("\n");
}
