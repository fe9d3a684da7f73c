// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package isa

import (
	"fmt"
	"strings"

	. "github.com/femtocontainer/femtocontainer/femto/bv" //nolint:revive // the table reads as formulas
)

// Instruction classes, the low three bits of an opcode (RFC 9669, 3).
const (
	classLD    = 0x00
	classLDX   = 0x01
	classST    = 0x02
	classSTX   = 0x03
	classALU   = 0x04
	classJMP   = 0x05
	classJMP32 = 0x06
	classALU64 = 0x07

	srcX = 0x08 // the second operand is the src register, not imm

	modeIMM    = 0x00
	modeMEM    = 0x60
	modeMEMSX  = 0x80
	modeATOMIC = 0xc0
)

// The variables of the effect terms.
var (
	dst  = Var("dst", 64)
	src  = Var("src", 64)
	r0   = Var("r0", 64)
	off  = Var("off", 16)
	imm  = Var("imm", 32)
	imm2 = Var("imm2", 32)
)

// Field rules with a short name, since the table below is read as a table.
var (
	zero   = Rule{}
	free   = Rule{Use: Free}
	reads  = Rule{Use: Reads}
	writes = Rule{Use: Writes}
	slots  = Rule{Use: Slots}
)

func fixed(v int64) Rule { return Rule{Use: Fixed, Value: v} }

// Table holds every instruction, in the order of RFC 9669, sections 4 and 5.
var Table = buildTable()

func buildTable() []Row {
	var t []Row
	t = append(t, aluRows()...)
	t = append(t, moveRows()...)
	t = append(t, swapRows()...)
	t = append(t, jumpRows()...)
	t = append(t, callRows()...)
	t = append(t, memoryRows()...)
	t = append(t, atomicRows()...)
	return t
}

func low(t *Term) *Term { return Extract(t, 0, 32) }
func up(t *Term) *Term  { return ZExt(t, 64) }

// divisions guard the two cases that RFC 9669, 4.1 defines and C does not.

func udiv(a, b *Term) *Term { return Ite(Eq(b, Const(0, b.Width)), Const(0, a.Width), UDiv(a, b)) }
func umod(a, b *Term) *Term { return Ite(Eq(b, Const(0, b.Width)), a, URem(a, b)) }

func sdiv(a, b *Term) *Term {
	w := a.Width
	return Ite(Eq(b, Const(0, w)), Const(0, w), Ite(Eq(b, Const(^uint64(0), w)), Neg(a), SDiv(a, b)))
}

func smod(a, b *Term) *Term {
	w := a.Width
	return Ite(Eq(b, Const(0, w)), a, Ite(Eq(b, Const(^uint64(0), w)), Const(0, w), SRem(a, b)))
}

// shift masks the count, as RFC 9669, 4.1 asks.
func shift(f func(a, b *Term) *Term) func(a, b *Term) *Term {
	return func(a, b *Term) *Term { return f(a, And(b, Const(uint64(a.Width-1), b.Width))) }
}

