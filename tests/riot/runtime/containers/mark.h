/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

/* Marks its context at the beginning, and at the end after some time. */

typedef struct {
    uint32_t begun;
    uint32_t rounds;
    uint32_t ended;
} mark_t;

int64_t mark(volatile mark_t *ctx)
{
    ctx->begun = VERSION;
    while (ctx->rounds > 0) {
        ctx->rounds--;
    }
    ctx->ended = VERSION;
    return VERSION;
}
