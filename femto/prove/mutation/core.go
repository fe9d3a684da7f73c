// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package mutation

var (
	stepC   = core("femto_step.h")
	fastC   = core("femto_fast.c")
	verifyC = core("femto_verify.c")
	imageC  = core("femto_image.c")
	vmC     = core("femto_vm.c")
	hostC   = core("femto_host.c")
	coreH   = core("femto_core.h")
)

// engine: what both engines share, then the handlers of fast.
var engine = []Mutant{
	{Name: "division by zero gives 1", File: stepC, Old: "dst = div ? 0 : dst;", New: "dst = div ? 1 : dst;", Gate: small("div64_reg")},
	{Name: "zero divisor looked for in the low half", File: stepC, Old: "if (src == 0) {\n            dst = div", New: "if ((uint32_t)src == 0) {\n            dst = div", Gate: small("div64_reg")},
	{Name: "least number divided by -1", File: stepC, Old: "} else if (src == UINT64_MAX) {", New: "} else if (src == UINT32_MAX) {", Gate: small("sdiv64_reg"), Sample: true},
	{Name: "shift count of 5 bits", File: stepC, Old: "dst = dst << (src & UINT64_C(63));", New: "dst = dst << (src & UINT64_C(31));", Gate: small("lsh64_reg")},
	{Name: "shift count not masked", File: stepC, Old: "dst = dst << (src & 31u);", New: "dst = dst << src;", Gate: small("lsh32_reg")},
	{Name: "sign taken from the low half", File: stepC, Old: "FEMTO_CODE(insn) == 12 && (int64_t)dst < 0", New: "FEMTO_CODE(insn) == 12 && (int32_t)dst < 0", Gate: small("arsh64_imm")},
	{Name: "32-bit result keeps the upper half", File: stepC, Old: "    uint32_t dst = (uint32_t)*r;\n    const uint32_t src = (insn & 0x08)", New: "    uint64_t dst = *r;\n    const uint32_t src = (insn & 0x08)", Gate: small("add32_imm")},
	{Name: "byte swap of 16 bits by 8", File: stepC, Old: "if (imm == 16) {\n                dst >>= 16;", New: "if (imm == 16) {\n                dst >>= 8;", Gate: small("be16")},
	{Name: "signed jump compares unsigned", File: stepC, Old: "FEMTO_EQ | FEMTO_LT | FEMTO_SIGNED, /* jsle */", New: "FEMTO_EQ | FEMTO_LT, /* jsle */", Gate: small("jsle64_reg")},
	{Name: "wrong sign bit", File: stepC, Old: "dst ^= UINT64_C(1) << 63;", New: "dst ^= UINT64_C(1) << 62;", Gate: small("jsgt64_imm")},
	{Name: "32-bit jump compares the upper half", File: stepC, Old: "        dst = femto_sext32(dst);\n        src", New: "        src", Gate: small("jlt32_reg")},
	{Name: "load takes its address from dst", File: stepC, Old: "vm->r[load ? FEMTO_SRC(insn) : FEMTO_DST(insn)]", New: "vm->r[FEMTO_DST(insn)]", Gate: small("ldxb")},
	{Name: "last byte of an access unchecked", File: stepC, Old: "if (addr + last >= end) {", New: "if (addr + last > end) {", Gate: small("ldxdw"), Sample: true},
	{Name: "store needs only to read", File: stepC, Old: "load ? vm->end[segment] : vm->writable_end[segment];", New: "vm->end[segment];", Gate: small("stxb")},
	{Name: "atomic needs only to read", File: stepC, Old: "load ? vm->end[segment] : vm->writable_end[segment];", New: "load || mode == 0xc0 ? vm->end[segment] : vm->writable_end[segment];", Gate: small("atomic_xor64")},
	{Name: "offset of 23 bits", File: stepC, Old: "p = vm->base[segment] + (addr & 0xffffffu);", New: "p = vm->base[segment] + (addr & 0x7fffffu);", Gate: small("stb")},
	{Name: "sign extension shifts too far", File: stepC, Old: "const uint32_t unused = 24 - 8 * last;", New: "const uint32_t unused = 32 - 8 * last;", Gate: small("ldxsb")},
	{Name: "compare and exchange compares low halves", File: stepC, Old: " || (last == 7 && *reg != mem)", New: "", Gate: small("cmpxchg64")},
	{Name: "atomic fetch returns nothing", File: stepC, Old: "if ((imm & 1u) != 0) {", New: "if ((imm & 2u) != 0) {", Gate: small("atomic_fetch_add32")},
	{Name: "one call too deep", File: stepC, Old: "if (vm->level + 1 >= c->image.depth) {", New: "if (vm->level >= c->image.depth) {", Gate: small("call_local"), Sample: true},
	{Name: "call saves r5 to r8", File: stepC, Old: "memcpy(frame->r, &vm->r[6], sizeof(frame->r));", New: "memcpy(frame->r, &vm->r[5], sizeof(frame->r));", Gate: small("call_local")},
	{Name: "call returns one slot late", File: stepC, Old: "frame->pc = (uint32_t)(pc - c->image.text);", New: "frame->pc = (uint32_t)(pc - c->image.text) + 2;", Gate: small("call_local")},
	{Name: "exit leaves r10", File: stepC, Old: "    vm->r[10] += c->image.frame_size;\n", New: "", Gate: small("exit")},
	{Name: "fuel of exactly the charge refused", File: stepC, Old: "return (int32_t)(bound - femto_low(pc)) < 0;", New: "return (int32_t)(bound - femto_low(pc)) <= 0;", Gate: small("ja")},
	{Name: "jump gains fuel", File: stepC, Old: "*bound += femto_low(target) - femto_low(next);", New: "*bound += femto_low(target) - femto_low(next) + 8;", Gate: small("call_local")},
	{Name: "refused helper takes fuel", File: stepC, Old: "            *bound = before;\n", New: "            *bound = before - 8;\n", Gate: small("call_helper")},
	{Name: "helper sees one unit too many", File: stepC, Old: "vm->room = femto_left(next, before);", New: "vm->room = femto_left(next, before) + 1;", Gate: small("call_helper")},
	{Name: "fuel given is not limited", File: stepC, Old: "8 * (fuel < FEMTO_MAX_FUEL ? fuel : (uint32_t)FEMTO_MAX_FUEL)", New: "8 * fuel", Gate: small("ja")},
	{Name: "unassigned opcode goes on", File: stepC, Old: "return FEMTO_E_ILLEGAL_OPCODE;", New: "return FEMTO_GO_ON;", Gate: small("0x00")},
	{Name: "wide load takes its halves in the other order", File: stepC, Old: "((uint64_t)next[1] << UINT64_C(32)) | (uint64_t)imm", New: "((uint64_t)imm << UINT64_C(32)) | (uint64_t)next[1]", Gate: small("lddw")},
	{Name: "host address in a register", File: stepC, Old: "    case FEMTO_ALU32:\n        femto_alu32(vm, insn, imm);\n", New: "    case FEMTO_ALU32:\n        femto_alu32(vm, insn, imm);\n        vm->r[0] = femto_low(next);\n", Gate: small("mov32_imm")},
	{Name: "writes outside the registers", File: stepC, Old: "#define FEMTO_DST(insn)   ((insn) >> 8 & 15u)", New: "#define FEMTO_DST(insn)   (((insn) >> 8 & 15u) + 1)", Gate: small("mov64_imm")},

	{Name: "fast: immediate not sign-extended", File: fastC, Old: "DST = WIDE & (uint64_t)(int64_t)(int32_t)IMM;", New: "DST = WIDE & (uint64_t)IMM;", Gate: fast("and64_imm")},
	{Name: "fast: movsx taken for mov", File: fastC, Old: "HANDLER(0xbf, mov64_reg)\n{\n    if (INSN >> 16 != 0) {", New: "HANDLER(0xbf, mov64_reg)\n{\n    if (INSN >> 24 != 0) {", Gate: fast("movsx16_64")},
	{Name: "fast: only the first byte checked", File: fastC, Old: "if (addr + ((size) - 1u) >= (limit)) {", New: "if (addr >= (limit)) {", Gate: fast("ldxw"), Sample: true},
	{Name: "fast: store needs only to read", File: fastC, Old: "8, WRITABLE);", New: "8, READABLE);", Gate: fast("stxdw")},
	{Name: "fast: less for less or equal", File: fastC, Old: "if ((uint32_t)DST <= (uint32_t)SRC) {", New: "if ((uint32_t)DST < (uint32_t)SRC) {", Gate: fast("jle32_reg")},
	{Name: "fast: jump gains fuel", File: fastC, Old: "BOUND = femto_low(PC) + left;", New: "BOUND = femto_low(PC) + left + 8;", Gate: fast("ja")},
	{Name: "fast: exit of a called function ends the run", File: fastC, Old: "if (VM->level != 0 || femto_exhausted(BOUND, PC)) {", New: "if (femto_exhausted(BOUND, PC)) {", Gate: fast("exit")},
	{Name: "fast: second slot executed", File: fastC, Old: "    DST = WIDE;\n    PC += 2;\n    NEXT;", New: "    DST = WIDE;\n    NEXT;", Gate: fast("lddw")},
	{Name: "fast: handler for an unassigned opcode", File: fastC, Old: "HANDLER(0x0c, add32_reg)", New: "HANDLER(0x0d, add32_reg)", Gate: fast("0x0d")},
}

