/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

#include <femto.h>

/* The first of two leaves it to the other to answer. */

static int64_t answer(const femto_coap_ctx_t *ctx, const char *text)
{
    gcoap_resp_init(ctx, COAP_CODE_CONTENT);
    int32_t length = coap_opt_finish(ctx, COAP_OPT_FINISH_PAYLOAD);

    return length + strlcpy((char *)coap_get_pdu(ctx), text, coap_payload_max(ctx));
}

SEC("hook/coap/chain")
int64_t chain(const femto_coap_ctx_t *ctx)
{
    char request[8];
    uint32_t calls = 0;

    fetch_tenant(2, &calls);
    store_tenant(2, ++calls);
    if (calls == 1) {
        return 0; /* the other one's turn */
    }
    if (calls == 2) {
        gcoap_resp_init(ctx, COAP_CODE_CREATED); /* begun, and given up */
        return 0;
    }
    return answer(ctx, coap_get_payload(ctx, request, sizeof(request)) > 0 ? "payload" : "no payload");
}

/* On another hook there is no request to answer. */
SEC("hook/calls")
uint64_t elsewhere(void)
{
    femto_coap_ctx_t ctx = { 0 };
    uint8_t buf[4];

    printf("elsewhere: %d %d %d", gcoap_resp_init(&ctx, COAP_CODE_CONTENT), coap_add_format(&ctx, 0),
           coap_opt_finish(&ctx, 0));
    printf(" %d %d %d\n", coap_get_payload(&ctx, buf, sizeof(buf)), coap_payload_max(&ctx),
           coap_get_pdu(&ctx) == NULL);
    return 0;
}
