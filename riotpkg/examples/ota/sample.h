/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

#pragma once

#include <stdint.h>

/** What containers on both hooks get to see: one reading of a sensor */
typedef struct {
    int32_t value;  /**< containers on the hook filter may change it */
} sample_t;