// aluRows: RFC 9669, 4.1, less moves and byte swaps. Each operation has four
// forms: 64 or 32 bits, second operand in imm or in src. 32-bit forms take the
// low halves and clear the upper half of dst.
func aluRows() []Row {
	ops := []struct {
		name, sign string
		code       uint8
		off        int64
		base64     Group
		base32     Group
		f          func(a, b *Term) *Term
	}{
		{"add", "+=", 0x00, 0, Base64, Base32, Add},
		{"sub", "-=", 0x10, 0, Base64, Base32, Sub},
		{"mul", "*=", 0x20, 0, Divmul64, Divmul32, Mul},
		{"div", "/=", 0x30, 0, Divmul64, Divmul32, udiv},
		{"sdiv", "s/=", 0x30, 1, Divmul64, Divmul32, sdiv},
		{"or", "|=", 0x40, 0, Base64, Base32, Or},
		{"and", "&=", 0x50, 0, Base64, Base32, And},
		{"lsh", "<<=", 0x60, 0, Base64, Base32, shift(Shl)},
		{"rsh", ">>=", 0x70, 0, Base64, Base32, shift(LShr)},
		{"mod", "%=", 0x90, 0, Divmul64, Divmul32, umod},
		{"smod", "s%=", 0x90, 1, Divmul64, Divmul32, smod},
		{"xor", "^=", 0xa0, 0, Base64, Base32, Xor},
		{"arsh", "s>>=", 0xc0, 0, Base64, Base32, shift(AShr)},
	}
	var t []Row
	for _, o := range ops {
		t = append(t,
			Row{Name: o.name + "64_imm", Syntax: "{dst} " + o.sign + " {imm}", Group: o.base64, Opcode: o.code | classALU64,
				DstRule: writes, OffRule: fixed(o.off), ImmRule: free, To: Dst, Value: o.f(dst, SExt(imm, 64))},
			Row{Name: o.name + "64_reg", Syntax: "{dst} " + o.sign + " {src}", Group: o.base64, Opcode: o.code | srcX | classALU64,
				DstRule: writes, SrcRule: reads, OffRule: fixed(o.off), To: Dst, Value: o.f(dst, src)},
			Row{Name: o.name + "32_imm", Syntax: "{wdst} " + o.sign + " {imm}", Group: o.base32, Opcode: o.code | classALU,
				DstRule: writes, OffRule: fixed(o.off), ImmRule: free, To: Dst, Value: up(o.f(low(dst), imm))},
			Row{Name: o.name + "32_reg", Syntax: "{wdst} " + o.sign + " {wsrc}", Group: o.base32, Opcode: o.code | srcX | classALU,
				DstRule: writes, SrcRule: reads, OffRule: fixed(o.off), To: Dst, Value: up(o.f(low(dst), low(src)))},
		)
	}
	return append(t,
		Row{Name: "neg64", Syntax: "{dst} = -{dst}", Group: Base64, Opcode: 0x80 | classALU64, DstRule: writes, To: Dst, Value: Neg(dst)},
		Row{Name: "neg32", Syntax: "{wdst} = -{wdst}", Group: Base32, Opcode: 0x80 | classALU, DstRule: writes, To: Dst, Value: up(Neg(low(dst)))},
	)
}

// moveRows: MOV and MOVSX (RFC 9669, 4.1), and the wide load of a 64-bit
// immediate (5.4), whose other forms name things that only a kernel has.
func moveRows() []Row {
	t := []Row{
		{Name: "mov64_imm", Syntax: "{dst} = {imm}", Group: Base64, Opcode: 0xb0 | classALU64, DstRule: writes, ImmRule: free, To: Dst, Value: SExt(imm, 64)},
		{Name: "mov64_reg", Syntax: "{dst} = {src}", Group: Base64, Opcode: 0xb0 | srcX | classALU64, DstRule: writes, SrcRule: reads, To: Dst, Value: src},
		{Name: "mov32_imm", Syntax: "{wdst} = {imm}", Group: Base32, Opcode: 0xb0 | classALU, DstRule: writes, ImmRule: free, To: Dst, Value: up(imm)},
		{Name: "mov32_reg", Syntax: "{wdst} = {wsrc}", Group: Base32, Opcode: 0xb0 | srcX | classALU, DstRule: writes, SrcRule: reads, To: Dst, Value: up(low(src))},
	}
	for _, bits := range []uint8{8, 16, 32} {
		t = append(t, Row{Name: fmt.Sprintf("movsx%d_64", bits), Syntax: fmt.Sprintf("{dst} = (s%d){src}", bits), Group: Base64,
			Opcode: 0xb0 | srcX | classALU64, DstRule: writes, SrcRule: reads, OffRule: fixed(int64(bits)), To: Dst, Value: SExt(Extract(src, 0, bits), 64)})
	}
	for _, bits := range []uint8{8, 16} {
		t = append(t, Row{Name: fmt.Sprintf("movsx%d_32", bits), Syntax: fmt.Sprintf("{wdst} = (s%d){wsrc}", bits), Group: Base32,
			Opcode: 0xb0 | srcX | classALU, DstRule: writes, SrcRule: reads, OffRule: fixed(int64(bits)), To: Dst, Value: up(SExt(Extract(src, 0, bits), 32))})
	}
	return append(t, Row{Name: "lddw", Syntax: "{dst} = {imm64} ll", Group: Base64, Kind: Wide, Opcode: 0x18 | modeIMM | classLD,
		DstRule: writes, ImmRule: free, To: Dst, Value: Or(Shl(up(imm2), Const(32, 64)), up(imm))})
}

// swapBytes reverses the order of the w/8 low bytes of t, half by half so that
// every intermediate width is one that C has a type for.
func swapBytes(t *Term, w uint8) *Term {
	if w == 8 {
		return Extract(t, 0, 8)
	}
	h := w / 2
	return Concat(swapBytes(Extract(t, 0, h), h), swapBytes(Extract(t, h, h), h))
}

