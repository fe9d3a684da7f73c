// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/femtocontainer/femtocontainer/femto/diag"
	"github.com/femtocontainer/femtocontainer/femto/isa"
	"github.com/femtocontainer/femtocontainer/femto/vm"
)

// statistics show whether the programs are worth running. Instructions are
// counted as the reference executes them, in a part of the programs only.
type statistics struct {
	mu       sync.Mutex
	every    int // trace one program in so many; 0 is none
	programs int
	runs     int
	slices   int
	fuel     uint64
	ends     map[diag.Code]int
	rows     map[string]int
	segments [isa.NumSegments]int
}

func (s *statistics) tracer() func(vm.Step) {
	s.programs++
	if s.every == 0 || s.programs%s.every != 0 {
		return nil
	}
	if s.rows == nil {
		s.rows = make(map[string]int)
	}
	return func(step vm.Step) {
		s.rows[step.Row.Name]++
		if step.Row.Size > 0 {
			s.segments[step.Addr>>isa.SegmentBits]++
		}
	}
}

func (s *statistics) count(last state, rounds int) {
	s.runs++
	s.slices += rounds
	s.fuel += uint64(last.FuelUsed)
	if s.ends == nil {
		s.ends = make(map[diag.Code]int)
	}
	s.ends[last.code]++
}

func (s *statistics) add(o *statistics) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.programs += o.programs
	s.runs += o.runs
	s.slices += o.slices
	s.fuel += o.fuel
	if s.ends == nil {
		s.ends, s.rows = make(map[diag.Code]int), make(map[string]int)
	}
	for k, v := range o.ends {
		s.ends[k] += v
	}
	for k, v := range o.rows {
		s.rows[k] += v
	}
	for i, v := range o.segments {
		s.segments[i] += v
	}
}

// missing lists the rows that no traced program executed.
func (s *statistics) missing() (out []string) {
	for i := range isa.Table {
		if s.rows[isa.Table[i].Name] == 0 {
			out = append(out, isa.Table[i].Name)
		}
	}
	return out
}

func (s *statistics) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d programs, %d slices, on average %.0f slots and %.1f slices an execution\nends:", s.programs, s.slices,
		float64(s.fuel)/float64(max(1, s.runs)), float64(s.slices)/float64(max(1, s.runs)))
	for _, code := range slices.Sorted(maps.Keys(s.ends)) {
		name := "exit"
		if code != 0 {
			name = code.String()
		}
		fmt.Fprintf(&b, " %s %.1f %%", name, 100*float64(s.ends[code])/float64(s.runs))
	}
	fmt.Fprintf(&b, "\nexecuted %d of %d rows of the table", len(isa.Table)-len(s.missing()), len(isa.Table))
	if m := s.missing(); len(m) > 0 {
		fmt.Fprintf(&b, ", not %s", strings.Join(m, ", "))
	}
	fmt.Fprintf(&b, "; accesses to segments 1 to 6: %v", s.segments[1:7])
	return b.String()
}
