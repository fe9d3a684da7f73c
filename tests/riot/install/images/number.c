/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

#include <femto.h>

/* Its manifest's number, of which it has none, and who it is. */
int64_t number(void)
{
    femto_self_t me;

    self_info(&me);
    return 1000 * me.sequence + 100 + 10 * me.tenant + me.container;
}
