// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package mutation

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/femtocontainer/femtocontainer/femto/prove"
	"github.com/femtocontainer/femtocontainer/femto/prove/coq"
)

// A Runner seeds mutants.
type Runner struct {
	Root string // of the repository
	Dir  string // for copies, removed by the caller

	green map[Gate]error
	n     int
}

// Detected seeds an error and tells what noticed it. "" means that nothing
// did; an error, that the mutant is not one.
func (r *Runner) Detected(ctx context.Context, m *Mutant) (by string, err error) {
	if err := r.baseline(ctx, m.Gate); err != nil {
		return "", err
	}
	text, err := os.ReadFile(filepath.Join(r.Root, m.File))
	if err != nil {
		return "", err
	}
	seeded, err := m.Seed(string(text))
	if err != nil {
		return "", err
	}
	r.n++
	dir := filepath.Join(r.Dir, fmt.Sprint(r.n))
	defer os.RemoveAll(dir)
	switch ext := filepath.Ext(m.File); {
	case ext == ".v":
		return theorems(ctx, m.Gate.Of, func(file, text string) (string, error) {
			if file == filepath.Base(m.File) {
				return m.Seed(text)
			}
			return text, nil
		})
	case ext == ".go" && m.Gate.Kind == Coq:
		return r.reprint(ctx, m, dir, seeded)
	case ext == ".go":
		return r.built(ctx, m, dir, seeded)
	}
	root, err := r.copyCore(dir, m.File, seeded)
	if err != nil {
		return "", err
	}
	if m.Gate.Kind == Generate {
		return r.command(ctx, root, "", "go", "run", "./tools/femtogen", "-n", "-o", root)
	}
	if err := compiles(ctx, root); err != nil {
		return "", err
	}
	return proved(ctx, root, m.Gate)
}

// baseline: without the edit the gate is green.
func (r *Runner) baseline(ctx context.Context, g Gate) error {
	if g.Kind == Coq {
		g.Of = "" // all of it
	}
	if err, ok := r.green[g]; ok {
		return err
	}
	var by string
	var err error
	switch g.Kind {
	case Prove:
		by, err = proved(ctx, r.Root, g)
	case Coq:
		by, err = theorems(ctx, "", nil)
	case Generate:
		by, err = r.command(ctx, r.Root, "", "go", "run", "./tools/femtogen", "-n")
	case Test:
		by, err = r.test(ctx, g, "")
	}
	if err == nil && by != "" {
		err = fmt.Errorf("%v is red without any error seeded: %s", g, by)
	}
	if r.green == nil {
		r.green = make(map[Gate]error)
	}
	r.green[g] = err
	return err
}

// proved runs units of gate A, with nothing remembered.
func proved(ctx context.Context, root string, g Gate) (by string, err error) {
	rep, err := prove.Run(ctx, prove.Options{Root: root, Families: []string{g.Of}, Match: g.Only, Jobs: 2})
	if err != nil {
		return "", err
	}
	if rep.Units == 0 {
		return "", fmt.Errorf("%v: there are no such units", g)
	}
	for _, f := range rep.Failures {
		// What the executor does not know is red too, and would be here for any
		// edit at all; a mutant has to be noticed for what it is.
		if f.Reason == "sat" {
			return fmt.Sprintf("%s: %s (%s)", f.Unit, f.Goal, f.Where), nil
		}
	}
	for _, f := range rep.Failures {
		if !strings.Contains(f.Reason, "unsupported") && !strings.Contains(f.Reason, "panic") {
			return fmt.Sprintf("%s: %s (%s), %s", f.Unit, f.Goal, f.Where, f.Reason), nil
		}
	}
	if len(rep.Failures) > 0 {
		return "", fmt.Errorf("not decided: %s: %s", rep.Failures[0].Unit, rep.Failures[0].Reason)
	}
	return "", nil
}

// theorems runs gate B on edited files.
func theorems(ctx context.Context, want string, edit func(file, text string) (string, error)) (by string, err error) {
	var opts coq.Options
	var failed error
	if edit != nil {
		opts.Edit = func(file, text string) string {
			changed, err := edit(file, text)
			failed = errors.Join(failed, err)
			return changed
		}
	}
	rep, err := coq.Run(ctx, opts)
	if err = errors.Join(err, failed); err != nil || rep.Green() {
		return "", err
	}
	return inGateB(strings.Join(rep.Failures, "\n"), want)
}

// inGateB: the file where the error shows is the one that the list names.
func inGateB(failures, want string) (by string, err error) {
	if strings.HasSuffix(want, ".v") {
		want += " is not proved"
	}
	if !strings.Contains(failures, want) {
		return "", fmt.Errorf("expected %q in\n%s", want, failures)
	}
	lines := strings.Split(failures, "\n")
	at := slices.IndexFunc(lines, func(s string) bool { return strings.Contains(s, want) })
	return strings.TrimSpace(lines[at]), nil
}

