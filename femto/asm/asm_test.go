// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package asm

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/femtocontainer/femtocontainer/femto/diag"
	"github.com/femtocontainer/femtocontainer/femto/image"
	"github.com/femtocontainer/femtocontainer/femto/isa"
)

var testHelpers = Options{
	HelperID: func(name string) (uint16, bool) {
		id, ok := map[string]uint16{"print": 7, "now_ms": 9}[name]
		return id, ok
	},
	HelperName: func(id uint16) string { return map[uint16]string{7: "print", 9: "now_ms"}[id] },
}

// slots assembles one line into what it encodes.
func slots(t require.TestingT, line string) []uint64 {
	p, err := Parse("t.s", line+"\n exit\n .depth 2", testHelpers)
	require.NoError(t, err, line)
	return words64(p.Image.Text[:len(p.Image.Text)-8])
}

func words64(b []byte) (out []uint64) {
	for ; len(b) > 0; b = b[8:] {
		out = append(out, binary.LittleEndian.Uint64(b))
	}
	return out
}

// drawInsn gives any legal instruction of any row.
func drawInsn(t *rapid.T) (in isa.Insn, imm2 int32, row *isa.Row) {
	row = &isa.Table[rapid.IntRange(0, len(isa.Table)-1).Draw(t, "row")]
	field := func(name string, r isa.Rule, lo, hi int64) int64 {
		switch r.Use {
		case isa.Fixed:
			return r.Value
		case isa.Reads:
			hi = isa.FrameReg
		case isa.Writes:
			hi = isa.FrameReg - 1
		case isa.HelperID:
			lo, hi = 1, math.MaxUint16
		}
		return rapid.OneOf(rapid.Int64Range(lo, hi), rapid.SampledFrom([]int64{lo, hi, max(lo, 0), 1})).Draw(t, name)
	}
	in = isa.Insn{
		Opcode: row.Opcode,
		Dst:    uint8(field("dst", row.DstRule, 0, 0)), Src: uint8(field("src", row.SrcRule, 0, 0)),
		Off: int16(field("off", row.OffRule, math.MinInt16, math.MaxInt16)),
		Imm: int32(field("imm", row.ImmRule, math.MinInt32, math.MaxInt32)),
	}
	if row.Kind == isa.Wide {
		imm2 = rapid.Int32().Draw(t, "imm2")
	}
	return in, imm2, row
}

// TestParseIsTheInverseOfPrint is the property that the issue asks for, one
// instruction at a time, with distances as numbers.
func TestParseIsTheInverseOfPrint(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in, imm2, row := drawInsn(t)
		want := []uint64{in.Slot()}
		if row.Kind == isa.Wide {
			want = append(want, uint64(uint32(imm2))<<32)
		}
		var text []byte
		for _, s := range want {
			text = binary.LittleEndian.AppendUint64(text, s)
		}
		line := Insn(text, 0, testHelpers)
		require.NotEmpty(t, line)
		require.NotContains(t, line, "{", row.Name)
		require.Equal(t, want, slots(t, line), line)
	})
}

// TestEveryFormReadsAsItsRow writes every row in every form that its templates
// have.
func TestEveryFormReadsAsItsRow(t *testing.T) {
	for i := range isa.Table {
		row := &isa.Table[i]
		for _, form := range forms(row) {
			want := isa.Insn{Opcode: row.Opcode, Src: uint8(row.SrcRule.Value), Off: int16(row.OffRule.Value), Imm: int32(row.ImmRule.Value)}
			imm := "-7"
			for hole, set := range map[string]func(){
				"{dst}": func() { want.Dst = 3 }, "{wdst}": func() { want.Dst = 3 },
				"{src}": func() { want.Src = 4 }, "{wsrc}": func() { want.Src = 4 },
				"{off}": func() { want.Off = -5 }, "{disp}": func() { want.Off = -9 },
				"{imm}": func() {
					want.Imm = -7
					if row.ImmRule.Use == isa.HelperID {
						imm, want.Imm = "77", 77
					}
				},
				"{imm64}": func() { want.Imm = 0x55667788 },
			} {
				if strings.Contains(form, hole) {
					set()
				}
			}
			line := strings.NewReplacer("{dst}", "r3", "{wdst}", "w3", "{src}", "%r4", "{wsrc}", "w4", "{r0}", "r0", "{wr0}", "w0",
				"{off}", "-5", "{disp}", "- 0x9", "{imm}", imm, "{imm64}", "0x1122334455667788").Replace(form)
			assert.Equal(t, want.Slot(), slots(t, line)[0], "%s: %s", row.Name, line)
		}
	}
}

