/* SPDX-FileCopyrightText: The femtocontainer authors */
/* SPDX-License-Identifier: MIT */
#include "workload.h"

/* The cost of an activation that does nothing. */
WORKLOAD uint64_t ret0(workload_ctx_t *ctx)
{
    (void)ctx;
    return 0;
}
