// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package random

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/femtocontainer/femtocontainer/femto/prove/cir"
)

var (
	count = flag.Int("states", 40_000, "how many states to compare")
	start = flag.Uint64("seed", 9669, "of the states")
	match = flag.String("match", "", "only programs whose name contains this")
)

const core = "../../../riotpkg/femtocontainer/core"

// missing skips, loudly, what cannot run; with REQUIRE_RIOT=1 that fails.
func missing(t *testing.T, what string) {
	line := fmt.Sprintf("SKIP: %s: %s, so the executor is not compared with gcc there", t.Name(), what)
	if os.Getenv("REQUIRE_RIOT") == "1" {
		t.Fatal(line)
	}
	fmt.Println(line)
	t.SkipNow()
}

// TestExecutorAgainstGCC compares random states of every program.
func TestExecutorAgainstGCC(t *testing.T) {
	if _, err := exec.LookPath("gcc"); err != nil {
		missing(t, "gcc is not installed")
	}
	var variants []*variant
	for _, m := range []cir.Model{cir.LP64, cir.ILP32} {
		for _, fast := range []bool{false, true} {
			variants = append(variants, &variant{model: m, fast: fast})
		}
	}
	compared, paths, taken, goals := 0, 0, 0, 0
	for i, v := range variants {
		t.Run(v.String(), func(t *testing.T) {
			// Both levels of optimisation meet both engines.
			level := []string{"-O0", "-O2", "-O2", "-O0"}[i]
			bin := filepath.Join(t.TempDir(), "driver")
			if err := build(v, core, "testdata/driver.c", bin, level); err != nil {
				if v.model == cir.ILP32 && strings.Contains(err.Error(), "cannot find") {
					missing(t, "gcc -m32 does not link (apt package gcc-multilib)")
				}
				t.Fatal(err)
			}
			require.NoError(t, v.load(core))
			all := programs(v)
			each := *count/(len(variants)*len(all)) + 1
			for _, p := range all {
				if !strings.Contains(p.String(), *match) {
					continue
				}
				require.NoError(t, p.execute(), p.String())
				require.NoError(t, p.compare(bin, each, *start))
				compared += each
				paths += len(p.paths)
				goals += len(p.ex.Goals)
				for _, e := range p.paths {
					taken += min(1, e.taken)
				}
			}
		})
	}
	fmt.Printf("%d random states compared with gcc, on %d of %d paths, with %d goals\n", compared, taken, paths, goals)
}
