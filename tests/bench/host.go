// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package main

import (
	"fmt"
	"slices"
	"strconv"
)

// The host is a target without an emulator, measured by the clock.
var host = target{name: "host", title: "host", cc: []string{"gcc"}}

// hostRepeat is how often a round repeats an activation: enough to be well
// above the resolution of the clock for the shortest workload.
const hostRepeat = 2000

// runHost times every subject in interleaved rounds, so that a slow moment of
// the machine hits all of them alike, and keeps medians.
func (b *bench) runHost(all []subject, o options) error {
	type timed struct {
		subject
		exe    string
		rounds map[[2]string][]uint64 // by workload and bytecode
	}
	var subjects []*timed
	for _, s := range all {
		if s.opt != "O2" || s.engine != "native" && !o.wantEngine(s.engine) {
			continue
		}
		b.progress.step("host: build %s", s.engine)
		exe, err := b.build(host, s)
		if err != nil {
			return err
		}
		subjects = append(subjects, &timed{subject: s, exe: exe, rounds: map[[2]string][]uint64{}})
	}
	var order [][2]string
	for round := range o.rounds {
		b.progress.step("host: round %d of %d", round+1, o.rounds)
		for _, s := range subjects {
			out, err := b.output(s.exe, strconv.Itoa(hostRepeat))
			if err != nil {
				return fmt.Errorf("host: %s: %w\n%s", s.engine, err, out)
			}
			lines, err := b.lines("host: "+s.engine, out)
			if err != nil {
				return err
			}
			for _, l := range lines {
				k := [2]string{l.workload, l.bytecode}
				if !slices.Contains(order, k) {
					order = append(order, k)
				}
				s.rounds[k] = append(s.rounds[k], l.run)
			}
		}
	}
	for _, s := range subjects {
		for _, k := range order {
			if times := s.rounds[k]; times != nil {
				b.report.Rows = append(b.report.Rows, row{Target: "host", Engine: s.engine, Opt: s.opt,
					Workload: k[0], Bytecode: k[1], Run: median(times) * 1000 / hostRepeat})
			}
		}
	}
	return nil
}

func median(values []uint64) uint64 {
	v := slices.Sorted(slices.Values(values))
	n := len(v)
	if n%2 == 1 {
		return v[n/2]
	}
	return (v[n/2-1] + v[n/2]) / 2
}
