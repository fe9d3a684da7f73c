// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package engines

import (
	"debug/elf"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const core = "../../riotpkg/femtocontainer/core"

// modules finds the macros that put the system calls of modules into the core.
func modules(t *testing.T) (flags []string) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(core, "femto_sys.c"))
	require.NoError(t, err)
	for _, m := range regexp.MustCompile(`#ifdef (FEMTO_HAVE_\w+)`).FindAllSubmatch(b, -1) {
		if flag := "-D" + string(m[1]); !slices.Contains(flags, flag) {
			flags = append(flags, flag)
		}
	}
	require.NotEmpty(t, flags)
	return flags
}

// TestCoreCompilesWithoutWarnings compiles every file of the core as C11 and as
// C++17, with gcc and clang: with and without the system calls of modules, and
// both engines, of which the one that is not selected is an empty file.
func TestCoreCompilesWithoutWarnings(t *testing.T) {
	modules := modules(t)
	for _, compiler := range []string{"gcc -std=c11", "g++ -std=c++17 -x c++", "clang-16 -std=c11", "clang-16 -std=c++17 -x c++"} {
		t.Run(compiler, func(t *testing.T) {
			t.Parallel()
			words := strings.Fields(compiler)
			if _, err := exec.LookPath(words[0]); err != nil {
				fmt.Printf("SKIP: %s: %s is not installed\n", t.Name(), words[0])
				t.SkipNow()
			}
			for _, build := range []struct {
				files, engine string
				flags         []string
			}{
				{"*.c", "small", modules},
				{"femto_fast*.c", "fast", append([]string{"-DFEMTO_ENGINE_FAST"}, modules...)},
				{"femto_sys.c", "", nil},
			} {
				sources, err := filepath.Glob(filepath.Join(core, build.files))
				require.NoError(t, err)
				require.NotEmpty(t, sources)
				for _, source := range sources {
					object := filepath.Join(t.TempDir(), "core.o")
					args := slices.Concat(words[1:], build.flags, []string{"-O2", "-Wall", "-Wextra", "-Wconversion", "-Wpedantic", "-Werror",
						"-c", source, "-o", object})
					out, err := exec.Command(words[0], args...).CombinedOutput()
					if assert.NoError(t, err, "%s\n%s", source, out) && filepath.Base(source) == "femto_"+build.engine+".c" {
						assert.NotZero(t, codeSize(t, object), "%s has no engine", source)
					}
				}
			}
		})
	}
}

// codeSize is how many bytes of instructions an object has.
func codeSize(t *testing.T, object string) (n uint64) {
	t.Helper()
	f, err := elf.Open(object)
	require.NoError(t, err)
	defer f.Close()
	for _, s := range f.Sections {
		if s.Flags&elf.SHF_EXECINSTR != 0 {
			n += s.Size
		}
	}
	return n
}