// swapRows: RFC 9669, 4.2. Memory is little endian, so "to little endian" is a
// truncation and "to big endian" the same as an unconditional swap.
func swapRows() []Row {
	var t []Row
	for _, f := range []struct {
		name   string
		opcode uint8
		f      func(t *Term, w uint8) *Term
	}{
		{"le", 0xd0 | classALU, func(t *Term, w uint8) *Term { return Extract(t, 0, w) }},
		{"be", 0xd0 | srcX | classALU, swapBytes},
		{"bswap", 0xd0 | classALU64, swapBytes},
	} {
		for _, bits := range []uint8{16, 32, 64} {
			name := fmt.Sprintf("%s%d", f.name, bits)
			group := Base32
			if bits == 64 {
				group = Base64
			}
			t = append(t, Row{Name: name, Syntax: "{dst} = " + name + " {dst}", Group: group, Opcode: f.opcode,
				DstRule: writes, ImmRule: fixed(int64(bits)), To: Dst, Value: ZExt(f.f(dst, bits), 64)})
		}
	}
	return t
}

// jumpRows: RFC 9669, 4.3. The JMP32 forms compare low halves, and JMP32's JA
// takes its distance from imm.
func jumpRows() []Row {
	t := []Row{
		{Name: "ja", Syntax: "goto {off}", Group: Base32, Kind: Jump, Opcode: classJMP, OffRule: slots, Taken: True},
		{Name: "ja32", Syntax: "gotol {imm}", Group: Base32, Kind: Jump, Opcode: classJMP32, ImmRule: slots, Taken: True},
	}
	swap := func(f func(a, b *Term) *Term) func(a, b *Term) *Term {
		return func(a, b *Term) *Term { return f(b, a) }
	}
	for _, o := range []struct {
		name, sign string
		code       uint8
		f          func(a, b *Term) *Term
	}{
		{"jeq", "==", 0x10, Eq},
		{"jgt", ">", 0x20, swap(Ult)},
		{"jge", ">=", 0x30, swap(Ule)},
		{"jset", "&", 0x40, func(a, b *Term) *Term { return Ne(And(a, b), Const(0, a.Width)) }},
		{"jne", "!=", 0x50, Ne},
		{"jsgt", "s>", 0x60, swap(Slt)},
		{"jsge", "s>=", 0x70, swap(Sle)},
		{"jlt", "<", 0xa0, Ult},
		{"jle", "<=", 0xb0, Ule},
		{"jslt", "s<", 0xc0, Slt},
		{"jsle", "s<=", 0xd0, Sle},
	} {
		t = append(t,
			Row{Name: o.name + "64_imm", Syntax: "if {dst} " + o.sign + " {imm} goto {off}", Group: Base64, Kind: Jump, Opcode: o.code | classJMP,
				DstRule: reads, OffRule: slots, ImmRule: free, Taken: o.f(dst, SExt(imm, 64))},
			Row{Name: o.name + "64_reg", Syntax: "if {dst} " + o.sign + " {src} goto {off}", Group: Base64, Kind: Jump, Opcode: o.code | srcX | classJMP,
				DstRule: reads, SrcRule: reads, OffRule: slots, Taken: o.f(dst, src)},
			Row{Name: o.name + "32_imm", Syntax: "if {wdst} " + o.sign + " {imm} goto {off}", Group: Base32, Kind: Jump, Opcode: o.code | classJMP32,
				DstRule: reads, OffRule: slots, ImmRule: free, Taken: o.f(low(dst), imm)},
			Row{Name: o.name + "32_reg", Syntax: "if {wdst} " + o.sign + " {wsrc} goto {off}", Group: Base32, Kind: Jump, Opcode: o.code | srcX | classJMP32,
				DstRule: reads, SrcRule: reads, OffRule: slots, Taken: o.f(low(dst), low(src))},
		)
	}
	return t
}

// callRows: RFC 9669, 4.3.1 and 4.3.2.
func callRows() []Row {
	return []Row{
		{Name: "call_helper", Syntax: "call {imm}", Group: Base32, Kind: CallHelper, Opcode: 0x80 | classJMP, ImmRule: Rule{Use: HelperID}},
		{Name: "call_local", Syntax: "call {imm}", Group: Base32, Kind: CallLocal, Opcode: 0x80 | classJMP, SrcRule: fixed(1), ImmRule: slots},
		{Name: "exit", Syntax: "exit", Group: Base32, Kind: Exit, Opcode: 0x90 | classJMP},
	}
}

// address is the low half of base plus offset (docs/RATIONALE.md, segments).
func address(base *Term) *Term { return Add(low(base), SExt(off, 32)) }

func mem(size uint8) *Term { return Var("mem", 8*size) }

