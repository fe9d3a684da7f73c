// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// sections are the tables of a run, in the order they are printed.
func (b *bench) sections(ran bool) []*section {
	var out []*section
	if ran {
		for _, t := range targets {
			if t.qemu != nil {
				out = append(out, b.speedSection(t), b.containerSection(t))
			}
		}
		out = append(out, b.cycleSection(), b.hostSection(), b.optimiserSection(), b.costSection(), b.recheckSection(), b.installSection())
	}
	return append(out, b.sizeSection(), b.ramSection(), b.runtimeRAMSection(), b.deploymentSection())
}

// An ours is a row of the speed tables that this run measured.
type ours struct{ engine, bytecode, opt string }

// measured lists what ran on a target, natively first.
func (b *bench) measured(target string) []ours {
	var out []ours
	seen := map[ours]bool{}
	for _, r := range b.report.Rows {
		o := ours{r.Engine, r.Bytecode, r.Opt}
		if r.Target == target && !seen[o] {
			seen[o] = true
			out = append(out, o)
		}
	}
	return out
}

func (o ours) title() string {
	if o.engine == "native" {
		return "native code"
	}
	return "femtocontainer " + o.engine
}

func (o ours) key(target, workload string) key {
	return key{target, o.engine, o.opt, o.bytecode, workload}
}

// speedSection is the table of executed instructions, ours and the recorded
// engines', with ratios to the reference.
func (b *bench) speedSection(t target) *section {
	columns := append([]string{"ret0"}, meanWorkloads()...)
	s := &section{id: t.name, title: t.title + ": executed instructions per run",
		head: append(append([]string{"engine", "bytecode", "opt"}, columns...), "load", "ratio")}
	base, haveBase := findPeer(t.name, reference, "Os")
	ratio := func(values []float64) string {
		if !haveBase {
			return "-"
		}
		return fmt.Sprintf("%.2f", speedup(base.six(), values))
	}
	for _, o := range b.measured(t.name) {
		cells := []string{o.title(), o.bytecode, o.opt}
		var six []float64
		for i, w := range columns {
			row, ok := b.report.find(o.key(t.name, w))
			if !ok {
				cells = append(cells, "-")
				continue
			}
			cells = append(cells, strconv.FormatUint(row.Run, 10))
			if i > 0 {
				six = append(six, float64(row.Run))
			}
		}
		load := "-"
		if row, ok := b.report.find(o.key(t.name, "fletcher32")); ok && row.Load > 0 {
			load = strconv.FormatUint(row.Load, 10)
		}
		r := "-"
		if len(six) == len(columns)-1 {
			r = ratio(six)
		}
		s.add(append(cells, load, r)...)
	}
	if len(s.rows) == 0 {
		return s
	}
	for _, p := range peers {
		if p.target != t.name {
			continue
		}
		cells := []string{p.engine + " (recorded)", p.bytecode, p.opt}
		for _, w := range columns {
			cells = append(cells, p.cell(w))
		}
		load := "-"
		if p.load > 0 {
			load = strconv.FormatFloat(p.load, 'f', 0, 64)
		}
		s.add(append(cells, load, ratio(p.six()))...)
	}
	s.notes = append(s.notes,
		"instructions, not cycles; load: open, verify and lay out fletcher32; ratio: geometric mean over the six workloads, "+reference+" -Os (recorded) = 1")
	if t.note != "" {
		s.notes = append(s.notes, t.note)
	}
	if warning := b.compilerWarning(t); warning != "" {
		s.notes = append(s.notes, warning)
	}
	return s
}

// recordedCompiler made the recorded figures; another one shifts ratios.
const recordedCompiler = "12.2"

func (b *bench) compilerWarning(t target) string {
	v := b.report.Tools[t.cc[0]]
	if v == "" || strings.Contains(v, " "+recordedCompiler+".") || strings.Contains(v, ":"+recordedCompiler+".") {
		return ""
	}
	return fmt.Sprintf("WARNING: this run used %s, the recorded figures gcc %s: the ratios compare compilers too", v, recordedCompiler)
}

