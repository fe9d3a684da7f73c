/* SPDX-FileCopyrightText: The femtocontainer authors */
/* SPDX-License-Identifier: MIT */

/* Both engines are linked at once here, so each gets a name of its own. */
#define femto_resume femto_resume_small
#include "../riotpkg/femtocontainer/core/femto_small.c"
