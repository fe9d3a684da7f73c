/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

#pragma once

#include <stddef.h>
#include <stdint.h>

/** @brief  Have what is fetched next served on the loopback, in a mode of server.c; NULL ends that */
void server_begin(const char *mode);

/** @brief  Where to fetch a URL coap://h/... from; NULL when nobody serves on the loopback */
const char *server_url(const char *url);

/** @brief  Read a file of the current folder; its size, up to @p max, or 0 */
size_t load(const char *name, uint8_t *buf, size_t max);
