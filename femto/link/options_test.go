// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package link

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/femtocontainer/femtocontainer/femto/diag"
	"github.com/femtocontainer/femtocontainer/femto/image"
	"github.com/femtocontainer/femtocontainer/femto/vm"
)

// aCompiler is the newest clang of this machine.
func aCompiler(t *testing.T) testCompiler {
	t.Helper()
	list := compilers()
	if len(list) == 0 {
		fmt.Printf("SKIP: %s: clang is not installed\n", t.Name())
		t.SkipNow()
	}
	return list[len(list)-1]
}

func build(t *testing.T, opts Options, sources ...string) (*Output, error) {
	t.Helper()
	o := aCompiler(t).options("")
	o.Options = opts
	return Build(t.Context(), sources, o)
}

func names(img *image.Image) (list []string) {
	for _, e := range img.Entries {
		list = append(list, e.Name)
	}
	return list
}

func call(t *testing.T, m *vm.VM, img *image.Image, name string, ctx ...byte) int32 {
	t.Helper()
	e, ok := img.Entry(name)
	require.True(t, ok, "%s", name)
	res := m.Run(e.Slot, ctx, 100_000)
	require.Nil(t, res.Fault, "%s", name)
	return int32(res.R0)
}

// TestSeveralObjects: symbols across objects, weak and common ones, static
// functions of the same name.
func TestSeveralObjects(t *testing.T) {
	for _, sources := range [][]string{
		{"testdata/several/main.c", "testdata/several/library.c"},
		{"testdata/several/library.c", "testdata/several/main.c"},
	} {
		out, err := build(t, Options{Entries: []string{"scaled", "through", "common", "weak"}}, sources...)
		require.NoError(t, err)
		img := out.Image
		assert.Equal(t, []string{"scaled", "through", "common", "weak"}, names(img))
		m, err := vm.New(img, vm.Options{})
		require.NoError(t, err)
		assert.EqualValues(t, 22, call(t, m, img, "scaled", 7, 0, 0, 0))
		assert.EqualValues(t, 3+'h', call(t, m, img, "through"))
		assert.EqualValues(t, 77, call(t, m, img, "common"), "the larger common symbol is shared")
		assert.EqualValues(t, 320, call(t, m, img, "weak"), "a strong definition wins over a weak one")
		for _, f := range out.Source.Functions {
			assert.NotEqual(t, "not_needed", f.Name)
		}
	}

	_, err := build(t, Options{}, "testdata/several/main.c")
	assert.Equal(t, diag.UndefinedSymbol, errorCode(err), "%v", err)

	_, err = build(t, Options{}, "testdata/several/main.c", "testdata/several/library.c", "testdata/several/invalid_twice.c")
	assert.Equal(t, diag.DuplicateSymbol, errorCode(err), "%v", err)
	assert.ErrorContains(t, err, "factor is defined in testdata/several/library.c and in testdata/several/invalid_twice.c")
}

func TestEntryOption(t *testing.T) {
	out, err := build(t, Options{Entries: []string{"third", "add"}}, "testdata/entries_text.c")
	require.NoError(t, err)
	assert.Equal(t, []string{"third", "add"}, names(out.Image), "in the order asked for, called or not")
	assert.Len(t, out.Source.Functions, 2, "first and second are left out")

	for _, entries := range [][]string{{"nobody"}, {"first", "first"}, {}} {
		_, err := build(t, Options{Entries: entries}, "testdata/entries_text.c")
		assert.Equal(t, diag.NoEntry, errorCode(err), "%v: %v", entries, err)
	}
	_, err = build(t, Options{Entries: []string{"leaf"}}, "testdata/calls.c")
	assert.Equal(t, diag.NoEntry, errorCode(err), "a static function is no entry point: %v", err)
}

// programs are the entry points of testdata/calls.c; named, they leave no doubt
// about its other functions.
var programs = []string{"program", "second"}

func TestStackOption(t *testing.T) {
	out, err := build(t, Options{Stack: 504, Entries: programs}, "testdata/calls.c")
	require.NoError(t, err)
	assert.EqualValues(t, 504, out.Image.Frame)
	assert.Empty(t, out.Warnings)

	out, err = build(t, Options{Stack: 16, Entries: programs}, "testdata/calls.c")
	require.NoError(t, err)
	assert.EqualValues(t, 16, out.Image.Frame)
	require.Len(t, out.Warnings, 1)
	assert.Equal(t, diag.StackTooLarge, out.Warnings[0].Code)

	// Without a note from the compiler a frame has 512 bytes unless someone
	// knows better.
	out, err = build(t, Options{Stack: 8}, "testdata/plain_labels.s")
	require.NoError(t, err)
	assert.EqualValues(t, 8, out.Image.Frame)
	assert.Empty(t, out.Warnings)

	for _, bad := range []Options{{Stack: 12}, {Stack: -8}, {Stack: 520}, {Depth: -1}, {Depth: 33}} {
		_, err := Object(nil, bad)
		assert.Equal(t, diag.BadOption, errorCode(err), "%+v", bad)
	}
}