// TestKnownEncodings has bytes that LLVM 19 and the bpf_conformance suite give.
func TestKnownEncodings(t *testing.T) {
	for line, want := range map[string]uint64{
		"r1 = 0xffffffff":                            0xffffffff_000001b7,
		"w1 = -1":                                    0xffffffff_000001b4,
		"w1 = *(u32 *)(r2 + 0x0)":                    0x00002161,
		"*(u16 *)(r10 - 4) = w1":                     0xfffc1a6b,
		"*(u32 *)(r10 + 4) = 5":                      0x00000005_00040a62,
		"*(u8 *)(r1) = r2":                           0x00002173,
		"lock *(u32 *)(r1 + 0) += w2":                0x000021c3,
		"lock *(u32 *)(r1 + 0) += r2":                0x000021c3,
		"w2 = atomic_fetch_add((u32 *)(r1 + 0), w2)": 0x00000001_000021c3,
		"w0 = cmpxchg32_32(r1 + 0, w0, w2)":          0x000000f1_000021c3,
		"r2 = xchg_64(r1 + 0, r2)":                   0x000000e1_000021db,
		"r1 = bswap16 r1":                            0x00000010_000001d7,
		"r1 = (s8)r2":                                0x000821bf,
		"r1 s/= r2":                                  0x0001213f,
		"w1 s%= 3":                                   0x00000003_00010194,
		"if r1 s> r2 goto +0x3":                      0x0003216d,
		"if w1 & 5 goto -2":                          0x00000005_fffe0146,
		"gotol -0x18":                                0xffffffe8_00000006,
		"call 0x5":                                   0x00000005_00000085,
		"call -0x1a":                                 0xffffffe6_00001085,
		"call print":                                 0x00000007_00000085,
		"add64 r1, 2":                                0x00000002_00000107,
		"add %r1, 2":                                 0x00000002_00000107,
		"mov32 %r1, %r2":                             0x000021bc,
		"ldxdw r0, [r1+8]":                           0x00081079,
		"stxw [r1+4], r2":                            0x00042163,
		"stb [%r1], 0x44":                            0x00000044_00000172,
		"jeq r1, 0, +3":                              0x00030115,
		"jslt32 %r1, %r2, -1":                        0xffff21ce,
		"lock add [%r10-8], %r1":                     0xfff81adb,
		"lock fetch xor32 [%r10-8], %r1":             0x000000a1_fff81ac3,
		"lock cmpxchg [%r10-8], %r1":                 0x000000f1_fff81adb,
		"movsx832 %r2, %r1":                          0x000812bc,
		"movsx3264 %r2, %r1":                         0x002012bf,
		"swap16 %r0":                                 0x00000010_000000d7,
		"be16 %r0":                                   0x00000010_000000dc,
		"neg %r2":                                    0x00000287,
		"sdiv32 %r1, 2":                              0x00000002_00010134,
		"call local +1":                              0x00000001_00001085,
		"ja32 +2":                                    0x00000002_00000006,
		"ja +2":                                      0x00020005,
	} {
		assert.Equal(t, []uint64{want}, slots(t, line), line)
	}
	assert.Equal(t, []uint64{0x80000000_00000018, 0}, slots(t, "lddw %r0, 2147483648"))
	assert.Equal(t, []uint64{0xffffffff_00000218, 0xffffffff_00000000}, slots(t, "r2 = -1 ll"))
}

