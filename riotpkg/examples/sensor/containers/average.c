/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

#include <femto.h>

#include "readings.h"

#ifndef PERIOD
#define PERIOD 1000000 /* microseconds */
#endif

#define WINDOW 10

static int16_t readings[WINDOW];

/* Reads a thermometer once in a PERIOD, and keeps the average of the last
 * WINDOW readings in the store. Runs until it is asked to stop. */
SEC("hook/sampler")
uint64_t average(void)
{
    int32_t thermometer = saul_reg_find_type(SAUL_SENSE_TEMP);
    uint32_t last = ztimer_now();
    uint32_t n = 0;
    int32_t sum = 0;

    do {
        phydat_t reading;

        if (saul_reg_read(thermometer, &reading) < 1) {
            continue;
        }
        sum += reading.val[0] - readings[n % WINDOW];
        readings[n % WINDOW] = reading.val[0];
        n++;

        uint32_t count = n < WINDOW ? n : WINDOW;
        uint32_t mean = (sum < 0 ? -sum : sum) / count; /* divisions are unsigned */

        store_tenant(KEY_AVERAGE, sum < 0 ? -mean : mean);
        store_tenant(KEY_SCALE, reading.scale);
    } while (ztimer_periodic_wakeup(&last, PERIOD) != FEMTO_ECANCELED);
    return n;
}