// reprint seeds an error in the Coq printer, has it print the model, and proves
// with both, so that it is the theorems and samples that notice.
func (r *Runner) reprint(ctx context.Context, m *Mutant, dir, seeded string) (by string, err error) {
	over, err := overlay(dir, map[string]string{filepath.Join(r.Root, m.File): seeded})
	if err != nil {
		return "", err
	}
	model := filepath.Join(dir, "model.v")
	if out, err := r.command(ctx, r.Root, over, "go", "run", "./femto/prove/coq/gateb", "-write", model); err != nil || out != "" {
		return "", errors.Join(err, errors.New(out))
	}
	text, err := os.ReadFile(model)
	if err != nil {
		return "", err
	}
	over, err = overlay(dir, map[string]string{
		filepath.Join(r.Root, m.File):                       seeded,
		filepath.Join(r.Root, "femto/prove/coq", "model.v"): string(text),
	})
	if err != nil {
		return "", err
	}
	out, err := r.command(ctx, r.Root, over, "go", "run", "./femto/prove/coq/gateb")
	if err != nil || out == "" {
		return "", err
	}
	return inGateB(out, m.Gate.Of)
}

// built seeds an error in Go code and runs what has to notice, built with it.
func (r *Runner) built(ctx context.Context, m *Mutant, dir, seeded string) (by string, err error) {
	over, err := overlay(dir, map[string]string{filepath.Join(r.Root, m.File): seeded})
	if err != nil {
		return "", err
	}
	switch m.Gate.Kind {
	case Test:
		return r.test(ctx, m.Gate, over)
	case Generate:
		return r.command(ctx, r.Root, over, "go", "run", "./tools/femtogen", "-n")
	}
	out, err := r.command(ctx, r.Root, over, "go", "run", "./tools/femtoprove", "-cold", "-family", m.Gate.Of, "-match", m.Gate.Only)
	if err != nil || out == "" {
		return "", err
	}
	for _, line := range strings.Split(out, "\n") {
		if name, ok := strings.CutPrefix(line, "RED  "); ok {
			return name, nil
		}
	}
	return "", fmt.Errorf("no goal is red:\n%s", out)
}

func (r *Runner) test(ctx context.Context, g Gate, over string) (by string, err error) {
	out, err := r.command(ctx, r.Root, over, "go", "test", "-run", g.Only, "./"+g.Of)
	if err != nil || out == "" {
		return "", err
	}
	if m := regexp.MustCompile(`--- FAIL: (\S+)`).FindStringSubmatch(out); m != nil {
		return m[1] + " fails", nil
	}
	return "", fmt.Errorf("no test failed:\n%s", out)
}

// command runs a Go command: "" when it succeeds, what it printed when it
// fails. That it could not be built is an error.
func (r *Runner) command(ctx context.Context, dir, over string, argv ...string) (string, error) {
	if over != "" {
		argv = slices.Insert(argv, 2, "-overlay", over)
	}
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Dir = r.Root
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	var exit *exec.ExitError
	switch {
	case err == nil:
		return "", nil
	case !errors.As(err, &exit):
		return "", err
	case strings.Contains(out.String(), "[build failed]") || strings.HasPrefix(out.String(), "# "):
		return "", fmt.Errorf("does not build:\n%s", out.String())
	}
	return out.String(), nil
}

// overlay writes edited files and the list that go -overlay takes.
func overlay(dir string, files map[string]string) (string, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	replace := make(map[string]string)
	for name, text := range files {
		edited := filepath.Join(dir, "edited_"+filepath.Base(name))
		if err := os.WriteFile(edited, []byte(text), 0o600); err != nil {
			return "", err
		}
		replace[name] = edited
	}
	b, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	list := filepath.Join(dir, "overlay.json")
	return list, os.WriteFile(list, b, 0o600)
}

// copyCore makes a root in which one file of the core is edited; everything
// else is a link to the repository.
func (r *Runner) copyCore(dir, file, text string) (root string, err error) {
	at := ""
	for _, part := range append(strings.Split(filepath.Dir(file), "/"), "") {
		if err := os.MkdirAll(filepath.Join(dir, at), 0o755); err != nil {
			return "", err
		}
		entries, err := os.ReadDir(filepath.Join(r.Root, at))
		if err != nil {
			return "", err
		}
		for _, e := range entries {
			from, to := filepath.Join(r.Root, at, e.Name()), filepath.Join(dir, at, e.Name())
			switch {
			case e.Name() == part:
			case part == "" && e.Name() == filepath.Base(file):
				err = os.WriteFile(to, []byte(text), 0o600)
			case part == "" && e.Type().IsRegular():
				var b []byte
				if b, err = os.ReadFile(from); err == nil {
					err = os.WriteFile(to, b, 0o600)
				}
			default:
				err = os.Symlink(from, to)
			}
			if err != nil && !errors.Is(err, fs.ErrExist) {
				return "", err
			}
		}
		at = filepath.Join(at, part)
	}
	return dir, nil
}

// compiles: gcc takes the edited core, for both engines, without complaint.
func compiles(ctx context.Context, root string) error {
	files, err := filepath.Glob(filepath.Join(root, "riotpkg/femtocontainer/core/*.c"))
	if err != nil {
		return err
	}
	for _, engine := range []string{"-UFEMTO_ENGINE_FAST", "-DFEMTO_ENGINE_FAST"} {
		cmd := exec.CommandContext(ctx, "gcc", append([]string{"-std=c11", "-fsyntax-only", engine}, files...)...)
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("the edited core does not compile: %w\n%s", err, out)
		}
	}
	return nil
}
