// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package coq

import (
	"bytes"
	"context"
	"embed"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// Files are compiled in this order; each may require those before it.
var Files = []string{"bits.v", "row.v", "model.v", "machine.v", "facts.v", "isolation.v", "progress.v", "bounded.v", "samples.v"}

// Theorems are what the gate stands for, by the file that states them.
var Theorems = []struct{ File, Name string }{
	{"isolation", "isolation_writes"}, {"isolation", "isolation_reads"},
	{"progress", "progress"}, {"progress", "never_stuck"},
	{"bounded", "fuel_decreases"}, {"bounded", "slice_ends"}, {"bounded", "bounded_run"}, {"bounded", "resumable"}, {"bounded", "consistent"},
	{"samples", "samples_agree"},
}

//go:embed *.v
var sources embed.FS

// Options of a run.
type Options struct {
	// Coqc is the compiler, by default coqc in PATH.
	Coqc string

	// Edit, when set, changes the text of a file before it is compiled; the
	// mutation tests seed errors with it.
	Edit func(file, text string) string
}

// A Result is one theorem with what it rests on.
type Result struct {
	Theorem     string
	Assumptions string // as Coq prints them
	Proved      bool
}

// A Report is the outcome of a run.
type Report struct {
	Theorems []Result
	Failures []string // why the gate is red
	Times    map[string]time.Duration
	Took     time.Duration
}

// Green reports whether every theorem is proved from nothing.
func (r *Report) Green() bool {
	if len(r.Failures) > 0 || len(r.Theorems) != len(Theorems) {
		return false
	}
	for _, t := range r.Theorems {
		if !t.Proved {
			return false
		}
	}
	return true
}

// ErrNoCoq says that there is no Coq, so that nothing was proved.
var ErrNoCoq = errors.New("coqc is not installed, so gate B is not proved; install the apt package coq")

const mark = "assumptions of "

const closed = "Closed under the global context"

// forbidden are the ways to claim without proof that Print Assumptions might
// be made not to show, or that have no place in these files at all.
var forbidden = regexp.MustCompile(`\b(Admitted|admit|give_up|Axioms?|Parameters?|Conjecture|Abort|bypass_check|Guard Checking|Positivity Checking|Universe Checking|Declare ML Module|Redirect|Print)\b`)

var comment = regexp.MustCompile(`(?s)\(\*.*?\*\)`)

// Run compiles the model and the proofs in a directory of its own, and asks
// Coq what each theorem rests on. The error is for what kept it from deciding;
// a proof that fails is in the report.
func Run(ctx context.Context, opts Options) (*Report, error) {
	coqc := opts.Coqc
	if coqc == "" {
		coqc = "coqc"
	}
	coqc, err := exec.LookPath(coqc)
	if err != nil {
		return nil, ErrNoCoq
	}
	dir, err := os.MkdirTemp("", "femto-coq-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)

	start := time.Now()
	rep := &Report{Times: map[string]time.Duration{}}
	defer func() { rep.Took = time.Since(start) }()
	for _, file := range Files {
		text, err := source(file)
		if err != nil {
			return nil, err
		}
		if file == "model.v" && text != Model() {
			rep.fail("model.v differs from what the instruction table prints; run go generate ./femto/prove/coq")
		}
		if opts.Edit != nil {
			text = opts.Edit(file, text)
		}
		if w := forbidden.FindString(comment.ReplaceAllString(text, "")); w != "" {
			rep.fail("%s contains %q", file, w)
		}
		began := time.Now()
		if out, err := compile(ctx, coqc, dir, file, text); err != nil {
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			rep.fail("%s is not proved: %v\n%s", file, err, bytes.TrimSpace(out))
			return rep, nil
		}
		rep.Times[file] = time.Since(began)
	}
	var ask strings.Builder // in one file, since loading Coq's library takes longest
	for _, t := range Theorems {
		fmt.Fprintf(&ask, "Require Femto.%s.\nGoal True. idtac \"%s\". Abort.\nPrint Assumptions Femto.%[1]s.%[3]s.\n", t.File, mark+t.Name, t.Name)
	}
	out, err := compile(ctx, coqc, dir, "assumptions.v", ask.String())
	if err != nil {
		rep.fail("a theorem is missing: %v\n%s", err, bytes.TrimSpace(out))
		return rep, nil
	}
	for _, part := range strings.Split(string(out), mark)[1:] {
		name, got, _ := strings.Cut(part, "\n")
		got = strings.TrimSpace(got)
		rep.Theorems = append(rep.Theorems, Result{name, got, got == closed})
		if got != closed {
			rep.fail("%s rests on\n%s", name, got)
		}
	}
	return rep, nil
}

// source is the text of a file: samples.v is made, the others are checked in.
func source(file string) (string, error) {
	if file == "samples.v" {
		return samples(), nil
	}
	b, err := sources.ReadFile(file)
	return string(b), err
}

func (r *Report) fail(format string, args ...any) {
	r.Failures = append(r.Failures, fmt.Sprintf(format, args...))
}

// fileTime is far above what any file takes; a proof script that a change has
// sent into a search does not come back.
const fileTime = 3 * time.Minute

func compile(ctx context.Context, coqc, dir, file, text string) ([]byte, error) {
	if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, fileTime)
	defer cancel()
	cmd := exec.CommandContext(ctx, coqc, "-q", "-R", ".", "Femto", file)
	cmd.Dir = dir
	return cmd.CombinedOutput()
}
