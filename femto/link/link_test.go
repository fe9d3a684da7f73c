// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package link

import (
	"context"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/femtocontainer/femtocontainer/femto/diag"
	"github.com/femtocontainer/femtocontainer/femto/image"
	"github.com/femtocontainer/femtocontainer/femto/verify"
	"github.com/femtocontainer/femtocontainer/femto/vm"
)

var update = flag.Bool("update", false, "write testdata/objects with the compilers of this machine")

// The sources in testdata say in lines that begin with //! or #! what is to
// come out of them:
//
//	run NAME HEX = N      calling entry NAME with context HEX gives N
//	fault NAME HEX CODE   ... faults
//	error CODE: TEXT      the link or build fails; | separates alternatives
//	at N                  ... and the error names line N
//	hint TEXT             ... and the hint has this text
//	warning CODE: TEXT
//	entries, functions, helpers, frame, depth   of the image
//	clang                 not for gcc
//	cpu VN                only for clang that knows it
type expectations struct {
	lines map[string][]string
	order []string // run and fault, in order
}

func expected(t *testing.T, source string) expectations {
	t.Helper()
	b, err := os.ReadFile(source)
	require.NoError(t, err)
	e := expectations{lines: map[string][]string{}}
	for line := range strings.Lines(string(b)) {
		line = strings.TrimSpace(line)
		rest, ok := strings.CutPrefix(line, "//!")
		if !ok {
			rest, ok = strings.CutPrefix(line, "#!")
		}
		if !ok {
			continue
		}
		word, arg, _ := strings.Cut(strings.TrimSpace(rest), " ")
		e.lines[word] = append(e.lines[word], arg)
		if word == "run" || word == "fault" {
			e.order = append(e.order, word+" "+arg)
		}
	}
	require.NotEmpty(t, e.lines, "%s expects nothing", source)
	return e
}

func (e expectations) one(word string) (string, bool) {
	if len(e.lines[word]) == 0 {
		return "", false
	}
	return e.lines[word][0], true
}

// System calls of the test host.
const testHeader = `
extern int host_add(int a, int b);
extern void host_stop(void) __attribute__((noreturn));
`

func testCalls(name string) (uint16, bool) {
	id, ok := map[string]uint16{"host_add": 7, "host_stop": 8}[name]
	return id, ok
}

func testHost(_ vm.Memory, id uint16, args [5]uint64, _ uint32) (r0 uint64, price uint32, fault diag.Code) {
	switch id {
	case 7:
		return uint64(uint32(args[0]) + uint32(args[1])), 1, 0
	case 9:
		return uint64(2 * uint32(args[0])), 1, 0
	}
	return 0, 0, diag.UnknownHelper
}

// compilers lists the clang versions of this machine; none is not an error, since
// testdata/objects stands in for them.
var compilers = sync.OnceValue(func() (list []testCompiler) {
	names := []string{"clang"}
	for v := 14; v <= 30; v++ {
		names = append(names, fmt.Sprintf("clang-%d", v))
	}
	for _, name := range names {
		if name == "clang" && haveVersioned() {
			continue // most likely one of those
		}
		if path, cpu, err := FindClang(context.Background(), name, ""); err == nil {
			list = append(list, testCompiler{name, path, cpu})
		}
	}
	return list
})

type testCompiler struct{ name, path, cpu string }

func haveVersioned() bool {
	for v := 14; v <= 30; v++ {
		if _, err := exec.LookPath(fmt.Sprintf("clang-%d", v)); err == nil {
			return true
		}
	}
	return false
}

var haveGCC = sync.OnceValue(func() bool {
	out, err := exec.Command("bpf-gcc", "-dumpversion").Output()
	return err == nil && strings.HasPrefix(string(out), "12")
})

// compileGCC is what a Makefile would do.
func compileGCC(t *testing.T, source, object string) {
	t.Helper()
	out, err := exec.Command("bpf-gcc", "-O2", "-fcommon", "-ffreestanding", "-fno-builtin", "-c", source, "-o", object).CombinedOutput()
	require.NoError(t, err, "%s", out)
}

