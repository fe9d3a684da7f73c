// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package attacks

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/femtocontainer/femtocontainer/femto/diag"
)

// Flags of driver.c.
const (
	sameBuffer = 1 << iota
	readOnly
	grantTwice
	readOnly5
	allEntries
)

// A driverCase is one record of driver.c's input.
type driverCase struct {
	flags              uint32
	image, ctx, g5, g6 []byte
	fuel, slice        uint32
	rounds             uint32
}

// A driver is a build of the C core with sanitizers.
type driver struct{ name, exe string }

// core is the directory of the generated C files.
func core() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Join(filepath.Dir(file), "..", "..", "riotpkg", "femtocontainer", "core")
}

// coreEngines are the engines that can run under a sanitizer: no register form.
var coreEngines = []struct{ name, source, macros string }{
	{"small", "femto_small.c", ""},
	{"fast", "femto_fast.c", "-DFEMTO_ENGINE_FAST -DFEMTO_FAST_LOOP"},
}

var scratch = sync.OnceValue(func() string {
	dir, err := os.MkdirTemp("", "attacks")
	if err != nil {
		panic(err)
	}
	return dir
})

func TestMain(m *testing.M) {
	status := m.Run()
	os.RemoveAll(scratch())
	os.Exit(status)
}

// drivers builds every engine with every compiler there is.
var drivers = sync.OnceValues(func() (out []driver, err error) {
	found := false
	for _, cc := range []string{"gcc", "clang", "clang-19", "clang-16", "clang-14"} {
		if _, err := exec.LookPath(cc); err != nil || found && cc != "gcc" {
			continue
		}
		found = cc != "gcc"
		for _, e := range coreEngines {
			d := driver{name: e.name + " with sanitizers of " + cc, exe: filepath.Join(scratch(), e.name+"-"+cc)}
			args := []string{"-std=c11", "-g", "-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-fno-omit-frame-pointer",
				"-Wall", "-Wextra", "-Werror", "-I" + core(), "-o", d.exe, filepath.Join(core(), "..", "..", "..", "tests", "attacks", "driver", "driver.c")}
			args = append(args, strings.Fields(e.macros)...)
			for _, f := range []string{"femto_image.c", "femto_verify.c", "femto_vm.c", e.source} {
				args = append(args, filepath.Join(core(), f))
			}
			if msg, err := exec.Command(cc, args...).CombinedOutput(); err != nil {
				return nil, fmt.Errorf("%s: %w: %s", d.name, err, msg)
			}
			out = append(out, d)
		}
	}
	if len(out) == 0 {
		return nil, errors.New("neither gcc nor clang is installed")
	}
	return out, nil
})

// run gives the cases to the driver and returns its lines. A sanitizer's report
// fails the test.
func (d driver) run(t *testing.T, cases []driverCase) []string {
	t.Helper()
	var in bytes.Buffer
	for _, c := range cases {
		for _, w := range []uint32{c.flags, uint32(len(c.image)), uint32(len(c.ctx)), uint32(len(c.g5)), uint32(len(c.g6)), c.fuel, c.slice, max(c.rounds, 1)} {
			in.Write(binary.LittleEndian.AppendUint32(nil, w))
		}
		in.Write(c.image)
		in.Write(c.ctx)
		in.Write(c.g5)
		in.Write(c.g6)
	}
	cmd := exec.Command(d.exe)
	cmd.Env = append(os.Environ(), "ASAN_OPTIONS=detect_leaks=0:abort_on_error=0", "UBSAN_OPTIONS=print_stacktrace=1")
	cmd.Stdin = &in
	var out, report bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &report
	err := cmd.Run()
	lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	if err != nil || report.Len() > 0 {
		at := len(lines)
		if out.Len() == 0 {
			at = 0
		}
		require.Failf(t, "report of a sanitizer", "%s, case %d: %v\n%s", d.name, at, err, report.String())
	}
	require.Len(t, lines, len(cases), d.name)
	return lines
}

// outcome reads a line of the driver.
func outcome(t *testing.T, line string) (o Outcome) {
	t.Helper()
	var used uint32
	if _, err := fmt.Sscanf(line, "refused %d %d", &o.Code, &o.PC); err == nil {
		o.Refused = true
		return o
	}
	_, err := fmt.Sscanf(line, "ran %d %d %x %d %x", &o.Code, &o.PC, &o.Address, &used, &o.R0)
	require.NoError(t, err, line)
	if o.Code != 0 {
		o.R0 = 0
	}
	return o
}

func (a Attack) driverCase() driverCase {
	c := driverCase{image: a.Image, ctx: a.Ctx, fuel: a.Fuel, rounds: 1, flags: allEntries}
	if a.ReadOnly {
		c.flags |= readOnly
	}
	return c
}

// isCode: every refusal and fault has a code that is documented.
func isCode(c diag.Code) bool {
	_, ok := diag.Lookup(c)
	return ok || c == 3998
}
