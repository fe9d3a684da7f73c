// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

const usage = `usage: go run ./tests/bench run|size [flags]

  run    build, run and compare everything; size included
  size   code size, RAM and stack

flags:
`

// A bench is one invocation.
type bench struct {
	root   string // this directory
	module string // the module's root
	dir    string // scratch, removed at the end unless --keep names it
	clang  string
	trace  string // the plugin, when there is one
	report report

	progress *progress
}

type options struct {
	target, engine string
	save, compare  string
	threshold      float64
	format         string
	docs           bool
	strict         bool
	rounds         int
	keep           string
	clang          string
}

// errMissed means that everything ran, and that something is not as it should be.
var errMissed = errors.New("missed")

func main() {
	switch err := run(os.Args[1:], os.Stdout, os.Stderr); {
	case err == nil:
	case errors.Is(err, flag.ErrHelp):
		os.Exit(2)
	case errors.Is(err, errMissed):
		os.Exit(1)
	default:
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(args []string, stdout, stderr io.Writer) error {
	var o options
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() {
		fmt.Fprint(stderr, usage)
		flags.PrintDefaults()
	}
	flags.StringVar(&o.target, "target", "", "only this target: cortex-m4, cortex-m0plus, rv32imac, xtensa, host")
	flags.StringVar(&o.engine, "engine", "", "only this engine: small, fast")
	flags.StringVar(&o.save, "save", "", "write the figures to `FILE`")
	flags.StringVar(&o.compare, "compare", "", "print what changed since the figures in `FILE`; the exit status is that of the comparison, not of the goals")
	flags.Float64Var(&o.threshold, "threshold", 1, "`percent` more instructions or bytes that --compare lets pass")
	flags.StringVar(&o.format, "o", "text", "output: text, json")
	flags.BoolVar(&o.docs, "docs", true, "write the tables and the plot into docs/ (complete runs only)")
	flags.BoolVar(&o.strict, "strict", false, "a goal that is open, or could not be measured, counts as missed")
	flags.IntVar(&o.rounds, "rounds", 9, "interleaved rounds of host timing")
	flags.StringVar(&o.keep, "keep", "", "leave executables and instruction traces in `DIR`")
	flags.StringVar(&o.clang, "clang", "clang-16", "compiler for the bytecode; clang-16 made that of the recorded figures")

	if len(args) == 0 || args[0] != "run" && args[0] != "size" {
		flags.Usage()
		return flag.ErrHelp
	}
	if err := flags.Parse(args[1:]); err != nil {
		return flag.ErrHelp
	}
	if flags.NArg() > 0 || o.format != "text" && o.format != "json" {
		flags.Usage()
		return flag.ErrHelp
	}

	b, err := newBench(o, stderr)
	if err != nil {
		return err
	}
	if o.keep == "" {
		defer os.RemoveAll(b.dir)
	}
	if args[0] == "run" {
		err = b.runAll(o)
		if err == nil {
			err = b.measureRIOT(o)
		}
	}
	if err == nil {
		err = b.sizeAll(o)
	}
	if err == nil {
		err = b.runtimeRAM(o)
	}
	if err == nil {
		err = b.deployments(o)
	}
	b.progress.done()
	if err != nil {
		return err
	}
	return b.finish(args[0] == "run", o, stdout)
}

func newBench(o options, stderr io.Writer) (*bench, error) {
	module, err := moduleRoot()
	if err != nil {
		return nil, err
	}
	dir := o.keep
	if dir == "" {
		dir, err = os.MkdirTemp("", "femto-bench-")
	} else if dir, err = filepath.Abs(dir); err == nil {
		err = os.MkdirAll(dir, 0o755)
	}
	if err != nil {
		return nil, err
	}
	return &bench{root: filepath.Join(module, "tests", "bench"), module: module, dir: dir, clang: o.clang,
		report: report{Tools: map[string]string{}}, progress: newProgress(stderr)}, nil
}

func moduleRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", fmt.Errorf("no go.mod here or above; run this inside the repository")
		}
		dir = parent
	}
}

