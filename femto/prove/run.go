// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package prove

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/femtocontainer/femtocontainer/femto/bv"
	"github.com/femtocontainer/femtocontainer/femto/prove/dialect"
	"github.com/femtocontainer/femtocontainer/femto/prove/simp"
	"github.com/femtocontainer/femtocontainer/femto/prove/solve"
	"github.com/femtocontainer/femtocontainer/femto/prove/sym"
)

// Options say what to prove and how.
type Options struct {
	Root     string   // of the repository
	Families []string // nil is all
	Match    string   // only units whose name contains it
	Jobs     int
	Cache    string // directory of earlier outcomes; "" keeps none
	Cold     bool   // write outcomes there, but use none
	Agree    bool   // ask a second solver about every question
	Reach    bool   // ask as well whether some state is what each kind of goal assumes
	OnUnit   func(done, total int, o *Outcome)
}

// A Report is the outcome of a run.
type Report struct {
	Families []string       `json:"families"`
	Missing  []string       `json:"missing,omitempty"` // families of docs/proofs.md that do not exist yet
	Units    int            `json:"units"`
	Cached   int            `json:"cached_units"`
	Totals   map[int]Tally  `json:"obligations"`
	Engines  map[string]int `json:"goals_by_variant"`
	Lemmas   Tally          `json:"lemmas"`
	Failures []Failure      `json:"failures"`
	Solvers  []string       `json:"solvers"`
	Goals    []Decided      `json:"decided"` // by a solver in this run, not before
	Took     time.Duration  `json:"took_ns"`

	Reached int `json:"kinds_with_a_state,omitempty"` // with Options.Reach

	// With Options.Agree.
	Compared int      `json:"questions_compared,omitempty"`
	Unsure   int      `json:"questions_one_did_not_finish,omitempty"`
	Differ   []string `json:"questions_solvers_differ_on,omitempty"`
}

// Green reports whether everything that was asked for is proved.
func (r *Report) Green() bool { return len(r.Failures) == 0 && len(r.Differ) == 0 && r.Units > 0 }

// units lists the work of the families asked for.
func units(lib *library, families []string) (out []*Unit, missing []string) {
	for _, f := range families {
		var us []*Unit
		switch f {
		case "step":
			for _, v := range engines() {
				us = append(us, stepUnits(lib, v)...)
			}
		case "accepted":
			us = acceptedUnits()
		case "verify":
			us = verifierUnits(lib)
		case "load":
			us = append(loaderUnits(lib), ofFamily(hostUnits(lib), "load")...)
		case "start":
			us = ofFamily(hostUnits(lib), "start")
		case "stubs":
			us = stubUnits(lib)
		}
		if us == nil {
			missing = append(missing, f)
		}
		out = append(out, us...)
	}
	return out, missing
}

