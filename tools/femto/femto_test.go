// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package main

import (
	"context"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/femtocontainer/femtocontainer/femto/link"
)

var update = flag.Bool("update", false, "write the generated documents, and what scripts compare with, instead of comparing")

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"femto": main, "full": full})
}

// TestScripts runs testdata/*.txt. Each is the documentation of one feature:
// commands first, the files that they use below.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		UpdateScripts:       *update,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"unhex":  unhex,
			"noise":  noise,
			"status": status,
			"files":  listFiles,
			"device": startDevice,
		},
		Setup: func(env *testscript.Env) error {
			env.Setenv("ESC", "\x1b")
			env.Setenv("LATIN1", "caf\xe9.fc")
			return nil
		},
		Condition: func(cond string) (bool, error) {
			switch cond {
			case "root":
				return os.Geteuid() == 0, nil
			case "cgo":
				return len(coreEngines) > 0, nil
			case "clang":
				_, _, err := link.FindClang(context.Background(), "", "")
				return err == nil, nil
			}
			return false, fmt.Errorf("unknown condition %s", cond)
		},
	})
}

var hexComment = regexp.MustCompile(`(?m)#.*$|\s`)

// unhex FILE.hex FILE: hex digits with comments become bytes.
func unhex(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: unhex from to")
	}
	b, err := hex.DecodeString(hexComment.ReplaceAllString(ts.ReadFile(args[0]), ""))
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), b, 0o666))
}

// noise N FILE: N MiB that mean nothing, the same every time.
func noise(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 || strings.Trim(args[0], "0123456789") != "" {
		ts.Fatalf("usage: noise MiB file")
	}
	n := 0
	for _, c := range args[0] {
		n = 10*n + int(c-'0')
	}
	b := make([]byte, n<<20)
	x := uint32(1)
	for i := range b {
		x = x*1664525 + 1013904223
		b[i] = byte(x >> 24)
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), b, 0o666))
}

// status N PROGRAM ARG...: like exec, but the exit status has to be N.
func status(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: status N program [arg...]")
	}
	got := "0"
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			ts.Fatalf("%v", err)
		}
		got = fmt.Sprint(exit.ExitCode())
	}
	if got != args[0] {
		ts.Fatalf("exit status %s, want %s", got, args[0])
	}
}

// files DIR: its names, hidden ones too, one on a line.
func listFiles(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: files dir")
	}
	list, err := os.ReadDir(ts.MkAbs(args[0]))
	ts.Check(err)
	for _, f := range list {
		fmt.Fprintln(ts.Stdout(), f.Name())
	}
}

// full PROGRAM ARG...: runs it with /dev/full as standard output.
func full() {
	out, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		panic(err)
	}
	cmd := exec.Command(os.Args[1], os.Args[2:]...)
	cmd.Stdout, cmd.Stderr = out, os.Stderr
	if err := cmd.Run(); err != nil {
		os.Exit(cmd.ProcessState.ExitCode())
	}
}
