/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

#pragma once

/**
 * @ingroup     pkg_femtocontainer
 * @{
 *
 * @file
 * @brief       Hooks that fire when a pin changes its level
 *
 *     FEMTO_HOOK(door, FEMTO_HOOK_DOOR);
 *     FEMTO_PIN(door_pin, door, FEMTO_HOOK_DOOR);
 *
 *     femto_pin_start(&door_pin, GPIO_PIN(0, 13), GPIO_IN_PU, GPIO_BOTH);
 *
 * The context is a femto_gpio_event_t. There is room for 8 changes that have
 * not been handled yet; further ones are dropped.
 */

#include "container/femto_hooks.h"
#include "femto_queue.h"
#include "periph/gpio.h"

#ifdef __cplusplus
extern "C" {
#endif

/** @brief  A pin; define one with @ref FEMTO_PIN */
typedef struct {
    femto_queue_t *queue;   /**< events for the hook */
    gpio_t pin;             /**< RIOT's pin */
} femto_pin_t;

/**
 * @brief   Define a pin
 *
 * @param[in]   var     name of the pin
 * @param[in]   hookvar name of the hook
 * @param[in]   number  the hook's FEMTO_HOOK_NAME itself
 */
#define FEMTO_PIN(var, hookvar, number)                                     \
    FEMTO_QUEUE_(var ## _queue, hookvar, number ## _STACK_MARGIN, femto_gpio_event_t, 8); \
    femto_pin_t var = { .queue = &var ## _queue }

/**
 * @brief   Fire when the level of @p pin changes
 *
 * @return  0, or what RIOT's gpio_init_int() returns
 */
int femto_pin_start(femto_pin_t *p, gpio_t pin, gpio_mode_t mode, gpio_flank_t flank);

#ifdef __cplusplus
}
#endif

/** @} */
