/* SPDX-FileCopyrightText: The femtocontainer authors */
/* SPDX-License-Identifier: MIT */

/* The portable form of the fast engine. */
#define FEMTO_ENGINE_FAST
#define FEMTO_FAST_LOOP
#define femto_resume femto_resume_fast
#include "../riotpkg/femtocontainer/core/femto_fast.c"
