/* SPDX-FileCopyrightText: The femtocontainer authors */
/* SPDX-License-Identifier: MIT */

/* The other half of core_fast_regs.c. */
#include "bridge.h"

#ifdef BRIDGE_FAST_REGS
#define FEMTO_ENGINE_FAST
#define FEMTO_FAST_REGS
#define femto_resume femto_resume_fast_regs
#include "../riotpkg/femtocontainer/core/femto_fast_rest.c"
#endif
