// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package prove

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/femtocontainer/femtocontainer/femto/bv"
	"github.com/femtocontainer/femtocontainer/femto/isa"
	"github.com/femtocontainer/femtocontainer/femto/prove/simp"
	"github.com/femtocontainer/femtocontainer/femto/prove/solve"
	"github.com/femtocontainer/femtocontainer/femto/prove/sym"
)

// A decision is what became of one question.
type decision struct {
	status solve.Status
	by     string
	reason string
	values map[string]uint64
	again  bool // asked before in this run
}

// answers remembers questions of a run, word for word.
type answers struct {
	mu   sync.Mutex
	done map[string]decision
}

func (a *answers) get(text string) (decision, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	d, ok := a.done[text]
	return d, ok
}

func (a *answers) put(text string, d decision) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.done == nil {
		a.done = make(map[string]decision)
	}
	a.done[text] = d
}

// A decider owns one process of each solver.
type decider struct {
	z3, cvc5, cvc5int *solve.Process
	known             *answers
	agree             *agreement // nil unless the solvers are compared
	reach             bool
}

func newDecider(known *answers, agree *agreement) (*decider, error) {
	d := &decider{known: known, agree: agree}
	var err error
	for _, s := range []struct {
		p *(*solve.Process)
		k solve.Kind
	}{{&d.z3, solve.Z3}, {&d.cvc5, solve.CVC5}, {&d.cvc5int, solve.CVC5Int}} {
		if *s.p, err = solve.Start(s.k); err != nil {
			return nil, err
		}
	}
	return d, nil
}

func (d *decider) close() {
	for _, p := range []*solve.Process{d.z3, d.cvc5, d.cvc5int} {
		if p != nil {
			p.Close()
		}
	}
}

// impossible is the quick question of the executor. "No" is always safe.
func (d *decider) impossible(terms []*bv.Term) bool {
	text := bv.SMTQuery(terms...)
	if r, ok := d.known.get(text); ok {
		return r.status == solve.Unsat
	}
	r := d.z3.Check(text, 2*time.Second, nil)
	if r.Status != solve.Unknown {
		d.known.put(text, decision{status: r.Status, by: d.name(d.z3)})
	}
	return r.Status == solve.Unsat
}

func (d *decider) name(p *solve.Process) string {
	switch p {
	case d.z3:
		return "z3"
	case d.cvc5:
		return "cvc5"
	}
	return "cvc5-int"
}

// goal decides whether path implies cond.
func (d *decider) goal(path []*bv.Term, cond *bv.Term) decision {
	sliced := append(sym.Relevant(path, cond), bv.Not(cond))
	text := bv.SMTQuery(sliced...)
	if r, ok := d.known.get(text); ok && r.status == solve.Unsat {
		r.again = true
		return r
	}
	// What was decided with fewer assumptions is known for every path with
	// these; what took the whole path, for that path only.
	r, whole := d.decide(path, cond, sliced, text)
	if !whole {
		d.known.put(text, r)
	}
	return r
}

// decide tries the solvers in the order that has proved quickest. What is
// unsatisfiable with fewer assumptions, or with subterms replaced by
// variables, is unsatisfiable; only the question as it stands can be
// satisfiable.
func (d *decider) decide(path []*bv.Term, cond *bv.Term, sliced []*bv.Term, text string) (r decision, whole bool) {
	last := ""
	try := func(p *solve.Process, text string, limit time.Duration) (decision, bool) {
		r := p.Check(text, limit, nil)
		if r.Status == solve.Unknown {
			last = fmt.Sprintf("%s: %s", d.name(p), r.Reason)
		}
		if r.Status == solve.Unsat && d.agree != nil {
			d.agree.compare(d, p, text)
		}
		return decision{status: r.Status, by: d.name(p), reason: r.Reason}, r.Status == solve.Unsat
	}
	first, ok := try(d.z3, text, time.Second)
	if ok {
		return first, false
	}
	if first.status == solve.Unknown {
		small := bv.SMTQuery(generalise(sliced)...)
		for _, p := range []*solve.Process{d.cvc5int, d.z3} {
			if r, ok := try(p, small, 10*time.Second); ok {
				return r, false
			}
		}
		for _, p := range []*solve.Process{d.cvc5int, d.cvc5, d.z3} {
			r, ok := try(p, text, 30*time.Second)
			if ok {
				return r, false
			}
			if r.status == solve.Sat {
				break
			}
		}
	}
	terms := append(slices.Clone(path), bv.Not(cond))
	full := bv.SMTQuery(terms...)
	if r, ok := d.known.get(full); ok {
		r.again = true
		return r, true
	}
	r = d.decideWhole(terms, full, last, try)
	d.known.put(full, r)
	return r, true
}

// decideWhole asks with every assumption of the path.
func (d *decider) decideWhole(terms []*bv.Term, full, last string, try func(*solve.Process, string, time.Duration) (decision, bool)) decision {
	var names []string
	for _, v := range bv.Vars(terms...) {
		names = append(names, v.Name)
	}
	r := d.z3.Check(full, 30*time.Second, names)
	switch r.Status {
	case solve.Unknown:
		if r, ok := try(d.cvc5, full, 30*time.Second); ok {
			return r
		}
		return decision{reason: fmt.Sprintf("unknown: z3: %s; %s", r.Reason, last)}
	case solve.Sat:
		// For people, and for replays: one that is small, and that a run can
		// reach, where there is such.
		for _, wish := range wishes(terms) {
			if s := d.z3.Check(bv.SMTQuery(slices.Concat(terms, wish)...), 5*time.Second, names); s.Status == solve.Sat {
				r = s
				break
			}
		}
		return decision{status: solve.Sat, by: "z3", reason: "sat", values: r.Values}
	}
	return decision{status: r.Status, by: "z3"}
}