// verify: the verifier.
var verify = []Mutant{
	{Name: "jump to just behind the text", File: verifyC, Old: "return slot < img->slots &&", New: "return slot <= img->slots &&", Gate: verifier("0x05")},
	{Name: "jump into a second slot", File: verifyC, Old: "!= 0x18);", New: "!= 0x19);", Gate: verifier("0x05 elsewhere"), Sample: true},
	{Name: "r10 may be written", File: verifyC, Old: "FEMTO_DST(insn) + ((rule & DST_WRITTEN) != 0) > 10", New: "FEMTO_DST(insn) > 10", Gate: verifier("0xb7")},
	{Name: "registers above 10", File: verifyC, Old: "FEMTO_SRC(insn) > 10 ||", New: "FEMTO_SRC(insn) > 11 ||", Gate: verifier("0x0f")},
	{Name: "second slot half checked", File: verifyC, Old: "if (p[2] != 0) {", New: "if ((p[2] & 0xffff) != 0) {", Gate: verifier("0x18")},
	{Name: "wide instruction cut off", File: verifyC, Old: "if (next == img->slots) {", New: "if (next > img->slots) {", Gate: verifier("0x18")},
	{Name: "text may end with a call", File: verifyC, Old: "return FEMTO_OP(insn) == 0x95 ||", New: "return FEMTO_OP(insn) == 0x95 || FEMTO_OP(insn) == 0x85 ||", Gate: verifier("0x85")},
	{Name: "helper numbers of 17 bits", File: verifyC, Old: "if (imm - 1 >= 0xffff) {", New: "if (imm - 1 >= 0x1ffff) {", Gate: verifier("0x85")},
	{Name: "undeclared helper", File: verifyC, Old: "if (!contains(img->helpers, img->n_helpers, imm)) {", New: "if (img->n_helpers == 0) {", Gate: verifier("0x85")},
	{Name: "reserved field of a long jump", File: verifyC, Old: "0x00ffffff, /* ja32 */", New: "0x00ffff0f, /* ja32 */", Gate: verifier("0x06")},
	{Name: "movsx of 24 bits", File: verifyC, Old: "((rule & OFF_CHOICE) != 0 && !has_one_bit_at_most(insn >> 16)) ||", New: "", Gate: verifier("0xbf")},
	{Name: "atomic that writes r10", File: verifyC, Old: "FEMTO_SRC(insn) == 10 ? 0x8000 : 0xc431", New: "0xc431", Gate: verifier("0xdb")},
	{Name: "byte swap of no width", File: verifyC, Old: "(imm & ~0x70u) == 0 && imm != 0 &&", New: "(imm & ~0x70u) == 0 &&", Gate: verifier("0xd4")},
	{Name: "negation refused", File: verifyC, Old: "0x00, 0x4b, 0x00, 0x00, 0x51, 0x5e, 0x00, 0x52,", New: "0x00, 0x4b, 0x00, 0x00, 0x51, 0x5e, 0x00, 0x00,", Gate: verifier("0x87")},
	{Name: "entry point in a second slot", File: verifyC, Old: "if (!is_landing(img, *pc)) {", New: "if (*pc >= img->slots) {", Gate: verifier("entries and helpers")},
	{Name: "only the first helper has to be granted", File: verifyC, Old: "if (!contains(granted, n_granted, img->helpers[i])) {", New: "if (!contains(granted, n_granted, img->helpers[0])) {", Gate: verifier("entries and helpers")},
	{Name: "search reads behind the list", File: verifyC, Old: "if (list[--n] == id) {", New: "if (list[n--] == id) {", Gate: verifier("contains: finds")},
	{Name: "search misses the first", File: verifyC, Old: "    while (n != 0) {\n        if (list[--n]", New: "    while (n > 1) {\n        if (list[--n]", Gate: verifier("contains: finds")},
}

