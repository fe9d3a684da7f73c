// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package diag

// The codes, by area. Numbers are never reused; a code that is no longer given
// keeps its row.
const (
	BadObject          Code = 1001
	UndefinedSymbol    Code = 1002
	DuplicateSymbol    Code = 1003
	FunctionAddress    Code = 1004
	IndirectCall       Code = 1005
	BadRelocation      Code = 1006
	BadFunction        Code = 1007
	StackTooLarge      Code = 1008
	CallsTooDeep       Code = 1009
	NoEntry            Code = 1010
	BadHook            Code = 1011
	BadOption          Code = 1012
	TooMany            Code = 1013
	UnsupportedSection Code = 1014
	Recursion          Code = 1015
	NoSourceLines      Code = 1016
	NotAnEntry         Code = 1017

	NoCompiler      Code = 1030
	CompileError    Code = 1031
	CompilerLibrary Code = 1032
	SignedDivision  Code = 1033
	TooManyArgs     Code = 1034
	FloatingPoint   Code = 1035
	Unsupported     Code = 1036
	CompilerWarning Code = 1037

	BadRBPF Code = 1050

	BadSyntax    Code = 1060
	BadLabel     Code = 1061
	OutOfRange   Code = 1062
	BadDirective Code = 1063
	NoText       Code = 1064

	ContractSyntax     Code = 1100
	ContractUnknownKey Code = 1101
	ContractMissingKey Code = 1102
	ContractType       Code = 1103
	ContractRange      Code = 1104
	ContractDuplicate  Code = 1105
	ContractUndefined  Code = 1106
	ContractBadKey     Code = 1107
	ContractBadName    Code = 1108
	ContractConflict   Code = 1109
	ContractRefuses    Code = 1110

	BadMagic       Code = 2001
	BadVersion     Code = 2002
	Truncated      Code = 2003
	Trailing       Code = 2004
	BadHeader      Code = 2005
	SectionTooLong Code = 2006
	BadEntryRecord Code = 2007
	BadHelperList  Code = 2008
	BadPadding     Code = 2009
	Misaligned     Code = 2010
	NoRAM          Code = 2011

	IllegalInstruction Code = 2020
	BadTarget          Code = 2021
	UndeclaredHelper   Code = 2022
	FallsOff           Code = 2023
	BadEntry           Code = 2024
	NotGranted         Code = 2025

	NoContainer       Code = 2040
	NoHook            Code = 2041
	HookRefuses       Code = 2042
	HookFull          Code = 2043
	NoHookEntry       Code = 2044
	TooManyContainers Code = 2045
	WrongState        Code = 2046
	NoThread          Code = 2047

	BadAccess     Code = 3001
	OutOfFuel     Code = 3002
	CallDepth     Code = 3003
	IllegalOpcode Code = 3004
	UnknownHelper Code = 3005
	BadGrant      Code = 3006
	StringTooLong Code = 3007
	BadFormat     Code = 3008

	BadURL            Code = 4001
	Busy              Code = 4002
	FetchFailed       Code = 4003
	TooLong           Code = 4004
	BadManifest       Code = 4005
	ManifestSignature Code = 4006
	OperatorRevoked   Code = 4007
	WrongVendor       Code = 4008
	WrongClass        Code = 4009
	WrongDevice       Code = 4010
	BadComponent      Code = 4011
	UnknownHook       Code = 4012
	UnknownSlot       Code = 4013
	OldSequence       Code = 4014
	WrongSize         Code = 4015
	WrongDigest       Code = 4016
	Unsigned          Code = 4017
	ImageSignature    Code = 4018
	UnknownKey        Code = 4019
	KeyRevoked        Code = 4020
	TenantRefused     Code = 4021
	SlotQuota         Code = 4022
	StorageFull       Code = 4023
	StorageError      Code = 4024
	BadRecord         Code = 4025
	AttachRefused     Code = 4026
	BadRevocation     Code = 4027
	NotAuthenticated  Code = 4028
	BadRequest        Code = 4029
	NoStore           Code = 4030
	NoKey             Code = 4031
	StoreFull         Code = 4032
	ValueTooLong      Code = 4033

	BadKeyFile  Code = 4050
	OpenKeyFile Code = 4051
	BadEnvelope Code = 4053
	NoAnswer    Code = 4054
	NotAdmitted Code = 4055
	BadAnswer   Code = 4056
	NoVerdict   Code = 4057
	NotServed   Code = 4058
	NotThere    Code = 4059
)

