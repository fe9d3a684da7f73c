// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package attacks

import (
	"encoding/binary"

	"github.com/femtocontainer/femtocontainer/femto/diag"
	"github.com/femtocontainer/femtocontainer/femto/image"
	"github.com/femtocontainer/femtocontainer/femto/isa"
)

// Corpus lists every attack that is an image. Its rows 1 to 13 and 15 are the
// defects of the engine, verifier and loader.
func Corpus() []Attack {
	var out []Attack
	for _, f := range []func() []Attack{
		wideSlots, sections, headers, textEnds, division, sizes, jumpRange, addresses, localCalls, semantics, budget, edges,
		helperArguments,
		loader, stack,
	} {
		out = append(out, f()...)
	}
	return out
}

// Defect 1: jump into the second slot of a wide instruction.
func wideSlots() []Attack {
	wide := ".quad 0x18\n.quad 0xff00000000\n" // the second slot's immediate is free
	bad := ".quad 0x18\n.quad 0xfbf\n"         // and nothing else is
	return []Attack{
		program(1, "jump into a wide instruction", "goto +1\n"+wide+"exit", refused(diag.BadTarget, 0)),
		program(1, "conditional jump into a wide instruction", "if r1 == 0 goto +1\n"+wide+"exit", refused(diag.BadTarget, 0)),
		program(1, "long jump into a wide instruction", "gotol +1\n"+wide+"exit", refused(diag.BadTarget, 0)),
		program(1, "jump back into a wide instruction", wide+"goto -2\nexit", refused(diag.BadTarget, 2)),
		program(1, "call into a wide instruction", ".depth 2\ncall +2\nexit\n"+wide+"exit", refused(diag.BadTarget, 0)),
		program(1, "entry in a wide instruction", ".entry 1, \"main\"\n"+wide+"exit", refused(diag.BadEntry, 1)),
		program(1, "code in the second slot", "goto +1\n"+bad+"exit", refused(diag.BadTarget, 0)),
		program(1, "code in the second slot, not jumped to", bad+"exit", refused(diag.IllegalInstruction, 1)),
		program(1, "registers above r10", ".quad 0xfbf\nexit", refused(diag.IllegalInstruction, 0)),
		program(1, "source register 15", ".quad 0xf0bf\nexit", refused(diag.IllegalInstruction, 0)),
		program(1, "behind a wide instruction", "goto +2\n"+wide+"r0 = 5\nexit", result(5)),
		program(1, "a wide instruction of wide opcodes", ".quad 0x1800000018\n.quad 0x1800000000\nexit", result(0x1800000018)),
	}
}

// Defect 2: sections located from the wrong header size. The header varies in
// length with entries, hooks and helpers.
func sections() []Attack {
	var out []Attack
	for _, c := range []struct {
		name           string
		entries, hooks int
		helpers        int
	}{{"1 entry", 1, 0, 0}, {"3 entries, 2 hooks", 3, 2, 0}, {"1 entry, 3 helpers", 1, 0, 3}, {"2 entries, 1 hook, 2 helpers", 2, 1, 2}, {"255 entries and hooks", 255, 255, 1}} {
		img := assemble(`
	r1 = one ll
	r2 = two ll
	r3 = zero ll
	r0 = *(u8 *)(r1 + 0)
	r4 = *(u8 *)(r1 + 4)
	r0 <<= 8
	r0 |= r4
	r4 = *(u8 *)(r2 + 2)
	r0 <<= 8
	r0 |= r4
	r4 = *(u8 *)(r3 + 3)
	r0 <<= 8
	r0 |= r4
	exit
	.rodata
one: .byte 0x11, 0, 0, 0, 0x15
	.data
two: .byte 0x20, 0x21, 0x22
	.bss
zero: .zero 4`)
		img.Entries = nil
		for i := range c.entries {
			e := image.Entry{Name: string(rune('a' + i%26))}
			if i < c.hooks {
				e.Hook = &[16]byte{1, 2, 3}
			}
			img.Entries = append(img.Entries, e)
		}
		for i := range c.helpers {
			img.Helpers = append(img.Helpers, uint16(i)+1)
		}
		out = append(out, Attack{Name: "sections behind " + c.name, Defect: 2, Image: encode(img), Fuel: defaultFuel, Want: result(0x11152200)})
	}
	return out
}

