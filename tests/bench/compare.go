// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package main

import (
	"fmt"
	"math"
	"slices"
)

// A change is one figure in two reports.
type change struct {
	group string // what geometric means are taken over
	name  string
	old   float64
	new   float64
	exact bool // the figure repeats exactly, so any difference is real
}

func (c change) percent() float64 { return (c.new/c.old - 1) * 100 }

// hostNoise is how much a host time may differ without meaning anything.
const hostNoise = 10 // percent

type comparison struct {
	changes   []change
	threshold float64
	onlyOld   int // figures without a counterpart
	onlyNew   int
}

// figures are all comparable numbers of a report, in its order.
func figures(r *report) []change {
	var out []change
	add := func(group, name string, v uint64, exact bool) {
		if v > 0 {
			out = append(out, change{group: group, name: name, new: float64(v), exact: exact})
		}
	}
	for _, row := range r.Rows {
		group := fmt.Sprintf("%s %s -%s %s", row.Target, row.Engine, row.Opt, row.Bytecode)
		exact := row.Target != host.name
		add(group, row.Workload, row.Run, exact)
		if exact && row.Workload == "fletcher32" {
			add(group+" load", row.Workload, row.Load, true)
			add(group+" verify", row.Workload, row.Verify, true)
		}
	}
	for _, s := range r.Sizes {
		add("size "+s.Engine, s.Target, uint64(s.Text), true)
		add("RAM "+s.Engine, s.Target+" instance", uint64(s.Instance), true)
		add("RAM "+s.Engine, s.Target+" vm", uint64(s.VM), true)
	}
	for _, s := range r.Deployment {
		add("size deployment "+s.Store, s.Object, uint64(s.Flash), true)
	}
	for _, row := range r.RIOT {
		add("RIOT "+row.Test, row.What, uint64(row.Value), row.Test != installTest)
	}
	for _, s := range r.Stacks {
		add("RAM "+s.Engine, s.Target+" stack", uint64(s.Frames), true)
	}
	return out
}

// compare pairs the figures of two reports.
func compare(old, new *report, threshold float64) comparison {
	before := map[[2]string]float64{}
	for _, f := range figures(old) {
		before[[2]string{f.group, f.name}] = f.new
	}
	c := comparison{threshold: threshold}
	var groups []string // in the order of the report, whose rows alternate between them
	for _, f := range figures(new) {
		k := [2]string{f.group, f.name}
		v, ok := before[k]
		if !ok {
			c.onlyNew++
			continue
		}
		delete(before, k)
		f.old = v
		c.changes = append(c.changes, f)
		if !slices.Contains(groups, f.group) {
			groups = append(groups, f.group)
		}
	}
	slices.SortStableFunc(c.changes, func(a, b change) int {
		return slices.Index(groups, a.group) - slices.Index(groups, b.group)
	})
	c.onlyOld = len(before)
	return c
}

// worse tells whether a change is a regression.
func (c comparison) worse(ch change) bool { return ch.exact && ch.percent() > c.threshold }

func (c comparison) regressed() bool {
	for _, ch := range c.changes {
		if c.worse(ch) {
			return true
		}
	}
	return false
}

// section lists the figures that changed, and the geometric mean of each group
// that has more than one figure.
func (c comparison) section() *section {
	s := &section{title: "Compared", head: []string{"group", "figure", "old", "new", "delta", ""}}
	unchanged := 0
	for i := 0; i < len(c.changes); {
		group := c.changes[i].group
		var ratios []float64
		moved := false
		for ; i < len(c.changes) && c.changes[i].group == group; i++ {
			ch := c.changes[i]
			ratios = append(ratios, ch.new/ch.old)
			switch {
			case ch.new == ch.old:
				unchanged++
				continue
			case !ch.exact && math.Abs(ch.percent()) < hostNoise:
				s.add(group, ch.name, fmt.Sprintf("%.0f", ch.old), fmt.Sprintf("%.0f", ch.new), "~", "")
			case c.worse(ch):
				s.add(group, ch.name, fmt.Sprintf("%.0f", ch.old), fmt.Sprintf("%.0f", ch.new),
					fmt.Sprintf("%+.2f%%", ch.percent()), "REGRESSION")
			default:
				s.add(group, ch.name, fmt.Sprintf("%.0f", ch.old), fmt.Sprintf("%.0f", ch.new),
					fmt.Sprintf("%+.2f%%", ch.percent()), "")
			}
			moved = true
		}
		if moved && len(ratios) > 1 {
			s.add(group, "geomean", "", "", fmt.Sprintf("%+.2f%%", (geomean(ratios)-1)*100), "")
		}
	}
	if len(s.rows) == 0 {
		s.add("all", "", "", "", "+0.00%", "")
	}
	s.notes = append(s.notes, fmt.Sprintf("%d figures equal; %d only in the old report, %d only in the new; threshold %g%%; ~ is within the noise of the host",
		unchanged, c.onlyOld, c.onlyNew, c.threshold))
	return s
}
