// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package attacks

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/femtocontainer/femtocontainer/femto/asm"
	"github.com/femtocontainer/femtocontainer/femto/diag"
	"github.com/femtocontainer/femtocontainer/femto/isa"
	"github.com/femtocontainer/femtocontainer/femto/link"
	"github.com/femtocontainer/femtocontainer/tests/engines"
)

// compile makes an image of C source.
func compile(t *testing.T, src string) (*link.Output, error) {
	file := filepath.Join(t.TempDir(), "guest.c")
	require.NoError(t, os.WriteFile(file, []byte(src), 0o600))
	out, err := link.Build(t.Context(), []string{file}, link.BuildOptions{})
	var e *diag.Error
	if errors.As(err, &e) && e.Code == diag.NoCompiler {
		fmt.Printf("SKIP: %s: clang is not installed\n", t.Name())
		t.Skip("clang is not installed")
	}
	return out, err
}

// runC is the result of the first entry point in every engine.
func runC(t *testing.T, src string, ctx []byte, want uint64) *link.Output {
	out, err := compile(t, src)
	require.NoError(t, err)
	b, err := out.Image.Encode()
	require.NoError(t, err)
	for _, engine := range engines.Names() {
		a := Attack{Image: b, Ctx: ctx, Fuel: defaultFuel}
		assert.Equal(t, result(want), a.Run(engine), engine)
	}
	return out
}

// TestDefect22ToolsTakeOrdinaryC: string literals, constant tables, .bss,
// calls to global functions and byte swaps, all of which crashed the earlier
// converter.
func TestDefect22ToolsTakeOrdinaryC(t *testing.T) {
	out := runC(t, `
		static const unsigned table[4] = { 10, 20, 30, 40 };
		unsigned counter[8];
		unsigned twice(unsigned x) { return 2 * x + (unsigned char)"abc"[x & 1]; }
		__attribute__((section("app"))) unsigned guest(unsigned char *ctx)
		{
			counter[ctx[0] & 7] += 3;
			unsigned swapped = __builtin_bswap32(0x11223344u + ctx[1]);
			unsigned short s = __builtin_bswap16((unsigned short)(0x1122 + ctx[1]));
			return table[ctx[0] & 3] + counter[ctx[0] & 7] + twice(ctx[0]) + (swapped >> 24) + (s & 0xff);
		}`, []byte{2, 0}, 30+3+(4+'a')+0x44+0x11)
	assert.NotZero(t, out.Image.BSS)
	assert.NotEmpty(t, out.Image.ROData)
}

// TestDefect23LocalCallsStayLocal: the linker makes calls within the image,
// not calls of the helper whose number is the distance.
func TestDefect23LocalCallsStayLocal(t *testing.T) {
	out := runC(t, `
		static __attribute__((noinline)) unsigned third(unsigned x) { return x + 3; }
		static __attribute__((noinline)) unsigned second(unsigned x) { return third(x) * 2; }
		__attribute__((section("app"))) unsigned guest(unsigned char *ctx) { return second(ctx[0]) + third(1); }`, []byte{4}, 18)
	assert.Empty(t, out.Image.Helpers)
	calls := 0
	for _, l := range asm.Disassemble(out.Image, asm.Options{}) {
		if l.Row.Kind == isa.CallLocal {
			calls++
		}
		assert.NotEqual(t, isa.CallHelper, l.Row.Kind, l.Text)
	}
	assert.GreaterOrEqual(t, calls, 3)
	assert.EqualValues(t, 3, out.Image.Depth)
}

// TestDefect24DivisionIsPrintedAsDivision.
func TestDefect24DivisionIsPrintedAsDivision(t *testing.T) {
	for slot, want := range map[uint64]string{
		0x00000003_00000137: "r1 /= 3", 0x0000213f: "r1 /= r2", 0x00000003_00000134: "w1 /= 3", 0x0000213c: "w1 /= w2",
		0x00000003_00010137: "r1 s/= 3", 0x00000003_00000197: "r1 %= 3", 0x0000214f: "r1 |= r2", 0x00000003_00000147: "r1 |= 3",
	} {
		text := make([]byte, 8)
		for i := range text {
			text[i] = byte(slot >> (8 * i))
		}
		assert.Equal(t, want, asm.Insn(text, 0, asm.Options{}))
	}
}

// TestDefect25PointersInData: relocated, or refused with the symbol's name.
func TestDefect25PointersInData(t *testing.T) {
	runC(t, `
		static int target[4] = { 1, 2, 3, 4 };
		static const char *names[] = { "zero", "one", "two" };
		int *volatile pointer = &target[2];
		__attribute__((section("app"))) int guest(unsigned char *ctx) { return *pointer * 1000 + names[ctx[0] % 3][1]; }`, []byte{1}, 3000+'n')

	_, err := compile(t, `
		static int callee(int x) { return x; }
		int (*volatile pointer)(int) = callee;
		__attribute__((section("app"))) int guest(unsigned char *ctx) { return pointer != 0; }`)
	var e *diag.Error
	require.ErrorAs(t, err, &e)
	assert.Equal(t, diag.FunctionAddress, e.Code)
	assert.Contains(t, e.Msg, "callee")
}

// TestDefect25EveryPointerByte: a pointer at every alignment and distance that
// the assembler can write.
func TestDefect25EveryPointerByte(t *testing.T) {
	for pad := range 8 {
		src := "r1 = p ll\nr1 = *(u64 *)(r1 + 0)\nr0 = *(u8 *)(r1 + 0)\nexit\n.data\n" + strings.Repeat(".byte 0xee\n", pad) +
			"p: .quad t+2\n.rodata\n.byte 0xdd\nt: .byte 1, 2, 3"
		for _, engine := range engines.Names() {
			assert.Equal(t, result(3), Attack{Image: encode(assemble(src)), Fuel: 10}.Run(engine), engine)
		}
	}
}