func TestProgram(t *testing.T) {
	p, err := Parse("t.s", `
	.frame 64
	.entry main
	.entry other, "second", "01234567-89ab-cdef-0123-456789abcdef"
	; a comment
main:	r1 = table ll        // first slot
	r2 = zeros+8 ll      # and another
	r3 = text ll
loop:	r4 += -1
	if r4 != 0 goto loop
	if r4 == 0 goto +0
	call sub
	call print
	exit
other: sub: call leaf
	exit
leaf:
	r0 = 1
	gotol done
	r0 = 2
done:	exit

	.data
	.byte 1, 0xff, -1
	.p2align 2
table:	.long 1, -2, 0xffffffff
	.quad table+4
	.bss
	.align 8
	.zero 8
zeros:	.zero 16
	.section .rodata.str1.1, "aMS", @progbits, 1
text:	.asciz "h\"i\n\x41\101"
	.comm c, 4, 4
`, testHelpers)
	require.NoError(t, err)
	img := p.Image
	assert.Equal(t, &image.Image{
		Frame: 64, Depth: 3, Helpers: []uint16{7}, Text: img.Text, ROData: []byte("h\"i\nAA\x00"),
		Data: []byte{1, 0xff, 0xff, 0, 1, 0, 0, 0, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 8, 0, 0, 2, 0, 0, 0, 0},
		BSS:  28,
		Entries: []image.Entry{{Name: "main"}, {Name: "second", Slot: 12,
			Hook: &[16]byte{0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, 0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef}}},
	}, img)
	text := words64(img.Text)
	assert.EqualValues(t, 0x02000004_00000118, text[0])
	assert.EqualValues(t, 0x02000028_00000218, text[2], "zeros is 8 into .bss, which begins at 24")
	assert.EqualValues(t, 0x03000000_00000318, text[4])
	assert.EqualValues(t, 0xfffe0455, text[7])
	assert.EqualValues(t, 0x00000002_00001085, text[9])
	assert.Equal(t, map[string]int{"main": 0, "loop": 6, "other": 12, "sub": 12, "leaf": 14, "done": 17}, p.Labels)
	assert.Len(t, p.Lines, 18)
	assert.Equal(t, p.Lines[0], p.Lines[1])
	assert.Equal(t, p.Lines[0]+1, p.Lines[2])

	again, err := Parse("again.s", Print(img, testHelpers), testHelpers)
	require.NoError(t, err)
	assert.Equal(t, img, again.Image)
}

func TestDefaults(t *testing.T) {
	p, err := Parse("t.s", "exit", Options{})
	require.NoError(t, err)
	assert.Equal(t, &image.Image{Entries: []image.Entry{{Name: "main"}}, Frame: 512, Depth: 1, Text: []byte{0x95, 7: 0}}, p.Image)

	p, err = Parse("t.s", ".globl a, b\n b: call a\n exit\n a: exit", Options{})
	require.NoError(t, err)
	assert.Equal(t, []image.Entry{{Name: "a", Slot: 2}, {Name: "b"}}, p.Image.Entries)
	assert.EqualValues(t, 2, p.Image.Depth)
}

// TestLabelBeforeHelper: a function may have the name of a helper.
func TestLabelBeforeHelper(t *testing.T) {
	p, err := Parse("t.s", "call print\n exit\n print: exit", testHelpers)
	require.NoError(t, err)
	assert.EqualValues(t, 0x00000001_00001085, binary.LittleEndian.Uint64(p.Image.Text))
	assert.Empty(t, p.Image.Helpers)
}