var openImage = proof("load", "loader-ilp32 femto_image_open")

// loader: what reads an image, and lays out an instance.
var loader = []Mutant{
	{Name: "image longer than the buffer", File: imageC, Old: "if (total < HEADER || total > len) {", New: "if (total < HEADER) {", Gate: openImage},
	{Name: "sum of two lengths wraps", File: imageC, Old: "img->bss_len > FEMTO_MAX_SEGMENT - img->data_len)", New: "img->data_len + img->bss_len > FEMTO_MAX_SEGMENT)", Gate: openImage},
	{Name: "call depth of 0", File: imageC, Old: "img->depth - 1u >= 32 ||", New: "img->depth > 32 ||", Gate: openImage},
	{Name: "empty text", File: imageC, Old: " text == 0 ||", New: "", Gate: openImage},
	{Name: "buffer aligned to 4", File: imageC, Old: "if (((uintptr_t)buf & 7) != 0) {", New: "if (((uintptr_t)buf & 3) != 0) {", Gate: openImage},
	{Name: "rodata over the text", File: imageC, Old: "img->rodata = buf + code + text;", New: "img->rodata = buf + code;", Gate: openImage},
	{Name: "text aligned to 4", File: imageC, Old: "pos = (pos + 7) & ~7u;", New: "pos = (pos + 3) & ~3u;", Gate: openImage},
	{Name: "two hooks of an entry", File: imageC, Old: "if ((entry & ~0x1ffu) != 0) {", New: "if ((entry & ~0x3ffu) != 0) {", Gate: openImage},
	{Name: "helpers read before they are known to be there", File: imageC, Old: "    pos += 2 * (uint32_t)img->n_helpers;\n    if (pos > total) {\n        return FEMTO_E_TRUNCATED;\n    }\n", New: "    pos += 2 * (uint32_t)img->n_helpers;\n", Gate: openImage},
	{Name: "code that does not fit a segment", File: imageC, Old: "if (text > FEMTO_MAX_SEGMENT ||", New: "if (text > 2u * FEMTO_MAX_SEGMENT ||", Gate: openImage},

	{Name: "padding that is not zero", File: imageC, Old: "if (buf[at] != 0) {", New: "if (buf[at] > 1) {", Gate: openImage},
	{Name: "last helper not looked at", File: imageC, Old: "for (uint32_t last = 0; at != pos; at += 2) {", New: "for (uint32_t last = 0; at + 2 < pos; at += 2) {", Gate: openImage},
	{Name: "helper named twice", File: imageC, Old: "if (id <= last) {", New: "if (id < last) {", Gate: openImage},
	{Name: "name that begins with a blank", File: imageC, Old: "if (buf[at] < '!' || buf[at] > '~') {", New: "if (buf[at] < ' ' || buf[at] > '~') {", Gate: openImage},
	{Name: "bytes that belong to no section", File: imageC, Old: "    if (pos != total) {\n        return pos > total ? FEMTO_E_TRUNCATED : FEMTO_E_TRAILING;\n    }\n", New: "    if (pos > total) {\n        return FEMTO_E_TRUNCATED;\n    }\n", Gate: openImage},
	{Name: "image that may run refused: 512 bytes of stack a frame", File: imageC, Old: "frame > 512 ||", New: "frame > 504 ||", Gate: openImage, Sample: true},
	{Name: "too short for too long", File: imageC, Old: "return pos > total ? FEMTO_E_TRUNCATED : FEMTO_E_TRAILING;", New: "return pos > total ? FEMTO_E_TRAILING : FEMTO_E_TRUNCATED;", Gate: openImage},

	{Name: "less RAM than needed", File: vmC, Old: "if (femto_image_ram(&c->image) > ram_len) {", New: "if (femto_image_ram(&c->image) > ram_len + 8) {", Gate: host("load", "femto_attach")},
	{Name: "RAM not counted: save area", File: vmC, Old: "return (uint32_t)sizeof(femto_frame_t) * (img->depth - 1u) + stack_len(img) +", New: "return stack_len(img) +", Gate: host("load", "femto_attach")},
	{Name: "stack and data overlap", File: vmC, Old: "    ram += stack_len(&c->image);\n", New: "", Gate: host("load", "femto_attach")},
	{Name: "save area a frame short", File: vmC, Old: "ram += sizeof(femto_frame_t) * (c->image.depth - 1u);", New: "ram += sizeof(femto_frame_t) * (c->image.depth - 1u) / 2;", Gate: host("load", "femto_attach")},
	{Name: "not verified when much is granted", File: vmC, Old: "    if (status == 0) {\n        status = femto_image_verify", New: "    if (status == 0 && n_granted < 1000) {\n        status = femto_image_verify", Gate: host("load", "femto_attach")},
}

