// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package diag

// The codes, by area. Numbers are never reused; a code that is no longer given
// keeps its row.
const (
	BadMagic       Code = 2001
	BadVersion     Code = 2002
	Truncated      Code = 2003
	Trailing       Code = 2004
	BadHeader      Code = 2005
	SectionTooLong Code = 2006
	BadEntryRecord Code = 2007
	BadHelperList  Code = 2008
	BadPadding     Code = 2009

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
	{BadMagic, "BAD_MAGIC", "not a femtocontainer image",
		"The file does not begin with 7f 46 43. An ELF object has to be linked (femto link), an image of the earlier rBPF format converted (femto convert)."},
	{BadVersion, "BAD_VERSION", "unknown image version",
		"The image was made for another version of the format. Build it again with the tools that belong to the firmware."},
	{Truncated, "TRUNCATED", "image is too short",
		"A section is longer than what is left of the file: the file was cut off, or its lengths are wrong."},
	{Trailing, "TRAILING", "bytes that belong to no section",
		"The file has more bytes than its lengths account for. Only one signature, of the length that the header gives, may follow the signed part."},
	{BadHeader, "BAD_HEADER", "impossible value in the header",
		"Frame size (a multiple of 8 up to 512), call depth (1 to 32), number of entry points (at least 1), length of the text (a positive multiple of 8) or flags (none are defined) has a value that the format does not allow."},
	{SectionTooLong, "SECTION_TOO_LONG", "section does not fit a segment",
		"Text, rodata, or data and bss together are longer than the 16777208 bytes that a guest address can reach in one segment."},
	{BadEntryRecord, "BAD_ENTRY_RECORD", "malformed entry point",
		"An entry point's record has flags that are not defined, or its name has characters other than graphic ASCII."},
	{BadHelperList, "BAD_HELPER_LIST", "malformed helper list",
		"The list of imported helpers must ascend strictly and not contain 0."},
	{BadPadding, "BAD_PADDING", "padding is not zero",
		"The bytes that align the text to 8 must be zero, so that an image has one encoding only."},
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