// Table documents every code, in ascending order.
var Table = []Entry{
	{BadObject, "BAD_OBJECT", "not a BPF object file",
		"The linker reads what clang -target bpf -c and bpf-gcc -c write: ELF, 64 bits, little endian, relocatable, machine BPF, not compressed. " +
			"The file is something else, was made for another machine (-target bpf is missing), or is damaged."},
	{UndefinedSymbol, "UNDEFINED_SYMBOL", "undefined symbol",
		"A function that the container can reach uses a symbol that no object defines and that is not a system call. " +
			"Define it, link the object that has it, or check the spelling against <femto.h>. Names with two leading underscores, such as __divdi3, are library functions that the compiler " +
			"inserts for operations the machine does not have (floating point, 128-bit division, gcc's signed division); rewrite that operation."},
	{DuplicateSymbol, "DUPLICATE_SYMBOL", "symbol is defined twice",
		"Two objects define the same global name. Make one of them static, or rename it."},
	{FunctionAddress, "FUNCTION_ADDRESS", "address of a function is taken",
		"Function pointers do not exist in a container: there is no instruction that calls through one. Call the function by name, with a switch where the choice is made at run time."},
	{IndirectCall, "INDIRECT_CALL", "call through a pointer",
		"The compiler made an indirect call (callx), which containers cannot make. Call the function by name, with a switch where the choice is made at run time."},
	{BadRelocation, "BAD_RELOCATION", "relocation cannot be applied",
		"The object asks for an address to be filled in, in a way or at a place that the linker does not know. Compilers do not do this for C; inline assembly and damaged objects can."},
	{BadFunction, "BAD_FUNCTION", "function is not self-contained",
		"A function's code does not stand on its own: it jumps out of itself, overlaps another, is not a whole number of instructions, or a call goes into the middle of one. " +
			"In assembly, declare each function with .type name,@function and .size."},
	{StackTooLarge, "STACK_TOO_LARGE", "function needs too much stack",
		"A function's local variables need more than the 512 bytes that a frame can have. Make large buffers static, or pass them in from the host."},
	{CallsTooDeep, "CALLS_TOO_DEEP", "functions call each other too deeply",
		"The longest chain of calls has more than the 32 frames that an image can declare. Let the compiler inline small functions, or bound the depth with --depth."},
	{NoEntry, "NO_ENTRY", "no such entry point",
		"An image needs at least one function that the host can call: a global function in a section of its own (SEC(\"name\")), or else a global function that no other calls, or the ones named with --entry."},
	{BadHook, "BAD_HOOK", "malformed hook section",
		"The section hook/NAME binds a function to a hook. NAME is the name the firmware gives the hook, or its UUID, such as hook/123e4567-e89b-12d3-a456-426614174000."},
	{BadOption, "BAD_OPTION", "option out of range",
		"A stack frame is a multiple of 8 bytes up to 512; the call depth is 1 to 32."},
	{TooMany, "TOO_MANY", "too many entry points or helpers",
		"An image has at most 255 entry points and imports at most 255 different system calls. Split it, or make functions static that the host need not call."},
	{UnsupportedSection, "UNSUPPORTED_SECTION", "data in a section that a container does not have",
		"Code refers to data that is neither initialised, zero nor constant: BPF maps (.maps), thread-local variables, or sections that are not part of the program. Use plain variables; for data shared with others use the key-value system calls."},
	{Recursion, "RECURSION", "functions call each other in a circle",
		"A warning: the depth of a recursion cannot be computed, so the image gets a bound. A call beyond it faults. Set the bound with --depth, or write a loop."},
	{NoSourceLines, "NO_SOURCE_LINES", "no source lines",
		"A warning: the object's BTF could not be read, so diagnostics will not name C lines. Objects without BTF are taken without a warning."},
	{NotAnEntry, "NOT_AN_ENTRY", "function is left out of the image",
		"Where functions with SEC(\"name\") stand, they are the entry points, and a global function without a section that no other calls can never run. Give it a SEC, name it with --entry, or make it static."},

	{NoCompiler, "NO_COMPILER", "no clang that can compile for BPF",
		"femto build runs clang, version 14 or newer, with the BPF target. On Debian and Ubuntu: apt-get install clang. Another compiler is chosen with --clang."},
	{CompileError, "COMPILE_ERROR", "compiler reported an error",
		"The C source has an error. The message is the compiler's own."},
	{CompilerLibrary, "COMPILER_LIBRARY", "compiler needs a library function",
		"The compiler turned a large copy or initialisation into a call of memcpy, memset or the like, which it cannot call for BPF by itself. " +
			"Call the one of <femto.h>, copy or clear in a loop (femto build keeps loops as loops), make the structure smaller, or make the variable static."},
	{SignedDivision, "SIGNED_DIVISION", "signed division needs -mcpu=v4",
		"BPF before version 4 has no signed division. Use unsigned operands, or clang 18 or newer, which femto build calls with -mcpu=v4 by default."},
	{TooManyArgs, "TOO_MANY_ARGS", "more than five arguments",
		"Arguments are passed in r1 to r5 only. Pass a pointer to a structure, or make the function static and small enough to be inlined."},
	{FloatingPoint, "FLOATING_POINT", "floating point",
		"BPF has no floating point. Use integers, scaled where fractions matter."},
	{Unsupported, "UNSUPPORTED", "C feature that BPF does not have",
		"Functions with variable arguments, structures returned by value that do not fit a register, arrays whose length is not constant, and some atomic operations cannot be compiled to BPF."},
	{CompilerWarning, "COMPILER_WARNING", "compiler warned",
		"The C source is dubious. The message is the compiler's own."},

	{BadRBPF, "BAD_RBPF", "not an image of the earlier rBPF format",
		"femto convert reads the format of the earlier Femto-Container tools: a header of 28 bytes that begins with rBPF, data, rodata, text and a table of functions. The file is something else, is damaged, or has compressed text, which is not supported."},

	{BadSyntax, "BAD_SYNTAX", "line of assembly cannot be read",
		"The line is neither a label, nor a directive, nor an instruction in LLVM's BPF syntax (r1 += 2) or in the mnemonics of uBPF (add64 r1, 2). The column is where reading failed."},
	{BadLabel, "BAD_LABEL", "label is missing, defined twice, or of the wrong kind",
		"A jump or local call needs a label in the text with an instruction behind it, r1 = NAME ll a label in .data, .bss or .rodata. A label is defined once in a file."},
	{OutOfRange, "OUT_OF_RANGE", "value does not fit its field",
		"Immediates have 32 bits (decimal from -2147483648 to 2147483647, or hexadecimal up to 0xffffffff), offsets and the distances of goto 16 bits, those of gotol and call 32 bits, and rN = VALUE ll has 64."},
	{BadDirective, "BAD_DIRECTIVE", "directive cannot be used in this way",
		"The directive is unknown, has operands that it cannot have, or stands in a section where it makes no sense, such as initial values in .bss."},
	{NoText, "NO_TEXT", "no instructions",
		"The file has no instruction, so there is nothing to run. If all of it was commented out: a semicolon begins a comment."},

	{ContractSyntax, "CONTRACT_SYNTAX", "contract is not TOML",
		"A contract is a TOML file (https://toml.io) of at most 1 MiB. Nothing else is checked before it is one."},
	{ContractUnknownKey, "CONTRACT_UNKNOWN_KEY", "unknown key in a contract",
		"A contract can only have the keys that docs/contracts.md lists, so that a misspelt limit is not taken for none."},
	{ContractMissingKey, "CONTRACT_MISSING_KEY", "contract lacks something",
		"A key that has no default, a tenant or a hook is missing."},
	{ContractType, "CONTRACT_TYPE", "value of the wrong type in a contract",
		"The key takes another type of value: numbers are whole and without quotes, names stand in quotes, several of them in brackets."},
	{ContractRange, "CONTRACT_RANGE", "value out of range in a contract",
		"The number is below or above what the firmware can hold, or a list is empty or too long."},
	{ContractDuplicate, "CONTRACT_DUPLICATE", "something is twice in a contract",
		"A key, a table, a name in a list, a public key or a hook's UUID is there twice, or two names would be the same in C. A public key belongs to one tenant only, because it tells whose an image is."},
	{ContractUndefined, "CONTRACT_UNDEFINED", "contract does not define this",
		"A hook names a tenant that the contract does not define, or there is no such hook, capability or policy."},
	{ContractBadKey, "CONTRACT_BAD_KEY", "not an Ed25519 public key",
		"A public key is 64 hex digits, base64 of 32 bytes, or the path of a PEM file as openssl pkey -pubout writes it. It has to be a point of the curve, and not one of the few for which anybody can sign."},
	{ContractBadName, "CONTRACT_BAD_NAME", "name that a tenant or hook cannot have",
		"A tenant's name is a lower-case letter and up to 30 lower-case letters, digits and -. A hook's is up to 63 letters, digits and -_./: or a UUID."},
	{ContractConflict, "CONTRACT_CONFLICT", "contract contradicts itself",
		"Two statements cannot both be meant, such as a capability to print with a quota of no output, or more fuel for an activation than the tenant ever has."},
	{ContractRefuses, "CONTRACT_REFUSES", "contract does not let the tenant use the hook",
		"The tenant is not among the hook's tenants, so none of its containers can be attached there. The owner of the firmware decides this in the contract."},

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
		"The bytes that align the text to 8 must be zero, so that an image has one encoding only."}, {Misaligned, "MISALIGNED", "buffer is not aligned to 8 bytes",
		"The device keeps an image, and the RAM of a container, at addresses that are multiples of 8. Declare the buffer with _Alignas(8) or let the build embed it."},
	{NoRAM, "NO_RAM", "not enough RAM for the container",
		"Stack (frame size times call depth), saved frames (40 bytes for each call level), .data and .bss together exceed the RAM that the host gives. femto inspect prints what an image needs."},

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
		"An entry point lies outside the text or in the second slot of a wide instruction. In a firmware: femto_container_run was called with a slot that is no entry point of its container, " +
			"such as one of another container's header, or before the container was loaded."},
	{NotGranted, "NOT_GRANTED", "helper is not granted",
		"The image imports a helper that the host or the tenant's contract does not grant. Remove the call, grant the capability in the contract, or build the module that offers the helper into the firmware."},

	{NoContainer, "NO_CONTAINER", "there is no such container",
		"No container has this id: it was never installed, or was removed. fc list shows all."},
	{NoHook, "NO_HOOK", "firmware does not have the hook",
		"The contract has a hook of this name, but the firmware defines none: FEMTO_HOOK(var, FEMTO_HOOK_NAME) is missing, or the module that has it."},
	{HookRefuses, "HOOK_REFUSES", "tenant may not use the hook",
		"The contract does not name the container's tenant under tenants of the hook."},
	{HookFull, "HOOK_FULL", "hook has all the containers it may have",
		"As many containers are attached to the hook as the contract allows, which is one with policy single. Detach one, replace one, or raise containers in the contract."},
	{NoHookEntry, "NO_HOOK_ENTRY", "image has no entry point for the hook",
		"The image binds none of its entry points to this hook, and it does not have exactly one that it binds to no hook. Name the hook in the source: SEC(\"hook/NAME\")."},
	{TooManyContainers, "TOO_MANY_CONTAINERS", "no room for another container",
		"The firmware has room for a number of installed containers, CONFIG_FEMTOCONTAINER_CONTAINERS, and it is used up. Remove one."},
	{WrongState, "WRONG_STATE", "container is not in a state for that",
		"What was asked for needs a container that is attached, or one that is not, and this one is the other. Or a container asked for a change of the hook that it runs on."},
	{NoThread, "NO_THREAD", "no thread for the container",
		"The hook gives each container a thread of its own, and the tenant has used up its quota of threads, or the firmware lacks the module femtocontainer_threads."},

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
	{BadGrant, "BAD_GRANT", "segment cannot be granted",
		"The host tried to map a segment other than 5 and 6, or a buffer or context longer than 16777208 bytes."},
	{StringTooLong, "STRING_TOO_LONG", "string argument is not terminated in time",
		"A string that is passed to a system call may have at most 255 characters before its terminating zero. Usual causes: the zero is missing, or a buffer of bytes was passed as a string."},
	{BadFormat, "BAD_FORMAT", "format string with a conversion that is not allowed",
		"printf and log_write know %d %i %u %x %X %c %s %p and %%, with l or ll for 64-bit numbers, the flags - and 0, and a width up to 64; %n and precision are refused, and so are more conversions than there are arguments (4 for printf, 3 for log_write). Nothing was printed."},

	{BadURL, "BAD_URL", "URL that the device does not follow",
		"The URL of a manifest or an image has to be 1 to 127 characters of ASCII, begin with coap:// or coaps://, and begin with the prefix that the firmware demands, if it does."},
	{Busy, "BUSY", "another job runs",
		"The device does one job at a time and was asked for another one. Nothing was changed; ask again when the job has ended, which femto device slots shows."},
	{FetchFailed, "FETCH_FAILED", "file could not be fetched",
		"The server did not answer, does not have the file, or stopped in the middle. Check that the device can reach the address in the URL (femto deploy --serve sets it) and that a firewall lets UDP pass. What was installed before runs on."},
	{TooLong, "TOO_LONG", "file is longer than what fits",
		"The manifest is longer than the device's buffer, the image longer than its slots, or the server sends more than the manifest announces. Nothing was changed."},
	{BadManifest, "BAD_MANIFEST", "manifest does not have the shape that devices take",
		"A device takes exactly one shape of SUIT manifest (docs/deployment.md): shortest encodings, keys in order, nothing else. The place is the offset in the file. Make manifests with femto manifest; femto inspect shows what is in one."},
	{ManifestSignature, "MANIFEST_SIGNATURE", "manifest is not signed by an operator of the device",
		"None of the operators' keys in the firmware verifies the signature: it was made with another key, or the manifest was changed after it was signed. Nothing was changed."},
	{OperatorRevoked, "OPERATOR_REVOKED", "operator's key is revoked",
		"The manifest is signed with an operator's key that was revoked on this device. Sign with another one; taking a revocation back is a firmware update."},
	{WrongVendor, "WRONG_VENDOR", "manifest is for devices of another vendor",
		"The vendor in the manifest is not the device's. femto device slots prints the device's."},
	{WrongClass, "WRONG_CLASS", "manifest is for another class of devices",
		"The class in the manifest is not the device's, which consists of product and board. femto device slots prints it; femto deploy reads it from the device."},
	{WrongDevice, "WRONG_DEVICE", "manifest is for another device",
		"The manifest is bound to one device, and this is another. Make one for this device, or an unbound one for all devices of the class."},
	{BadComponent, "BAD_COMPONENT", "component name is not allowed",
		"A component is fc, the hook, the slot, and perhaps 16 hex digits of a device, or fc, revoked; a hook with slashes in its name is a part for each piece. Its parts, at most 8, are of a-z, 0-9 and -, and together, with a dot before each, at most 31 characters unless the firmware has room for more."},
	{UnknownHook, "UNKNOWN_HOOK", "device has no such hook",
		"The firmware has no hook of this name that takes containers from the network. femto device slots lists those that do."},
	{UnknownSlot, "UNKNOWN_SLOT", "hook has no such slot",
		"Slots are numbered from 0. femto device slots prints how many a hook has."},
	{OldSequence, "OLD_SEQUENCE", "sequence number is not newer",
		"The device has done a manifest with this number or a greater one for the slot. That protects against old manifests that are sent again, also after a removal or a restart. Make a new manifest."},
	{WrongSize, "WRONG_SIZE", "image does not have the size in the manifest",
		"The server's file is shorter than the manifest says: it was cut off, or replaced after the manifest was made."},
	{WrongDigest, "WRONG_DIGEST", "image does not have the digest in the manifest",
		"The file is not the one that the manifest was made for, or was changed on the way. What was installed before runs on."},
	{Unsigned, "UNSIGNED", "image is not signed",
		"A device takes only images that a tenant signed: femto sign."},
	{ImageSignature, "IMAGE_SIGNATURE", "signature of the image is not valid",
		"The signature is not in the one form that devices take (docs/deployment.md), or the image was changed after it was signed. Sign it again with femto sign."},
	{UnknownKey, "UNKNOWN_KEY", "image is signed by a key that is not known here",
		"No tenant of the firmware's contract has this key. Sign with a tenant's key, or add the key to the contract, which is a firmware update."},
	{KeyRevoked, "KEY_REVOKED", "tenant's key is revoked",
		"The image is signed with a key that was revoked on this device. Its containers are detached, and none is installed any more."},
	{TenantRefused, "TENANT_REFUSED", "tenant may not use the hook",
		"The contract of the firmware does not let the tenant that signed the image attach containers to this hook."},
	{SlotQuota, "SLOT_QUOTA", "tenant has no slot left",
		"The tenant has as many images installed as its quota in the contract allows. Remove one: femto device rm."},
	{StorageFull, "STORAGE_FULL", "no room for the image",
		"The device's flash or RAM for images is full. Remove another image first. What was installed before runs on."},
	{StorageError, "STORAGE_ERROR", "flash could not be read or written",
		"The file system or the flash reported an error, whose number is the place. What was installed before is unchanged; if it happens again, the flash is worn out or was not formatted."},
	{BadRecord, "BAD_RECORD", "what is stored for the slot is damaged",
		"At boot the device found a slot whose record cannot be read or whose image does not match it. The slot is not attached; install again."},
	{AttachRefused, "ATTACH_REFUSED", "no room for another container",
		"The image is fine and stored, but the firmware already has as many containers as it was built for. It waits in its slot: it is attached at the next boot, or when it is sent again with a greater sequence number after a container was removed."},
	{BadRevocation, "BAD_REVOCATION", "not a list of keys to revoke",
		"The payload of a manifest for fc/revoked is a CBOR list of 1 to 32 key ids of 8 bytes each, and the device has to have room for them. Nothing was revoked."},
	{NotAuthenticated, "NOT_AUTHENTICATED", "request came without authentication",
		"What changes the device is taken over CoAPs only, with the device's pre-shared key. Use coaps:// and --psk."},
	{BadRequest, "BAD_REQUEST", "malformed request",
		"The device could not read the request. This happens when femto and firmware are of different versions."},
	{NoStore, "NO_STORE", "device has no such store",
		"There is no container or tenant with this number, or the firmware was built without femtocontainer_kv. femto device list shows the containers, femto device info the tenants."},
	{NoKey, "NO_KEY", "store has no such key",
		"There is nothing to delete: nobody set the key, or a container deleted it."},
	{StoreFull, "STORE_FULL", "no room in the store",
		"The tenant's entries or bytes are used up; the contract has its quota (kv_entries, kv_bytes), femto device stats what it uses. Delete entries that are not needed."},
	{ValueTooLong, "VALUE_TOO_LONG", "value is longer than stores take",
		"The firmware sets the longest value with CONFIG_FEMTOCONTAINER_KV_VALUE. Nothing was changed."},

	{BadKeyFile, "BAD_KEY_FILE", "not a key file",
		"A signing key is a PEM file with one Ed25519 private key in PKCS#8 form, not encrypted, as femto keygen writes it; a pre-shared key is a file with one line IDENTITY:HEX."},
	{OpenKeyFile, "OPEN_KEY_FILE", "key file can be read by others",
		"The file has a secret and may be read or written by its owner only. If nobody else read it so far: chmod 600 FILE. Otherwise make a new key."},
	{BadEnvelope, "BAD_ENVELOPE", "not a SUIT manifest that femto reads",
		"The file is not a SUIT envelope of draft-ietf-suit-manifest-09 as RIOT has it, nor one of draft 34, or uses parts of SUIT that femtocontainer does not."},
	{NoAnswer, "NO_ANSWER", "device does not answer",
		"No answer came in time: the address is wrong, the device is down, the network loses too much, or the device does not listen on that port (CoAP 5683, CoAPs 5684)."},
	{NotAdmitted, "NOT_ADMITTED", "device did not accept the pre-shared key",
		"The DTLS handshake failed. Check identity and key of --psk against what is built into the firmware."},
	{BadAnswer, "BAD_ANSWER", "device's answer makes no sense",
		"The answer is not what docs/deployment.cddl describes: it is no femtocontainer device, its firmware was built without femtocontainer_suit, or it is of another version."},
	{NoVerdict, "NO_VERDICT", "job did not end in time",
		"The device took the job, but did not report how it ended in the time that was given (--timeout). It may still end; femto device slots tells."},
	{NotServed, "NOT_SERVED", "file cannot be served",
		"A CoAP server for the file could not be started: the address is in use or not of this machine, or no address was found under which the device could reach it (--serve)."},
	{NotThere, "NOT_THERE", "device has no such thing",
		"The device has no container, hook or tenant with this number, or its firmware was built without femtocontainer_views. femto device list shows the containers."},
}