// Defect 3: header lengths unchecked, and sums of lengths that wrap.
func headers() []Attack {
	good := encode(assemble("r0 = 0\nexit\n.rodata\n.byte 1\n.data\n.byte 2\n.bss\n.zero 8"))
	attack := func(name string, b []byte, code diag.Code) Attack {
		return Attack{Name: name, Defect: 3, Image: b, Fuel: defaultFuel, Want: refused(code, 0)}
	}
	const huge = 0xfffffff0
	return []Attack{
		{Name: "the header as it should be", Defect: 3, Image: good, Fuel: defaultFuel, Want: result(0)},
		attack("data of 4 GiB", patch(good, atData, huge), diag.SectionTooLong),
		attack("bss of 4 GiB", patch(good, atBSS, huge), diag.SectionTooLong),
		attack("rodata of 4 GiB", patch(good, atROData, huge), diag.SectionTooLong),
		attack("text of 4 GiB", patch(good, atText, huge), diag.SectionTooLong),
		attack("total of 4 GiB", patch(good, atTotal, huge), diag.Truncated),
		attack("data and bss that wrap together", patch(patch(good, atData, 0x80000000), atBSS, 0x80000000), diag.SectionTooLong),
		attack("data and bss over a segment together", patch(good, atBSS, isa.MaxSegment), diag.SectionTooLong),
		attack("text and rodata that wrap together", patch(patch(good, atText, 0x80000000), atROData, 0x80000000), diag.SectionTooLong),
		attack("rodata longer than the file", patch(good, atROData, isa.MaxSegment), diag.Truncated),
		attack("one byte of rodata too many", patch(good, atROData, 5+2), diag.Truncated),
		attack("total shorter than the header", patch(good, atTotal, 31), diag.Truncated),
		attack("total of 0", patch(good, atTotal, 0), diag.Truncated),
		attack("total one short", patch(good, atTotal, uint32(len(good)-1)), diag.Trailing),
		attack("a byte too many", append(append([]byte(nil), good...), 0), diag.Trailing),
		attack("signature of 65535 bytes that are not there", patch(good, 8, 0xffff), diag.Trailing),
		attack("text of 12 bytes", patch(good, atText, 12), diag.BadHeader),
		attack("text of 1 byte", patch(good, atText, 1), diag.BadHeader),
	}
}

// Defect 4: no text, or a wide instruction at its end.
func textEnds() []Attack {
	good := encode(assemble("r0 = 0\nexit"))
	return []Attack{
		{Name: "no text", Defect: 4, Image: patch(good, atText, 0), Fuel: defaultFuel, Want: refused(diag.BadHeader, 0)},
		program(4, "a wide instruction cut in half", "exit\n.quad 0x18", refused(diag.FallsOff, 1)),
		program(4, "a wide instruction with exit inside", ".quad 0x18\n.quad 0x95", refused(diag.IllegalInstruction, 1)),
		program(4, "a wide instruction at the end", "r0 = 1 ll", refused(diag.FallsOff, 0)),
		program(4, "an addition at the end", "r0 = 1", refused(diag.FallsOff, 0)),
		program(4, "a helper call at the end", "call 1", refused(diag.FallsOff, 0)),
		program(4, "a local call at the end", ".depth 2\nexit\ncall -2", refused(diag.FallsOff, 1)),
		program(4, "a conditional jump at the end", "exit\nif r1 == 0 goto -2", refused(diag.FallsOff, 1)),
		program(4, "a jump at the end", "goto +1\nexit\ngoto -2", result(0)),
	}
}

