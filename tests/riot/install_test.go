// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package riot

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestInstall installs images from files with the shell, good ones and bad ones.
func TestInstall(t *testing.T) {
	app := application{dir: "tests/riot/install", board: "native64", variant: "asan", env: []string{sanitize}}
	app.build(t)
	zero := image(t, "tests/riot/install/images/zero.c", nil)
	number := image(t, "tests/riot/install/images/number.c", nil)
	home := t.TempDir()
	require.NoError(t, os.MkdirAll(filepath.Join(home, "nvm0", "folder"), 0o755))
	for name, b := range map[string][]byte{
		"zero.fc": zero, "number.fc": number, "signed": otaImage(t, "limit", guestKey),
		"empty": {}, "text": []byte("no image"), "cut.fc": zero[:len(zero)-1],
		"longest": append(bytes.Clone(zero), make([]byte, 2048-len(zero))...), "longer": make([]byte, 2049),
	} {
		require.NoError(t, os.WriteFile(filepath.Join(home, "nvm0", name), b, 0o644))
	}
	term := openTerminal(t, home, append(os.Environ(), "ASAN_OPTIONS=detect_leaks=0"), app.elf())
	term.expect(runTimeout, "ready\n")
	term.ask("") // up to the first prompt
	ask := func(line, want string) {
		t.Helper()
		assert.Equal(t, want, term.ask(line), line)
	}

	ask("value", "0 of them, value 0\n")
	for line, want := range map[string]string{
		"nothing value acme":     "/nvm0/nothing: FC4024, 2\n",
		"empty value acme":       "/nvm0/empty: FC2003\n",
		"text value acme":        "/nvm0/text: FC2003\n",
		"cut.fc value acme":      "/nvm0/cut.fc: FC2003\n",
		"longest value acme":     "/nvm0/longest: FC2004\n",
		"longer value acme":      "/nvm0/longer: FC4004, 2048\n",
		"zero.fc elsewhere acme": "/nvm0/zero.fc: FC2041\n",
		"zero.fc other acme":     "/nvm0/zero.fc: FC2042\n",
		"zero.fc value nobody":   "/nvm0/zero.fc: FC2042\n",
		"zero.fc other guest":    "/nvm0/zero.fc: FC2044\n",
		"number.fc value guest":  "/nvm0/number.fc: FC2025, needs capability self\n",
	} {
		ask("fc install /nvm0/"+line, want)
		assert.Equal(t, 1, strings.Count(term.ask("fc list"), "\n"), "only the header")
		ask("value", "0 of them, value 0\n")
	}

	assert.Contains(t, term.ask("fc install /nvm0/folder value acme"), "/nvm0/folder: FC4024, ", "the number is the file system's")

	// Two of them, in the order in which they came. Nothing of a file is looked at
	// again.
	assert.Contains(t, term.ask("fc install /nvm0/zero.fc value"), "fc install FILE HOOK TENANT")
	ask("fc install /nvm0/zero.fc value acme", "")
	ask("value", "1 of them, value -1\n")
	ask("fc install /nvm0/number.fc value acme", "")
	require.NoError(t, os.WriteFile(filepath.Join(home, "nvm0", "zero.fc"), nil, 0o644))
	ask("value", "2 of them, value 101\n")
	list := term.ask("fc list")
	assert.Regexp(t, `(?m)^  0 zero +acme +value +attached +2 +0$`, list)
	assert.Regexp(t, `(?m)^  1 number +acme +value +attached +1 +0$`, list)
	ask("fc install /nvm0/number.fc value acme", "/nvm0/number.fc: FC4022, 2\n")
	ask("fc install /nvm0/number.fc other guest", "/nvm0/number.fc: FC2045\n")

	// Each place can be used again.
	for i := range 3 {
		ask("fc rm 1", "")
		ask("value", fmt.Sprintf("1 of them, value %d\n", -3-2*i))
		ask("fc install /nvm0/number.fc value acme", "")
		ask("value", "2 of them, value 101\n")
	}
	ask("fc rm 0", "")
	ask("fc install /nvm0/signed other guest", "/nvm0/signed: FC2044\n")
	ask("value", "1 of them, value 101\n")
	ask("fc rm 1", "")
	ask("value", "0 of them, value 0\n")
	assert.NotContains(t, term.output(), "runtime error")
	assert.NotContains(t, term.output(), "AddressSanitizer")
}