// memoryRows: RFC 9669, 5.1 and 5.2.
func memoryRows() []Row {
	var t []Row
	for _, m := range []struct {
		letter string
		size   uint8
		mode   uint8
	}{{"w", 4, 0x00}, {"h", 2, 0x08}, {"b", 1, 0x10}, {"dw", 8, 0x18}} {
		bits := 8 * m.size
		group := Base32
		if m.size == 8 {
			group = Base64
		}
		cell := func(sign, base string) string { return fmt.Sprintf("*(%s%d *)({%s} {disp})", sign, bits, base) }
		t = append(t,
			Row{Name: "ldx" + m.letter, Syntax: "{dst} = " + cell("u", "src"), Group: group, Kind: Load, Opcode: modeMEM | m.mode | classLDX,
				DstRule: writes, SrcRule: reads, OffRule: free, To: Dst, Value: ZExt(mem(m.size), 64), Size: m.size, Addr: address(src)},
			Row{Name: "st" + m.letter, Syntax: cell("u", "dst") + " = {imm}", Group: group, Kind: Store, Opcode: modeMEM | m.mode | classST,
				DstRule: reads, OffRule: free, ImmRule: free, Size: m.size, Addr: address(dst), Stored: Extract(SExt(imm, 64), 0, bits)},
			Row{Name: "stx" + m.letter, Syntax: cell("u", "dst") + " = {src}", Group: group, Kind: Store, Opcode: modeMEM | m.mode | classSTX,
				DstRule: reads, SrcRule: reads, OffRule: free, Size: m.size, Addr: address(dst), Stored: Extract(src, 0, bits)},
		)
		if m.size < 8 {
			t = append(t, Row{Name: "ldxs" + m.letter, Syntax: "{dst} = " + cell("s", "src"), Group: Base64, Kind: Load, Opcode: modeMEMSX | m.mode | classLDX,
				DstRule: writes, SrcRule: reads, OffRule: free, To: Dst, Value: SExt(mem(m.size), 64), Size: m.size, Addr: address(src)})
		}
	}
	return t
}

// atomicRows: RFC 9669, 5.3. One container runs on one thread, so an atomic is
// a load and a store with nothing in between.
func atomicRows() []Row {
	var t []Row
	for _, w := range []struct {
		bits   uint8
		group  Group
		opcode uint8
		xchg   string // suffix that LLVM gives the two exchanges
		reg    string // LLVM writes the low half of r1 as w1
	}{
		{32, Atomic32, modeATOMIC | 0x00 | classSTX, "32_32", "w"},
		{64, Atomic64, modeATOMIC | 0x18 | classSTX, "_64", ""},
	} {
		old, operand := mem(w.bits/8), Extract(src, 0, w.bits)
		syntax := strings.NewReplacer("BITS", fmt.Sprint(w.bits), "XCHG", "xchg"+w.xchg, "{src}", "{"+w.reg+"src}", "{r0}", "{"+w.reg+"r0}")
		row := func(name, form string, code int64, stored *Term, to Reg) {
			r := Row{Name: fmt.Sprintf("%s%d", name, w.bits), Syntax: syntax.Replace(form), Group: w.group, Kind: Atomic, Opcode: w.opcode,
				DstRule: reads, SrcRule: reads, OffRule: free, ImmRule: fixed(code), To: to, Size: w.bits / 8, Addr: address(dst), Stored: stored}
			if to == Src {
				r.SrcRule = writes
			}
			if to != None {
				r.Value = ZExt(old, 64)
			}
			t = append(t, r)
		}
		for _, o := range []struct {
			name, sign string
			code       int64
			f          func(a, b *Term) *Term
		}{{"add", "+=", 0x00, Add}, {"or", "|=", 0x40, Or}, {"and", "&=", 0x50, And}, {"xor", "^=", 0xa0, Xor}} {
			row("atomic_"+o.name, "lock *(uBITS *)({dst} {disp}) "+o.sign+" {src}", o.code, o.f(old, operand), None)
			row("atomic_fetch_"+o.name, "{src} = atomic_fetch_"+o.name+"((uBITS *)({dst} {disp}), {src})", o.code|1, o.f(old, operand), Src)
		}
		row("xchg", "{src} = XCHG({dst} {disp}, {src})", 0xe1, operand, Src)
		row("cmpxchg", "{r0} = cmpXCHG({dst} {disp}, {r0}, {src})", 0xf1,
			Ite(Eq(old, Extract(r0, 0, w.bits)), operand, old), R0)
	}
	return t
}
