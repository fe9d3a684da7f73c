// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

// Command femtoprove proves the C core against the instruction table; see
// docs/proofs.md.
//
//	go run ./tools/femtoprove                 # everything, reusing what is proved already
//	go run ./tools/femtoprove -cold           # everything, reusing nothing
//	go run ./tools/femtoprove -family step -match add64_imm
//	go run ./tools/femtoprove -json           # with the time of each goal
//	go run ./tools/femtoprove -cold -reach    # and that nothing is proved of no state
//	go run ./tools/femtoprove -auto           # for CI: -cold after a change of what was recorded
//	go run ./tools/femtoprove -cold -record   # everything, and note that it was proved
package main

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
	"golang.org/x/term"

	"github.com/femtocontainer/femtocontainer/femto/prove"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "femtoprove:", err)
		os.Exit(1)
	}
}

func run() error {
	var (
		root   = flag.String("root", ".", "root of the repository")
		family = flag.String("family", "", "families of goals, separated by commas; empty is all: "+strings.Join(prove.Families, ","))
		match  = flag.String("match", "", "only units whose name contains this")
		jobs   = flag.Int("j", runtime.NumCPU(), "units proved at once")
		cold   = flag.Bool("cold", false, "prove again what is known from earlier runs")
		auto   = flag.Bool("auto", false, "as -cold when the core, a table or the prover is not what "+prove.RecordFile+" says was proved")
		record = flag.Bool("record", false, "write "+prove.RecordFile+" after a whole run with -cold")
		cache  = flag.String("cache", "", "directory of earlier outcomes (default: femtocontainer/prove in the user's cache directory)")
		agree  = flag.Bool("agree", false, "ask a second solver everything, and fail where they differ")
		reach  = flag.Bool("reach", false, "with -cold: ask for every kind of goal of a unit whether some state is what it assumes")
		asJSON = flag.Bool("json", false, "print the report as JSON")
		slow   = flag.Bool("times", false, "print the time of each unit")
	)
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()

	opts := prove.Options{Root: *root, Match: *match, Jobs: *jobs, Agree: *agree, Reach: *reach}
	if *record && (!*cold || *family != "" || *match != "") {
		return errors.New("-record needs -cold, and everything")
	}
	if *reach && !*cold {
		return errors.New("-reach needs -cold: what is known from earlier runs is not looked at")
	}
	if *auto {
		changed, err := prove.Changed(*root)
		if err != nil {
			return err
		}
		*cold = *cold || changed
		fmt.Fprintf(os.Stderr, "femtoprove: changed since %s: %v\n", prove.RecordFile, changed)
	}
	if *family != "" {
		opts.Families = strings.Split(*family, ",")
	}
	opts.Cold = *cold
	opts.Cache = *cache
	if opts.Cache == "" {
		dir, err := os.UserCacheDir()
		if err != nil {
			return err
		}
		opts.Cache = filepath.Join(dir, "femtocontainer", "prove")
	}
	digest := ""
	if *record {
		var err error
		if digest, err = prove.Digest(*root); err != nil {
			return err
		}
	}
	finish := progress(&opts, *asJSON, *slow)
	rep, err := prove.Run(ctx, opts)
	finish()
	if err != nil {
		return err
	}
	if *asJSON {
		enc := json.NewEncoder(os.Stdout)
		enc.SetIndent("", "  ")
		if err := enc.Encode(rep); err != nil {
			return err
		}
	} else {
		print(*root, rep)
	}
	if *record {
		if err := rep.Keep(*root, digest); err != nil {
			return err
		}
	}
	switch {
	case !rep.Green():
		return fmt.Errorf("%d goals are not proved", len(rep.Failures)+len(rep.Differ))
	case len(rep.Missing) > 0:
		return fmt.Errorf("families without goals yet: %s", strings.Join(rep.Missing, ", "))
	}
	return nil
}

// progress shows a bar on a terminal, and nothing elsewhere.
func progress(opts *prove.Options, quiet, slow bool) (finish func()) {
	if slow {
		opts.OnUnit = func(done, total int, o *prove.Outcome) {
			fmt.Fprintf(os.Stderr, "%4d/%d %8s %s\n", done, total, o.Took.Round(time.Millisecond), o.Unit)
		}
		return func() {}
	}
	if quiet || !term.IsTerminal(int(os.Stderr.Fd())) {
		return func() {}
	}
	p := mpb.New(mpb.WithOutput(os.Stderr), mpb.WithWidth(40))
	var bar *mpb.Bar
	goals, red := 0, 0
	opts.OnUnit = func(done, total int, o *prove.Outcome) {
		if bar == nil {
			bar = p.AddBar(int64(total),
				mpb.PrependDecorators(decor.Name("proving "), decor.CountersNoUnit("%d/%d units")),
				mpb.AppendDecorators(decor.Any(func(decor.Statistics) string {
					return fmt.Sprintf(" %d goals, %d red", goals, red)
				}), decor.Name(" "), decor.Elapsed(decor.ET_STYLE_GO)))
		}
		for _, t := range o.Obligations {
			goals += t.Goals
		}
		red += len(o.Failures)
		bar.SetCurrent(int64(done))
	}
	return func() {
		if bar != nil && !bar.Completed() {
			bar.Abort(false)
		}
		p.Wait()
	}
}