func TestDepthOption(t *testing.T) {
	out, err := build(t, Options{Depth: 20}, "testdata/recursion.c")
	require.NoError(t, err)
	assert.EqualValues(t, 20, out.Image.Depth)
	assert.Empty(t, out.Warnings, "who sets the bound knows about the recursion")

	out, err = build(t, Options{Depth: 3, Entries: programs}, "testdata/calls.c")
	require.NoError(t, err)
	assert.EqualValues(t, 3, out.Image.Depth)
	require.Len(t, out.Warnings, 1)
	assert.Equal(t, diag.CallsTooDeep, out.Warnings[0].Code)

	out, err = build(t, Options{Depth: 32}, "testdata/invalid_deep.c")
	require.NoError(t, err)
	assert.EqualValues(t, 32, out.Image.Depth)
	assert.Equal(t, diag.CallsTooDeep, out.Warnings[0].Code)
}

// TestSourceMap: every instruction of a C function has its line, wherever the
// function went, and the map knows its image.
func TestSourceMap(t *testing.T) {
	out, err := build(t, Options{}, "testdata/calls.c", "testdata/several/library.c")
	require.NoError(t, err)
	m, img := out.Source, out.Image

	b, err := m.Encode()
	require.NoError(t, err)
	decoded, err := DecodeSourceMap(b, img)
	require.NoError(t, err)
	assert.Equal(t, m, decoded)
	assert.NotContains(t, string(b), t.TempDir(), "no paths of this machine")

	slots := 0
	for _, f := range m.Functions {
		for pc := int(f.Slot); pc < int(f.Slot+f.Slots); pc++ {
			ln, ok := m.Line(pc)
			require.True(t, ok, "pc %d in %s", pc, f.Name)
			assert.Equal(t, "testdata/calls.c", ln.File)
			slots++
			in, ok := m.Function(pc)
			assert.True(t, ok)
			assert.Equal(t, f, in)
		}
	}
	assert.Equal(t, len(img.Text)/8, slots)
	leaf := m.Functions[slices.IndexFunc(m.Functions, func(f Function) bool { return f.Name == "leaf" })]
	ln, _ := m.Line(int(leaf.Slot + leaf.Slots - 1))
	assert.Contains(t, ln.Source, "return sum")
	file, number := m.Position(int(leaf.Slot + leaf.Slots - 1))
	assert.Equal(t, ln.File, file)
	assert.Equal(t, ln.Number, number)

	for _, pc := range []int{-1, 1 << 30} {
		_, ok := m.Function(pc)
		assert.False(t, ok)
	}
	_, ok := m.Line(-1)
	assert.False(t, ok)
	_, ok = (*SourceMap)(nil).Line(0)
	assert.False(t, ok)

	img.Text[0] ^= 1
	_, err = DecodeSourceMap(b, img)
	assert.ErrorContains(t, err, "another image")
	for _, bad := range []string{"", "[]", `{"version":2}`, strings.Replace(string(b), `"slot": 0`, `"slot": 99999`, 2)} {
		img.Text[0] ^= 1
		_, err = DecodeSourceMap([]byte(bad), img)
		img.Text[0] ^= 1
		assert.Error(t, err, "%.40s", bad)
	}
}

// TestLinesOfOneSlot: compilers note several lines for one instruction; the last
// counts, and a line that says nothing new is left out.
func TestLinesOfOneSlot(t *testing.T) {
	m := &SourceMap{}
	m.add(Line{Slot: 0})
	m.add(Line{Slot: 1, File: "a.c", Number: 3})
	m.add(Line{Slot: 1, File: "a.c", Number: 4})
	m.add(Line{Slot: 2, File: "a.c", Number: 4})
	m.add(Line{Slot: 5})
	assert.Equal(t, []Line{{Slot: 1, File: "a.c", Number: 4}, {Slot: 5}}, m.Lines)
}

// TestNoLines: what was assembled has no C lines, and does not borrow those of
// the function before it.
func TestNoLines(t *testing.T) {
	out, err := build(t, Options{Entries: []string{"entry", "add"}}, "testdata/entries_text.c", "testdata/plain_labels.s")
	require.NoError(t, err)
	for _, f := range out.Source.Functions {
		_, ok := out.Source.Line(int(f.Slot))
		assert.Equal(t, f.Name == "add", ok, "%s", f.Name)
	}
}

// TestTooMany: what does not fit the format is refused by the linker.
func TestTooMany(t *testing.T) {
	var many strings.Builder
	for i := range 256 {
		n := string(rune('a'+i/16)) + string(rune('a'+i%16))
		many.WriteString("int f" + n + "(void) { return 1; }\n")
	}
	_, err := build(t, Options{}, write(t, "many.c", many.String()))
	assert.Equal(t, diag.TooMany, errorCode(err), "%v", err)

	many.Reset()
	for i := range 256 {
		n := string(rune('a'+i/16)) + string(rune('a'+i%16))
		many.WriteString("extern int h" + n + "(void);\n")
	}
	many.WriteString("int entry(void) { int s = 0;\n")
	for i := range 256 {
		n := string(rune('a'+i/16)) + string(rune('a'+i%16))
		many.WriteString("s += h" + n + "();\n")
	}
	many.WriteString("return s; }\n")
	id := uint16(0)
	_, err = build(t, Options{Resolve: func(string) (uint16, bool) { id++; return id, true }}, write(t, "many.c", many.String()))
	assert.Equal(t, diag.TooMany, errorCode(err), "%v", err)

	_, err = build(t, Options{}, write(t, "name.c", "int "+strings.Repeat("n", 256)+"(void) { return 1; }\n"))
	assert.Equal(t, diag.NoEntry, errorCode(err), "%v", err)

	_, err = build(t, Options{}, write(t, "big.c", "char big[1 << 24]; int entry(int *i) { return big[*i]; }\n"))
	assert.Equal(t, diag.SectionTooLong, errorCode(err), "%v", err)
}