// hosts: attached instances and what the host asks of a run.
var hosts = []Mutant{
	{Name: "reset: .bss over .data", File: vmC, Old: "    data += c->image.data_len;\n", New: "", Gate: host("load", "femto_reset")},
	{Name: "reset: a byte too many", File: vmC, Old: "i < c->image.bss_len;", New: "i <= c->image.bss_len;", Gate: host("load", "femto_reset")},
	{Name: "reset: last byte of .bss", File: vmC, Old: "i < c->image.bss_len;", New: "i + 1 < c->image.bss_len;", Gate: host("load", "femto_reset")},
	{Name: "reset: first byte of .data", File: vmC, Old: "for (uint32_t i = 0; i < c->image.data_len;", New: "for (uint32_t i = 1; i < c->image.data_len;", Gate: host("load", "femto_reset")},
	{Name: "attach: without reset", File: vmC, Old: "    femto_reset(c);\n    return 0;", New: "    return 0;", Gate: host("load", "femto_attach")},
	{Name: "attach: host's pointer not kept", File: vmC, Old: "    c->host = host;\n", New: "    c->host = ram;\n", Gate: host("load", "femto_attach")},
	{Name: "start: wrong context length", File: vmC, Old: "vm->r[2] = ctx_len;", New: "vm->r[2] = ctx_len - 1;", Gate: host("start", "femto_start")},
	{Name: "start: .rodata may be written", File: vmC, Old: "vm->writable_end[3] = 0;", New: "vm->writable_end[3] = rodata.end;", Gate: host("start", "femto_start")},
	{Name: "start: context too long", File: vmC, Old: "if (ctx_len > FEMTO_MAX_SEGMENT) {", New: "if (ctx_len > FEMTO_MAX_SEGMENT + 8) {", Gate: host("start", "femto_start")},
	{Name: "start: context writable", File: vmC, Old: "writable != 0 ? end : 0;", New: "writable >= 0 ? end : 0;", Gate: host("start", "femto_start")},
	{Name: "start: frames of the last run", File: vmC, Old: "    vm->level = 0;\n", New: "    vm->level = 1;\n", Gate: host("start", "femto_start")},
	{Name: "start: segment 6 mapped", File: vmC, Old: "vm->end[6] = 0;", New: "vm->end[6] = 0x6000010;", Gate: host("start", "femto_start")},
	{Name: "start: segment 7 mapped", File: vmC, Old: "vm->end[7] = 0;", New: "vm->end[7] = 0x7000010;", Gate: host("start", "femto_start")},
	{Name: "start: stack not zeroed", File: vmC, Old: "    if (left != 0) {\n        do {", New: "    if (left != 0 && writable > 100) {\n        do {", Gate: host("start", "femto_start without context")},
	{Name: "start: last word of the stack not zeroed", File: vmC, Old: "        } while (left != 0);", New: "        } while (left > 8);", Gate: host("start", "femto_start without context")},
	{Name: "start: half of the stack zeroed", File: vmC, Old: "            p += 8;\n", New: "            p += 4;\n", Gate: host("start", "femto_start")},
	{Name: "grant: segment 7", File: hostC, Old: "if ((segment != 5 && segment != 6) ||", New: "if ((segment != 5 && segment != 7) ||", Gate: host("start", "femto_grant")},
	{Name: "grant: always writable", File: hostC, Old: "writable != 0 ? span.end : 0;", New: "span.end;", Gate: host("start", "femto_grant")},
	{Name: "grant: too long", File: hostC, Old: "|| len > FEMTO_MAX_SEGMENT) {", New: "|| len > 0x1000000) {", Gate: host("start", "femto_grant")},
	{Name: "read: length not compared with what is left", File: hostC, Old: "if (addr >= end || len > end - addr) {", New: "if (addr >= end || len > end) {", Gate: host("start", "femto_read")},
	{Name: "read: start not compared with the end", File: hostC, Old: "if (addr >= end || len > end - addr) {", New: "if (len > end - addr) {", Gate: host("start", "femto_read")},
	{Name: "write: what may only be read", File: hostC, Old: "return locate(vm, addr, len, vm->writable_end[((addr >> 24u) & 7u)]);", New: "return locate(vm, addr, len, vm->end[((addr >> 24u) & 7u)]);", Gate: host("start", "femto_write"), Sample: true},
	{Name: "fuel left counts the last slot", File: coreH, Old: "(uint32_t)(uintptr_t)(vm->pc + 2));", New: "(uint32_t)(uintptr_t)vm->pc);", Gate: host("start", "femto_room")},
}

