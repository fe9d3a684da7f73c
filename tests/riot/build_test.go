// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package riot

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const buildTimeout = 10 * time.Minute

// A board is one that we build for.
type board struct {
	name     string
	core     string
	compiler string
	optional bool // its compiler is not in Debian: absence is nothing to complain about
}

var boards = []board{
	{"native64", "x86-64", "gcc", false},
	{"native32", "x86", "gcc", false},
	{"nrf52840dk", "Cortex-M4F", "arm-none-eabi-gcc", false},
	{"nucleo-f411re", "Cortex-M4F", "arm-none-eabi-gcc", false},
	{"microbit", "Cortex-M0", "arm-none-eabi-gcc", false},
	{"samr21-xpro", "Cortex-M0+", "arm-none-eabi-gcc", false},
	{"rpi-pico", "Cortex-M0+", "arm-none-eabi-gcc", false},
	{"hifive1b", "RV32IMAC", "riscv64-unknown-elf-gcc", false},
	{"sipeed-longan-nano", "RV32IMAC", "riscv64-unknown-elf-gcc", false},
	{"esp32-wroom-32", "Xtensa LX6", "xtensa-esp32-elf-gcc", true},
	{"esp32c3-devkit", "RV32IMC", "riscv32-esp-elf-gcc", true},
}

func boardNamed(t *testing.T, name string) board {
	i := slices.IndexFunc(boards, func(b board) bool { return b.name == name })
	require.GreaterOrEqual(t, i, 0, "no board %s in the list", name)
	return boards[i]
}

// An application is what make builds.
type application struct {
	dir     string // relative to the repository
	board   string
	variant string   // keeps builds with different env apart
	env     []string // for make, on top of the process's own
}

func example(name, board, engine string) application {
	return application{
		dir:     filepath.Join("riotpkg", "examples", name),
		board:   board,
		variant: engine,
		env:     []string{"USEMODULE=femtocontainer_" + engine},
	}
}

func (a application) String() string {
	return fmt.Sprintf("%s-%s-%s", filepath.Base(a.dir), a.board, a.variant)
}

// elf is where the build puts the firmware.
func (a application) elf() string {
	return filepath.Join(a.bin(), a.board, filepath.Base(a.dir)+".elf")
}

func (a application) bin() string {
	return filepath.Join(scratch, "bin", filepath.Base(a.dir)+"-"+a.variant)
}

// make runs make and returns its output.
func (a application) make(t *testing.T, args ...string) (string, error) {
	t.Helper()
	env := append(os.Environ(),
		"BOARD="+a.board,
		"RIOTBASE="+riotBase,
		"BINDIRBASE="+a.bin(),
		"FEMTO="+femto,
	)
	return command(t, filepath.Join(root, a.dir), append(env, a.env...), "make", append([]string{"-j2"}, args...)...)
}

// command runs a program at low priority and returns all it says. Output goes
// by way of a file: RIOT native leaves children behind that hold pipes open.
func command(t *testing.T, dir string, env []string, name string, args ...string) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), buildTimeout)
	defer cancel()

	log, err := os.CreateTemp(t.TempDir(), "log")
	require.NoError(t, err)
	defer log.Close()

	cmd := exec.CommandContext(ctx, "nice", append([]string{name}, args...)...)
	cmd.Dir, cmd.Env = dir, env
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	runErr := cmd.Run()

	out, err := os.ReadFile(log.Name())
	require.NoError(t, err)
	return string(out), runErr
}

var fetchFailed = regexp.MustCompile(`(?m)^fatal: .*|^error: could not .*|.*unable to resolve host.*`)

// build makes the firmware and measures it.
func (a application) build(t *testing.T) size {
	t.Helper()
	b := boardNamed(t, a.board)
	if _, err := exec.LookPath(b.compiler); err != nil && b.optional {
		fmt.Printf("SKIP (optional): %s: %s is not installed, and not in Debian\n", t.Name(), b.compiler)
		t.Skip()
	}
	need(t, "make", b.compiler)

	start := time.Now()
	out, err := a.make(t)
	if err != nil {
		if m := fetchFailed.FindString(out); m != "" && strings.Contains(out, "pkg-prepare") {
			skip(t, "RIOT cannot fetch a package that %s needs: %s", a.board, m)
		}
		if a.board == "native32" && strings.Contains(out, "skipping incompatible") {
			skip(t, "gcc -m32 has no libraries; install gcc-12-multilib")
		}
		t.Fatalf("make for %s: %v\n%s", a, err, tail(out, 30))
	}
	t.Logf("built %s in %.0f s", a, time.Since(start).Seconds())
	return measure(t, a.elf())
}

func tail(s string, lines int) string {
	all := strings.Split(strings.TrimRight(s, "\n"), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}
