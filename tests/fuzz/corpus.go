// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package main

import (
	"fmt"
	"os"

	"github.com/femtocontainer/femtocontainer/femto/isa"
	"github.com/femtocontainer/femtocontainer/femto/vm"
)

// collect looks at n executions and writes a file of those that show something
// that no earlier one did: an instruction, a way it goes, a segment it reaches, or how
// and where an execution ends.
func collect(file string, n, seed uint64) error {
	var out []byte
	seen := make(map[string]bool)
	kept := 0
	for i := range n {
		fresh := 0
		feature := func(f string) {
			if !seen[f] {
				seen[f] = true
				fresh++
			}
		}
		d := newSeeded(seed, i)
		img, shape := generate(d)
		r := drawRun(d, img, shape)
		m, err := newMatch(img, func(s vm.Step) { features(s, feature) })
		if err != nil {
			return err
		}
		last, rounds, err := m.execute(r)
		c := m.sanitizerCase(r)
		m.close()
		if err != nil {
			return err
		}
		row := isa.Lookup(isa.Decode(slot(img.Text, last.pc)))
		if last.code != 0 && row != nil {
			feature(fmt.Sprintf("%s at %s", last.code, row.Name))
		}
		feature(fmt.Sprintf("%s after several slices: %v", last.code, rounds > 1))
		if fresh == 0 {
			continue
		}
		kept++
		out = append(out, c.Encode()...)
	}
	fmt.Printf("%d of %d executions show %d different things\n", kept, n, len(seen))
	return os.WriteFile(file, out, 0o644)
}

// features names what a step shows.
func features(s vm.Step, feature func(string)) {
	name := s.Row.Name
	switch {
	case s.Row.Size > 0:
		feature(fmt.Sprintf("%s in segment %d", name, s.Addr>>isa.SegmentBits))
	case s.Row.Kind == isa.Jump || s.Row.Kind == isa.CallLocal:
		feature(fmt.Sprintf("%s: %d", name, sign(s.Next-s.PC-1)))
	case s.Row.Kind == isa.CallHelper:
		feature(fmt.Sprintf("%s %d", name, s.Insn.Imm))
	default:
		feature(name)
	}
}

func sign(v int) int { return min(1, max(-1, v)) }

func slot(text []byte, pc int) (v uint64) {
	if 8*pc+8 > len(text) {
		return 0
	}
	for i := 7; i >= 0; i-- {
		v = v<<8 | uint64(text[8*pc+i])
	}
	return v
}
