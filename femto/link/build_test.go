// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package link

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/femtocontainer/femtocontainer/femto/diag"
)

func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, []byte(text), 0o666))
	return path
}

func TestDependencies(t *testing.T) {
	dir := t.TempDir()
	header, source, rules := filepath.Join(dir, "shape.h"), filepath.Join(dir, "shape.c"), filepath.Join(dir, "shape.d")
	require.NoError(t, os.WriteFile(header, []byte("#define SIDES 4\n"), 0o666))
	require.NoError(t, os.WriteFile(source, []byte("#include <femto.h>\n#include \"shape.h\"\nint entry(void) { return SIDES; }\n"), 0o666))
	opts := aCompiler(t).options("")
	assembly := write(t, "a b$c.s", ".globl assembled\nassembled: exit\n")
	opts.DepFile, opts.DepTarget = rules, "build/my shape.fc"
	_, err := Build(t.Context(), []string{source, "testdata/objects/data-clang-14.o", assembly}, opts)
	require.NoError(t, err)
	b, err := os.ReadFile(rules)
	require.NoError(t, err)
	text := string(b)
	assert.Contains(t, text, `build/my\ shape.fc: `)
	assert.Contains(t, text, header)
	assert.Contains(t, text, source)
	assert.Contains(t, text, "build/my\\ shape.fc: testdata/objects/data-clang-14.o\n")
	assert.Contains(t, text, `a\ b$$c.s`)
	assert.NotContains(t, text, "femto.h", "it is gone after the build")

	require.NoError(t, os.Remove(rules))
	require.NoError(t, os.WriteFile(header, []byte("#error no\n"), 0o666))
	_, err = Build(t.Context(), []string{source}, opts)
	assert.Equal(t, diag.CompileError, errorCode(err))
	assert.NoFileExists(t, rules, "nothing is written when the build fails")
}

func TestBuildOptions(t *testing.T) {
	include := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(include, "mine.h"), []byte("#define HERE 40\n"), 0o666))
	source := write(t, "options.c", "#include <mine.h>\n#include <stdint.h>\nuint32_t entry(void) { return HERE + THERE + FLAG; }\n")
	opts := aCompiler(t).options("v2")
	opts.Include, opts.Define, opts.Flags = []string{include}, []string{"THERE=1"}, []string{"-DFLAG=1"}
	out, err := Build(t.Context(), []string{source}, opts)
	require.NoError(t, err)
	assert.Equal(t, []byte{42, 0, 0, 0}, out.Image.Text[4:8])
}

// TestBuildObjects: objects and sources together.
func TestBuildObjects(t *testing.T) {
	out, err := Build(t.Context(), []string{"testdata/objects/calls-clang-14.o"}, BuildOptions{Clang: "/nowhere"})
	require.NoError(t, err, "no compiler is needed")
	assert.Len(t, out.Image.Entries, 2)
	if len(compilers()) > 0 {
		_, err = build(t, Options{}, "testdata/objects/calls-clang-14.o", "testdata/build/loops.c")
		assert.NoError(t, err)
	}
}

func TestNoCompiler(t *testing.T) {
	for _, o := range []BuildOptions{{Clang: "no-such-compiler"}, {Clang: "true"}, {Clang: "false"}} {
		_, err := Build(t.Context(), []string{"testdata/data.c"}, o)
		if o.Clang == "true" { // it "compiles", but writes nothing
			assert.Error(t, err)
			continue
		}
		assert.Equal(t, diag.NoCompiler, errorCode(err), "%v", err)
		assert.ErrorContains(t, err, o.Clang)
	}
	t.Setenv("PATH", t.TempDir())
	_, err := Build(t.Context(), []string{"testdata/data.c"}, BuildOptions{})
	require.Equal(t, diag.NoCompiler, errorCode(err), "%v", err)
	var e *diag.Error
	require.ErrorAs(t, err, &e)
	assert.Contains(t, e.Hint, "apt-get install clang")
}

func TestBuildRefusals(t *testing.T) {
	_, err := Build(t.Context(), []string{"testdata/no-such-file.c"}, BuildOptions{})
	assert.ErrorIs(t, err, os.ErrNotExist)

	_, err = Build(t.Context(), []string{"testdata/no-such-file.o"}, BuildOptions{})
	assert.ErrorIs(t, err, os.ErrNotExist)

	_, err = Build(t.Context(), nil, BuildOptions{Options: Options{Stack: 4}})
	assert.Equal(t, diag.BadOption, errorCode(err))

	_, err = Build(t.Context(), nil, BuildOptions{})
	assert.Equal(t, diag.NoEntry, errorCode(err))

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = Build(ctx, []string{"testdata/data.c"}, aCompiler(t).options(""))
	assert.ErrorIs(t, err, context.Canceled)
}

// TestFindClang: the newest instruction set is chosen, and a wish is granted or
// refused.
func TestFindClang(t *testing.T) {
	c := aCompiler(t)
	path, cpu, err := FindClang(t.Context(), "", "")
	require.NoError(t, err)
	assert.Contains(t, path, "clang")
	assert.Contains(t, []string{"v3", "v4"}, cpu)
	for _, c := range compilers() {
		if major := strings.TrimPrefix(c.name, "clang-"); len(major) == 2 {
			assert.Equal(t, major >= "18", c.cpu == "v4", "%s: %s", c.name, c.cpu)
		}
	}
	opts := c.options("v9")
	_, err = Build(t.Context(), []string{"testdata/data.c"}, opts)
	assert.Equal(t, diag.BadOption, errorCode(err), "%v", err)
}

// TestParseClang: what clang says about several things, in its order.
func TestParseClang(t *testing.T) {
	errs, warnings := parseClang(`In file included from a.c:1:
./b.h:3:5: error: redefinition of 'x'
a.h:1:5: note: previous definition is here
a.c:9:1: warning: unused variable 'y' [-Wunused-variable]
a.c:9:1: warning: unused variable 'y' [-Wunused-variable]
a.c:10:3: error: A call to built-in function '__muldf3' is not supported.
a.c:10:3: error: A call to built-in function '__fixdfsi' is not supported.
a.c:11:3: error: A call to built-in function 'memset' is not supported.
/usr/include/string.h:26:10: fatal error: 'bits/libc-header-start.h' file not found
clang-14: error: clang frontend command failed with exit code 70 (use -v to see invocation)
5 errors generated.
`, "a.c")
	require.Len(t, errs, 4)
	require.Len(t, warnings, 1, "the same thing once")
	first := errs[0].(*diag.Error)
	assert.Equal(t, "b.h:3: FC1031: redefinition of 'x'\n  hint: a.h:1: previous definition is here", first.Detail())
	assert.Equal(t, "a.c:9: FC1037: unused variable 'y' [-Wunused-variable]", warnings[0].Error())
	assert.Equal(t, "a.c:10: FC1035: floating point (__muldf3), which BPF does not have", errs[1].Error())
	assert.Equal(t, "call memset of <femto.h>, copy or clear in a loop, or make the structure smaller", errs[2].(*diag.Error).Hint)
	assert.Contains(t, errs[3].(*diag.Error).Hint, "there is no C library")

	errs, _ = parseClang("Killed\n", "a.c")
	require.Len(t, errs, 1)
	assert.EqualError(t, errs[0], "a.c: FC1031: clang failed: Killed")
}
