/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

#include <femto.h>

#include "readings.h"

/* Answers a CoAP request with the average, as text: 21.56 */
SEC("hook/coap-average")
int64_t respond(const femto_coap_ctx_t *ctx)
{
    uint32_t average;
    uint32_t scale;

    if (fetch_tenant(KEY_AVERAGE, &average) < 0 || fetch_tenant(KEY_SCALE, &scale) < 0) {
        gcoap_resp_init(ctx, COAP_CODE_SERVICE_UNAVAILABLE); /* nothing measured yet */
        return coap_opt_finish(ctx, COAP_OPT_FINISH_NONE);
    }
    gcoap_resp_init(ctx, COAP_CODE_CONTENT);
    coap_add_format(ctx, COAP_FORMAT_TEXT);
    int32_t length = coap_opt_finish(ctx, COAP_OPT_FINISH_PAYLOAD);
    char *payload = (char *)coap_get_pdu(ctx);

    return length + fmt_s16_dfp(payload, average, scale);
}
