/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

/**
 * @ingroup     pkg_femtocontainer
 * @{
 *
 * @file
 * @brief       Hooks that fire when a pin changes its level
 *
 * @}
 */

#include "femto_gpio.h"
#include "ztimer.h"

static void on_change(void *arg)
{
    femto_pin_t *p = arg;
    femto_gpio_event_t event = { .level = gpio_read(p->pin) ? 1 : 0, .now = ztimer_now(ZTIMER_USEC) };

    femto_queue_put(p->queue, &event);
}

int femto_pin_start(femto_pin_t *p, gpio_t pin, gpio_mode_t mode, gpio_flank_t flank)
{
    femto_queue_start(p->queue);
    p->pin = pin;
    return gpio_init_int(pin, mode, flank, on_change, p);
}