// Defect 6: 32-bit division whose divisor is zero in the low half only, and
// the quotient that no register can hold.
func division() []Attack {
	var out []Attack
	for _, c := range []struct {
		insn string
		want uint64
	}{
		{"w1 /= w2", 0}, {"w1 %= w2", 7}, {"w1 s/= w2", 0}, {"w1 s%= w2", 7},
		{"w1 /= 0", 0}, {"w1 %= 0", 7}, {"r1 /= 0", 0}, {"r1 %= 0", 0xffffffff00000007}, {"w1 s/= 0", 0}, {"r1 s/= 0", 0}, {"r1 s%= 0", 0xffffffff00000007},
	} {
		out = append(out, program(6, c.insn+" with a divisor of 1<<32",
			"r1 = 0xffffffff00000007 ll\nr2 = 0x100000000 ll\n"+c.insn+"\nr0 = r1\nexit", result(c.want)))
	}
	for _, c := range []struct {
		insn      string
		first, rv string
		want      uint64
	}{
		{"r1 s/= r2", "0x8000000000000000", "-1", 1 << 63}, {"r1 s%= r2", "0x8000000000000000", "-1", 0},
		{"w1 s/= w2", "0x80000000", "-1", 1 << 31}, {"w1 s%= w2", "0x80000000", "-1", 0},
		{"r1 s/= -1", "0x8000000000000000", "0", 1 << 63}, {"w1 s/= -1", "0x80000000", "0", 1 << 31},
		{"r1 s%= -1", "0x8000000000000000", "0", 0}, {"w1 s%= -1", "0x80000000", "0", 0},
	} {
		out = append(out, program(6, c.insn+" of the smallest number",
			"r1 = "+c.first+" ll\nr2 = "+c.rv+" ll\n"+c.insn+"\nr0 = r1\nexit", result(c.want)))
	}
	return out
}

// Defect 7: a size narrowed to 8 bits.
func sizes() []Attack {
	fill := func(n string) string {
		return ".frame 512\nr1 = r10\nr1 += -512\nr2 = " + n + " ll\nr3 = 1\ncall 2\nr0 = *(u8 *)(r10 - 1)\nexit"
	}
	over := badAccess(5, 0x01000000)
	return []Attack{
		program(7, "512 bytes of a stack of 512", fill("512"), result(1)),
		program(7, "513 bytes of a stack of 512", fill("513"), over),
		program(7, "768 bytes of a stack of 512", fill("768"), over),
		program(7, "256 bytes", fill("256"), result(0)),
		program(7, "65536 bytes", fill("65536"), over),
		program(7, "16 MiB", fill("0xffffff"), fault(diag.OutOfFuel, 5)),
		program(7, "4 GiB less one, which no fuel pays for", fill("0xffffffff"), fault(diag.OutOfFuel, 5)),
		program(7, "no bytes beyond everything", "r1 = -1\nr2 = 0\ncall 3\nexit", result(0)),
		program(7, "the end of a segment plus a length wraps", "r1 = 0xfffffffc ll\nr2 = 8\ncall 3\nexit", badAccess(3, 0xfffffffc)),
	}
}

// Defect 8: jump range off by one.
func jumpRange() []Attack {
	return []Attack{
		program(8, "jump to the first instruction", "goto start\nstart: if r0 != 0 goto out\nr0 = 1\ngoto -4\nout: exit", result(1)),
		program(8, "jump to the last instruction", "r0 = 3\ngoto +1\nr0 = 4\nexit", result(3)),
		program(8, "jump one past the end", "goto +1\nexit", refused(diag.BadTarget, 0)),
		program(8, "jump one before the start", "goto -2\nexit", refused(diag.BadTarget, 0)),
		program(8, "jump far", "goto -32768\nexit", refused(diag.BadTarget, 0)),
		program(8, "jump far ahead", "goto +32767\nexit", refused(diag.BadTarget, 0)),
		program(8, "long jump that wraps", "gotol +2147483647\nexit", refused(diag.BadTarget, 0)),
		program(8, "long jump that wraps below", "gotol -2147483648\nexit", refused(diag.BadTarget, 0)),
		program(8, "a jump whose bytes wrap to a legal place", ".quad 0x2000000000000006\nexit", refused(diag.BadTarget, 0)),
		program(8, "call one past the end", ".depth 2\ncall +1\nexit", refused(diag.BadTarget, 0)),
		program(8, "call one before the start", ".depth 2\ncall -2\nexit", refused(diag.BadTarget, 0)),
		program(8, "call the first instruction", ".depth 2\n.entry 2, \"main\"\nr0 += 1\nexit\ncall -3\ncall -4\nexit", result(2)),
	}
}

