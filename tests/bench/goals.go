// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package main

import (
	"fmt"
	"math"
	"slices"
)

type verdict int

const (
	unknown verdict = iota // not measured in this run
	met
	allowed // above the goal, within what is allowed when the reason is stated
	open    // not reached yet, but no worse than what was reached before
	missed
)

func (v verdict) String() string {
	return [...]string{"not measured", "met", "within 2x", "open", "MISSED"}[v]
}

// A goal is a limit that the project has set itself.
type goal struct {
	what     string
	limit    string
	measured string
	value    float64
	verdict  verdict
	static   bool // decided without running anything
}

// reached turns a miss into an open goal while the value is at most bound, the
// best that a landing has reached: what is open must not get worse.
func reached(bound float64, g goal) goal {
	if g.verdict == missed {
		g.limit += fmt.Sprintf(" (so far %g)", bound)
		if g.value <= bound {
			g.verdict = open
		}
	}
	return g
}

func static(g goal) goal {
	g.static = true
	return g
}

// atMost and atLeast make goals of a measured value; NaN is not measured.
func atMost(what string, limit, value float64, format string) goal {
	return decide(what, "≤ "+fmt.Sprintf(format, limit), value, format, value <= limit)
}

func atLeast(what string, limit, value float64, format string) goal {
	return decide(what, "≥ "+fmt.Sprintf(format, limit), value, format, value >= limit)
}

func decide(what, limit string, value float64, format string, ok bool) goal {
	g := goal{what: what, limit: limit, measured: "-"}
	if math.IsNaN(value) {
		return g
	}
	g.measured, g.value = fmt.Sprintf(format, value), value
	g.verdict = missed
	if ok {
		g.verdict = met
	}
	return g
}

var notMeasured = math.NaN()

// ratio is how many times as fast an engine is as a recorded one, over the six
// workloads that both ran.
func (r *report) ratio(target, engine, bytecode, peerName string, over func(base, ours []float64) float64) float64 {
	p, ok := findPeer(target, peerName, "Os")
	if !ok {
		return notMeasured
	}
	ours, ok := r.runs(key{target, engine, "Os", bytecode, ""}, meanWorkloads())
	if !ok {
		return notMeasured
	}
	return over(p.six(), ours)
}

// slowest is the least of the ratios base/ours.
func slowest(base, ours []float64) float64 {
	least := math.Inf(1)
	for i := range ours {
		least = min(least, base[i]/ours[i])
	}
	return least
}

func (r *report) figure(k key, of func(row) uint64) float64 {
	if row, ok := r.find(k); ok && of(row) > 0 {
		return float64(of(row))
	}
	return notMeasured
}

// fewer is by how many percent the optimiser shortens what is executed, on the
// geometric mean of all workloads that do something.
func (r *report) fewer(before, after string) float64 {
	var ratios []float64
	for _, w := range everyWorkload()[1:] {
		k := key{"cortex-m4", "fast", "Os", before, w}
		from := r.figure(k, func(r row) uint64 { return r.Fuel })
		k.Bytecode = after
		ratios = append(ratios, r.figure(k, func(r row) uint64 { return r.Fuel })/from)
	}
	return (1 - geomean(ratios)) * 100
}

// stack is the C stack of a run: registers and segment table (femto_vm_t) and
// the engine's frames, by the compiler's account.
func (r *report) stack(target, engine string) float64 {
	size, ok := r.size(target, engine)
	if !ok {
		return notMeasured
	}
	for _, s := range r.Stacks {
		if s.Target == target && s.Engine == engine {
			return float64(size.VM + s.Frames)
		}
	}
	return notMeasured
}

// stackSeen is the most stack that a workload overwrote, library functions
// included; 0 when nothing ran.
func (r *report) stackSeen(target, engine string) uint64 {
	var most uint64
	for _, row := range r.Rows {
		if row.Target == target && row.Engine == engine && row.Opt == "Os" {
			most = max(most, row.Stack)
		}
	}
	return most
}

// stackGoal judges by -fstack-usage, as the limit is defined, and shows beside
// it what was seen, since the compiler does not know the library's frames.
func (r *report) stackGoal(engine string) goal {
	g := atMost(engine+": C stack of a run, Cortex-M4, bytes", 256, r.stack("cortex-m4", engine), "%.0f")
	if seen := r.stackSeen("cortex-m4", engine); seen > 0 {
		g.measured += fmt.Sprintf(" (seen, with library functions: %d)", seen)
	}
	return g
}

func (r *report) ramPerInstance(target string) float64 {
	most := notMeasured
	for _, s := range r.Sizes {
		if s.Target == target && !(most > float64(s.Instance)) {
			most = float64(s.Instance)
		}
	}
	return most
}

// hostInterface is what a host calls around a run: entry points by index,
// grants of memory, memory for system calls.
const hostInterface = "femto_host"

