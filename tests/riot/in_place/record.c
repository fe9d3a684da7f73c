/* SPDX-FileCopyrightText: The femtocontainer authors */
/* SPDX-License-Identifier: LGPL-2.1-only */

#include "suit_record.c"