// Defect 9: misaligned accesses, and addresses compared as signed numbers.
func addresses() []Attack {
	out := []Attack{
		program(9, "an odd 64-bit load", "r0 = *(u64 *)(r1 + 1)\nexit", result(0x0908070605040302)).with(1, 2, 3, 4, 5, 6, 7, 8, 9),
		program(9, "odd stores of each size", "r2 = -1\n*(u64 *)(r1 + 1) = r2\n*(u32 *)(r1 + 3) = 0\n*(u16 *)(r1 + 7) = 0x102\nr0 = *(u64 *)(r1 + 1)\nexit",
			result(0x010200000000ffff)).with(make([]byte, 9)...),
		program(9, "an odd atomic", "r2 = 1\nlock *(u64 *)(r1 + 1) += r2\nlock *(u32 *)(r1 + 3) += w2\nr0 = *(u64 *)(r1 + 1)\nexit",
			result(0x10001)).with(make([]byte, 9)...),
		program(9, "an odd exchange", "r0 = 0\nr2 = 7\nr0 = cmpxchg_64(r1 + 3, r0, r2)\nr0 = *(u64 *)(r1 + 3)\nexit", result(7)).with(make([]byte, 11)...),
	}
	for _, c := range []struct{ name, base, off string }{
		{"the sign bit", "0x80000000", "+ 0"}, {"below the sign bit", "0x7fffffff", "+ 0"}, {"the top", "0xffffffff", "+ 0"},
		{"an offset that wraps down", "0", "- 1"}, {"an offset that wraps up", "0xffffffff", "+ 1"},
		{"the largest offset", "0x7fffffff", "+ 32767"}, {"the smallest offset", "0x80000000", "- 32768"},
		{"segment 7", "0x07000000", "+ 0"}, {"the end of segment 7", "0x07ffffff", "+ 0"}, {"segment 0x84", "0x84000000", "+ 0"},
		{"segment 0x0c", "0x0c000000", "+ 0"},
	} {
		var address uint32
		for _, x := range []struct {
			s string
			v uint32
		}{{"0x80000000", 1 << 31}, {"0x7fffffff", 1<<31 - 1}, {"0xffffffff", 1<<32 - 1}, {"0x07000000", 7 << 24}, {"0x07ffffff", 8<<24 - 1},
			{"0x84000000", 0x84 << 24}, {"0x0c000000", 0x0c << 24}} {
			if x.s == c.base {
				address = x.v
			}
		}
		address += map[string]uint32{"+ 0": 0, "- 1": 1<<32 - 1, "+ 1": 1, "+ 32767": 32767, "- 32768": 1<<32 - 32768}[c.off]
		for _, insn := range []string{"r0 = *(u8 *)(r3 " + c.off + ")", "*(u8 *)(r3 " + c.off + ") = 1", "r0 = *(u64 *)(r3 " + c.off + ")"} {
			out = append(out, program(9, "address at "+c.name+": "+insn, "r3 = "+c.base+" ll\n"+insn+"\nexit", badAccess(2, address)).with(make([]byte, 16)...))
		}
	}
	return out
}

// Defect 10: a local call executed as a helper call.
func localCalls() []Attack {
	return []Attack{
		program(10, "call +2 is not helper 2", ".depth 2\ncall +2\nexit\nexit\nr0 = 7\nexit", result(7)),
		program(10, "call +2 with helper 2 imported", ".depth 2\n.helper 2\ncall +2\nexit\nexit\nr0 = 7\nexit", result(7)),
		program(10, "call 2 is not a local call", "r1 = 9\nr2 = 0\ncall 2\nexit\nr0 = 7\nexit", result(9)),
		program(10, "call with source 2", ".quad 0x0000000200002085\nexit", refused(diag.IllegalInstruction, 0)),
		program(10, "call through a register", ".quad 0x8d\nexit", refused(diag.IllegalInstruction, 0)),
		program(10, "a helper that is not imported", ".quad 0x0000000200000085\nexit", refused(diag.UndeclaredHelper, 0)),
		program(10, "a helper that is not granted", "call 5\nexit", refused(diag.NotGranted, 0)),
		program(10, "helper 0", ".quad 0x85\nexit", refused(diag.IllegalInstruction, 0)),
		program(10, "helper 65536, which is 0 in 16 bits", ".quad 0x0001000000000085\nexit", refused(diag.IllegalInstruction, 0)),
		program(10, "helper 65538, which is 2 in 16 bits", ".helper 2\n.quad 0x0001000200000085\nexit", refused(diag.IllegalInstruction, 0)),
		program(10, "helper -1", ".quad 0xffffffff00000085\nexit", refused(diag.IllegalInstruction, 0)),
		program(10, "helper 65535", "call 65535\nexit", result(0x1122)),
	}
}

