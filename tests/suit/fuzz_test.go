// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package suit

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var runs = flag.Int("runs", 0, "inputs for each fuzzer; 0 is a few seconds' worth")

var fuzzers = []string{"clang-16", "clang-19", "clang"}

// fuzz runs libFuzzer, with files whose contents are its first inputs.
func fuzz(t *testing.T, exe string, n int, seeds map[string][]byte) string {
	t.Helper()
	dir := t.TempDir()
	for name, b := range seeds {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), b, 0o644))
	}
	if *runs > 0 {
		n = *runs
	}
	cmd := exec.Command("nice", exe, fmt.Sprintf("-runs=%d", n), "-seed=1", "-max_len=2048", "-print_final_stats=1", dir)
	cmd.Dir = t.TempDir() // for what it writes when it finds something
	// nothing here outlives one input
	cmd.Env = append(os.Environ(), "ASAN_OPTIONS=quarantine_size_mb=1:malloc_context_size=0")
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	require.NoError(t, cmd.Run(), "%s", &out)
	assert.Contains(t, out.String(), fmt.Sprintf("stat::number_of_executed_units: %d\n", n))
	text := out.String()
	t.Logf("%s", text[max(0, len(text)-400):])
	return text
}

// TestFuzz runs libFuzzer over the gate, with all cryptography and with none.
func TestFuzz(t *testing.T) {
	seeds := map[string][]byte{
		"manifest":   append([]byte{'m'}, good().encode()...),
		"image":      append([]byte{'i'}, imageSignature(tenant, vendor)...),
		"revocation": append([]byte{'r', 0x81}, bstr(keyID(public(tenant)))...),
	}
	for _, name := range []string{"install", "bound", "revoked"} {
		b, err := os.ReadFile(filepath.Join("testdata", name+".suit"))
		require.NoError(t, err)
		seeds[name] = append([]byte{'m'}, b...)
	}
	for _, v := range []struct {
		name  string
		flags []string
		runs  int
	}{
		{"crypto", nil, 20_000},
		{"no crypto", []string{"-DNO_CRYPTO"}, 500_000},
	} {
		t.Run(v.name, func(t *testing.T) {
			flags := append([]string{"-O1", "-DFUZZ", "-fsanitize=fuzzer,address,undefined", "-lcrypto"}, v.flags...)
			cc, err := find(fuzzers, flags...)
			if err != nil {
				skip(t, err)
			}
			exe, err := build(t.TempDir(), cc, "fuzz", flags...)
			require.NoError(t, err)
			fuzz(t, exe, v.runs, seeds)
		})
	}
}

// TestFuzzWorker runs libFuzzer over whole jobs: the worker, the gate, and RIOT's SUIT
// parser behind it.
func TestFuzzWorker(t *testing.T) {
	for _, v := range []struct {
		name  string
		flags []string
		runs  int
	}{
		{"crypto", nil, 5_000},
		{"no crypto", []string{"-DNO_CRYPTO"}, 200_000},
	} {
		t.Run(v.name, func(t *testing.T) {
			cc, err := find(fuzzers, "-DFUZZ", "-fsanitize=fuzzer,address,undefined", "-lcrypto")
			if err != nil {
				skip(t, err)
			}
			riot, err := findRIOT(t)
			if err != nil {
				skip(t, err)
			}
			exe := filepath.Join(t.TempDir(), "worker")
			require.NoError(t, riot.build(t.TempDir(), cc, exe, v.flags...))
			out := fuzz(t, exe, v.runs, nil)

			var passed, done int
			_, line, _ := bytes.Cut([]byte(out), []byte("the gate let "))
			_, err = fmt.Sscanf(string(line), "%d manifests through, %d were done", &passed, &done)
			require.NoError(t, err, "%s", out)
			assert.Greater(t, passed, v.runs/20, "hardly anything gets past the gate")
			assert.Greater(t, done, v.runs/40)
			t.Logf("the gate let %d manifests through, %d were done", passed, done)
		})
	}
}