var sysC = core("femto_sys.c")

func stub(unit string) Gate { return proof("stubs", "stubs-ilp32 "+unit) }

// stubs: what checks the arguments of system calls.
var stubs = []Mutant{
	{Name: "stubs: one byte of the memory written is checked", File: sysC, Old: "a[i].out = femto_write(vm, r[i], a[i].len);", New: "a[i].out = femto_write(vm, r[i], 1);", Gate: stub("check 0x0003")},
	{Name: "stubs: length cut to 32 bits", File: sysC, Old: "a[i].len = len > UINT32_MAX ? UINT32_MAX : (uint32_t)len;", New: "a[i].len = (uint32_t)len;", Gate: stub("check 0x0003")},
	{Name: "stubs: short reads are not refused", File: sysC, Old: "if (a[i].in == NULL) {", New: "if (a[i].in == NULL && a[i].len > 8) {", Gate: stub("check 0x0005")},
	{Name: "stubs: string a byte too long", File: sysC, Old: "n != FEMTO_SYS_STRING;", New: "n != FEMTO_SYS_STRING + 1;", Gate: stub("string")},
	{Name: "stubs: only the first byte of a string checked", File: sysC, Old: "femto_read(vm, addr + n, 1);", New: "femto_read(vm, addr, 1);", Gate: stub("string")},
	{Name: "stubs: price that was not there", File: sysC, Old: "if (price > vm->room) {", New: "if (price > vm->room + 1) {", Gate: stub("femto_sys_call")},
	{Name: "stubs: price of a refused call kept", File: sysC, Old: "        vm->room += price;\n", New: "", Gate: stub("femto_sys_call")},
	{Name: "stubs: arguments of memcmp", File: sysC, Old: "do_memcmp(a[0].in, a[1].in, (uint32_t)r[3])", New: "do_memcmp(a[1].in, a[0].in, (uint32_t)r[3])", Gate: stub("dispatch 0x0005")},
	{Name: "stubs: memset of another length", File: sysC, Old: "do_memset(a[0].out, (int32_t)r[2], (uint32_t)r[3]);", New: "do_memset(a[0].out, (int32_t)r[2], (uint32_t)r[4]);", Gate: stub("dispatch 0x0003")},
}

