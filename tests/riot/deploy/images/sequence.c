/* SPDX-FileCopyrightText: The femtocontainer authors */
/* SPDX-License-Identifier: MIT */

#include <femto.h>

/* Returns the number of the manifest that brought it. */
SEC("hook/coap/average")
int64_t sequence(void)
{
    femto_self_t me;

    self_info(&me);
    return me.sequence;
}