// fieldSection is what a reader asks first: how fast and how large, among the
// engines of which both are known.
func (b *bench) fieldSection() *section {
	const target = "cortex-m4"
	s := &section{id: "field", head: []string{"engine", "bytecode", "speed", "flash, bytes"}}
	base, ok := findPeer(target, reference, "Os")
	if !ok {
		return s
	}
	for _, o := range []ours{{"fast", "v3", "Os"}, {"fast", "v2", "Os"}, {"small", "v3", "Os"}, {"small", "v2", "Os"}} {
		six, ran := b.report.runs(o.key(target, ""), meanWorkloads())
		size, sized := b.report.size(target, o.engine)
		if ran && sized {
			s.add(o.title(), o.bytecode, fmt.Sprintf("%.2f", speedup(base.six(), six)), strconv.Itoa(size.Text))
		}
	}
	if len(s.rows) == 0 {
		return s
	}
	for _, p := range peers {
		for _, size := range peerSizes {
			if p.target == target && p.opt == "Os" && p.engine == size.engine {
				s.add(p.engine+" (recorded)", p.bytecode, fmt.Sprintf("%.2f", speedup(base.six(), p.six())), strconv.Itoa(size.bytes[target]))
			}
		}
	}
	return s
}

// containerSection is the table of the workloads that look like containers.
func (b *bench) containerSection(t target) *section {
	columns := names(func(w workload) bool { return !w.peers && w.name != "ret0" })
	s := &section{id: t.name + "-containers", title: t.title + ": executed instructions per run, workloads that look like containers",
		head: append([]string{"engine", "bytecode", "opt"}, columns...)}
	for _, o := range b.measured(t.name) {
		cells := []string{o.title(), o.bytecode, o.opt}
		for _, w := range columns {
			cell := "-"
			if row, ok := b.report.find(o.key(t.name, w)); ok {
				cell = strconv.FormatUint(row.Run, 10)
			}
			cells = append(cells, cell)
		}
		s.add(cells...)
	}
	for _, p := range peers {
		cells := []string{p.engine + " (recorded)", p.bytecode, p.opt}
		some := false
		for _, w := range columns {
			cells = append(cells, p.cell(w))
			some = some || p.cell(w) != "-"
		}
		if p.target == t.name && some && len(s.rows) > 0 {
			s.add(cells...)
		}
	}
	return s
}

// cycleSection is the estimate for the Cortex-M4.
func (b *bench) cycleSection() *section {
	columns := everyWorkload()
	s := &section{id: "cycles", title: "Cortex-M4: estimated cycles per run, -Os",
		head: append(append([]string{"engine", "bytecode"}, columns...), "ratio")}
	base := peerCycles[0]
	var low, high []float64
	for _, o := range b.measured("cortex-m4") {
		if o.opt != "Os" {
			continue
		}
		cells := []string{o.title(), o.bytecode}
		complete := true
		var six []float64
		for _, w := range columns {
			row, ok := b.report.find(o.key("cortex-m4", w))
			if !ok || row.Cycles == nil {
				complete = false
				break
			}
			cells = append(cells, strconv.FormatUint(row.Cycles.Mid, 10))
			if slices.Contains(meanWorkloads(), w) {
				six = append(six, float64(row.Cycles.Mid))
			}
			low = append(low, float64(row.Cycles.Low)/float64(row.Cycles.Mid))
			high = append(high, float64(row.Cycles.High)/float64(row.Cycles.Mid))
		}
		if complete {
			s.add(append(cells, fmt.Sprintf("%.2f", speedup(base.six(), six)))...)
		}
	}
	if len(s.rows) > 0 {
		cells := []string{base.engine + " (recorded)", base.bytecode}
		for _, w := range columns {
			cells = append(cells, base.cell(w))
		}
		s.add(append(cells, "1.00")...)
		s.notes = []string{fmt.Sprintf("an estimate: counted instructions times the timings of Arm's Cortex-M4 TRM (100166, 3.3), pipeline refill P = 2; "+
			"with P = 1 %.0f %% less, with P = 3 %.0f %% more; no wait states, no stalls", (1-geomean(low))*100, (geomean(high)-1)*100)}
	}
	return s
}

