// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestContractsPage runs the commands of docs/contracts.md on its contracts.
func TestContractsPage(t *testing.T) {
	page, err := os.ReadFile(filepath.Join(docsDir, "contracts.md"))
	require.NoError(t, err)
	t.Chdir(t.TempDir())
	commands := 0
	for _, block := range regexp.MustCompile("(?ms)^```([a-z ]+)\n(.*?)^```$").FindAllSubmatch(page, -1) {
		switch string(block[1]) {
		case "toml":
			require.NoError(t, os.WriteFile("building.toml", block[2], 0o600))
		case "toml whole":
			require.NoError(t, os.WriteFile("whole.toml", block[2], 0o600))
		case "toml invalid":
			require.NoError(t, os.WriteFile("invalid.toml", block[2], 0o600))
		case "console":
			for _, x := range strings.Split(string(block[2]), "$ femto ")[1:] {
				line, want, _ := strings.Cut(x, "\n")
				both, err := os.Create("both")
				require.NoError(t, err)
				run(strings.Fields(line), newUI(os.Stdin, both, both))
				require.NoError(t, both.Close())
				have, err := os.ReadFile("both")
				require.NoError(t, err)
				assert.Equal(t, want, string(have), line)
				commands++
			}
		}
	}
	assert.Equal(t, 4, commands)
	assert.FileExists(t, "femto_contract.c")
}
