// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package sysapi_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/femtocontainer/femtocontainer/femto/sysapi"
)

// run runs a command and fails the test with its output.
func run(t *testing.T, name string, args ...string) {
	t.Helper()
	out, err := exec.Command(name, args...).CombinedOutput()
	require.NoError(t, err, "%s %s\n%s", name, strings.Join(args, " "), out)
}

// need skips where a compiler is missing.
func need(t *testing.T, compiler string) {
	t.Helper()
	if _, err := exec.LookPath(compiler); err != nil {
		fmt.Printf("SKIP: %s: %s is not installed\n", t.Name(), compiler)
		t.SkipNow()
	}
}

func write(t *testing.T, dir, name, text string) string {
	t.Helper()
	name = filepath.Join(dir, name)
	require.NoError(t, os.WriteFile(name, []byte(text), 0o600))
	return name
}

// everyCall is a container that makes every call, which also shows that the
// prototypes agree with what compilers think of memcpy and its like.
func everyCall() string {
	var b strings.Builder
	b.WriteString("#include <femto.h>\nstatic char bytes[64];\nextern volatile uint64_t sink;\nvolatile uint64_t sink;\n")
	for _, m := range sysapi.Modules {
		b.WriteString(m.Example)
	}
	b.WriteString("uint64_t every(femto_coap_ctx_t *ctx) {\n")
	for _, c := range sysapi.Table {
		var args []string
		for _, a := range c.Args {
			switch {
			case a.Kind == sysapi.Value || a.Kind == sysapi.Handle:
				args = append(args, "1")
			case a.Kind == sysapi.Variadic:
				args = append(args, "1u", "bytes")
			case a.Kind == sysapi.Format:
				args = append(args, `"%u %s"`)
			case a.Type == sysapi.CoAP:
				args = append(args, "ctx")
			default:
				args = append(args, "(void *)bytes")
			}
		}
		call := c.Name + "(" + strings.Join(args, ", ") + ");\n"
		if c.Ret != sysapi.Void {
			call = "sink = (uint64_t)" + call
		}
		b.WriteString(call)
	}
	b.WriteString("return 0; }\n")
	return b.String()
}

func TestHeaderCompilesForContainers(t *testing.T) {
	for _, compiler := range []string{"clang-14 --target=bpf", "clang-16 --target=bpf", "clang-19 --target=bpf", "bpf-gcc"} {
		t.Run(compiler, func(t *testing.T) {
			t.Parallel()
			words := strings.Fields(compiler)
			need(t, words[0])
			dir := t.TempDir()
			write(t, dir, "femto.h", string(sysapi.Header()))
			source := write(t, dir, "every.c", everyCall())
			for _, cpu := range []string{"v2", "v3"} {
				args := append(words[1:], "-mcpu="+cpu, "-O2", "-ffreestanding", "-fno-builtin", "-Wall", "-Wextra", "-Wpedantic", "-Werror",
					"-std=c11", "-I", dir, "-c", source, "-o", filepath.Join(dir, "every.o"))
				run(t, words[0], args...)
			}
		})
	}
}

func TestHeaderIsForContainersOnly(t *testing.T) {
	need(t, "gcc")
	dir := t.TempDir()
	source := write(t, dir, "femto.h", string(sysapi.Header()))
	out, err := exec.Command("gcc", "-fsyntax-only", "-x", "c", source).CombinedOutput()
	require.Error(t, err)
	require.Contains(t, string(out), "femto.h is for containers")
}

// modules are the macros of all of them.
func modules() (flags []string) {
	for _, m := range sysapi.Modules {
		if macro := m.Macro(); macro != "" {
			flags = append(flags, "-D"+macro)
		}
	}
	return flags
}

func TestStubsCompile(t *testing.T) {
	strict := []string{"-Wall", "-Wextra", "-Wconversion", "-Wpedantic", "-Werror", "-O1", "-c", "-I", core}
	sources := []string{filepath.Join(core, "femto_sys.c"), filepath.Join(core, "..", "contrib", "femto_fmt.c")}
	for _, compiler := range []string{"gcc -std=c11", "clang-16 -std=c11", "g++ -std=c++17 -x c++", "clang++-16 -std=c++17 -x c++", "arm-none-eabi-gcc -std=c11 -mthumb -mcpu=cortex-m0"} {
		t.Run(compiler, func(t *testing.T) {
			t.Parallel()
			words := strings.Fields(compiler)
			need(t, words[0])
			selections := [][]string{nil, modules()}
			if words[0] == "gcc" { // each alone: does it need another?
				for _, one := range modules() {
					selections = append(selections, []string{one})
				}
			}
			for i, selection := range selections {
				for _, source := range sources {
					args := append(append(append([]string{}, words[1:]...), strict...), selection...)
					run(t, words[0], append(args, source, "-o", filepath.Join(t.TempDir(), fmt.Sprintf("%d.o", i)))...)
				}
			}
		})
	}
}

// Names and numbers that containers share with RIOT are RIOT's.
func TestConstantsAreRIOTs(t *testing.T) {
	base := os.Getenv("RIOTBASE")
	if base == "" {
		base = filepath.Join(root, "RIOT")
	}
	if _, err := os.Stat(filepath.Join(base, "sys", "include", "phydat.h")); err != nil {
		fmt.Printf("SKIP: %s: no RIOT: neither RIOTBASE nor the submodule RIOT/ has its sources\n", t.Name())
		t.SkipNow()
	}
	need(t, "gcc")
	source := "#include <stddef.h>\n#include \"phydat.h\"\n#include \"saul.h\"\n#include \"net/coap.h\"\n#define COAP_OPT_FINISH_NONE 0x0000\n#define COAP_OPT_FINISH_PAYLOAD 0x0001\n"
	n := 0
	for _, g := range sysapi.ConstantGroups {
		for _, c := range g.Constants {
			if strings.HasPrefix(c.Name, "SAUL_") || strings.HasPrefix(c.Name, "UNIT_") || strings.HasPrefix(c.Name, "COAP_") && c.Name != "COAP_FORMAT_NONE" {
				source += fmt.Sprintf("_Static_assert(%s == %d, \"%s\");\n", c.Name, c.Value, c.Name)
				n++
			}
		}
	}
	require.Greater(t, n, 80)
	source += "_Static_assert(sizeof(phydat_t) == 8 && offsetof(phydat_t, unit) == 6 && offsetof(phydat_t, scale) == 7, \"phydat_t\");\n"
	file := write(t, t.TempDir(), "riot.c", source)
	run(t, "gcc", "-fsyntax-only", "-I", filepath.Join(base, "sys", "include"), "-I", filepath.Join(base, "drivers", "include"), "-I", filepath.Join(base, "core", "lib", "include"), file)
}