// Defect 11: single instructions that went wrong.
func semantics() []Attack {
	return []Attack{
		program(11, "a wide load does not extend the sign of its low half", "r0 = 0x80000000 ll\nexit", result(0x80000000)),
		program(11, "opcode 0x8f is not negation", ".quad 0x8f\nexit", refused(diag.IllegalInstruction, 0)),
		program(11, "opcode 0x87 is", "r0 = 1\nr0 = -r0\nexit", result(1<<64-1)),
		program(11, "negation of 32 bits clears the upper half", "r0 = 1\nw0 = -w0\nexit", result(1<<32-1)),
		program(11, "arithmetic shift of 32 bits clears the upper half", "r0 = -1\nw0 s>>= 4\nexit", result(1<<32-1)),
		program(11, "shift by 64", "r0 = 3\nr0 <<= 64\nexit", result(3)),
		program(11, "shift by a register of 65", "r0 = 3\nr1 = 65\nr0 <<= r1\nexit", result(6)),
		program(11, "shift of 32 bits by 33", "r0 = 3\nr1 = 33\nw0 <<= w1\nexit", result(6)),
		program(11, "shift by -1", "r0 = 1\nr1 = -1\nr0 <<= r1\nexit", result(1<<63)),
		program(11, "arithmetic shift by 64", "r0 = -8\nr0 s>>= 64\nexit", result(1<<64-8)),
		program(11, "r10 written", ".quad 0xab7\nexit", refused(diag.IllegalInstruction, 0)),
		program(11, "r10 moved into", ".quad 0x1abf\nexit", refused(diag.IllegalInstruction, 0)),
		program(11, "r10 loaded", ".quad 0x1a79\nexit", refused(diag.IllegalInstruction, 0)),
		program(11, "r10 loaded wide", ".quad 0xa18\n.quad 0\nexit", refused(diag.IllegalInstruction, 0)),
		program(11, "r10 fetched into", ".quad 0x000000010000a1db\nexit", refused(diag.IllegalInstruction, 0)),
		program(11, "r10 swapped", ".quad 0x0000001000000adc\nexit", refused(diag.IllegalInstruction, 0)),
		program(11, "r10 stored through, and stored", "*(u64 *)(r10 - 8) = r10\nr0 = *(u64 *)(r10 - 8)\nr0 -= r10\nexit", result(0)),
		program(11, "an unknown atomic", ".quad 0x00000002000010db\nexit", refused(diag.IllegalInstruction, 0)),
		program(11, "an atomic of 16 bits", ".quad 0x00000000000010cb\nexit", refused(diag.IllegalInstruction, 0)),
		program(11, "a load that extends the sign of 64 bits", ".quad 0x1099\nexit", refused(diag.IllegalInstruction, 0)),
		program(11, "packet access", ".quad 0x20\nexit", refused(diag.IllegalInstruction, 0)),
		program(11, "a map in a wide load", ".quad 0x1018\n.quad 0\nexit", refused(diag.IllegalInstruction, 0)),
	}
}

