// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/femtocontainer/femtocontainer/femto/asm"
	"github.com/femtocontainer/femtocontainer/femto/isa"
	"github.com/femtocontainer/femtocontainer/tests/engines"
)

// The public suite, fetched into the user's cache and never committed here.
const (
	suiteURL    = "https://github.com/Alan-Jowett/bpf_conformance"
	suiteCommit = "f558566280d8e76c95a502cfd8014264d8668130"
)

// excluded are the cases that are not run, each by name and with the reason.
var excluded = map[string]string{
	"callx.data": "group callx: indirect calls are not supported",
	"error.data": "expects the refusal of arithmetic on r10, a rule of the verifier of Linux only",
}

// lack skips the test with one line, unless nothing may be skipped.
func lack(t *testing.T, format string, args ...any) {
	t.Helper()
	what := fmt.Sprintf(format, args...)
	if os.Getenv("REQUIRE_CONFORMANCE") == "1" || os.Getenv("REQUIRE_RIOT") == "1" {
		t.Fatal(what)
	}
	fmt.Printf("SKIP: %s: %s\n", t.Name(), what)
	t.Skip(what)
}

// suite gives the directory of the suite's checkout.
func suite(t *testing.T) string {
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = os.TempDir()
	}
	dir := filepath.Join(cache, "femtocontainer", "bpf_conformance-"+suiteCommit[:12])
	if _, err := os.Stat(dir); err == nil {
		return dir
	}
	if _, err := exec.LookPath("git"); err != nil {
		lack(t, "git is not installed, so the bpf_conformance suite cannot be had")
	}
	require.NoError(t, os.MkdirAll(filepath.Dir(dir), 0o755))
	tmp, err := os.MkdirTemp(filepath.Dir(dir), "fetch")
	require.NoError(t, err)
	defer os.RemoveAll(tmp)
	for _, args := range [][]string{
		{"clone", "--quiet", suiteURL, tmp},
		{"-C", tmp, "-c", "advice.detachedHead=false", "checkout", "--quiet", suiteCommit},
	} {
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
		defer cancel()
		cmd := exec.CommandContext(ctx, "git", args...)
		cmd.Env = append(os.Environ(), "GIT_TERMINAL_PROMPT=0")
		if out, err := cmd.CombinedOutput(); err != nil {
			lack(t, "the bpf_conformance suite cannot be had: git %s: %s", args[0], bytes.TrimSpace(out))
		}
	}
	if err := os.Rename(tmp, dir); err != nil {
		_, err = os.Stat(dir) // another test was faster
		require.NoError(t, err)
	}
	return dir
}

// plugin builds the command under test, once.
var plugin = sync.OnceValues(func() (exe string, err error) {
	dir, err := os.MkdirTemp("", "conformance")
	if err != nil {
		return "", err
	}
	exe = filepath.Join(dir, "conformance")
	out, err := exec.Command("go", "build", "-o", exe, ".").CombinedOutput()
	if err != nil {
		return exe, fmt.Errorf("%w: %s", err, out)
	}
	return exe, nil
})

func TestMain(m *testing.M) {
	status := m.Run()
	if exe, _ := plugin(); exe != "" {
		os.RemoveAll(filepath.Dir(exe))
	}
	os.Exit(status)
}

// A dataFile is one case of the suite.
type dataFile struct {
	name                 string
	asm, result, failure string
	mem                  []byte
	raw                  []byte
	expectsFailure       bool // has a section "error", which may be empty
}

