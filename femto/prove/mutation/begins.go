// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package mutation

var (
	smallC = core("femto_small.c")
	restC  = core("femto_fast_rest.c")
	alloc  = host("load", "femto_attach")
)

// begins: where a run or a loop begins and ends, of which an invariant and one
// iteration say nothing, and what one proved function hands to another.
var begins = []Mutant{
	{Name: "resume: begins at the start of the text", File: smallC, Old: "const femto_word_t *pc = vm->pc;", New: "const femto_word_t *pc = vm->instance->image.text;", Gate: small("ja")},
	{Name: "resume: fuel added twice", File: stepC, Old: "return bound + 8 * (fuel <", New: "fuel += fuel;\n    return bound + 8 * (fuel <", Gate: small("0x00"), Sample: true},
	{Name: "resume: fuel left before is lost", File: smallC, Old: "femto_refuel(vm->room, fuel);", New: "femto_refuel(femto_low(pc), fuel);", Gate: small("ja")},
	{Name: "resume: clears r0", File: smallC, Old: "    uint16_t status;\n\n    for", New: "    uint16_t status;\n\n    vm->r[0] = 0;\n    for", Gate: small("ja")},
	{Name: "resume: forgets suspended frames", File: smallC, Old: "    uint16_t status;\n\n    for", New: "    uint16_t status;\n\n    vm->level = 0;\n    for", Gate: small("ja")},
	{Name: "resume: unmaps segment 5", File: smallC, Old: "    uint16_t status;\n\n    for", New: "    uint16_t status;\n\n    vm->end[5] = 0;\n    vm->writable_end[5] = 0;\n    for", Gate: small("ja")},
	{Name: "fast: begins at the start of the text", File: fastC, Old: "    const femto_word_t *PC = VM->pc;\n", New: "    const femto_word_t *PC = VM->instance->image.text;\n", Gate: fast("ja")},
	{Name: "regs: fuel added twice", File: restC, Old: "femto_refuel(vm->room, fuel);", New: "femto_refuel(vm->room, fuel / 2);", Gate: proof("step", "fast-regs-rv32 ja")},
	{Name: "regs: clears r3 on the way to the first handler", File: fastC, Old: "    VM = vm;\n    PC = vm->pc;\n", New: "    VM = vm;\n    vm->r[3] = 0;\n    PC = vm->pc;\n", Gate: proof("step", "fast-regs-thumb2 ja")},
	{Name: "regs: run begins at the start of the text", File: fastC, Old: "    PC = vm->pc;\n    BOUND = vm->room;\n", New: "    PC = vm->instance->image.text;\n    BOUND = vm->room + (femto_low(PC) - femto_low(vm->pc));\n", Gate: proof("step", "fast-regs-rv64 ja")},

	{Name: "only the last slot of the text is looked at", File: verifyC, Old: "    uint32_t next = 0;\n", New: "    uint32_t next = img->slots - 1;\n", Gate: verifier("0x05 elsewhere"), Sample: true},
	{Name: "no entry point is looked at", File: verifyC, Old: "for (uint32_t i = 0; i != img->n_entries; i++) {", New: "for (uint32_t i = img->n_entries; i != img->n_entries; i++) {", Gate: verifier("entries and helpers")},
	{Name: "last entry point not looked at", File: verifyC, Old: "for (uint32_t i = 0; i != img->n_entries; i++) {", New: "for (uint32_t i = 0; i + 1u < img->n_entries; i++) {", Gate: verifier("entries and helpers")},
	{Name: "no helper has to be granted", File: verifyC, Old: "for (uint32_t i = 0; i != img->n_helpers; i++) {", New: "for (uint32_t i = img->n_helpers; i != img->n_helpers; i++) {", Gate: verifier("entries and helpers")},
	{Name: "attach: one helper more is granted", File: vmC, Old: "granted, n_granted, pc);\n    }", New: "granted, n_granted + 1, pc);\n    }", Gate: alloc},
	{Name: "attach: RAM that suffices is refused", File: vmC, Old: "if (femto_image_ram(&c->image) > ram_len) {", New: "if (femto_image_ram(&c->image) >= ram_len) {", Gate: alloc},
	{Name: "attach: misaligned RAM called too little", File: vmC, Old: "return FEMTO_E_MISALIGNED;", New: "return FEMTO_E_NO_RAM;", Gate: alloc},
	{Name: "entry: the one before", File: hostC, Old: "for (; index != 0; index--, entry += 2) {", New: "for (; index > 1; index--, entry += 2) {", Gate: host("start", "femto_image_entry")},

	{Name: "stubs: first conversion of a format not looked at", File: sysC, Old: "    s = format;\n", New: "    s = format;\n    if (*s != 0) {\n        s++;\n    }\n", Gate: stub("conversions")},
	{Name: "stubs: first digit from nowhere", File: sysC, Old: "for (uint32_t i = 0; i < n; i++) {\n        buf[i] =", New: "for (uint32_t i = 1; i < n; i++) {\n        buf[i] =", Gate: stub("femto_sys_digits")},
	{Name: "stubs: last digit from nowhere", File: sysC, Old: "for (uint32_t i = 0; i < n; i++) {\n        buf[i] =", New: "for (uint32_t i = 0; i + 1 < n; i++) {\n        buf[i] =", Gate: stub("femto_sys_digits")},
	{Name: "stubs: numbers end at a hundred", File: sysC, Old: "    } while (value != 0);", New: "    } while (value != 0 && n != 2);", Gate: stub("femto_sys_digits")},
	{Name: "stubs: first row not granted", File: sysC, Old: "for (uint32_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {", New: "for (uint32_t i = 1; i < sizeof(rows) / sizeof(rows[0]); i++) {", Gate: proof("stubs", "selection-lp64 modules base")},

	{Name: "dialect: one engine's verifier", File: verifyC, Old: "    uint32_t next = 0;\n", New: "#ifdef FEMTO_ENGINE_FAST\n    uint32_t next = img->slots - 1;\n#else\n    uint32_t next = 0;\n#endif\n", Gate: small("ja")},
	{Name: "dialect: one module's engine", File: stepC, Old: "    vm->level++;\n", New: "#ifdef FEMTO_HAVE_KV\n    vm->writable_end[3] = vm->end[3];\n#endif\n    vm->level++;\n", Gate: small("ja")},
	{Name: "dialect: one CPU's small engine", File: smallC, Old: "    uint16_t status;\n\n    for", New: "    uint16_t status;\n\n#if defined(__thumb2__)\n    vm->writable_end[3] = vm->end[3];\n#endif\n    for", Gate: small("ja")},
	{Name: "dialect: one compiler's version", File: stepC, Old: "    vm->level++;\n", New: "    if (__GNUC__ > 12) {\n        vm->writable_end[3] = vm->end[3];\n    }\n    vm->level++;\n", Gate: small("ja")},
	{Name: "dialect: directive in what looks like a comment", File: stepC, Old: "    vm->level++;\n", New: "// /*\n#ifdef DEVELHELP\n    vm->writable_end[3] = vm->end[3];\n#endif\n// */\n    vm->level++;\n", Gate: small("ja")},
	{Name: "dialect: directive with a digraph", File: stepC, Old: "    vm->level++;\n", New: "%:ifdef DEVELHELP\n    vm->writable_end[3] = vm->end[3];\n%:endif\n    vm->level++;\n", Gate: small("ja")},
	{Name: "saved registers through a pointer that may not alias", File: stepC, Old: "    memcpy(frame->r, &vm->r[6], sizeof(frame->r));\n", New: "    uint64_t *const saved = frame->r;\n    saved[0] = vm->r[6];\n    saved[1] = vm->r[7];\n    saved[2] = vm->r[8];\n    saved[3] = vm->r[9];\n", Gate: small("call_local")},
}