// Defect 12: no budget.
func budget() []Attack {
	loop := program(12, "an endless loop", "loop: goto loop", fault(diag.OutOfFuel, 0))
	straight := program(12, "a long straight line", repeat("r0 += 1", 1000)+"exit", fault(diag.OutOfFuel, 1000))
	straight.Fuel = 1000
	none := program(12, "no fuel at all", "exit", fault(diag.OutOfFuel, 0))
	none.Fuel = 0
	most := program(12, "more fuel than there is", "r0 = 1\nexit", result(1))
	most.Fuel = 0xffffffff
	return []Attack{
		loop, straight, none, most,
		program(12, "an endless conditional loop", "loop: r0 += 1\nif r0 != 0 goto loop\nexit", fault(diag.OutOfFuel, 1)),
		program(12, "an endless loop of calls", ".depth 2\nloop: call f\ngoto loop\nf: exit", fault(diag.OutOfFuel, 2)),
		program(12, "an endless loop of helper calls", "loop: call 65535\ngoto loop", fault(diag.OutOfFuel, 0)),
		program(12, "recursion without end", ".depth 32\nf: call f\nexit", fault(diag.CallDepth, 0)),
	}
}

// Defect 13: the last bytes of a segment out of reach, wide loads refused.
func edges() []Attack {
	out := []Attack{
		program(13, "the top of the stack", "*(u64 *)(r10 - 8) = 5\nr0 = *(u64 *)(r10 - 8)\nexit", result(5)),
		program(13, "the bottom of the stack", ".frame 512\n*(u64 *)(r10 - 512) = 6\nr0 = *(u64 *)(r10 - 512)\nexit", result(6)),
		program(13, "a wide load", "r0 = 0x1122334455667788 ll\nexit", result(0x1122334455667788)),
	}
	sections := ".rodata\nr: .byte 1, 2, 3, 4, 5, 6, 7, 8\n.data\nd: .byte 1, 2, 3, 4\n.bss\n.zero 4"
	for _, c := range []struct {
		name, base string
		first      uint32
	}{{"rodata", "r", 3 << 24}, {"data and bss", "d", 2 << 24}, {"context", "0x04000000", 4 << 24}} {
		for _, n := range []struct {
			bits string
			size uint32
		}{{"u8", 1}, {"u16", 2}, {"u32", 4}, {"u64", 8}} {
			at := func(off uint32) string {
				return "r1 = " + c.base + " ll\nr0 = *(" + n.bits + " *)(r1 + " + string('0'+rune(off)) + ")\nr0 = 1\nexit\n" + sections
			}
			eight := []byte{1, 2, 3, 4, 5, 6, 7, 8}
			out = append(out,
				program(13, "the last "+n.bits+" of "+c.name, at(8-n.size), result(1)).with(eight...),
				program(13, "one behind the last "+n.bits+" of "+c.name, at(9-n.size), badAccess(2, c.first+9-n.size)).with(eight...))
		}
	}
	return out
}

// loader has what a loader may stumble over beyond the defects.
func loader() []Attack {
	img := assemble("r0 = 0\nexit\n.helper 1, 2")
	good := encode(img)
	attack := func(name string, b []byte, code diag.Code) Attack {
		return Attack{Name: name, Image: b, Fuel: defaultFuel, Want: refused(code, 0)}
	}
	set := func(at int, v byte) []byte {
		b := append([]byte(nil), good...)
		b[at] = v
		return b
	}
	helpers := image.HeaderSize + image.EntrySize
	swapped := append([]byte(nil), good...)
	binary.LittleEndian.PutUint16(swapped[helpers:], 2)
	binary.LittleEndian.PutUint16(swapped[helpers+2:], 1)
	zero := append([]byte(nil), good...)
	binary.LittleEndian.PutUint16(zero[helpers:], 0)
	return []Attack{
		attack("nothing", nil, diag.Truncated),
		attack("one byte", good[:1], diag.Truncated),
		attack("the magic only", good[:3], diag.Truncated),
		attack("another magic", set(0, 'E'), diag.BadMagic),
		attack("version 0", set(3, 0), diag.BadVersion),
		attack("version 2", set(3, 2), diag.BadVersion),
		attack("version 255", set(3, 255), diag.BadVersion),
		attack("flags", set(15, 1), diag.BadHeader),
		attack("a frame of 513 bytes", set(10, 1), diag.BadHeader),
		attack("a frame of 520 bytes", set(10, 8), diag.BadHeader),
		attack("depth 0", set(12, 0), diag.BadHeader),
		attack("depth 33", set(12, 33), diag.BadHeader),
		attack("no entries", set(13, 0), diag.BadHeader),
		attack("255 entries that are not there", set(13, 255), diag.Truncated),
		attack("255 helpers that are not there", set(14, 255), diag.Truncated),
		attack("a helper fewer than in the list", set(14, 1), diag.BadPadding),
		attack("entry flags", set(image.HeaderSize+5, 2), diag.BadEntryRecord),
		attack("a hook that is not there", set(image.HeaderSize+5, 1), diag.BadHelperList),
		attack("reserved bytes of an entry", set(image.HeaderSize+7, 1), diag.BadEntryRecord),
		attack("a name longer than the file", set(image.HeaderSize+4, 255), diag.Truncated),
		attack("a name shorter than the rest", set(image.HeaderSize+4, 1), diag.Trailing),
		attack("control characters in a name", set(len(good)-1, 0x1b), diag.BadEntryRecord),
		attack("helpers out of order", swapped, diag.BadHelperList),
		attack("helper 0 in the list", zero, diag.BadHelperList),
		attack("padding that is not zero", set(helpers+4, 1), diag.BadPadding),
		attack("entry past the end", patch(good, image.HeaderSize, 2), diag.BadEntry).at(2),
		attack("entry at slot 4294967295", patch(good, image.HeaderSize, 0xffffffff), diag.BadEntry).at(0xffffffff),
	}
}

