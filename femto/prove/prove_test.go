// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package prove_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/femtocontainer/femtocontainer/femto/diag"
	"github.com/femtocontainer/femtocontainer/femto/image"
	"github.com/femtocontainer/femtocontainer/femto/prove"
	"github.com/femtocontainer/femtocontainer/femto/verify"
	"github.com/femtocontainer/femtocontainer/femto/vm"
)

const repository = "../.."

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
			bin := compiled(t, root)
			rep, err := prove.Run(context.Background(), prove.Options{Root: root, Families: []string{c.family}, Match: c.match, Jobs: 1})
			require.NoError(t, err)
			found := 0
			for i := range rep.Failures {
				r := rep.Failures[i].ReplayImage()
				if r == nil {
					continue
				}
				assert.NotEmpty(t, r.State)
				file := filepath.Join(t.TempDir(), "replay.fc")
				require.NoError(t, os.WriteFile(file, r.File, 0o600))
				out, err := exec.Command(bin, file).Output()
				require.NoError(t, err)
				var code, pc int
				_, err = fmt.Sscan(string(out), &code, &pc)
				require.NoError(t, err)
				want, at := verdict(r.File)
				if want == c.want && diag.Code(code) != want {
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

// compiled is a program that loads and verifies with the core in root.
func compiled(t *testing.T, root string) string {
	t.Helper()
	core := filepath.Join(root, "riotpkg/femtocontainer/core")
	bin := filepath.Join(t.TempDir(), "verdict")
	out, err := exec.Command("gcc", "-std=c11", "-I", core, "-o", bin, "testdata/verdict.c",
		filepath.Join(core, "femto_image.c"), filepath.Join(core, "femto_verify.c")).CombinedOutput()
	require.NoError(t, err, string(out))
	return bin
}

// verdict is the first offence by the Go packages.
func verdict(file []byte) (diag.Code, int) {
	img, err := image.Decode(file)
	if err == nil {
		err = verify.Image(img, verify.Options{})
	}
	var d *diag.Error
	if errors.As(err, &d) {
		return d.Code, d.PC
	}
	return 0, diag.NoPC
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
