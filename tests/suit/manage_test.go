// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package suit

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestManageFuzz runs libFuzzer over what reads requests to /fc/manage.
func TestManageFuzz(t *testing.T) {
	flags := []string{"-O1", "-fsanitize=fuzzer,address,undefined"}
	cc, err := find([]string{"clang-16", "clang-19", "clang"}, append(flags, "-DFUZZ", "-lcrypto")...)
	if err != nil {
		skip(t, err)
	}
	dir := t.TempDir()
	exe, err := build(dir, cc, "manage", flags...)
	require.NoError(t, err)
	seeds := filepath.Join(dir, "seeds")
	require.NoError(t, os.Mkdir(seeds, 0o755))
	for i, s := range []string{
		"\x83\x01\x02\x67reading", "\x82\x02\x18\x20", "\x82\x03\x00", "\x82\x04\x01",
		"\x86\x05\x03\x18\xff\x1a\x00\x01\x00\x00\x44valu\xf5", "\x84\x06\x01\x00\x19\x01\x00",
	} {
		require.NoError(t, os.WriteFile(filepath.Join(seeds, fmt.Sprint(i)), []byte(s), 0o644))
	}
	n := 500_000
	if *runs > 0 {
		n = *runs
	}
	cmd := exec.Command("nice", exe, fmt.Sprintf("-runs=%d", n), "-seed=1", "-max_len=256", "-print_final_stats=1", seeds)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	assert.Contains(t, string(out), fmt.Sprintf("stat::number_of_executed_units: %d\n", n))
}
