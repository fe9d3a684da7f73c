/* SPDX-FileCopyrightText: The femtocontainer authors */
/* SPDX-License-Identifier: MIT */

/* One translation unit for each file of the core, compiled as the RIOT package
 * compiles it. */
#include "../riotpkg/femtocontainer/core/femto_host.c"
