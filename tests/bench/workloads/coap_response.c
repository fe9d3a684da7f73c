/* SPDX-FileCopyrightText: The femtocontainer authors */
/* SPDX-License-Identifier: MIT */
#include "workload.h"

/*
 * Format a CoAP response (RFC 7252) for the request of n bytes at a into the
 * m bytes at b: header, token, Content-Format, payload marker and the text
 * {"t":-12.34,"n":567} with the reading and the count taken from c.
 *
 * Returns length << 32 | sum of the bytes, or 0 when the request is not one we
 * answer or the response does not fit.
 */

typedef struct {
    int32_t centi;  /* hundredths of a degree */
    uint32_t count;
} reading_t;

typedef struct {
    uint8_t *at, *end;
} out_t;

static inline __attribute__((always_inline)) void put(out_t *o, uint8_t byte)
{
    if (o->at < o->end) {
        *o->at++ = byte;
    }
}

static inline __attribute__((always_inline)) void put_decimal(out_t *o, uint32_t v)
{
    uint32_t unit = 1;

    while (v / unit >= 10) {
        unit *= 10;
    }
    for (; unit; unit /= 10) {
        put(o, (uint8_t)('0' + v / unit % 10));
    }
}

WORKLOAD uint64_t coap_response(workload_ctx_t *ctx)
{
    const uint8_t *req = PTR(const uint8_t, ctx->a);
    const reading_t *reading = PTR(const reading_t, ctx->c);
    uint8_t *start = PTR(uint8_t, ctx->b);
    out_t o = { start, start + ctx->m };
    uint32_t n = ctx->n;

    if (n < 4 || (req[0] >> 6) != 1 || req[1] != 0x01 /* GET */) {
        return 0;
    }
    uint32_t token_len = req[0] & 15;
    if (token_len > 8 || n - 4 < token_len) {
        return 0;
    }
    put(&o, (uint8_t)(0x60 | token_len));   /* acknowledgement */
    put(&o, 0x45);                          /* 2.05 Content */
    put(&o, req[2]);
    put(&o, req[3]);
    for (uint32_t i = 0; i < token_len; i++) {
        put(&o, req[4 + i]);
    }
    put(&o, 0xc1);                          /* Content-Format, one byte */
    put(&o, 50);                            /* application/json */
    put(&o, 0xff);

    put(&o, '{'); put(&o, '"'); put(&o, 't'); put(&o, '"'); put(&o, ':');
    uint32_t magnitude = (uint32_t)reading->centi;
    if (reading->centi < 0) {
        put(&o, '-');
        magnitude = 0u - magnitude;
    }
    put_decimal(&o, magnitude / 100);
    put(&o, '.');
    put(&o, (uint8_t)('0' + magnitude / 10 % 10));
    put(&o, (uint8_t)('0' + magnitude % 10));
    put(&o, ','); put(&o, '"'); put(&o, 'n'); put(&o, '"'); put(&o, ':');
    put_decimal(&o, reading->count);
    put(&o, '}');

    if (o.at == o.end) {
        return 0;
    }
    uint32_t sum = 0;
    uint32_t len = (uint32_t)(o.at - start);
    for (uint32_t i = 0; i < len; i++) {
        sum += start[i];
    }
    return (uint64_t)len << 32 | sum;
}
