/* SPDX-FileCopyrightText: The femtocontainer authors */
/* SPDX-License-Identifier: MIT */
#include "workload.h"

/*
 * Receive frames from n bytes at a, as a serial protocol driver does:
 *   0x7e, length, payload (0x7d escapes the next byte), checksum.
 * Good frames are copied to b (room for m). Returns
 * good << 48 | bad << 32 | bytes copied << 16 | last state.
 */
enum { IDLE, LENGTH, PAYLOAD, ESCAPED, CHECKSUM };

WORKLOAD uint64_t state_machine(workload_ctx_t *ctx)
{
    const uint8_t *in = PTR(const uint8_t, ctx->a);
    uint8_t *out = PTR(uint8_t, ctx->b);
    uint32_t n = ctx->n, room = ctx->m;
    uint32_t state = IDLE, left = 0, sum = 0, good = 0, bad = 0, kept = 0, at = 0;

    for (uint32_t i = 0; i < n; i++) {
        uint8_t byte = in[i];

        if (byte == 0x7e && state != ESCAPED) {
            if (state != IDLE && state != LENGTH) {
                bad++;
            }
            state = LENGTH;
            continue;
        }
        switch (state) {
        case LENGTH:
            left = byte;
            sum = 0;
            at = kept;
            state = left ? PAYLOAD : CHECKSUM;
            break;
        case PAYLOAD:
            if (byte == 0x7d) {
                state = ESCAPED;
                break;
            }
            /* fall through */
        case ESCAPED:
            if (state == ESCAPED) {
                byte ^= 0x20;
            }
            if (at < room) {
                out[at++] = byte;
            }
            sum += byte;
            state = --left ? PAYLOAD : CHECKSUM;
            break;
        case CHECKSUM:
            if ((sum & 0xff) == byte) {
                good++;
                kept = at;
            }
            else {
                bad++;
            }
            state = IDLE;
            break;
        default:
            break;
        }
    }
    return (uint64_t)good << 48 | (uint64_t)bad << 32 | kept << 16 | state;
}
