/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

/*
 * QEMU 7.2 does not model the compare channels of the STM32's timers, for which
 * RIOT waits. The Cortex-M's own timer stands in, in steps of 100 us. A firmware
 * with this module runs under QEMU only.
 */

#include <stdbool.h>

#include "cpu.h"
#include "irq.h"
#include "periph/timer.h"

#define QEMU_CLOCK  168000000u
#define STEP        100u        /* us */

int __wrap_timer_init(tim_t dev, uint32_t freq, timer_cb_t cb, void *arg);
int __wrap_timer_set(tim_t dev, int channel, unsigned timeout);
int __wrap_timer_clear(tim_t dev, int channel);
unsigned __wrap_timer_read(tim_t dev);
void __wrap_timer_start(tim_t dev);
void __wrap_timer_stop(tim_t dev);
void isr_systick(void);

static timer_cb_t callback;
static void *argument;
static uint32_t now, until; /* us */
static bool armed;

int __wrap_timer_init(tim_t dev, uint32_t freq, timer_cb_t cb, void *arg)
{
    (void)dev;
    callback = cb;
    argument = arg;
    SysTick_Config(QEMU_CLOCK / 1000000u * STEP);
    NVIC_SetPriority(SysTick_IRQn, CPU_DEFAULT_IRQ_PRIO); /* that of all others */
    return (freq == 1000000u) ? 0 : -1;
}

int __wrap_timer_set(tim_t dev, int channel, unsigned timeout)
{
    (void)dev;
    (void)channel;
    unsigned irq = irq_disable();
    until = now + timeout;
    armed = true;
    irq_restore(irq);
    return 0;
}

int __wrap_timer_clear(tim_t dev, int channel)
{
    (void)dev;
    (void)channel;
    armed = false;
    return 0;
}

unsigned __wrap_timer_read(tim_t dev)
{
    (void)dev;
    return now;
}

void __wrap_timer_start(tim_t dev)
{
    (void)dev;
}

void __wrap_timer_stop(tim_t dev)
{
    (void)dev;
}

void isr_systick(void)
{
    now += STEP;
    if (armed && (int32_t)(now - until) >= 0) {
        armed = false;
        callback(argument, 0);
    }
    cortexm_isr_end();
}