// parseDataFile reads the sections of a .data file as the suite's parser does.
func parseDataFile(t *testing.T, path string) dataFile {
	b, err := os.ReadFile(path)
	require.NoError(t, err)
	d := dataFile{name: filepath.Base(path)}
	section := ""
	hex := map[string]*[]byte{"mem": &d.mem, "raw": &d.raw}
	for _, line := range strings.Split(string(b), "\n") {
		line, _, _ = strings.Cut(strings.TrimRight(line, "\r"), "#")
		if name, ok := strings.CutPrefix(line, "--"); ok {
			section = strings.TrimSpace(name)
			if section == "error" {
				d.expectsFailure = true
			}
			continue
		}
		switch out := hex[section]; {
		case out != nil:
			for _, field := range strings.Fields(line) { // bytes, or 0x and a whole slot
				if strings.HasPrefix(field, "0x") {
					*out = binary.LittleEndian.AppendUint64(*out, value(t, path, field))
					continue
				}
				v, err := unhex(field)
				require.NoError(t, err, path)
				*out = append(*out, v...)
			}
		case strings.TrimSpace(line) == "":
		case section == "asm":
			d.asm += line + "\n"
		case section == "result":
			d.result = strings.TrimSpace(line)
		case section == "error":
			d.failure = strings.TrimSpace(line)
		}
	}
	return d
}

// program is the text of the case. The suite's assembler knows a label "exit",
// the first exit instruction, where there is none of that name.
func (d *dataFile) program() ([]byte, error) {
	if d.raw != nil {
		return d.raw, nil
	}
	src := d.asm
	if !regexp.MustCompile(`(?m)^\s*exit:`).MatchString(src) {
		at := regexp.MustCompile(`(?m)^\s*exit\s*$`).FindStringIndex(src)
		if at != nil {
			src = src[:at[0]] + "exit:\n" + src[at[0]:]
		}
	}
	p, err := asm.Parse(d.name, ".depth 8\n"+src, asm.Options{})
	if err != nil {
		return nil, err
	}
	return p.Image.Text, nil
}