// hostSection is the table of times on the host.
func (b *bench) hostSection() *section {
	columns := everyWorkload()
	s := &section{id: "host", title: "host: nanoseconds per run, -O2, medians of interleaved rounds",
		head: append(append([]string{"engine", "bytecode"}, columns...), "vs native")}
	native, haveNative := b.report.runs(key{host.name, "native", "O2", "-", ""}, meanWorkloads())
	for _, o := range b.measured(host.name) {
		cells := []string{o.title(), o.bytecode}
		for _, w := range columns {
			cell := "-"
			if row, ok := b.report.find(o.key(host.name, w)); ok {
				cell = fmt.Sprintf("%.3g", float64(row.Run)/1000)
			}
			cells = append(cells, cell)
		}
		ratio := "-"
		if values, ok := b.report.runs(o.key(host.name, ""), meanWorkloads()); ok && haveNative {
			ratio = fmt.Sprintf("%.1fx slower", 1/speedup(native, values))
			if o.engine == "native" {
				ratio = "1"
			}
		}
		s.add(append(cells, ratio)...)
	}
	if len(s.rows) > 0 {
		s.notes = []string{"times of a shared machine: compare within this table only"}
	}
	return s
}

// optimiserSection shows what the host-side optimiser saves.
func (b *bench) optimiserSection() *section {
	columns := everyWorkload()[1:]
	s := &section{id: "optimiser", title: "executed slots per run, before and after femto's optimiser",
		head: append([]string{"bytecode"}, columns...)}
	for _, v := range variants {
		cells := []string{v.name}
		for _, w := range columns {
			row, ok := b.report.find(key{"cortex-m4", "fast", "Os", v.name, w})
			if !ok {
				s.rows = nil
				return s
			}
			cells = append(cells, strconv.FormatUint(row.Fuel, 10))
		}
		s.add(cells...)
	}
	return s
}

func (b *bench) sizeSection() *section {
	s := &section{id: "size", title: "code size: text + rodata at -Os, bytes", head: []string{"engine"}}
	for _, t := range targets {
		s.head = append(s.head, t.title)
	}
	for _, e := range engines {
		cells := []string{"femtocontainer " + e.name}
		found := false
		for _, t := range targets {
			cell := "-"
			if size, ok := b.report.size(t.name, e.name); ok {
				cell, found = strconv.Itoa(size.Text), true
			}
			cells = append(cells, cell)
		}
		if found {
			s.add(cells...)
		}
	}
	if len(s.rows) == 0 {
		return s
	}
	for _, p := range peerSizes {
		cells := []string{p.engine + " (recorded)"}
		for _, t := range targets {
			cell := "-"
			if n, ok := p.bytes[t.name]; ok {
				cell = strconv.Itoa(n)
			}
			cells = append(cells, cell)
		}
		s.add(cells...)
	}
	s.notes = []string{"the sum over the core's object files: loader, verifier, engine; library functions (64-bit division) are not counted, for nobody"}
	return s
}

func (b *bench) ramSection() *section {
	s := &section{id: "ram", title: "RAM, bytes", head: []string{"engine", "target", "static", "instance", "activation", "engine's frames", "seen", "deepest path"}}
	for _, size := range b.report.Sizes {
		frames, path := "-", ""
		for _, st := range b.report.Stacks {
			if st.Target == size.Target && st.Engine == size.Engine {
				frames, path = strconv.Itoa(st.Frames), strings.Join(st.Path, " > ")
			}
		}
		seen := b.report.stackSeen(size.Target, size.Engine)
		cell := "-"
		if seen > 0 {
			cell = strconv.FormatUint(seen, 10)
		}
		s.add("femtocontainer "+size.Engine, size.Target, strconv.Itoa(size.Static), strconv.Itoa(size.Instance), strconv.Itoa(size.VM), frames, cell, path)
	}
	s.notes = []string{"static: data and bss of the core; instance: sizeof(femto_instance_t), persistent; activation: sizeof(femto_vm_t), on the caller's stack during a run; " +
		"engine's frames: -fstack-usage along the deepest path; seen: stack overwritten during a run, activation and library functions included"}
	return s
}