// Run proves.
func Run(ctx context.Context, opts Options) (*Report, error) {
	began := time.Now()
	if opts.Families == nil {
		opts.Families = Families
	}
	for _, f := range opts.Families {
		if !slices.Contains(Families, f) {
			return nil, fmt.Errorf("there is no family %q of goals; there are %s", f, strings.Join(Families, ", "))
		}
	}
	rep := &Report{Families: opts.Families, Totals: make(map[int]Tally), Engines: make(map[string]int)}
	for _, k := range []solve.Kind{solve.Z3, solve.CVC5} {
		v, err := k.Version()
		if err != nil {
			return nil, err
		}
		rep.Solvers = append(rep.Solvers, v)
	}
	// What the variants below would not show, whatever the families asked for.
	strange, err := dialect.Check(opts.Root)
	if err != nil {
		return nil, err
	}
	for _, f := range strange {
		rep.Failures = append(rep.Failures, Failure{Unit: "dialect", Obligation: 2, Goal: "the core is in the C that the prover reads", Where: f.Where, Reason: f.What})
	}
	version, err := proverVersion(opts.Root)
	if err != nil {
		return nil, err
	}
	version += strings.Join(rep.Solvers, "\n")
	all, missing := units(&library{root: opts.Root}, opts.Families)
	rep.Missing = missing
	all = slices.DeleteFunc(all, func(u *Unit) bool { return !strings.Contains(u.String(), opts.Match) })
	rep.Units = len(all)

	var known answers
	var agree *agreement
	if opts.Agree {
		agree = &agreement{}
	}
	work := make(chan *Unit)
	var mu sync.Mutex
	var wg sync.WaitGroup
	var firstErr error
	done := 0
	for range max(1, opts.Jobs) {
		d, err := newDecider(&known, agree)
		if err != nil {
			return nil, err
		}
		d.reach = opts.Reach
		wg.Go(func() {
			defer d.close()
			for u := range work {
				o, err := prove(u, d, opts.Cache, opts.Cold, version)
				mu.Lock()
				done++
				if err != nil {
					firstErr = cmp.Or(firstErr, err)
				} else {
					rep.add(o)
					if opts.OnUnit != nil {
						opts.OnUnit(done, len(all), o)
					}
				}
				mu.Unlock()
			}
		})
	}
	for _, u := range all {
		if ctx.Err() != nil {
			break
		}
		work <- u
	}
	close(work)
	wg.Wait()
	if err := cmp.Or(firstErr, ctx.Err()); err != nil {
		return nil, err
	}
	if agree != nil {
		rep.Compared, rep.Unsure, rep.Differ = agree.Compared, agree.Unsure, agree.Against
	}
	slices.SortFunc(rep.Failures, func(a, b Failure) int {
		return cmp.Or(cmp.Compare(a.Unit, b.Unit), cmp.Compare(a.Goal, b.Goal), cmp.Compare(a.Where, b.Where))
	})
	rep.Took = time.Since(began)
	return rep, nil
}

func (r *Report) add(o *Outcome) {
	for k, t := range o.Obligations {
		sum := r.Totals[k]
		sum.Add(t)
		r.Totals[k] = sum
		r.Engines[o.Family+" "+o.Variant] += t.Goals
	}
	r.Reached += o.Reached
	r.Lemmas.Add(o.Lemmas)
	r.Failures = append(r.Failures, o.Failures...)
	if !o.Cached {
		r.Goals = append(r.Goals, o.Decided...)
	}
	if o.Cached {
		r.Cached++
	}
}

// prove decides the goals of one unit, or finds them decided.
func prove(u *Unit, d *decider, cache string, cold bool, version string) (*Outcome, error) {
	began := time.Now()
	inputs, err := u.depends()
	if err != nil {
		return red(u, "reads", err, began), nil
	}
	sum := sha256.Sum256([]byte(version + "\x00" + u.String() + "\x00" + inputs))
	file := ""
	if cache != "" {
		file = filepath.Join(cache, hex.EncodeToString(sum[:])+".json")
		if b, err := os.ReadFile(file); err == nil && !cold {
			var o Outcome
			if json.Unmarshal(b, &o) == nil && len(o.Failures) == 0 && o.Unit == u.String() {
				o.Cached = true
				return &o, nil
			}
		}
	}
	o := decideUnit(u, d, began)
	if file != "" && len(o.Failures) == 0 {
		b, err := json.Marshal(o)
		if err != nil {
			return nil, err
		}
		if err := os.MkdirAll(cache, 0o755); err != nil {
			return nil, err
		}
		// A run that is stopped must not leave half a file.
		if err := os.WriteFile(file+".new", b, 0o644); err != nil {
			return nil, err
		}
		if err := os.Rename(file+".new", file); err != nil {
			return nil, err
		}
	}
	return o, nil
}

// red is a unit whose goals could not be stated.
func red(u *Unit, goal string, err error, began time.Time) *Outcome {
	f := Failure{Unit: u.String(), Obligation: obligation(u.Family, ""), Goal: goal, Reason: err.Error()}
	var un *sym.Unsupported
	if errors.As(err, &un) {
		f.Where = un.Pos
	}
	return &Outcome{Unit: u.String(), Family: u.Family, Variant: u.Variant,
		Obligations: map[int]Tally{f.Obligation: {Goals: 1}}, Failures: []Failure{f}, Took: time.Since(began)}
}

