/* SPDX-FileCopyrightText: The femtocontainer authors */
/* SPDX-License-Identifier: MIT */

/* The register form of the fast engine, where the host's compiler can do it and
 * no sanitizer stands between the handlers. */
#include "bridge.h"

#ifdef BRIDGE_FAST_REGS
#define FEMTO_ENGINE_FAST
#define FEMTO_FAST_REGS
#define femto_resume femto_resume_fast_regs
#include "../riotpkg/femtocontainer/core/femto_fast.c"
#endif