// strange: C that means something else in some build, of which no goal can tell,
// so that package dialect has to.
var strange = []Mutant{
	{Name: "dialect: other code on one CPU", File: stepC, Old: "    case 2: /* mul */\n        dst = dst * src;\n        break;\n    case 4:", New: "    case 2: /* mul */\n#ifdef __ARM_ARCH_6M__\n        dst = dst + src;\n#else\n        dst = dst * src;\n#endif\n        break;\n    case 4:", N: 2, Gate: small("mul32_reg"), Sample: true},
	{Name: "dialect: a load whose result depends on no memory", File: stepC, Old: "static inline uint32_t femto_get32(const uint8_t *p)", New: "__attribute__((const)) static inline uint32_t femto_get32(const uint8_t *p)", Gate: small("ldxw")},
	{Name: "dialect: a call that may be left out", File: stepC, Old: "static inline uint16_t femto_enter(", New: "__attribute__((pure)) static inline uint16_t femto_enter(", Gate: small("call_local")},
	{Name: "dialect: pointers that do not overlap", File: stepC, Old: "const femto_word_t **pc, uint32_t *bound)", New: "const femto_word_t **__restrict pc, uint32_t *__restrict bound)", Gate: small("call_helper")},
	{Name: "dialect: packed frames", File: coreH, Old: "typedef struct FEMTO_MAY_ALIAS femto_frame {", New: "typedef struct __attribute__((__may_alias__, packed)) femto_frame {", Gate: small("call_local")},
	{Name: "dialect: words of 16 bits", File: coreH, Old: "typedef uint32_t FEMTO_MAY_ALIAS femto_word_t;", New: "typedef uint32_t FEMTO_MAY_ALIAS __attribute__((mode(SI))) femto_word_t;", Gate: small("ja")},
	{Name: "dialect: structs packed from here on", File: coreH, Old: "/** What a local call keeps", New: "#pragma pack(1)\n/** What a local call keeps", Gate: small("call_local")},
	{Name: "dialect: one register for two", File: core("femto_fast.h"), Old: "#define FEMTO_REG_VM    \"s1\"", New: "#define FEMTO_REG_VM    \"s0\"", Gate: small("ja")},
	{Name: "dialect: a register that a run changes unsaid", File: core("femto_fast.h"), Old: "FEMTO_REG_TABLE, FEMTO_REG_WIDE, \"r11\"", New: "FEMTO_REG_TABLE, FEMTO_REG_WIDE", Gate: small("ja")},
	{Name: "dialect: a run of which the compiler is not told", File: core("femto_fast_rest.c"), Old: "        status = femto_run(vm);\n        FEMTO_RUN_CHANGES_REGS;\n", New: "        status = femto_run(vm);\n", Gate: small("ja")},
	{Name: "regs: handler of another opcode", File: fastC, Old: "    op_add32_imm, op_ja, op_others, op_add64_imm,", New: "    op_add32_imm, op_ja, op_others, op_sub64_reg,", Gate: proof("step", "fast-regs-thumb2 add64_imm")},
	{Name: "dialect: a table that another file may replace", File: verifyC, Old: "const uint8_t femto_opcodes[256] = {", New: "__attribute__((weak)) const uint8_t femto_opcodes[256] = {", Gate: small("ja")},
	{Name: "dialect: a function that nothing is proved of", File: hostC, Old: "uint16_t femto_grant(", New: "uint8_t femto_peek(const uint8_t *p);\nuint8_t femto_peek(const uint8_t *p)\n{\n    return p[-1];\n}\n\nuint16_t femto_grant(", Gate: host("start", "femto_grant")},
	{Name: "dialect: a function of the C library by another name", File: stepC, Old: "#include <string.h>", New: "#include <string.h>\n#define memcpy(d, s, n) __builtin_memcpy(d, s, n)", Gate: small("ja")},
}