func decideUnit(u *Unit, d *decider, began time.Time) (out *Outcome) {
	s := new(simp.Simplifier)
	ex := &sym.Exec{Simp: s, Ask: d.impossible}
	if err := execute(u, ex); err != nil {
		return red(u, "execute the C symbolically", err, began)
	}
	o := &Outcome{Unit: u.String(), Family: u.Family, Variant: u.Variant, Paths: ex.Paths, Obligations: make(map[int]Tally)}
	for _, g := range ex.Goals {
		n := obligation(u.Family, g.Kind)
		t := Tally{Goals: 1, Solver: make(map[string]int)}
		if g.Cond == bv.True {
			t.Proved, t.Identity = 1, 1
		} else {
			asked := time.Now()
			r := d.goal(g.Path, g.Cond)
			if !r.again {
				o.Decided = append(o.Decided, Decided{u.String(), g.Kind, g.Pos, r.by, time.Since(asked)})
			}
			if r.status == solve.Unsat {
				t.Proved = 1
				if r.again {
					t.Same = 1
				} else {
					t.Solver[r.by] = 1
				}
			} else {
				o.Failures = append(o.Failures, Failure{Unit: u.String(), Obligation: n, Goal: g.Kind, Where: g.Pos, Reason: r.reason, Values: r.values, Memory: ex.Bound(r.values)})
			}
		}
		sum := o.Obligations[n]
		sum.Add(t)
		o.Obligations[n] = sum
	}
	if d.reach {
		o.Reached = d.reached(ex.Goals, func(g sym.Goal, reason string) {
			o.Failures = append(o.Failures, Failure{Unit: u.String(), Obligation: obligation(u.Family, g.Kind),
				Goal: "some state is what is assumed of: " + g.Kind, Where: g.Pos, Reason: reason})
		})
	}
	if len(ex.Goals) == 0 {
		o.Failures = append(o.Failures, Failure{Unit: u.String(), Goal: "at least one goal", Reason: "the unit has none"})
	}
	for _, l := range s.Lemmas() {
		t := Tally{Goals: 1, Solver: make(map[string]int)}
		r := d.goal(nil, bv.Eq(l.Left, l.Right))
		if r.status != solve.Unsat {
			for _, use := range l.Uses {
				if r = d.goal(nil, bv.Eq(use[0], use[1])); r.status != solve.Unsat {
					break
				}
			}
		}
		switch {
		case r.status != solve.Unsat:
			o.Failures = append(o.Failures, Failure{Unit: u.String(), Goal: "lemma of rule " + l.Rule,
				Where: bv.SMT(l.Left) + " = " + bv.SMT(l.Right), Reason: r.reason, Values: r.values})
		case r.again:
			t.Proved, t.Same = 1, 1
		default:
			t.Proved = 1
			t.Solver[r.by] = 1
		}
		o.Lemmas.Add(t)
	}
	o.Took = time.Since(began)
	return o
}

// execute runs the unit; what it does not know is an error, not a crash.
func execute(u *Unit, ex *sym.Exec) (err error) {
	defer func() {
		if r := recover(); r != nil {
			if un, ok := r.(*sym.Unsupported); ok {
				err = un
				return
			}
			err = fmt.Errorf("the prover panicked: %v", r)
		}
	}()
	return u.run(ex)
}

// proverVersion is a digest of what decides how goals are stated and decided,
// apart from the text under proof and the rows of the tables.
func proverVersion(root string) (string, error) {
	h := sha256.New()
	for _, dir := range []string{"femto/prove", "femto/bv", "femto/diag", "femto/isa/machine.go", "femto/isa/insn.go", "femto/isa/row.go",
		"femto/sysapi/call.go", "femto/sysapi/modules.go"} {
		err := filepath.WalkDir(filepath.Join(root, dir), func(path string, e fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if e.IsDir() {
				if slices.Contains(apart, e.Name()) {
					return fs.SkipDir
				}
				return nil
			}
			ext := filepath.Ext(path)
			if strings.HasSuffix(path, "_test.go") || ext != ".go" && ext != ".h" {
				return nil
			}
			b, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			fmt.Fprintf(h, "%s %d\n", e.Name(), len(b))
			h.Write(b)
			return nil
		})
		if err != nil {
			return "", fmt.Errorf("version of the prover: %w", err)
		}
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
