// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// What the limit on the runtime's RAM does not count is told by the names of variables.
func TestRAMOfAnObject(t *testing.T) {
	if missingTools("gcc") != nil {
		fmt.Printf("SKIP: %s: gcc is not installed\n", t.Name())
		t.Skip()
	}
	dir := t.TempDir()
	src, object := filepath.Join(dir, "a.c"), filepath.Join(dir, "a.o")
	require.NoError(t, os.WriteFile(src, []byte(`
		char femto_pool[10], thread_stacks[20], ticks_queue_stack[40], records[80], stack_of_records[160];
		static char _entries[320], _bytes[640], bytes[1280];
		static const char constant[2560] = { 1 };
		static void *listed[1] __attribute__((section(".roxfa.list.5_0"))) = { 0 };
		int initialised = 1;
		void *use(int i) { _entries[i] = _bytes[i] = bytes[i] = constant[i]; return listed[0]; }
	`), 0o600))
	out, err := exec.Command("gcc", "-c", "-fdata-sections", "-o", object, src).CombinedOutput()
	require.NoError(t, err, "%s", out)
	r, err := ramOf(object)
	require.NoError(t, err)
	require.Equal(t, ramRow{Runtime: 80 + 160 + 1280 + 4, Containers: 10, Stacks: 60, Store: 960}, r)
}

func TestHookGoals(t *testing.T) {
	r := &report{RAM: []ramRow{{Runtime: 1000, Stacks: 9000}, {Runtime: 25}}, RIOT: []riotRow{
		{costTest, "empty hook", 20}, {costTest, "hook with a container that returns at once", 251}, {costTest, "verify", 100}, {costTest, "attach", 200}}}
	var got []verdict
	for _, g := range r.hookGoals() {
		got = append(got, g.verdict)
	}
	require.Equal(t, []verdict{met, missed, met, unknown, missed}, got)
}

// What RIOT's tests measured stands in tables of its own.
func TestMeasuredOnRIOT(t *testing.T) {
	b := &bench{report: report{RIOT: []riotRow{{costTest, "empty hook", 3}, {costTest, "container", 92},
		{recheckTest, "512 bytes, signature", 100}, {recheckTest, "512 bytes, all", 130},
		{recheckTest, "1024 bytes, signature", 101}, {recheckTest, "1024 bytes, all", 161},
		{installTest, "image fetched", 9638}, {installTest, "all", 86694}}}}
	require.Equal(t, [][]string{{"empty hook", "3"}}, b.costSection().rows)
	recheck := b.recheckSection()
	require.Equal(t, []string{"what", "image of 512 bytes", "image of 1024 bytes"}, recheck.head)
	require.Equal(t, []string{"Ed25519 (HACL*)", "100", "101"}, recheck.rows[0])
	require.Equal(t, []string{"all", "130", "161"}, recheck.rows[len(recheck.rows)-1])
	require.Equal(t, [][]string{{"image fetched", "9.6"}, {"all", "86.7"}}, b.installSection().rows)
	require.Equal(t, met, b.report.installGoal().verdict)
	require.Equal(t, unknown, new(report).installGoal().verdict)
	require.Empty(t, new(bench).recheckSection().rows)
}
