// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package cgen

import (
	"debug/elf"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const coreDir = "../../riotpkg/femtocontainer/core"

// engineFiles are the files that a build with that engine compiles.
func engineFiles(t *testing.T, engine string) []string {
	t.Helper()
	files, err := Files()
	require.NoError(t, err)
	var out []string
	for name := range files {
		base := filepath.Base(name)
		if strings.HasSuffix(base, ".c") && (!strings.HasPrefix(base, "femto_small") && !strings.HasPrefix(base, "femto_fast") || strings.HasPrefix(base, "femto_"+engine)) {
			out = append(out, filepath.Join(coreDir, base))
		}
	}
	return out
}

func need(t *testing.T, tool string) {
	t.Helper()
	if _, err := exec.LookPath(tool); err != nil {
		t.Skipf("SKIP %s: not installed", tool)
	}
}

// TestCheckedIn: the files in the repository are those that the generator
// prints.
func TestCheckedIn(t *testing.T) {
	files, err := Files()
	require.NoError(t, err)
	for name, want := range files {
		have, err := os.ReadFile(filepath.Join(coreDir, filepath.Base(name)))
		require.NoError(t, err)
		assert.Equal(t, string(want), string(have), "%s: run go generate ./...", name)
	}
}

// TestNoWarnings compiles the core as the rules of the house ask.
func TestNoWarnings(t *testing.T) {
	for _, c := range []struct{ cc, flags string }{
		{"gcc", "-std=c11 -O2"}, {"gcc", "-x c++ -std=c++17 -O0"},
		{"clang-16", "-std=c11 -Os"}, {"clang-16", "-x c++ -std=c++17 -O0"},
		{"arm-none-eabi-gcc", "-std=c11 -Os -mcpu=cortex-m4 -mthumb"}, {"arm-none-eabi-gcc", "-std=c11 -Os -mcpu=cortex-m0plus -mthumb"},
		{"riscv64-unknown-elf-gcc", "-std=c11 -Os -march=rv32imac -mabi=ilp32 --specs=picolibc.specs"},
	} {
		t.Run(c.cc+" "+c.flags, func(t *testing.T) {
			need(t, c.cc)
			for _, f := range append(engineFiles(t, "fast"), filepath.Join(coreDir, "femto_small.c")) {
				args := append(strings.Fields(c.flags), "-Wall", "-Wextra", "-Wconversion", "-Wpedantic", "-Werror", "-c", f, "-o", os.DevNull)
				if !strings.Contains(f, "femto_small") {
					args = append(args, "-DFEMTO_ENGINE_FAST")
				}
				out, err := exec.Command(c.cc, args...).CombinedOutput()
				assert.NoError(t, err, "%s", out)
			}
		})
	}
}

// TestBudget holds code size and stack of the engines on Cortex-M4 where they
// are. Lower the figures with each improvement.
func TestBudget(t *testing.T) {
	const cc = "arm-none-eabi-gcc"
	need(t, cc)
	for _, c := range []struct {
		engine, macro string
		bytes, frame  int
	}{{"small", "FEMTO_ENGINE_SMALL", 3252, 48}, {"fast", "FEMTO_ENGINE_FAST", 6436, 48}} {
		dir := t.TempDir()
		total := 0
		for _, f := range engineFiles(t, c.engine) {
			obj := filepath.Join(dir, filepath.Base(f)+".o")
			out, err := exec.Command(cc, "-mcpu=cortex-m4", "-mthumb", "-std=gnu11", "-Os", "-fstack-usage", "-D"+c.macro, "-c", f, "-o", obj).CombinedOutput()
			require.NoError(t, err, "%s", out)
			total += readOnly(t, obj)
		}
		assert.LessOrEqual(t, total, c.bytes, c.engine)
		usage, err := filepath.Glob(filepath.Join(dir, "*.su"))
		require.NoError(t, err)
		for _, su := range usage {
			b, err := os.ReadFile(su)
			require.NoError(t, err)
			for line := range strings.Lines(string(b)) {
				f := strings.Fields(line)
				function := f[0][strings.LastIndexByte(f[0], ':')+1:]
				n, err := strconv.Atoi(f[1])
				require.NoError(t, err)
				switch {
				case function == "femto_resume":
					assert.LessOrEqual(t, n, c.frame, "%s: %s", c.engine, line)
				case strings.HasPrefix(function, "op_"), function == "femto_run":
					assert.Zero(t, n, "a handler has a frame: %s", line)
				}
			}
		}
	}
}

// TestHandlersJump: where handlers are functions, each ends by jumping, so that
// the stack does not grow.
func TestHandlersJump(t *testing.T) {
	for _, c := range []struct{ cc, flags, objdump, call string }{
		{"arm-none-eabi-gcc", "-mcpu=cortex-m4 -mthumb", "arm-none-eabi-objdump", "\tbl"},
		{"riscv64-unknown-elf-gcc", "-march=rv32imac -mabi=ilp32 --specs=picolibc.specs", "riscv64-unknown-elf-objdump", "\tjal"},
	} {
		t.Run(c.cc, func(t *testing.T) {
			need(t, c.cc)
			obj := filepath.Join(t.TempDir(), "fast.o")
			args := append(strings.Fields(c.flags), "-std=gnu11", "-Os", "-DFEMTO_ENGINE_FAST", "-c", filepath.Join(coreDir, "femto_fast.c"), "-o", obj)
			out, err := exec.Command(c.cc, args...).CombinedOutput()
			require.NoError(t, err, "%s", out)
			listing, err := exec.Command(c.objdump, "-d", obj).Output()
			require.NoError(t, err)
			require.Contains(t, string(listing), "<op_add64_reg>:")
			for line := range strings.Lines(string(listing)) {
				at := strings.Index(line, c.call)
				if at < 0 {
					continue
				}
				switch mnemonic := strings.Fields(line[at:])[0]; mnemonic {
				case "bl", "blx", "jal", "jalr":
					t.Errorf("a call among the handlers: %s", line)
				}
			}
		})
	}
}

func readOnly(t *testing.T, name string) int {
	t.Helper()
	f, err := elf.Open(name)
	require.NoError(t, err)
	defer f.Close()
	n := 0
	for _, s := range f.Sections {
		if s.Flags&elf.SHF_ALLOC != 0 && s.Flags&elf.SHF_WRITE == 0 && s.Type != elf.SHT_NOBITS {
			n += int(s.Size)
		}
	}
	return n
}