// sizeGoal judges the whole core, as the limit is meant, and shows beside it
// what is left without the host's interface, of which a firmware links what it
// calls.
func (r *report) sizeGoal(title, target, engine string, limit float64) goal {
	what := engine + ": text + rodata, " + title + ", bytes"
	s, ok := r.size(target, engine)
	if !ok {
		return atMost(what, limit, notMeasured, "%.0f")
	}
	g := atMost(what, limit, float64(s.Text), "%.0f")
	g.measured += fmt.Sprintf(" (without %s.c: %d)", hostInterface, s.Text-s.Objects[hostInterface])
	return g
}

// goals are all limits, with what this run says about them.
func (b *bench) goals() []goal {
	r := &b.report
	run := func(r row) uint64 { return r.Run }
	verify := func(r row) uint64 { return r.Verify }

	all := []goal{
		reached(3252, static(r.sizeGoal("Cortex-M4", "cortex-m4", "small", 3072))),
		reached(4120, static(r.sizeGoal("RV32IMAC", "rv32imac", "small", 3584))),
		atLeast("small: slowest workload against CertFC, Cortex-M4, v2", 1, r.ratio("cortex-m4", "small", "v2", "CertFC, verified", slowest), "%.2fx"),
		atLeast("small: slowest workload against the rBPF switch, Cortex-M4, v2", 1, r.ratio("cortex-m4", "small", "v2", "rBPF switch", slowest), "%.2fx"),
		atLeast("fast: against Femto-Container, Cortex-M4, v3", 1.8, r.ratio("cortex-m4", "fast", "v3", reference, speedup), "%.2fx"),
		atLeast("fast: against Femto-Container, Cortex-M4, v2", 1.45, r.ratio("cortex-m4", "fast", "v2", reference, speedup), "%.2fx"),
		atLeast("fast: slowest workload against Femto-Container, Cortex-M4, v2", 1, r.ratio("cortex-m4", "fast", "v2", reference, slowest), "%.2fx"),
		atLeast("fast: against Femto-Container, RV32IMAC, v3", 1.8, r.ratio("rv32imac", "fast", "v3", reference, speedup), "%.2fx"),
		static(r.sizeGoal("Cortex-M4", "cortex-m4", "fast", 6656)),
		r.allRight("fast: workloads right on Cortex-M0+", "cortex-m0plus", "fast"),
		atMost("fast: activation of ret0, Cortex-M4, instructions", 110, r.figure(key{"cortex-m4", "fast", "Os", "v3", "ret0"}, run), "%.0f"),
		atMost("small: activation of ret0, Cortex-M4, instructions", 200, r.figure(key{"cortex-m4", "small", "Os", "v3", "ret0"}, run), "%.0f"),
	}
	verifying := atMost("verifying fletcher32, Cortex-M4, v2, instructions", 1201, r.figure(key{"cortex-m4", "small", "Os", "v2", "fletcher32"}, verify), "%.0f")
	if verifying.verdict == missed && r.figure(key{"cortex-m4", "small", "Os", "v2", "fletcher32"}, verify) <= 2*1201 {
		verifying.verdict = allowed
	}
	all = append(all, verifying,
		atLeast("optimiser: fewer executed slots, v2 input", 10, r.fewer("v2", "v2-opt"), "%.1f%%"),
		atLeast("optimiser: fewer executed slots, v3 input", 3, r.fewer("v3", "v3-opt"), "%.1f%%"),
		static(r.stackGoal("small")),
		static(r.stackGoal("fast")),
		static(atMost("persistent RAM of an instance, Cortex-M4, bytes", 88, r.ramPerInstance("cortex-m4"), "%.0f")),
		reached(8022, static(r.deploymentGoal("vfs"))),
		reached(7928, static(r.deploymentGoal("flash"))),
	)
	all = append(all, r.envelopeGoals()...)
	all = append(all, r.installGoal())
	return append(all, r.hookGoals()...)
}

// allRight is met when an engine ran every workload: a wrong result would have
// ended the run.
func (r *report) allRight(what, target, engine string) goal {
	n := 0
	for _, w := range workloads {
		if slices.ContainsFunc(r.Rows, func(row row) bool {
			return row.Target == target && row.Engine == engine && row.Workload == w.name
		}) {
			n++
		}
	}
	if n == 0 {
		return atLeast(what, float64(len(workloads)), notMeasured, "%.0f")
	}
	return atLeast(what, float64(len(workloads)), float64(n), "%.0f")
}

func tally(goals []goal) (ok, bad, unreached, unmeasured int) {
	for _, g := range goals {
		switch g.verdict {
		case met, allowed:
			ok++
		case missed:
			bad++
		case open:
			unreached++
		default:
			unmeasured++
		}
	}
	return ok, bad, unreached, unmeasured
}

func goalSection(goals []goal) *section {
	s := &section{id: "goals", title: "Goals", head: []string{"goal", "limit", "measured", "verdict"}}
	for _, g := range goals {
		s.add(g.what, g.limit, g.measured, g.verdict.String())
	}
	return s
}
