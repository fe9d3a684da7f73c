/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

#pragma once

/* Where Acme's containers keep what they share, in the tenant's store. */
enum {
    KEY_AVERAGE = 1, /* of the last readings */
    KEY_SCALE = 2,   /* power of ten that it is multiplied by */
};