// maxReplays is how many counterexamples are written to files.
const maxReplays = 20

// replay writes a counterexample to a file and says how to try it; false when
// there is no such file.
func replay(root string, n int, f *prove.Failure) (bool, error) {
	name := filepath.Join(root, "build", "prove", fmt.Sprintf("%d.fc", n))
	of := "" // in commands
	if root != "." {
		of = "-root " + root + " "
	}
	write := func(state, notes []string, b []byte) error {
		for _, l := range state {
			fmt.Println("     " + l)
		}
		if err := os.MkdirAll(filepath.Join(root, "build", "prove"), 0o755); err != nil {
			return err
		}
		for _, n := range notes {
			fmt.Printf("     but %s\n", n)
		}
		return os.WriteFile(name, b, 0o644)
	}
	if n > maxReplays {
		return false, nil
	}
	if r := f.ReplayImage(); r != nil {
		if err := write(r.State, r.Notes, r.File); err != nil {
			return true, err
		}
		fmt.Printf("     go run ./femto/prove/verdicts %s%s\n", of, name)
		return true, nil
	}
	if c := f.ReplayCall(); c != nil {
		name = strings.TrimSuffix(name, ".fc") + ".json"
		b, err := json.MarshalIndent(c, "", "  ")
		if err != nil {
			return true, err
		}
		if err := write(append([]string{c.String()}, c.State...), slices.Concat(c.Notes, c.Unreachable()), b); err != nil {
			return true, err
		}
		fmt.Printf("     go run ./femto/prove/verdicts %s%s\n", of, name)
		return true, nil
	}
	r := f.Replay()
	if r == nil {
		return false, nil
	}
	b, err := r.Image.Encode()
	if err != nil {
		return true, fmt.Errorf("counterexample as an image: %w", err)
	}
	if err := write(r.State, r.Notes, b); err != nil {
		return true, err
	}
	engine := "small"
	if strings.Contains(f.Unit, "fast") {
		engine = "fast"
	}
	for _, e := range []string{"vm --trace", engine} {
		fmt.Printf("     go run ./tools/femto run %s --ctx %q --fuel %d --engine %s\n", name, hex.EncodeToString(r.Context), r.Fuel, e)
	}
	return true, nil
}

func print(root string, r *prove.Report) {
	for i := range r.Failures {
		f := &r.Failures[i]
		fmt.Printf("RED  %s: %s\n     %s: %s\n", f.Unit, f.Goal, f.Where, f.Reason)
		if done, err := replay(root, i+1, f); err != nil {
			fmt.Printf("     %v\n", err)
		} else if !done && len(f.Values) > 0 {
			fmt.Print("     when")
			for _, k := range slices.Sorted(maps.Keys(f.Values)) {
				fmt.Printf(" %s=%#x", k, f.Values[k])
			}
			fmt.Println()
		}
	}
	for _, q := range r.Differ {
		fmt.Printf("RED  the solvers differ on\n%s", q)
	}
	fmt.Println("obligation              goals   proved  by lemmas  repeated  by solver")
	line := func(name string, t prove.Tally) {
		by := ""
		for _, k := range slices.Sorted(maps.Keys(t.Solver)) {
			by += fmt.Sprintf(" %s %d", k, t.Solver[k])
		}
		fmt.Printf("%-20s %8d %8d %10d %9d %s\n", name, t.Goals, t.Proved, t.Identity, t.Same, by)
	}
	var sum prove.Tally
	for _, k := range slices.Sorted(maps.Keys(r.Totals)) {
		line(fmt.Sprintf("%d %s", k, prove.Obligations[k]), r.Totals[k])
		sum.Add(r.Totals[k])
	}
	line("all", sum)
	line("lemmas", r.Lemmas)
	for _, k := range slices.Sorted(maps.Keys(r.Engines)) {
		fmt.Printf("  %-30s %8d goals\n", k, r.Engines[k])
	}
	if r.Compared > 0 {
		fmt.Printf("solvers agree on %d questions; one of them did not finish %d\n", r.Compared, r.Unsure)
	}
	if r.Reached > 0 {
		fmt.Printf("%d kinds of goals, counted by unit, are each claimed of some state\n", r.Reached)
	}
	fmt.Printf("%d units (%d known), %d goals red, %v\n", r.Units, r.Cached, len(r.Failures), r.Took.Round(time.Second/10))
	for _, m := range r.Missing {
		fmt.Printf("NOT YET  family %s has no goals\n", m)
	}
}