// reached counts the kinds of goals for one of which, at least, there is a state
// that it is claimed of. A goal is an implication, which holds for want of such
// states too: when assumptions contradict each other, and on paths that were
// followed since nobody found them impossible. A claim that nothing comes to a
// place has none by itself.
func (d *decider) reached(goals []sym.Goal, fail func(g sym.Goal, reason string)) (n int) {
	kinds := make(map[string][]sym.Goal)
	var order []string
	for _, g := range goals {
		if g.Cond == bv.False {
			continue
		}
		if kinds[g.Kind] == nil {
			order = append(order, g.Kind)
		}
		kinds[g.Kind] = append(kinds[g.Kind], g)
	}
	type path struct {
		first **bv.Term
		n     int
	}
	known := make(map[path]solve.Result)
	for _, k := range order {
		reason, found := "", false
		for _, g := range kinds[k] {
			if found = len(g.Path) == 0; found {
				break
			}
			p := path{&g.Path[0], len(g.Path)}
			r, ok := known[p]
			if !ok {
				r = d.z3.Check(bv.SMTQuery(g.Path...), 20*time.Second, nil)
				known[p] = r
			}
			if found = r.Status == solve.Sat; found {
				break
			}
			if reason = "no state satisfies it"; r.Status == solve.Unknown {
				reason = "unknown: " + r.Reason
			}
		}
		if !found {
			fail(kinds[k][0], reason)
			continue
		}
		n++
	}
	return n
}

// wishes are what one would like to hold of a counterexample, most first.
func wishes(terms []*bv.Term) [][]*bv.Term {
	vars := make(map[string]*bv.Term)
	for _, v := range bv.Vars(terms...) {
		vars[v.Name] = v
	}
	var short, few, mapped, small []*bv.Term
	below := func(out *[]*bv.Term, name string, limit uint64) {
		if v := vars[name]; v != nil {
			*out = append(*out, bv.Ult(v, bv.Const(limit, v.Width)))
		}
	}
	below(&short, "len", 1<<12)
	below(&short, "slots", 1<<12)
	for _, name := range []string{"rodata_len", "data_len", "bss_len", "ctx_len"} {
		below(&short, name, 1<<10)
	}
	below(&few, "price", 1<<9)
	below(&few, "room", isa.MaxFuel)
	if v := vars["len"]; v != nil {
		short = append(short, bv.Ne(v, bv.Const(0, v.Width)))
	}
	// Segments as hosts map them: all of one may be written, or none.
	for k := 1; k < segments-1; k++ {
		end, write := vars[fmt.Sprintf("end%d", k)], vars[fmt.Sprintf("writable_end%d", k)]
		if end == nil {
			continue
		}
		base := isa.SegmentBase(uint32(k))
		small = append(small, bv.Ult(end, c32(base+1<<10)))
		if k == isa.SegStack {
			mapped = append(mapped, bv.Eq(bv.And(end, c32(7)), c32(0)), bv.Ule(end, c32(base+isa.MaxFrame*isa.MaxDepth)))
		}
		switch {
		case write == nil:
		case k == isa.SegStack || k == isa.SegData:
			mapped = append(mapped, bv.Eq(write, end))
		default:
			mapped = append(mapped, bv.Or(bv.Eq(write, end), bv.Ule(write, c32(base))))
		}
	}
	out := [][]*bv.Term{slices.Concat(short, few, mapped, small), slices.Concat(mapped, small), mapped, short}
	return slices.DeleteFunc(out, func(w []*bv.Term) bool { return len(w) == 0 })
}

// generalise replaces every choice among variables, such as "the register
// that dst names", by one variable.
func generalise(terms []*bv.Term) []*bv.Term {
	memo := make(map[*bv.Term]*bv.Term)
	n := 0
	var choice func(t *bv.Term) bool
	choice = func(t *bv.Term) bool {
		return t.Op == bv.OpVar || t.Op == bv.OpIte && t.Width > 1 && t.Args[1].Op == bv.OpVar && choice(t.Args[2])
	}
	var walk func(t *bv.Term) *bv.Term
	walk = func(t *bv.Term) *bv.Term {
		if r, ok := memo[t]; ok {
			return r
		}
		r := t
		switch {
		case t.Op != bv.OpVar && choice(t):
			n++
			r = bv.Var(fmt.Sprintf("choice~%d", n), t.Width)
		case len(t.Args) > 0:
			args := make([]*bv.Term, len(t.Args))
			for i, a := range t.Args {
				args[i] = walk(a)
			}
			r = simp.Rebuild(t, args)
		}
		memo[t] = r
		return r
	}
	out := make([]*bv.Term, len(terms))
	for i, t := range terms {
		out[i] = walk(t)
	}
	return out
}

// agreement compares the solvers where both finish.
type agreement struct {
	mu       sync.Mutex
	Compared int
	Unsure   int
	Against  []string // questions on which they differ
}

func (a *agreement) compare(d *decider, by *solve.Process, text string) {
	other := d.cvc5
	if by != d.z3 {
		other = d.z3
	}
	r := other.Check(text, 2*time.Second, nil)
	a.mu.Lock()
	defer a.mu.Unlock()
	switch r.Status {
	case solve.Unknown:
		a.Unsure++
	case solve.Unsat:
		a.Compared++
	case solve.Sat:
		a.Compared++
		a.Against = append(a.Against, text)
	}
}
