/* SPDX-FileCopyrightText: The femtocontainer authors */
/* SPDX-License-Identifier: MIT */
/*
 * The data of all workloads, one block, and the context of each.
 *
 * BLOCK_ADDRESS(p) turns a pointer into the block into what the workload is
 * given: the pointer itself in native code, a guest address in a container.
 */
#ifndef BLOCK_H
#define BLOCK_H

#include <stddef.h>
#include <string.h>

#include "workload.h"

static struct block {
    uint8_t text[512];
    uint32_t unsorted[32];
    uint32_t sorted[32];
    uint8_t copy[256];
    uint32_t message[16];
    uint32_t constants[64];
    uint32_t digest[8];
    uint8_t request[16];
    struct {
        int32_t centi;
        uint32_t count;
    } reading;
    uint8_t response[64];
    uint8_t numbers[128];
    int32_t values[24];
    uint8_t line[80];
    uint8_t frames[80];
} block __attribute__((aligned(16))) = {
    .text =
        "AD3Awn4kb6FtcsyE0RU25U7f55Yncn3LP3oEx9Gl4qr7iDW7I8L6Pbw9jNnh0sE4DmCKuc"
        "d1J8I34vn31W924y5GMS74vUrZQc08805aj4Tf66HgL1cO94os10V2s2GDQ825yNh9Yuq3"
        "QHcA60xl31rdA7WskVtCXI7ruH1A4qaR6Uk454hm401lLmv2cGWt5KTJmr93d3JsGaRRPs"
        "4HqYi4mFGowo8fWv48IcA3N89Z99nf0A0H2R6P0uI4Tir682Of3Rk78DUB2dIGQRRpdqVT"
        "tLhgfET2gUGU65V3edSwADMqRttI9JPVz8JS37g5QZj4Ax56rU1u0m0K8YUs57UYG5645n"
        "byNy4yqxu7",
    .unsorted = {
        927, 33, 71, 5012, 12, 999, 44, 3, 88, 1023, 601, 17, 4096, 2, 255, 640,
        77, 13, 9000, 31, 8, 450, 62, 7777, 5, 101, 202, 303, 1, 6543, 21, 500,
    },
    .message = { 0x61626380, [15] = 0x18 },     /* "abc", padded */
    .constants = {
        0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
        0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
        0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
        0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
        0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
        0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
        0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
        0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
    },
    .request = { 0x44, 0x01, 0x12, 0x34, 0xca, 0xfe, 0xba, 0xbe, 0xb4, 't', 'e', 'm', 'p' },
    .reading = { -1234, 567 },
    .numbers = "12,-7,0x1f;300 45;;+8,0xDEAD,-99999,x,0,1234567890\n77,-1,0x0,65535 9;",
    .line = {
        0x00, 0x55, /* noise */
        0x7e, 0x08, 'h', 'e', 'l', 'l', 'o', 0x7d, 0x5e, '!', 0x7d, 0x5d, 0x30,
        0x7e, 0x03, 0x01, 0x02, 0x03, 0x06,
        0x7e, 0x02, 0xff, 0x01, 0x99, /* wrong checksum */
        0x7e, 0x10, 0x01, 0x02, /* cut short */
        0x7e, 0x10, 0x10, 0x20, 0x30, 0x40, 0x50, 0x60, 0x70, 0x80,
        0x90, 0xa0, 0xb0, 0xc0, 0xd0, 0xe0, 0xf0, 0x00, 0x80,
        0x7e, 0x04, 0x0a, 0x0b, 0x0c, 0x0d, 0x2e,
    },
};

static inline void workload_context(workload_ctx_t *ctx, const char *name)
{
    memset(ctx, 0, sizeof(*ctx));
    if (strcmp(name, "fletcher32") == 0) {
        ctx->a = BLOCK_ADDRESS(block.text);
        ctx->n = 180;   /* words */
    }
    else if (strcmp(name, "memsum") == 0) {
        ctx->a = BLOCK_ADDRESS(block.text);
        ctx->b = BLOCK_ADDRESS(block.copy);
        ctx->n = sizeof(block.copy);
    }
    else if (strcmp(name, "arith64") == 0) {
        ctx->a = 0x123456789abcdefULL;
        ctx->n = 64;
    }
    else if (strcmp(name, "bsort") == 0) {
        ctx->a = BLOCK_ADDRESS(block.unsorted);
        ctx->b = BLOCK_ADDRESS(block.sorted);
        ctx->n = 32;
    }
    else if (strcmp(name, "crc32") == 0) {
        ctx->a = BLOCK_ADDRESS(block.text);
        ctx->n = 64;
    }
    else if (strcmp(name, "sha256") == 0) {
        ctx->a = BLOCK_ADDRESS(block.message);
        ctx->b = BLOCK_ADDRESS(block.constants);
        ctx->c = BLOCK_ADDRESS(block.digest);
    }
    else if (strcmp(name, "coap_response") == 0) {
        ctx->a = BLOCK_ADDRESS(block.request);
        ctx->b = BLOCK_ADDRESS(block.response);
        ctx->c = BLOCK_ADDRESS(&block.reading);
        ctx->n = 13;
        ctx->m = sizeof(block.response);
    }
    else if (strcmp(name, "moving_average") == 0) {
        ctx->n = 32;
    }
    else if (strcmp(name, "parse_numbers") == 0) {
        ctx->a = BLOCK_ADDRESS(block.numbers);
        ctx->b = BLOCK_ADDRESS(block.values);
        ctx->n = (uint32_t)strlen((const char *)block.numbers);
        ctx->m = sizeof(block.values) / sizeof(block.values[0]);
    }
    else if (strcmp(name, "state_machine") == 0) {
        ctx->a = BLOCK_ADDRESS(block.line);
        ctx->b = BLOCK_ADDRESS(block.frames);
        ctx->n = sizeof(block.line);
        ctx->m = sizeof(block.frames);
    }
}

#endif
