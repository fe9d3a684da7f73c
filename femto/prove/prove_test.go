// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package prove_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/femtocontainer/femtocontainer/femto/diag"
	"github.com/femtocontainer/femtocontainer/femto/prove"
	"github.com/femtocontainer/femtocontainer/femto/prove/replay"
	"github.com/femtocontainer/femtocontainer/femto/vm"
)

const repository = "../.."

var all = flag.Bool("mutants", false, "replay counterexamples of each kind, not only a sample")

func needSolvers(t *testing.T) {
	for _, s := range []string{"z3", "cvc5"} {
		if _, err := exec.LookPath(s); err != nil {
			if os.Getenv("REQUIRE_RIOT") == "1" {
				t.Fatalf("%s is not installed", s)
			}
			fmt.Printf("SKIP: %s: %s is not installed\n", t.Name(), s)
			t.SkipNow()
		}
	}
}

// edited is a repository whose core has one text replaced by another.
func edited(t *testing.T, file, from, to string) string {
	t.Helper()
	root, err := filepath.Abs(repository)
	require.NoError(t, err)
	dir := t.TempDir()
	core := "riotpkg/femtocontainer/core"
	require.NoError(t, os.MkdirAll(filepath.Join(dir, core), 0o755))
	require.NoError(t, os.Symlink(filepath.Join(root, "femto"), filepath.Join(dir, "femto")))
	require.NoError(t, os.Symlink(filepath.Join(root, "go.sum"), filepath.Join(dir, "go.sum")))
	require.NoError(t, os.Symlink(filepath.Join(root, core, "../contrib"), filepath.Join(dir, core, "../contrib")))
	files, err := filepath.Glob(filepath.Join(root, core, "*.[ch]"))
	require.NoError(t, err)
	for _, f := range files {
		b, err := os.ReadFile(f)
		require.NoError(t, err)
		text := string(b)
		if filepath.Base(f) == file {
			require.Equal(t, 1, strings.Count(text, from), "%q in %s", from, file)
			text = strings.Replace(text, from, to, 1)
		}
		require.NoError(t, os.WriteFile(filepath.Join(dir, core, filepath.Base(f)), []byte(text), 0o600))
	}
	return dir
}

// TestRed: what is not proved has a name. Package mutation has many more.
func TestRed(t *testing.T) {
	needSolvers(t)
	for name, c := range map[string]struct {
		file, from, to      string
		family, match, goal string
		reason              string
	}{
		"construct that the executor does not know": {"femto_step.h", "    dst = dst * src;\n        break;\n    case 4: /* or */\n        dst = dst | src;\n        break;\n    case 5: /* and */\n        dst = dst & src;\n        break;\n    case 6: /* lsh */\n        dst = dst << (src & 31u);",
			"    dst = dst * src;\n        goto *(void *)&&out;\n        out: break;\n    case 4: /* or */\n        dst = dst | src;\n        break;\n    case 5: /* and */\n        dst = dst & src;\n        break;\n    case 6: /* lsh */\n        dst = dst << (src & 31u);",
			"step", "small-lp64 mul32_reg", "", "unsupported"},
		"one character": {"femto_step.h", "dst = dst << (src & 31u);", "dst = dst << (src & 30u);",
			"step", "small-lp64 lsh32_reg", "equals table: register written", "sat"},
		"one character of the stubs": {"femto_sys.c", "if (price > vm->room) {", "if (price < vm->room) {",
			"stubs", "stubs-lp64 femto_sys_call", "call: ", "sat"},
	} {
		t.Run(name, func(t *testing.T) {
			root := edited(t, c.file, c.from, c.to)
			rep, err := prove.Run(context.Background(), prove.Options{Root: root, Families: []string{c.family}, Match: c.match, Jobs: 1})
			require.NoError(t, err)
			require.NotZero(t, rep.Units)
			assert.False(t, rep.Green())
			found := false
			for i := range rep.Failures {
				f := &rep.Failures[i]
				if strings.Contains(f.Unit, c.match) && strings.HasPrefix(f.Goal, c.goal) && strings.Contains(f.Reason, c.reason) {
					found = true
					if c.family == "step" && c.reason == "sat" {
						replays(t, f)
					}
				}
			}
			assert.True(t, found, "%+v", rep.Failures)
		})
	}
}

// replays: the counterexample is a container that ends.
func replays(t *testing.T, f *prove.Failure) {
	r := f.Replay()
	require.NotNil(t, r)
	assert.Contains(t, r.State[0], "w"+fmt.Sprint(f.Values["dreg"])+" <<= w")
	m, err := vm.New(r.Image, vm.Options{})
	require.NoError(t, err)
	res := m.Run(0, r.Context, r.Fuel)
	assert.Nil(t, res.Fault)
}

