/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

#include <femto.h>

/* Does what the first character of the request's payload says: answers, or one
 * of the many ways not to. */
int64_t guarded(const femto_coap_ctx_t *ctx)
{
    char request[32];
    int32_t n = coap_get_payload(ctx, request, sizeof(request));
    char what = n > 0 ? request[0] : n < 0 ? '!' : '-';

    if (what == 's') { /* says nothing */
        return 0;
    }
    if (what == 'b') { /* calls in the wrong order */
        printf("order: %d %d %d\n", coap_add_format(ctx, COAP_FORMAT_TEXT),
               coap_opt_finish(ctx, COAP_OPT_FINISH_PAYLOAD), coap_payload_max(ctx));
        printf("codes: %d %d\n", gcoap_resp_init(ctx, 0), gcoap_resp_init(ctx, 0x145));
    }
    gcoap_resp_init(ctx, COAP_CODE_CHANGED);
    gcoap_resp_init(ctx, COAP_CODE_CONTENT); /* once more is fine */
    if (what == 'f') { /* faults half way */
        return *(volatile int *)0;
    }
    printf("format: %d, again: %d, request: %d\n", coap_add_format(ctx, COAP_FORMAT_TEXT),
           coap_add_format(ctx, COAP_FORMAT_TEXT), coap_get_payload(ctx, request, sizeof(request)));
    if (what == 'e') { /* an error, and no payload */
        gcoap_resp_init(ctx, COAP_CODE_BAD_REQUEST);
        return coap_opt_finish(ctx, COAP_OPT_FINISH_NONE);
    }
    int32_t length = coap_opt_finish(ctx, COAP_OPT_FINISH_PAYLOAD);
    char *payload = (char *)coap_get_pdu(ctx);
    int32_t max = coap_payload_max(ctx);

    for (int32_t i = 0; i < max; i++) {
        if (payload[i] != 0) {
            printf("leak at %d\n", i);
        }
    }
    if (what == 'l') { /* claims more than there can be */
        return length + max + 1;
    }
    if (what == 'n') { /* claims less */
        return length - 2;
    }
    if (what == 'o') { /* writes more */
        payload[max] = 1;
    }
    if (what == 'z') { /* no payload after all */
        return length;
    }
    if (what == 'a') { /* begins anew too late */
        printf("late: %d %d\n", gcoap_resp_init(ctx, COAP_CODE_CHANGED), coap_opt_finish(ctx, COAP_OPT_FINISH_NONE));
    }
    if (what == 'm') { /* all there is */
        memset(payload, 'm', max);
        return length + max;
    }
    for (int32_t i = 0; i < n; i++) {
        payload[i] = request[i] >= 'a' && request[i] <= 'z' ? request[i] - 'a' + 'A' : request[i];
    }
    if (n <= 0) {
        payload[0] = what;
        n = 1;
    }
    printf("method %d, format %d, %u bytes\n", ctx->method, ctx->format == COAP_FORMAT_NONE ? -1 : ctx->format, ctx->payload_len);
    return length + n;
}
