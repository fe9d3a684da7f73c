/* SPDX-FileCopyrightText: The femtocontainer authors */
/* SPDX-License-Identifier: MIT */
#include "workload.h"

#define ROR(x, n) (((x) >> (n)) | ((x) << (32 - (n))))

/* One SHA-256 block: a = message (16 words), b = round constants, c = state out. */
WORKLOAD uint64_t sha256(workload_ctx_t *ctx)
{
    const uint32_t *m = PTR(const uint32_t, ctx->a), *K = PTR(const uint32_t, ctx->b);
    uint32_t *o = PTR(uint32_t, ctx->c);
    uint32_t w[16];
    uint32_t A = 0x6a09e667, B = 0xbb67ae85, C = 0x3c6ef372, D = 0xa54ff53a;
    uint32_t E = 0x510e527f, F = 0x9b05688c, G = 0x1f83d9ab, H = 0x5be0cd19;

    for (int i = 0; i < 16; i++) {
        w[i] = m[i];
    }
    for (int i = 0; i < 64; i++) {
        uint32_t x = w[i & 15];
        uint32_t t1 = H + (ROR(E, 6) ^ ROR(E, 11) ^ ROR(E, 25)) + ((E & F) ^ (~E & G)) + K[i] + x;
        uint32_t t2 = (ROR(A, 2) ^ ROR(A, 13) ^ ROR(A, 22)) + ((A & B) ^ (A & C) ^ (B & C));
        uint32_t w1 = w[(i + 1) & 15], we = w[(i + 14) & 15];
        w[i & 15] = x + (ROR(w1, 7) ^ ROR(w1, 18) ^ (w1 >> 3)) + w[(i + 9) & 15]
                  + (ROR(we, 17) ^ ROR(we, 19) ^ (we >> 10));
        H = G; G = F; F = E; E = D + t1;
        D = C; C = B; B = A; A = t1 + t2;
    }
    o[0] = A; o[1] = B; o[2] = C; o[3] = D;
    o[4] = E; o[5] = F; o[6] = G; o[7] = H;
    return A + E;
}
