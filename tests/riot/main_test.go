// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package riot

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

var (
	enabled = flag.Bool("riot", false, "build and run RIOT applications; takes minutes")
	update  = flag.Bool("update", false, "write docs/boards.md")
)

var (
	root     string // of this repository
	scratch  string // builds and logs
	riotBase string // the RIOT tree
	femto    string // the tool: $FEMTO, or built once
	noRIOT   string // why there is no RIOT
)

func TestMain(m *testing.M) {
	flag.Parse()
	if !*enabled {
		fmt.Println("SKIP: tests/riot does nothing without -riot; make test-riot runs it")
		os.Exit(0)
	}
	if err := prepare(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	if noRIOT != "" {
		if os.Getenv("REQUIRE_RIOT") == "1" {
			fmt.Fprintln(os.Stderr, "REQUIRE_RIOT=1, but", noRIOT)
			os.Exit(1)
		}
		fmt.Println("SKIP: tests/riot:", noRIOT)
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func prepare() error {
	var err error
	if root, err = filepath.Abs("../.."); err != nil {
		return err
	}
	scratch = filepath.Join(root, "build", "tests", "riot")
	if err := os.MkdirAll(scratch, 0o755); err != nil {
		return err
	}
	if femto = os.Getenv("FEMTO"); femto == "" {
		femto = filepath.Join(root, "build", "bin", "femto")
		build := exec.Command("go", "build", "-o", femto, "./tools/femto")
		build.Dir = root
		if out, err := build.CombinedOutput(); err != nil {
			return fmt.Errorf("cannot build the femto command: %v\n%s", err, out)
		}
	}
	if riotBase = os.Getenv("RIOTBASE"); riotBase == "" {
		riotBase = filepath.Join(root, "RIOT")
		out, err := exec.Command(filepath.Join(root, "tools", "setup", "riot")).CombinedOutput()
		if err != nil {
			noRIOT, _, _ = strings.Cut(string(out), "\n") // the second line is a hint
		}
	}
	if _, err := os.Stat(filepath.Join(riotBase, "Makefile.include")); err != nil && noRIOT == "" {
		noRIOT = "RIOTBASE=" + riotBase + " is no RIOT tree"
	}
	return nil
}

var said = map[string]bool{}

// skip says why a test cannot run, or fails when that is not acceptable.
func skip(t *testing.T, format string, args ...any) {
	t.Helper()
	why := fmt.Sprintf(format, args...)
	if os.Getenv("REQUIRE_RIOT") == "1" {
		t.Fatalf("REQUIRE_RIOT=1, but %s", why)
	}
	if !said[why] { // one line for each thing that is missing
		said[why] = true
		fmt.Printf("SKIP: %s: %s\n", t.Name(), why)
	}
	t.Skip(why)
}

// need skips unless the programs are there.
func need(t *testing.T, programs ...string) {
	t.Helper()
	for _, p := range programs {
		if _, err := exec.LookPath(p); err != nil {
			skip(t, "%s is not installed", p)
		}
	}
}
