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
 * @brief       Contexts of the hooks that come with the package
 *
 * For both sides: containers say `#include <femto_hooks.h>`, firmware
 * `#include "container/femto_hooks.h"`. docs/hooks.md describes the hooks.
 */

#include <stdint.h>

/** @brief  Hook `scheduler`: the CPU went from one thread to another */
typedef struct {
    uint16_t previous;  /**< pid of the thread that ran */
    uint16_t next;      /**< pid of the thread that runs now */
} femto_sched_event_t;

/** @brief  A timer's hook: its period is over */
typedef struct {
    uint32_t count;     /**< periods since the timer was started, from 1 */
    uint32_t now;       /**< ms since the start of the device */
} femto_timer_event_t;

/** @brief  A pin's hook: its level changed as it was waited for */
typedef struct {
    uint32_t level;     /**< level when the interrupt was handled, 0 or 1 */
    uint32_t now;       /**< us since the start of the device; wraps */
} femto_gpio_event_t;

/** @brief  Hook `packet`: an IPv6 packet was received
 *
 *  The packet itself is segment 5, read only, and begins at the address
 *  @p packet. */
typedef struct {
    uint64_t packet;    /**< address of the packet for the container */
    uint32_t len;       /**< bytes of it */
    uint16_t interface; /**< network interface that it came from, 0 if unknown */
    uint16_t next;      /**< protocol number of its payload, such as 17 for UDP */
} femto_packet_event_t;

/** @brief  Hook `boot`: the device has started */
typedef struct {
    uint32_t now;       /**< ms since the start of the device */
} femto_boot_event_t;

/** @} */
