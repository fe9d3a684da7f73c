/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

#include <femto.h>

#include "readings.h"

/* In place of the example's average.c: twice the latest reading, five times a
 * second. */
SEC("hook/sampler")
uint64_t doubled(void)
{
    int32_t thermometer = saul_reg_find_type(SAUL_SENSE_TEMP);
    uint32_t last = ztimer_now();
    phydat_t reading;

    while (saul_reg_read(thermometer, &reading) > 0) {
        store_tenant(KEY_AVERAGE, 2 * reading.val[0]);
        store_tenant(KEY_SCALE, reading.scale);
        if (ztimer_periodic_wakeup(&last, 200000) == FEMTO_ECANCELED) {
            break;
        }
    }
    return 0;
}