// TestReplayImage: a counterexample about the loader or the verifier is a file
// on which the C that was proved wrong and the Go packages differ.
func TestReplayImage(t *testing.T) {
	needSolvers(t)
	for name, c := range map[string]struct {
		file, from, to, family, match string
		want                          diag.Code // what the format or the table says
	}{
		"loader":   {"femto_image.c", "if (buf[at] != 0) {", "if (buf[at] > 1) {", "load", "loader-ilp32 femto_image_open", diag.BadPadding},
		"verifier": {"femto_verify.c", "(imm & ~0x70u) == 0 && imm != 0 &&", "(imm & ~0x70u) == 0 &&", "verify", "verifier-ilp32 0xd4", diag.IllegalInstruction},
	} {
		t.Run(name, func(t *testing.T) {
			root := edited(t, c.file, c.from, c.to)
			rep, err := prove.Run(context.Background(), prove.Options{Root: root, Families: []string{c.family}, Match: c.match, Jobs: 1})
			require.NoError(t, err)
			found := 0
			core := replay.Of(root)
			defer core.Close()
			for i := range rep.Failures {
				r := rep.Failures[i].ReplayImage()
				if r == nil {
					continue
				}
				assert.NotEmpty(t, r.State)
				both, err := core.Image(r.File)
				require.NoError(t, err)
				if want, at := replay.Verdict(r.File); want == c.want && !both.Same {
					found++
					if at != diag.NoPC {
						assert.Equal(t, rep.Failures[i].Values["pc"], uint64(at))
					}
				}
			}
			assert.NotZero(t, found, "%+v", rep.Failures)
		})
	}
}