// options take the compiler's newest instruction set unless cpu says otherwise.
func (c testCompiler) options(cpu string) BuildOptions {
	if cpu == "" {
		cpu = c.cpu
	}
	return BuildOptions{Options: Options{Resolve: testCalls}, Clang: c.path, CPU: cpu, Header: testHeader, Flags: []string{"-fcommon"}}
}

func TestSources(t *testing.T) {
	sources, err := filepath.Glob("testdata/*.[cs]")
	require.NoError(t, err)
	more, err := filepath.Glob("testdata/build/*.c")
	require.NoError(t, err)
	require.NotEmpty(t, more)
	if len(compilers()) == 0 {
		fmt.Printf("SKIP: %s: clang is not installed; only the objects in testdata/objects are linked\n", t.Name())
		t.SkipNow()
	}
	for _, source := range append(sources, more...) {
		for _, clang := range compilers() {
			t.Run(strings.TrimPrefix(source, "testdata/")+"/"+clang.name, func(t *testing.T) {
				t.Parallel()
				want := expected(t, source)
				cpu, _ := want.one("cpu")
				out, err := Build(t.Context(), []string{source}, clang.options(cpu))
				if cpu == "v4" && errorCode(err) == diag.BadOption {
					t.Skipf("%s does not know -mcpu=v4", clang.name)
				}
				want.check(t, source, out, err, true)
			})
		}
	}
}

func TestGCC(t *testing.T) {
	if !haveGCC() {
		fmt.Printf("SKIP: %s: bpf-gcc 12 is not installed; its objects are taken from testdata/objects only\n", t.Name())
		t.SkipNow()
	}
	sources, err := filepath.Glob("testdata/*.c")
	require.NoError(t, err)
	for _, source := range append(sources, "testdata/gcc/invalid_division.c") {
		want := expected(t, source)
		if _, only := want.one("clang"); only {
			continue
		}
		t.Run(filepath.Base(source), func(t *testing.T) {
			t.Parallel()
			object := filepath.Join(t.TempDir(), "gcc.o")
			compileGCC(t, source, object)
			want.checkObject(t, source, object, false)
		})
	}
}

// TestObjects links what compilers wrote elsewhere, so that it also runs where
// there are none.
func TestObjects(t *testing.T) {
	kept := []string{"data", "addends", "calls", "invalid_undefined"}
	if *update {
		require.NoError(t, os.MkdirAll("testdata/objects", 0o777))
		for _, name := range kept {
			source := "testdata/" + name + ".c"
			for _, clang := range compilers() {
				if clang.name != "clang-14" && clang.name != "clang-19" {
					continue
				}
				c := compiler{opts: clang.options(""), dir: t.TempDir()}
				require.NoError(t, c.compile(t.Context(), source, fmt.Sprintf("testdata/objects/%s-%s.o", name, clang.name), nil))
			}
			if _, only := expected(t, source).one("clang"); haveGCC() && !only {
				compileGCC(t, source, "testdata/objects/"+name+"-gcc-12.o")
			}
		}
	}
	objects, err := filepath.Glob("testdata/objects/*.o")
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(objects), 2*len(kept))
	for _, object := range objects {
		name, compiler, _ := strings.Cut(strings.TrimSuffix(filepath.Base(object), ".o"), "-")
		t.Run(name+"/"+compiler, func(t *testing.T) {
			source := "testdata/" + name + ".c"
			expected(t, source).checkObject(t, source, object, strings.HasPrefix(compiler, "clang"))
		})
	}
}

func (e expectations) checkObject(t *testing.T, source, object string, clang bool) {
	t.Helper()
	elf, err := os.ReadFile(object)
	require.NoError(t, err)
	out, err := Objects([]Input{{Name: object, ELF: elf}}, Options{Resolve: testCalls})
	e.check(t, source, out, err, clang)
}

// check compares what came out with what the source expects.
func (e expectations) check(t *testing.T, source string, out *Output, err error, clang bool) {
	t.Helper()
	if want, ok := e.one("error"); ok {
		e.checkError(t, source, want, err, clang)
		return
	}
	require.NoError(t, err)
	e.checkImage(t, out, clang)
	e.execute(t, out.Image)
}

