// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package riot

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestKeep restarts a firmware whose containers want entries kept, and looks at
// the files that it writes.
func TestKeep(t *testing.T) {
	app := application{dir: "tests/riot/keep", board: "native64", variant: "asan", env: []string{sanitize}}
	app.build(t)
	home := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(home, "nvm0"), 0o755))
	file := func(tenant string) string { return filepath.Join(home, "nvm0", "kv."+tenant) }

	boot := func(t *testing.T, want string) *terminal {
		t.Helper()
		term := openTerminal(t, home, append(os.Environ(), "ASAN_OPTIONS=detect_leaks=0"), app.elf())
		term.expect(runTimeout, want)
		return term
	}
	written := func(tenant string, old []byte) []byte {
		t.Helper()
		for range 100 {
			if b, err := os.ReadFile(file(tenant)); err == nil && !bytes.Equal(b, old) {
				return b
			}
			time.Sleep(100 * time.Millisecond)
		}
		t.Fatalf("kv.%s is not written", tenant)
		return nil
	}

	term := boot(t, "boot 0, text -2, local -2, forgotten -2\n")
	first := written("acme", nil)
	term.close()
	term = boot(t, "boot 1, text 19, local -2, forgotten -2\n")
	second := written("acme", first)
	assert.Equal(t, len(first), len(second))

	// The other tenant changes its entry 50 times a second, and may write 5 times
	// in an hour. It has begun anew with this boot.
	writes := 0
	var last os.FileInfo
	for range 150 {
		if info, err := os.Stat(file("guest")); err == nil && (last == nil || !os.SameFile(info, last)) {
			last = info
			writes++
		}
		time.Sleep(100 * time.Millisecond)
	}
	term.close()
	assert.LessOrEqual(t, writes, 6, "and what the boot before has left")
	assert.GreaterOrEqual(t, writes, 3)

	// What is not as it should be is left alone, and does no harm.
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	for i := range 24 {
		b := bytes.Clone(second)
		switch i % 3 {
		case 0:
			b[r.IntN(len(b))] ^= 1 << r.IntN(8)
		case 1:
			b = b[:r.IntN(len(b))]
		case 2:
			b = append(b, byte(r.Uint32()))
		}
		require.NoError(t, os.WriteFile(file("acme"), b, 0o644))
		t.Run(fmt.Sprintf("damaged/%d", i), func(t *testing.T) {
			term := boot(t, "boot 0, text -2, local -2, forgotten -2\n")
			term.expect(runTimeout, "kv.acme is damaged, and left alone")
			term.close()
		})
	}
	require.NoError(t, os.WriteFile(file("acme"), second, 0o644))
	boot(t, "boot 2, text 19, local -2, forgotten -2\n").close()

	// Two take an entry from each other, and only who takes it writes it.
	_ = os.Remove(file("odd"))
	_ = os.Remove(file("even"))
	for i, length := range []int{-2, 1, 2, 3, 4} {
		taker := []string{"odd", "even"}[i%2]
		old, _ := os.ReadFile(file(taker))
		term := boot(t, fmt.Sprintf("shared: %d\n", length))
		written(taker, old)
		term.close()
	}
}

// TestChase has a tenant change its entries all the time while they are written
// to a slow medium: it gets no more written than it may.
func TestChase(t *testing.T) {
	app := testApplication("chase", "native64", "fast")
	app.build(t)
	home := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(home, "nvm0"), 0o755))
	term := openTerminal(t, home, nil, app.elf())
	term.expect(runTimeout, "bytes written")
	found := regexp.MustCompile(`state 3, (\d+) bytes written`).FindStringSubmatch(term.output())
	require.NotNil(t, found, term.output())
	written, err := strconv.Atoi(found[1])
	require.NoError(t, err)
	assert.Positive(t, written)
	assert.LessOrEqual(t, written, 96, "its quota for an hour")
}
