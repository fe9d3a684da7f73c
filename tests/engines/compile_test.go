// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package engines

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestCoreCompilesWithoutWarnings compiles every file of the core as C11 and as
// C++17, with gcc and clang.
func TestCoreCompilesWithoutWarnings(t *testing.T) {
	sources, err := filepath.Glob("../../riotpkg/femtocontainer/core/*.c")
	require.NoError(t, err)
	require.NotEmpty(t, sources)
	for _, compiler := range []string{"gcc -std=c11", "g++ -std=c++17 -x c++", "clang-16 -std=c11", "clang-16 -std=c++17 -x c++"} {
		t.Run(compiler, func(t *testing.T) {
			t.Parallel()
			words := strings.Fields(compiler)
			if _, err := exec.LookPath(words[0]); err != nil {
				fmt.Printf("SKIP: %s: %s is not installed\n", t.Name(), words[0])
				t.SkipNow()
			}
			for _, source := range sources {
				args := append(words[1:len(words):len(words)], "-O2", "-Wall", "-Wextra", "-Wconversion", "-Wpedantic", "-Werror",
					"-c", source, "-o", filepath.Join(t.TempDir(), "core.o"))
				out, err := exec.Command(words[0], args...).CombinedOutput()
				assert.NoError(t, err, "%s\n%s", source, out)
			}
		})
	}
}
