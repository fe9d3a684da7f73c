// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package main

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

// need skips the test, by name of what is missing.
func need(t *testing.T, tools ...string) {
	t.Helper()
	if missing := missingTools(tools...); missing != nil {
		fmt.Printf("SKIP: %s: %v not found\n", t.Name(), missing)
		t.SkipNow()
	}
}

func testBench(t *testing.T) *bench {
	b, err := newBench(options{keep: t.TempDir(), clang: "clang-16"}, &bytes.Buffer{})
	require.NoError(t, err)
	return b
}

// The recorded engines ran this bytecode: the first half of the SHA-256 of each
// text as compiled from the sources of that comparison.
var recordedBytecode = map[string]string{
	"ret0-v2": "59f4a931744dcdc6", "ret0-v3": "59f4a931744dcdc6",
	"fletcher32-v2": "bb66407e95e0e115", "fletcher32-v3": "268acd803b0f0c0f",
	"memsum-v2": "18a4829aca114732", "memsum-v3": "1d27a0cb8d31364c",
	"arith64-v2": "4eb56445a030a97d", "arith64-v3": "b84919a469331cb9",
	"bsort-v2": "1bedb6e6c1b6452f", "bsort-v3": "193243f4b47749a6",
	"crc32-v2": "67ea8302124ceeb9", "crc32-v3": "85ff3a264a08522e",
	"sha256-v2": "0a06d21fb9d9f2b0", "sha256-v3": "78fd67698b77d707",
}

func TestBytecodeIsThatOfTheRecord(t *testing.T) {
	need(t, "clang-16")
	b := testBench(t)
	checked := 0
	for _, w := range workloads {
		for _, v := range variants {
			want, ok := recordedBytecode[w.name+"-"+v.name]
			if !ok {
				continue
			}
			img, err := b.buildImage(w, v)
			require.NoError(t, err)
			sum := sha256.Sum256(img.Text)
			require.Equal(t, want, fmt.Sprintf("%x", sum[:8]), "%s %s", w.name, v.name)
			checked++
		}
	}
	require.Equal(t, len(recordedBytecode), checked)
}

// Two independent counts of native code agree: the timer of the board, and the
// plugin, which also sees the three instructions that read the timer.
func TestTimerAndPluginAgree(t *testing.T) {
	m4, ok := targetNamed("cortex-m4")
	require.True(t, ok)
	need(t, append([]string{"gcc"}, m4.cc[0], m4.qemu[0])...)
	b := testBench(t)
	require.NoError(t, b.buildTrace())
	exe, err := b.build(m4, subject{engine: "native", opt: "Os", sources: append([]string{"firmware/native.c"}, b.workloadSources()...)})
	require.NoError(t, err)
	lines, err := b.emulate(m4, exe, "-plugin", b.trace+",out="+exe+".trace")
	require.NoError(t, err)
	require.Len(t, lines, len(workloads))

	f, err := os.Open(exe + ".trace")
	require.NoError(t, err)
	defer f.Close()
	windows, err := parseTrace(f)
	require.NoError(t, err)
	require.Len(t, windows, len(lines))
	for i, w := range windows {
		var n uint64
		for _, insn := range w {
			n += insn.count
		}
		require.InDelta(t, float64(lines[i].run), float64(n), 4, lines[i].workload)
		e := cycles(w)
		require.Greater(t, e.Low, n)
		require.Greater(t, e.High, e.Mid)
	}
}

// RISC-V semihosting prints to QEMU's other stream; its lines are read too.
func TestNativeOnRV32(t *testing.T) {
	rv, ok := targetNamed("rv32imac")
	require.True(t, ok)
	need(t, rv.cc[0], rv.qemu[0])
	b := testBench(t)
	require.NoError(t, b.measure(rv, subject{engine: "native", opt: "Os", sources: append([]string{"firmware/native.c"}, b.workloadSources()...)}))
	values, ok := b.report.runs(key{"rv32imac", "native", "Os", "-", ""}, everyWorkload())
	require.True(t, ok)
	require.Less(t, values[0], 20.0, "ret0 is a call and a return")
}
