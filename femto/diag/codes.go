// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package diag

// The codes, by area. Numbers are never reused; a code that is no longer given
// keeps its row.
const (
	IllegalInstruction Code = 2020
	BadTarget          Code = 2021
	UndeclaredHelper   Code = 2022
	FallsOff           Code = 2023
	BadEntry           Code = 2024
	NotGranted         Code = 2025

	BadAccess     Code = 3001
	OutOfFuel     Code = 3002
	CallDepth     Code = 3003
	IllegalOpcode Code = 3004
	UnknownHelper Code = 3005
)

// Table documents every code, in ascending order.
var Table = []Entry{
	{IllegalInstruction, "ILLEGAL_INSTRUCTION", "illegal instruction",
		"The slot is not an instruction of RFC 9669 that femtocontainer supports: the opcode is unassigned, a field that must be zero is not, a register is above r10, or r10 (the frame pointer) would be written. " +
			"The packet group and indirect calls (callx) are not supported. A wide instruction's second slot must be zero but for its immediate. " +
			"Compilers do not emit such slots; look for data in the text, a truncated file, or an assembler that disagrees with the RFC."},
	{BadTarget, "BAD_TARGET", "jump or call out of the text",
		"A jump or local call leads outside the text or into the second slot of a wide instruction. Offsets count 8-byte slots from the next instruction."},
	{UndeclaredHelper, "UNDECLARED_HELPER", "helper is not in the image's list",
		"A call names a helper that the image does not list among its imports. The linker writes this list; a hand-made image must list every helper it calls, in ascending order."},
	{FallsOff, "FALLS_OFF", "execution falls off the end of the text",
		"The last instruction is neither an exit nor an unconditional jump, or it is a wide instruction without its second slot, so that execution would leave the text."},
	{BadEntry, "BAD_ENTRY", "entry point is not an instruction",
		"An entry point lies outside the text or in the second slot of a wide instruction."},
	{NotGranted, "NOT_GRANTED", "helper is not granted",
		"The image imports a helper that the host or the tenant's contract does not grant. Remove the call, grant the capability in the contract, or build the module that offers the helper into the firmware."},

	{BadAccess, "BAD_ACCESS", "memory access outside the granted segments",
		"A load, store or atomic touched bytes outside every segment, or wrote to a read-only one. A guest address is a segment number (bits 31 to 24) and an offset: 1 stack, 2 .data and .bss, 3 .rodata (read-only), 4 context, 5 and 6 granted by the host. " +
			"Nothing was changed. Usual causes: a null pointer, an index past the end of an array or of the context, a local array larger than the declared stack."},
	{OutOfFuel, "OUT_OF_FUEL", "out of fuel",
		"The activation used up its fuel, which counts executed 8-byte slots and the price of system calls. A loop that does not end, or a limit that is too low for the work."},
	{CallDepth, "CALL_DEPTH", "too many nested calls",
		"A local call would exceed the call depth that the image declares. The linker computes the depth from the call graph; recursion is bounded by its default or by --depth."},
	{IllegalOpcode, "ILLEGAL_OPCODE", "illegal instruction at run time",
		"The engine met a slot that the verifier refuses. It cannot happen to a verified image whose text does not change: look for flash or RAM that was overwritten."},
	{UnknownHelper, "UNKNOWN_HELPER", "helper is not there",
		"The host does not offer the helper that was called. It cannot happen to an image that was attached with the host's list of helpers."},
}