// TestReplayCall: a counterexample about a function that the host calls, or
// about a stub, is a call on which the C that was proved wrong and the Go
// packages differ, and on which the C as it is does not.
func TestReplayCall(t *testing.T) {
	needSolvers(t)
	sample := []string{"start: wrong length", "write: what may only be read", "room: the last slot", "check: one byte", "dispatch: a handler", "string", "conversion"}
	asItIs := replay.Of(repository)
	defer asItIs.Close()
	for name, c := range map[string]struct{ file, from, to, family, match string }{
		"write: what may only be read": {"femto_host.c", "return locate(vm, addr, len, vm->writable_end[((addr >> 24u) & 7u)]);", "return locate(vm, addr, len, vm->end[((addr >> 24u) & 7u)]);", "start", "host-lp64 femto_write"},
		"read: start not compared":     {"femto_host.c", "if (addr >= end || len > end - addr) {", "if (len > end - addr) {", "start", "host-ilp32 femto_read"},
		"grant: always writable":       {"femto_host.c", "writable != 0 ? span.end : 0;", "span.end;", "start", "host-lp64 femto_grant"},
		"room: the last slot":          {"femto_core.h", "(uint32_t)(uintptr_t)(vm->pc + 2));", "(uint32_t)(uintptr_t)vm->pc);", "start", "host-lp64 femto_room"},
		"check: one byte":              {"femto_sys.c", "a[i].out = femto_write(vm, r[i], a[i].len);", "a[i].out = femto_write(vm, r[i], 1);", "stubs", "stubs-lp64 check 0x0003"},
		"dispatch: base":               {"femto_sys.c", "do_memcmp(a[0].in, a[1].in, (uint32_t)r[3])", "do_memcmp(a[1].in, a[0].in, (uint32_t)r[3])", "stubs", "stubs-lp64 dispatch 0x0005 memcmp"},
		"dispatch: a handler":          {"femto_sys.c", "femto_sys_kv_cas(vm, FEMTO_SCOPE_LOCAL, (uint32_t)r[1], (uint32_t)r[2]", "femto_sys_kv_cas(vm, FEMTO_SCOPE_LOCAL, (uint32_t)r[1], (uint16_t)r[2]", "stubs", "stubs-lp64 dispatch 0x0074"},
		"dispatch: a number":           {"femto_sys.c", "int32_t result = femto_sys_kv_next(vm, FEMTO_SCOPE_TENANT, &v);\n            if (result >= 0) {", "int32_t result = femto_sys_kv_next(vm, FEMTO_SCOPE_TENANT, &v);\n            if (result > 0) {", "stubs", "stubs-ilp32 dispatch 0x007b"},
		"string":                       {"femto_sys.c", "femto_read(vm, addr + n, 1);", "femto_read(vm, addr, 1);", "stubs", "stubs-lp64 string"},
		"conversions":                  {"femto_sys.c", "used++ == n)) {", "used++ > n)) {", "stubs", "stubs-lp64 conversions"},
		"conversion":                   {"femto_sys.c", "if (width > FEMTO_SYS_WIDTH) {", "if (width > FEMTO_SYS_WIDTH + 10) {", "stubs", "stubs-lp64 femto_sys_conversion"},
		"digits":                       {"femto_sys.c", "buf[i] = reversed[n - 1 - i];", "buf[i] = reversed[i];", "stubs", "stubs-lp64 femto_sys_digits"},
		"call: a price":                {"femto_sys.c", "if (price > vm->room) {", "if (price > vm->room + 1) {", "stubs", "stubs-lp64 femto_sys_call"},
		"call: refused late":           {"femto_sys.c", "        vm->room += price;\n", "", "stubs", "stubs-lp64 femto_sys_call"},
		"unknown":                      {"femto_sys.c", "    default:\n        return FEMTO_E_UNKNOWN_HELPER;", "    default:\n        return 0;", "stubs", "stubs-lp64 unknown number"},
		"start: wrong length":          {"femto_vm.c", "vm->r[2] = ctx_len;", "vm->r[2] = ctx_len - 1;", "start", "host-lp64 femto_start"},
		"start: half of the stack":     {"femto_vm.c", "        } while (left != 0);", "        } while (left > 8);", "start", "host-lp64 femto_start without context"},
		"start: too long":              {"femto_vm.c", "if (ctx_len > FEMTO_MAX_SEGMENT) {", "if (ctx_len > FEMTO_MAX_SEGMENT + 8) {", "start", "host-ilp32 femto_start"},
		"reset: the last byte":         {"femto_vm.c", "i < c->image.bss_len;", "i + 1 < c->image.bss_len;", "load", "host-lp64 femto_reset"},
		"entry: a hook too far":        {"femto_host.c", "hook += 16 * (entry[1] >> 8);", "hook += 16;", "start", "host-lp64 femto_image_entry"},
		"attach: less RAM":             {"femto_vm.c", "if (femto_image_ram(&c->image) > ram_len) {", "if (femto_image_ram(&c->image) > ram_len + 8) {", "load", "host-ilp32 femto_attach"},
		"attach: the host's pointer":   {"femto_vm.c", "    c->host = host;\n", "    c->host = ram;\n", "load", "host-lp64 femto_attach"},
		"selection: what is granted":   {"femto_sys.c", "(may_block != 0 || rows[i].blocks == 0)", "(may_block >= 0 || rows[i].blocks == 0)", "stubs", "selection-lp64 modules console"},
	} {
		if !*all && !slices.Contains(sample, name) {
			continue
		}
		t.Run(name, func(t *testing.T) {
			root := edited(t, c.file, c.from, c.to)
			rep, err := prove.Run(context.Background(), prove.Options{Root: root, Families: []string{c.family}, Match: c.match, Jobs: 1})
			require.NoError(t, err)
			core := replay.Of(root)
			defer core.Close()
			var seen []string
			for i := range rep.Failures {
				call := rep.Failures[i].ReplayCall()
				if call == nil {
					continue
				}
				assert.NotEmpty(t, call.State)
				r, err := core.Run(call)
				require.NoError(t, err)
				seen = append(seen, rep.Failures[i].Goal, r.String())
				if r.Same {
					continue
				}
				r, err = asItIs.Run(call)
				require.NoError(t, err)
				assert.True(t, r.Same, r.String())
				t.Logf("%s\n%s", rep.Failures[i].Goal, seen[len(seen)-1])
				return
			}
			t.Errorf("no difference is seen: %s\n%+v", strings.Join(seen, "\n"), rep.Failures)
		})
	}
}

// TestReplayCommand: what femtoprove prints below a red goal is a command, and
// it shows the difference.
func TestReplayCommand(t *testing.T) {
	needSolvers(t)
	root := edited(t, "femto_sys.c", "if (price > vm->room) {", "if (price < vm->room) {")
	command := func(words ...string) string {
		cmd := exec.Command(words[0], words[1:]...)
		cmd.Dir = repository
		out, err := cmd.CombinedOutput()
		require.Error(t, err, string(out))
		return string(out)
	}
	out := command("go", "run", "./tools/femtoprove", "-root", root, "-cache", t.TempDir(), "-family", "stubs", "-match", "stubs-lp64 femto_sys_call")
	i := strings.Index(out, "go run ./femto/prove/verdicts ")
	require.GreaterOrEqual(t, i, 0, out)
	line, _, _ := strings.Cut(out[i:], "\n")
	shown := command(strings.Fields(line)...)
	assert.Contains(t, shown, "* status", shown)
	assert.Contains(t, shown, "differ on 1 of 1 files", shown)
}

