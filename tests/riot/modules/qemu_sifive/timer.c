/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

/*
 * The timer of the FE310 counts with 32,768 Hz, that of QEMU 7.2 with 10 MHz, so
 * that a millisecond has two hundred instructions. A firmware with this module
 * runs under QEMU only.
 */

#include "cpu.h"
#include "cpu_conf.h"
#include "periph/timer.h"

/* 10 MHz / 32,768 Hz */
#define REAL    78125u
#define BOARD   256u

int __real_timer_set(tim_t dev, int channel, unsigned timeout);
int __wrap_timer_set(tim_t dev, int channel, unsigned timeout);
unsigned __wrap_timer_read(tim_t dev);

int __wrap_timer_set(tim_t dev, int channel, unsigned timeout)
{
    uint64_t real = (uint64_t)timeout * REAL / BOARD;

    /* what does not fit comes early; ztimer then sets it again */
    return __real_timer_set(dev, channel, (real < UINT32_MAX) ? (unsigned)real : UINT32_MAX);
}

unsigned __wrap_timer_read(tim_t dev)
{
    volatile uint32_t *mtime = (volatile uint32_t *)(CLINT_BASE_ADDR + CLINT_MTIME);
    uint32_t high, low;

    (void)dev;
    do {
        high = mtime[1];
        low = mtime[0];
    } while (high != mtime[1]);
    return (unsigned)((((uint64_t)high << 32) | low) * BOARD / REAL);
}
