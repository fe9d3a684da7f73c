// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package attacks

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var withRIOT = flag.Bool("riot", false, "also build and run the RIOT application; takes a minute")

// TestRIOT embeds the corpus in a RIOT application for the native board and
// expects the outcomes of the reference interpreter.
func TestRIOT(t *testing.T) {
	if !*withRIOT {
		t.Skip("without -riot; make test-riot runs it")
	}
	root, err := filepath.Abs("../..")
	require.NoError(t, err)
	base := os.Getenv("RIOTBASE")
	if base == "" {
		base = filepath.Join(root, "RIOT")
		_ = exec.Command(filepath.Join(root, "tools", "setup", "riot")).Run()
	}
	if _, err := os.Stat(filepath.Join(base, "Makefile.include")); err != nil {
		why := "no RIOT in " + base
		if os.Getenv("REQUIRE_RIOT") == "1" {
			t.Fatal(why)
		}
		fmt.Printf("SKIP: %s: %s\n", t.Name(), why)
		t.Skip(why)
	}
	corpus := Corpus()
	work := filepath.Join(root, "build", "tests", "attacks")
	require.NoError(t, os.MkdirAll(work, 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(work, "attacks.h"), []byte(Header(corpus)), 0o644))

	for _, engine := range []string{"small", "fast"} {
		bin := filepath.Join(work, "bin-"+engine)
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
		defer cancel()
		build := exec.CommandContext(ctx, "make", "-j2", "-C", filepath.Join(root, "tests", "attacks", "riot"), "all")
		build.Env = append(os.Environ(), "BOARD=native64", "RIOTBASE="+base, "RIOT_VERSION=2026.07", "BINDIRBASE="+bin,
			"ATTACKS="+work, "USEMODULE=femtocontainer_"+engine)
		out, err := build.CombinedOutput()
		require.NoError(t, err, "%s", out)

		lines := runNative(t, filepath.Join(bin, "native64", "attacks.elf"))
		found := make(map[int]Outcome)
		for _, m := range regexp.MustCompile(`(?m)^attack (\d+): (.*?)\r?$`).FindAllStringSubmatch(lines, -1) {
			n, err := strconv.Atoi(m[1])
			require.NoError(t, err)
			if _, again := found[n]; again {
				assert.Fail(t, m[0])
				continue
			}
			found[n] = outcome(t, m[2])
		}
		for i, a := range corpus {
			assert.Equal(t, a.Want, found[i], "%s on native64, %s", a.Name, engine)
		}
		t.Logf("%d attacks on native64 with %s", len(found), engine)
	}
}

// runNative runs a native board until its last line. The board leaves a child
// that keeps its pipes open, so its output goes to a file and it ends with its
// process group.
func runNative(t *testing.T, exe string) string {
	log, err := os.Create(filepath.Join(t.TempDir(), "log"))
	require.NoError(t, err)
	defer log.Close()
	cmd := exec.Command(exe)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	require.NoError(t, cmd.Start())
	defer func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		_ = cmd.Wait()
	}()
	for range 600 {
		time.Sleep(50 * time.Millisecond)
		b, err := os.ReadFile(log.Name())
		require.NoError(t, err)
		if strings.Contains(string(b), "and still here") {
			return string(b)
		}
	}
	b, _ := os.ReadFile(log.Name())
	require.Failf(t, "the board did not come to an end", "%s", b)
	return ""
}
