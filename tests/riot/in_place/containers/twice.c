/* SPDX-FileCopyrightText: The femtocontainer authors */
/* SPDX-License-Identifier: MIT */

#include <femto.h>

static const int64_t factor[] = { 1, 2 };

/* Constants are used where they are, too. */
SEC("hook/filter")
int64_t twice(int64_t *sample)
{
    return *sample * factor[*sample > 0];
}
