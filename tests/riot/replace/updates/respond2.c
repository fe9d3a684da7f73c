/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

#include <femto.h>

#include "readings.h"

/* As the example's respond.c, with a unit. */
SEC("hook/coap-average")
int64_t respond(const femto_coap_ctx_t *ctx)
{
    uint32_t average = 0;
    uint32_t scale = 0;

    fetch_tenant(KEY_AVERAGE, &average);
    fetch_tenant(KEY_SCALE, &scale);
    gcoap_resp_init(ctx, COAP_CODE_CONTENT);
    coap_add_format(ctx, COAP_FORMAT_TEXT);
    int32_t length = coap_opt_finish(ctx, COAP_OPT_FINISH_PAYLOAD);
    char *payload = (char *)coap_get_pdu(ctx);
    int32_t n = fmt_s16_dfp(payload, average, scale);

    return length + n + strlcpy(payload + n, " C", coap_payload_max(ctx) - n);
}