// invoke calls the plugin as the suite's runner does.
func invoke(t *testing.T, exe, engine string, program, mem []byte) (stdout, stderr string, status int) {
	args := []string{"--engine", engine}
	if len(mem) > 0 {
		args = append([]string{fmt.Sprintf("% x ", mem)}, args...)
	}
	cmd := exec.Command(exe, args...)
	cmd.Stdin = strings.NewReader(fmt.Sprintf("% x \n", program))
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		require.NoError(t, err)
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

// TestProtocol holds the plugin to the letter of the protocol.
func TestProtocol(t *testing.T) {
	exe, err := plugin()
	require.NoError(t, err)
	exit := []byte{0x95, 7: 0}
	text := func(src string) []byte {
		p, err := asm.Parse("t.s", ".depth 8\n"+src, asm.Options{})
		require.NoError(t, err)
		return p.Image.Text
	}
	for _, engine := range engines.Names() {
		for _, c := range []struct {
			name         string
			program, mem []byte
			out          string
			status       int
		}{
			{"result", text("r0 = 0xff\nexit"), nil, "ff\n", 0},
			{"negative result", text("r0 = -1\nexit"), nil, "ffffffffffffffff\n", 0},
			{"memory and its length", text("r0 = *(u16 *)(r1 + 0)\nr0 <<= 16\nr0 |= r2\nexit"), []byte{1, 2, 3}, "2010003\n", 0},
			{"no program", nil, nil, "", 1},
			{"not a multiple of 8", exit[:7], nil, "", 1},
			{"refused", []byte{0xff, 7: 0}, nil, "", 1},
			{"fault", text("r0 = *(u8 *)(r3 + 0)\nexit"), nil, "", 1},
			{"endless", text("f: goto f"), nil, "", 1},
			{"helper 6", append([]byte{0x85, 0, 0, 0, 6, 0, 0, 0}, exit...), nil, "", 1},
			{"helper -1", append([]byte{0x85, 0, 0, 0, 0xff, 0xff, 0xff, 0xff}, exit...), nil, "", 1},
			{"helper 0", append(text("r1 = 1\nr5 = 5\nexit")[:16], append([]byte{0x85, 7: 0}, exit...)...), nil, "100000005\n", 0},
			{"not a helper", append([]byte{0x18, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0x85, 0, 0, 0}, exit...), nil, "8500000001\n", 0},
			{"unwind", append(text("r0 = 7\nr1 = 0\nexit")[:16], append([]byte{0x85, 0, 0, 0, 5, 7: 0}, text("r0 = 2\nexit")...)...), nil, "0\n", 0},
		} {
			out, msg, status := invoke(t, exe, engine, c.program, c.mem)
			assert.Equal(t, c.out, out, "%s on %s: %s", c.name, engine, msg)
			assert.Equal(t, c.status, status, "%s on %s", c.name, engine)
			assert.Equal(t, c.status != 0, msg != "", "%s on %s: %q", c.name, engine, msg)
		}
	}
	_, msg, status := invoke(t, exe, "turbo", exit, nil)
	assert.Equal(t, 1, status)
	assert.Contains(t, msg, "turbo")
	cmd := exec.Command(exe, "--frobnicate")
	assert.Error(t, cmd.Run())
	assert.Equal(t, 2, cmd.ProcessState.ExitCode())
}

// TestSuite runs the suite's cases through our own reading of its files, which
// also takes the negative cases that the suite's runner passes over.
func TestSuite(t *testing.T) {
	dir := suite(t)
	files, err := filepath.Glob(filepath.Join(dir, "tests", "*.data"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	negative, err := filepath.Glob(filepath.Join(dir, "negative", "*.data"))
	require.NoError(t, err)
	require.NotEmpty(t, negative)

	for _, engine := range engines.Names() {
		passed, refused := 0, 0
		groups := make(map[isa.Group]int)
		for _, f := range files {
			d := parseDataFile(t, f)
			if excluded[d.name] != "" {
				continue
			}
			program, err := d.program()
			if !assert.NoError(t, err) {
				continue
			}
			want, err := strconv.ParseUint(d.result, 0, 64)
			require.NoError(t, err, d.name)
			got, err := execute(engine, program, d.mem)
			if assert.NoError(t, err, "%s on %s", d.name, engine) && assert.Equal(t, want, got, "%s on %s", d.name, engine) {
				passed++
				for g := range groupsOf(program) {
					groups[g]++
				}
			}
		}
		for _, f := range negative {
			if d := parseDataFile(t, f); excluded[d.name] == "" && assert.NoError(t, negativeCase(engine, d), "%s on %s", d.name, engine) {
				refused++
			}
		}
		count := []string{}
		for g := isa.Base32; g <= isa.Divmul64; g++ {
			assert.NotZero(t, groups[g], "the suite has no case for group %s", g)
			count = append(count, fmt.Sprintf("%s %d", g, groups[g]))
		}
		t.Logf("%s: %d of %d cases passed and %d of %d negative ones, cases by group: %s", engine, passed, len(files)-1, refused, len(negative)-1, strings.Join(count, ", "))
	}
	for _, name := range slices.Sorted(maps.Keys(excluded)) {
		t.Logf("excluded: %s, %s", name, excluded[name])
	}
}

// groupsOf lists the conformance groups that a legal program needs.
func groupsOf(program []byte) map[isa.Group]bool {
	out := make(map[isa.Group]bool)
	for at := 0; at < len(program); {
		row := isa.Lookup(isa.Decode(binary.LittleEndian.Uint64(program[at:])))
		if row == nil {
			row = isa.ByName("exit")
		}
		out[row.Group] = true
		at += 8 * row.Width()
	}
	return out
}

// negativeCase is nil when what the case is about is refused. Some are about
// the suite's assembler, and ours has to refuse them too; one has a result
// that no implementation may give.
func negativeCase(engine string, d dataFile) error {
	program, err := d.program()
	if err != nil {
		return nil // our assembler refuses it
	}
	got, err := execute(engine, program, d.mem)
	if want, _ := strconv.ParseUint(d.result, 0, 64); err == nil && strings.HasPrefix(d.name, "incorrect_return_value") && got != want {
		return nil
	}
	if err == nil {
		return fmt.Errorf("not refused: %x", got)
	}
	return nil
}

// TestSuiteRunner builds the runner of the suite itself and lets it call the
// plugin. It needs a C++ compiler and two Boost libraries, but not the suite's
// ELF writer, for which it gets a stand-in.
func TestSuiteRunner(t *testing.T) {
	dir := suite(t)
	runner := buildRunner(t, dir)
	exe, err := plugin()
	require.NoError(t, err)
	for _, engine := range engines.Names() {
		cmd := exec.Command(runner, "--test_file_directory", filepath.Join(dir, "tests"), "--plugin_path", exe,
			"--plugin_options", "--engine "+engine, "--cpu_version", "v4", "--exclude_groups", "callx", "packet")
		out, err := cmd.CombinedOutput()
		assert.NoError(t, err, "%s", out)
		lines := strings.Split(strings.TrimSpace(string(out)), "\n")
		verdict := lines[len(lines)-1]
		assert.Regexp(t, `^Passed (\d+) out of \d+ tests\.$`, verdict)
		passed := strings.Count(string(out), "\nPASS: ")
		assert.Equal(t, fmt.Sprintf("Passed %d out of %d tests.", passed, passed), verdict)
		skipped := regexp.MustCompile(`(?m)^SKIP: "(.*?)"`).FindAllStringSubmatch(string(out), -1)
		if assert.Len(t, skipped, 1) {
			assert.Equal(t, "callx.data", filepath.Base(skipped[0][1]))
		}
		t.Logf("%s: bpf_conformance_runner: %s", engine, verdict)

		wrong := exec.Command(runner, "--test_file_path", filepath.Join(dir, "negative", "incorrect_return_value_high_bits.data"),
			"--plugin_path", exe, "--plugin_options", "--engine "+engine)
		out, err = wrong.CombinedOutput()
		assert.Error(t, err)
		assert.Contains(t, string(out), "Passed 0 out of 1 tests.")
	}
}

// elfWriter replaces the part of the suite that needs another repository; it
// is called only for --elf.
const elfWriter = `#include <stdexcept>
#include <bpf_conformance_core/bpf_writer.h>
void bpf_writer_classic(std::ostream&, const std::string&, const std::string&, const std::vector<ebpf_inst_t>&,
    const std::vector<std::tuple<std::string, ebpf_map_definition_in_file_t>>&, const std::map<size_t, std::string>&)
{
    throw std::runtime_error("built without the ELF writer");
}
`

func buildRunner(t *testing.T, dir string) string {
	exe := filepath.Join(filepath.Dir(dir), "bpf_conformance_runner-"+suiteCommit[:12])
	if _, err := os.Stat(exe); err == nil {
		return exe
	}
	cxx, err := exec.LookPath("c++")
	if err != nil {
		lack(t, "no C++ compiler, so the suite's runner cannot be built; TestSuite ran its cases")
	}
	stub := filepath.Join(t.TempDir(), "bpf_writer.cc")
	require.NoError(t, os.WriteFile(stub, []byte(elfWriter), 0o600))
	tmp := exe + fmt.Sprint(".", os.Getpid())
	args := []string{"-std=c++20", "-O0", "-w", "-DBPF_CONFORMANCE_HAS_ELFIO", "-Ilib/include", "-Iinclude", "-Itools", "-o", tmp, stub}
	for _, f := range []string{"lib/src/bpf_assembler.cc", "lib/src/bpf_conformance.cc", "lib/src/bpf_disassembler.cc",
		"lib/src/bpf_test_parser.cc", "tools/bpf_conformance.cc", "tools/runner.cc"} {
		args = append(args, f)
	}
	args = append(args, "-lboost_program_options", "-lboost_filesystem", "-lpthread")
	cmd := exec.Command(cxx, args...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		first, _, _ := strings.Cut(string(out), "\n")
		lack(t, "the suite's runner cannot be built (libboost-program-options-dev, libboost-filesystem-dev): %s", first)
	}
	require.NoError(t, os.Rename(tmp, exe))
	return exe
}