func (e expectations) checkError(t *testing.T, source, want string, err error, clang bool) {
	t.Helper()
	require.Error(t, err)
	var d *diag.Error
	require.ErrorAs(t, err, &d)
	code, texts, _ := strings.Cut(want, ":")
	matches := slices.ContainsFunc(strings.Split(texts, "|"), func(text string) bool { return strings.Contains(d.Msg, strings.TrimSpace(text)) })
	if texts == "" { // alternatives of codes
		assert.Contains(t, strings.Split(code, "|"), d.Code.String(), "%v", err)
	} else {
		assert.Equal(t, strings.TrimSpace(code), d.Code.String(), "%v", err)
		assert.True(t, matches, "%v", err)
	}
	assert.NotEmpty(t, d.File, "%v", err)
	if hint, ok := e.one("hint"); ok {
		assert.Contains(t, d.Hint, hint, "%v", err)
	}
	if at, ok := e.one("at"); ok && clang {
		assert.Equal(t, source+":"+at, fmt.Sprintf("%s:%d", d.File, d.Line), "%v", err)
	}
}

func (e expectations) checkImage(t *testing.T, out *Output, clang bool) {
	t.Helper()
	img := out.Image
	b, err := img.Encode()
	require.NoError(t, err)
	again, err := image.Decode(b)
	require.NoError(t, err)
	require.NoError(t, verify.Image(again, verify.Options{}))

	var entries, functions []string
	for _, f := range img.Entries {
		entries = append(entries, f.Name)
	}
	for _, f := range out.Source.Functions {
		functions = append(functions, f.Name)
	}
	slices.Sort(functions)
	if want, ok := e.one("entries"); ok {
		assert.Equal(t, want, strings.Join(entries, " "))
	}
	if want, ok := e.one("functions"); ok {
		assert.Equal(t, want, strings.Join(functions, " "))
	}
	if want, ok := e.one("helpers"); ok {
		assert.Equal(t, "["+want+"]", fmt.Sprint(img.Helpers))
	}
	if want, ok := e.one("depth"); ok {
		assert.Equal(t, want, fmt.Sprint(img.Depth))
	}
	if want, ok := e.one("frame"); ok {
		assert.Equal(t, want, fmt.Sprint(img.Frame))
	}
	var warnings []string
	for _, w := range out.Warnings {
		warnings = append(warnings, fmt.Sprintf("%v: %s", w.Code, w.Msg))
	}
	want, ok := e.one("warning")
	if !ok {
		assert.Empty(t, warnings)
		return
	}
	require.Len(t, warnings, 1)
	code, texts, _ := strings.Cut(want, ": ")
	assert.True(t, strings.HasPrefix(warnings[0], code), "%s", warnings[0])
	assert.True(t, slices.ContainsFunc(strings.Split(texts, "|"), func(text string) bool { return strings.Contains(warnings[0], text) }), "%s", warnings[0])
}

// execute runs the image as the source says, in one instance.
func (e expectations) execute(t *testing.T, img *image.Image) {
	t.Helper()
	m, err := vm.New(img, vm.Options{Call: testHost})
	require.NoError(t, err)
	for _, line := range e.order {
		words := strings.Fields(strings.ReplaceAll(line, "=", " "))
		name := words[1]
		var ctx []byte
		if len(words) == 4 {
			ctx, err = hex.DecodeString(words[2])
			require.NoError(t, err)
		}
		entry, ok := img.Entry(name)
		require.True(t, ok, "no entry point %s", name)
		res := m.Run(entry.Slot, ctx, 1_000_000)
		if words[0] == "fault" {
			require.NotNil(t, res.Fault, "%s", line)
			assert.Equal(t, words[len(words)-1], res.Fault.Code.String(), "%s: %v", line, res.Fault)
			continue
		}
		require.Nil(t, res.Fault, "%s", line)
		want, err := strconv.ParseInt(words[len(words)-1], 10, 64)
		require.NoError(t, err)
		if int64(int32(res.R0)) != want { // the upper half of an int is undefined
			assert.Equal(t, want, int64(res.R0), "%s", line)
		}
	}
}

func errorCode(err error) diag.Code {
	var d *diag.Error
	if !errors.As(err, &d) {
		return 0
	}
	return d.Code
}
