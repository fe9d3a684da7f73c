/* SPDX-FileCopyrightText: The femtocontainer authors */
/* SPDX-License-Identifier: MIT */
/* Arrays whose lengths are the sizes of the core's types; nothing runs this. */
#include "femto_core.h"

const char size_of_instance[sizeof(femto_instance_t)] = { 0 };
const char size_of_vm[sizeof(femto_vm_t)] = { 0 };