func (a Attack) at(pc int) Attack {
	a.Want.PC = pc
	return a
}

// stack has frames and what lies between them.
func stack() []Attack {
	return []Attack{
		program(0, "below the callee's frame", ".frame 16\n.depth 2\ncall f\nexit\nf: r0 = *(u8 *)(r10 - 17)\nexit", badAccess(2, 0x00ffffff)),
		program(0, "the caller's frame from the callee", ".frame 16\n.depth 2\n*(u64 *)(r10 - 8) = 5\ncall f\nexit\nf: r0 = *(u64 *)(r10 + 8)\nexit", result(5)),
		program(0, "no stack", ".frame 0\n.depth 1\nr0 = *(u8 *)(r10 - 1)\nexit", badAccess(0, 0x00ffffff)),
		program(0, "frames of no bytes", ".frame 0\n.depth 32\nr1 = 31\ncall f\nexit\nf: r0 += 1\nr1 -= 1\nif r1 == 0 goto +1\ncall f\nexit", result(31)),
		program(0, "one call too deep", ".frame 0\n.depth 32\nr1 = 32\ncall f\nexit\nf: r0 += 1\nr1 -= 1\nif r1 == 0 goto +1\ncall f\nexit", fault(diag.CallDepth, 6)),
		program(0, "the stack begins as zero", ".frame 8\nr0 = *(u64 *)(r10 - 8)\nexit", result(0)),
		program(0, "a context that may only be read", "r0 = 1\n*(u8 *)(r1 + 0) = 1\nexit", badAccess(1, 4<<24)).readOnly(1),
		program(0, "a failing helper", "call 4\nexit", fault(3998, 0)),
	}
}

func (a Attack) readOnly(ctx ...byte) Attack {
	a.Ctx, a.ReadOnly = ctx, true
	return a
}

// Defect 15: arguments of helpers read from r0 to r2 instead of r1 to r3.
func helperArguments() []Attack {
	values := "r0 = 1000003\nr1 = 2\nr2 = 30\nr3 = 500\nr4 = 7000\nr5 = 110000\nr6 = 1300001\n"
	return []Attack{
		program(15, "arguments in r1 to r5", values+"call 1\nexit", result(2+3*30+5*500+7*7000+11*110000)),
		program(15, "a fine address in r0, a bad one in r1", "r0 = 0x01000000 ll\nr1 = 0\nr2 = 1\ncall 3\nexit", badAccess(4, 0)),
		program(15, "a bad address in r0, a fine one in r1",
			"r0 = 0\nr1 = r10\nr1 += -8\nr2 = 8\nr3 = 5\ncall 2\nr0 = *(u8 *)(r10 - 1)\nexit", result(5)),
	}
}