func (o options) wantTarget(name string) bool { return o.target == "" || o.target == name }
func (o options) wantEngine(name string) bool { return o.engine == "" || o.engine == name }

// skip says once, loudly, what is not measured and what would change that.
func (b *bench) skip(what string, missing []string, apt string) {
	b.skipLine(fmt.Sprintf("SKIP %s: %s not found (apt-get install %s)", what, strings.Join(missing, ", "), apt))
}

func (b *bench) skipLine(line string) {
	if !slices.Contains(b.report.Skipped, line) {
		b.report.Skipped = append(b.report.Skipped, line)
		b.progress.say(line)
	}
}

// runAll runs every wanted engine on every wanted target.
func (b *bench) runAll(o options) error {
	if missing := missingTools(b.clang); missing != nil {
		b.skip("bytecode, so every engine", missing, b.clang)
		return nil
	}
	b.report.Tools[b.clang] = version(b.clang)
	b.progress.step("bytecode: %s", b.clang)
	if err := b.buildImages(); err != nil {
		return err
	}
	if missing := missingTools("gcc"); missing != nil {
		b.skip("host and cycle estimates", missing, "gcc")
	} else if err := b.buildTrace(); err != nil {
		return err
	}
	subjects, err := b.subjects()
	if err != nil {
		return err
	}
	for _, t := range targets {
		if t.qemu == nil || !o.wantTarget(t.name) {
			continue
		}
		if missing := t.missing(); missing != nil {
			b.skip(t.title, missing, t.apt)
			continue
		}
		b.report.Tools[t.cc[0]], b.report.Tools[t.qemu[0]] = version(t.cc[0]), version(t.qemu[0])
		for _, s := range subjects {
			if s.engine != "native" && !o.wantEngine(s.engine) {
				continue
			}
			b.progress.step("%s: %s -%s", t.title, s.engine, s.opt)
			if err := b.measure(t, s); err != nil {
				return err
			}
		}
	}
	if o.wantTarget("host") && missingTools("gcc") == nil {
		b.report.Tools["gcc"] = version("gcc")
		return b.runHost(subjects, o)
	}
	return nil
}

// finish prints what was measured and says whether it is what it should be.
func (b *bench) finish(ran bool, o options, stdout io.Writer) error {
	if o.format == "json" {
		enc := json.NewEncoder(stdout)
		enc.SetIndent("", "\t")
		if err := enc.Encode(b.report); err != nil {
			return err
		}
	} else {
		for _, s := range b.sections(ran) {
			s.print(stdout)
		}
	}
	if o.save != "" {
		if err := b.report.save(o.save); err != nil {
			return err
		}
	}
	complete := ran && o.target == "" && o.engine == ""
	if complete && o.docs {
		if err := b.writeDocs(); err != nil {
			return err
		}
	}

	regressed := false
	if o.compare != "" {
		old, err := loadReport(o.compare)
		if err != nil {
			return err
		}
		c := compare(old, &b.report, o.threshold)
		if o.format == "text" {
			c.section().print(stdout)
		}
		regressed = c.regressed()
	}
	goals := b.goals()
	if !ran {
		goals = slices.DeleteFunc(goals, func(g goal) bool { return !g.static })
	}
	if o.format == "text" {
		goalSection(goals).print(stdout)
		for _, line := range b.report.Skipped {
			fmt.Fprintln(stdout, line)
		}
	}
	met, missed, open, unknown := tally(goals)
	if o.format == "text" {
		fmt.Fprintf(stdout, "%d goals met, %d missed, %d open, %d not measured\n", met, missed, open, unknown)
	}
	// A comparison judges the change, not where the project stands.
	failed := missed > 0 || o.strict && open+unknown > 0
	if o.compare != "" {
		failed = regressed
	}
	if failed {
		return errMissed
	}
	return nil
}