// TestSolverTrouble: only unsat is a proof.
func TestSolverTrouble(t *testing.T) {
	opts := prove.Options{Root: repository, Families: []string{"accepted"}, Match: "accepted table ja", Jobs: 1}
	for name, answer := range map[string]string{
		"answers unknown": `while read -r l; do case "$l" in "(check-sat)") echo unknown ;; *--end--*) echo -- "--end--" | cut -c4- ;; esac; done`,
		"answers sat":     `while read -r l; do case "$l" in "(check-sat)") echo sat ;; *--end--*) echo -- "--end--" | cut -c4- ;; esac; done`,
		"crashes":         `exit 139`,
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			for _, s := range []string{"z3", "cvc5"} {
				script := "#!/bin/sh\n[ \"$1\" = --version ] && echo none && exit\n" + answer + "\n"
				require.NoError(t, os.WriteFile(filepath.Join(dir, s), []byte(script), 0o700))
			}
			t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
			rep, err := prove.Run(context.Background(), opts)
			require.NoError(t, err)
			require.NotZero(t, rep.Units)
			assert.False(t, rep.Green())
			proved, goals := 0, 0
			for _, o := range rep.Totals {
				goals += o.Goals
				proved += o.Proved - o.Identity // by construction, which no solver is asked
			}
			assert.Zero(t, proved)
			assert.NotZero(t, goals)
			for _, f := range rep.Failures {
				assert.NotEmpty(t, f.Goal)
				assert.NotEmpty(t, f.Reason)
			}
		})
	}
	t.Run("missing", func(t *testing.T) {
		t.Setenv("PATH", t.TempDir())
		_, err := prove.Run(context.Background(), opts)
		require.ErrorContains(t, err, "z3")
	})
}

// TestNothingIsNotGreen: a family that lost its units, or a match without any,
// proves nothing.
func TestNothingIsNotGreen(t *testing.T) {
	needSolvers(t)
	rep, err := prove.Run(context.Background(), prove.Options{Root: repository, Families: []string{"accepted"}, Match: "no such unit", Jobs: 1})
	require.NoError(t, err)
	assert.False(t, rep.Green())
}

// TestDigest: what was proved is no longer that after a change of one
// character, and nothing is proved without a record.
func TestDigest(t *testing.T) {
	here, err := prove.Digest(repository)
	require.NoError(t, err)
	same, err := prove.Digest(edited(t, "femto_step.h", "dst = dst << (src & 31u);", "dst = dst << (src & 31u);"))
	require.NoError(t, err)
	other, err := prove.Digest(edited(t, "femto_step.h", "dst = dst << (src & 31u);", "dst = dst << (src & 30u);"))
	require.NoError(t, err)
	assert.Equal(t, here, same)
	assert.NotEqual(t, here, other)

	frontEnd := edited(t, "femto_step.h", "dst = dst << (src & 31u);", "dst = dst << (src & 31u);")
	sums, err := os.ReadFile(filepath.Join(repository, "go.sum"))
	require.NoError(t, err)
	require.NoError(t, os.Remove(filepath.Join(frontEnd, "go.sum")))
	require.NoError(t, os.WriteFile(filepath.Join(frontEnd, "go.sum"), []byte(strings.ReplaceAll(string(sums), "modernc.org/cc/v4 v4", "modernc.org/cc/v4 v5")), 0o600))
	other, err = prove.Digest(frontEnd)
	require.NoError(t, err)
	assert.NotEqual(t, here, other)

	root := t.TempDir()
	changed, err := prove.Changed(root)
	require.NoError(t, err)
	assert.True(t, changed)
	part := prove.Report{Units: 1, Families: []string{"step"}}
	require.ErrorContains(t, part.Keep(edited(t, "femto_step.h", "femto_get16(const", "femto_get16(const"), here), "a part")
}

// TestCache: what is proved is known the next time, unless nothing is to be
// remembered or something changed.
func TestCache(t *testing.T) {
	needSolvers(t)
	opts := prove.Options{Root: repository, Families: []string{"stubs"}, Match: "stubs-lp64 unknown number", Jobs: 1, Cache: t.TempDir()}
	run := func() *prove.Report {
		rep, err := prove.Run(context.Background(), opts)
		require.NoError(t, err)
		require.True(t, rep.Green(), "%+v", rep.Failures)
		require.Equal(t, 1, rep.Units)
		return rep
	}
	assert.Zero(t, run().Cached)
	assert.Equal(t, 1, run().Cached)
	opts.Cold = true
	assert.Zero(t, run().Cached)
	opts.Cold = false
	opts.Root = edited(t, "femto_sys.c", "return FEMTO_E_UNKNOWN_HELPER;\n    }\n}", "return FEMTO_E_UNKNOWN_HELPER + 0u;\n    }\n}")
	assert.Zero(t, run().Cached)
}