func TestErrors(t *testing.T) {
	far := "main: goto end\n" + strings.Repeat("r0 = 0\n", 40000) + "end: exit"
	deep := "call f0\n exit\n"
	for i := range 40 {
		deep += fmt.Sprintf("f%d: call f%d\n exit\n", i, i+1)
	}
	deep += "f40: exit"
	for _, c := range []struct {
		name, src string
		code      diag.Code
		line, col int
		says      string
	}{
		{"empty", "; nothing", diag.NoText, 0, 0, "no instruction"},
		{"unknown word", "frob r1", diag.BadSyntax, 1, 1, `"frob"`},
		{"unknown operator", "r1 =? 2", diag.BadSyntax, 1, 5, `"?"`},
		{"missing operand", "exit\n r1 += ", diag.BadSyntax, 2, 7, "the end of the line"},
		{"too much", "r1 += 2 3", diag.BadSyntax, 1, 9, "end of the line"},
		{"register above r10", "r11 = 5", diag.OutOfRange, 1, 1, "r11"},
		{"register 50", "or %r0, %r50", diag.OutOfRange, 1, 9, "%r50"},
		{"frame pointer", "r10 = 5", diag.OutOfRange, 1, 1, "r10"},
		{"two registers", "r1 = -r2", diag.BadSyntax, 1, 7, "same register"},
		{"exchange with r1", "r1 = cmpxchg_64(r2 + 0, r1, r3)", diag.BadSyntax, 1, 1, "r0"},
		{"decimal range", "mov32 %r0, 2147483648", diag.OutOfRange, 1, 12, "2147483648"},
		{"hex range", "mov32 %r0, 0x100000000", diag.OutOfRange, 1, 12, "0x100000000"},
		{"offset range", "ldxb %r0, [%r1+0x10000]", diag.OutOfRange, 1, 16, "0x10000"},
		{"distance range", "goto +32768", diag.OutOfRange, 1, 7, "16 bits"},
		{"offset", "ldxb %r0, %r1", diag.BadSyntax, 1, 11, `"["`},
		{"operand count", "lddw %r0", diag.BadSyntax, 1, 9, `","`},
		{"lock", "lock", diag.BadSyntax, 1, 5, ""},
		{"lock or", "lock or [%r10-8]", diag.BadSyntax, 1, 17, `","`},
		{"number", "r1 = 12ab", diag.BadSyntax, 1, 6, "12ab"},
		{"octal", "r1 = 010", diag.BadSyntax, 1, 6, "leading zero"},
		{"65 bits", "r1 = 0x10000000000000000 ll", diag.BadSyntax, 1, 6, "64 bits"},
		{"byte", "r1 = \x80", diag.BadSyntax, 1, 6, "0x80"},
		{"quote", `.ascii "abc`, diag.BadSyntax, 1, 8, "quote"},
		{"label", "ja NOT_A_LABEL\n exit", diag.BadLabel, 1, 4, "NOT_A_LABEL"},
		{"label twice", "a: exit\n a: exit", diag.BadLabel, 2, 2, "line 1"},
		{"label is a register", "r1: exit", diag.BadLabel, 1, 1, "register"},
		{"label at the end", "goto end\n exit\n end:", diag.BadLabel, 1, 6, "no instruction follows"},
		{"jump to data", "goto d\n exit\n .data\n d: .byte 1", diag.BadLabel, 1, 6, "data"},
		{"address of code", "f: r1 = f ll\n exit", diag.FunctionAddress, 1, 9, "code"},
		{"no data", "r1 = d ll\n exit", diag.BadLabel, 1, 6, "not defined"},
		{"helper", "call frobnicate\n exit", diag.BadLabel, 1, 6, "frobnicate"},
		{"helper 0", "call 0\n exit", diag.OutOfRange, 1, 6, "65535"},
		{"callx", "call %r2\n exit", diag.BadSyntax, 1, 6, "register"},
		{"callx in LLVM's way", "callx r2\n exit", diag.BadSyntax, 1, 1, "callx"},
		{"may_goto", "may_goto +1\n exit", diag.BadSyntax, 1, 1, "may_goto"},
		{"packet", "r0 = *(u8 *)skb[1]\n exit", diag.BadSyntax, 1, 13, "skb"},
		{"out of reach", far, diag.OutOfRange, 1, 12, "16-bit"},
		{"second instruction", "r0 = 1; exit", diag.BadSyntax, 1, 8, "comment"},
		{"directive", ".frob 1\n exit", diag.BadDirective, 1, 1, ".frob"},
		{"frame", ".frame 12\n exit", diag.OutOfRange, 1, 8, "multiple of 8"},
		{"frame too large", ".frame 520\n exit", diag.OutOfRange, 1, 8, "512"},
		{"depth", ".depth 0\n exit", diag.OutOfRange, 1, 8, "1 to 32"},
		{"entry", ".entry nowhere\n exit", diag.BadLabel, 1, 8, "nowhere"},
		{"uuid", `.entry main, "x", "12"` + "\nmain: exit", diag.BadDirective, 1, 19, "UUID"},
		{"data in text", "exit\n .byte 1", diag.BadDirective, 2, 2, "data section"},
		{"code in data", ".data\n exit", diag.BadDirective, 2, 2, "data section"},
		{"values in bss", "exit\n .bss\n .byte 1", diag.BadDirective, 3, 2, ".bss"},
		{"section too long", "exit\n .data\n .zero 16777209", diag.SectionTooLong, 3, 2, "16777208"},
		{"sections too long", "exit\n .data\n .zero 16777208\n .bss\n .zero 8", diag.SectionTooLong, 0, 0, "together"},
		{"byte range", "exit\n .data\n .byte 256", diag.OutOfRange, 3, 8, "8 bits"},
		{"recursion", "f: call f\n exit", diag.Recursion, 1, 0, "circle"},
		{"mutual recursion", "call g\n exit\n f: call g\n exit\n g: if r1 == 0 goto +1\n call f\n exit", diag.Recursion, 0, 0, "circle"},
		{"too deep", deep, diag.CallsTooDeep, 0, 0, "42"},
		{"entry name", `.entry main, "two words"` + "\nmain: exit", diag.BadEntryRecord, 0, 0, "two words"},
		{"long line", "exit\n ; " + strings.Repeat("x", maxLine), diag.BadSyntax, 2, maxLine + 1, "bytes"},
		{"conflict", strings.Repeat("<<<<<<< HEAD\n", 100), diag.BadSyntax, 1, 1, `"<"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Parse("t.s", c.src, testHelpers)
			var e *diag.Error
			require.ErrorAs(t, err, &e)
			assert.Equal(t, c.code, e.Code, "%v", e)
			assert.Contains(t, e.Msg, c.says)
			assert.Equal(t, "t.s", e.File)
			if c.line > 0 {
				assert.Equal(t, c.line, e.Line, "%v", e)
			}
			if c.col > 0 {
				assert.Equal(t, c.col, e.Col, "%v", e)
			}
			var list Errors
			require.True(t, errors.As(err, &list))
			assert.LessOrEqual(t, len(list), maxErrors)
		})
	}
}

// TestRecursionNeedsABound: with .depth, it is legal.
func TestRecursionNeedsABound(t *testing.T) {
	p, err := Parse("t.s", ".depth 4\n f: call f\n exit", Options{})
	require.NoError(t, err)
	assert.EqualValues(t, 4, p.Image.Depth)
}

// TestPrintIsReadable is what a person sees.
func TestPrintIsReadable(t *testing.T) {
	p, err := Parse("t.s", `
.frame 16
main: r1 = hello ll
	call print
	if r0 == 0 goto out
	call f
	*(u32 *)(r10 - 4) = r0
out: exit
f:	r0 = be16 r0
	exit
	.rodata
hello: .asciz "hello"
	.data
	.byte 1, 2, 3`, testHelpers)
	require.NoError(t, err)
	opts := testHelpers
	opts.Symbol = func(slot int) string { return map[int]string{7: "f"}[slot] }
	assert.Equal(t, `	.frame 16
	.depth 2
	.entry main

	.text
main:
	r1 = 0x3000000 ll
	call print
	if r0 == 0 goto L6
	call f
	*(u32 *)(r10 - 4) = r0
L6:
	exit
f:
	r0 = be16 r0
	exit

	.rodata
	.ascii "hello"
	.byte 0x00

	.data
	.byte 0x01, 0x02, 0x03
`, Print(p.Image, opts))
}

// TestPrintAnyText: slots that are no instructions, and images that no
// verifier would accept, come back as they were.
func TestPrintAnyText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		img := drawImage(t)
		src := Print(img, testHelpers)
		p, err := Parse("printed.s", src, testHelpers)
		require.NoError(t, err, src)
		want, _ := img.Encode()
		got, _ := p.Image.Encode()
		require.Equal(t, want, got, src)
	})
}

func drawImage(t *rapid.T) *image.Image {
	img := &image.Image{
		Frame: uint16(8 * rapid.IntRange(0, 64).Draw(t, "frame")), Depth: uint8(rapid.IntRange(1, 32).Draw(t, "depth")),
		ROData: rapid.SliceOfN(rapid.Byte(), 0, 40).Draw(t, "rodata"), Data: rapid.SliceOfN(rapid.Byte(), 0, 40).Draw(t, "data"),
		BSS: rapid.Uint32Range(0, 100).Draw(t, "bss"),
	}
	slot := rapid.Custom(func(t *rapid.T) []uint64 {
		if rapid.IntRange(0, 9).Draw(t, "noise") == 0 {
			return []uint64{rapid.Uint64().Draw(t, "slot")}
		}
		in, imm2, row := drawInsn(t)
		if row.OffRule.Use == isa.Slots {
			in.Off = int16(rapid.IntRange(-8, 8).Draw(t, "near"))
		} else if row.ImmRule.Use == isa.Slots {
			in.Imm = int32(rapid.IntRange(-8, 8).Draw(t, "near"))
		}
		if row.Kind == isa.Wide {
			return []uint64{in.Slot(), uint64(uint32(imm2)) << 32}
		}
		return []uint64{in.Slot()}
	})
	for _, s := range rapid.SliceOfN(slot, 1, 20).Draw(t, "text") {
		for _, w := range s {
			img.Text = binary.LittleEndian.AppendUint64(img.Text, w)
		}
	}
	last := uint16(0)
	for range rapid.IntRange(0, 4).Draw(t, "helpers") {
		last += rapid.Uint16Range(1, 9).Draw(t, "step")
		img.Helpers = append(img.Helpers, last)
	}
	for range rapid.IntRange(1, 4).Draw(t, "entries") {
		e := image.Entry{
			Name: rapid.OneOf(rapid.StringMatching(`[!-~]{0,6}`), rapid.SampledFrom([]string{"main", "r1", "L3", "print", "exit", "local", "callx"})).Draw(t, "name"),
			Slot: rapid.OneOf(rapid.Uint32Range(0, 20), rapid.Uint32()).Draw(t, "slot"),
		}
		if rapid.Bool().Draw(t, "hooked") {
			e.Hook = (*[16]byte)(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "hook"))
		}
		img.Entries = append(img.Entries, e)
	}
	return img
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"exit", "main: r1 = d ll\n call print\n if r1 s> -3 goto main\n exit\n .data\n d: .long 1, d+4\n .bss\n .zero 8",
		".entry a, \"b\", \"01234567-89ab-cdef-0123-456789abcdef\"\n.frame 8\n.depth 2\na: lock fetch add [%r10-8], %r1\n ja a",
		".section hook/x,\"ax\",@progbits\n.quad 0x95\n exit ; c", ".comm x,4,8\n.ascii \"\\x41\\n\"",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, src string) {
		p, err := Parse("f.s", src, testHelpers)
		if err != nil {
			var list Errors
			require.True(t, errors.As(err, &list))
			require.NotEmpty(t, list)
			for _, e := range list {
				require.NotZero(t, e.Code)
			}
			return
		}
		want, err := p.Image.Encode()
		require.NoError(t, err)
		printed := Print(p.Image, testHelpers)
		again, err := Parse("p.s", printed, testHelpers)
		require.NoError(t, err, printed)
		got, err := again.Image.Encode()
		require.NoError(t, err)
		require.Equal(t, want, got, printed)
	})
}
