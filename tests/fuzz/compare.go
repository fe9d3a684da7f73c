// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package main

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/femtocontainer/femtocontainer/femto/diag"
	"github.com/femtocontainer/femtocontainer/femto/image"
	"github.com/femtocontainer/femtocontainer/femto/isa"
	"github.com/femtocontainer/femtocontainer/femto/vm"
	"github.com/femtocontainer/femtocontainer/tests/engines"
	"github.com/femtocontainer/femtocontainer/tests/sanitizer"
)

// maxRounds bounds the slices of one execution.
const maxRounds = 40

// A run is how one execution is done.
type run struct {
	entry        uint32
	ctx, g5, g6  []byte
	fuel, slice  uint32
	writable     [isa.NumSegments]bool
	resetsBefore bool
}

func drawRun(d dice, img *image.Image, s shape) run {
	r := run{
		ctx: random(d, s.length[isa.SegContext]), g5: random(d, s.length[isa.SegGrant5]), g6: random(d, s.length[isa.SegGrant6]),
		fuel: uint32(pick(d, d.intn(12), 20+d.intn(100), 300, 1000)), slice: uint32(pick(d, 1+d.intn(6), 10+d.intn(60), 200)),
		writable: s.writable, resetsBefore: chance(d, 10),
	}
	r.entry = img.Entries[0].Slot
	if chance(d, 20) {
		r.entry = img.Entries[d.intn(len(img.Entries))].Slot
	}
	return r
}

// A contender is one engine with an instance of the program.
type contender struct {
	name string
	engines.Machine
	ctx, g5, g6 []byte
}

// A match holds an instance of the same program in every engine, the
// reference first. Data persists from one execution to the next, in all alike.
type match struct {
	img        *image.Image
	encoded    []byte
	contenders []*contender
	stale      bool // the last execution faulted: data must be reset
}

func newMatch(img *image.Image, trace func(vm.Step)) (*match, error) {
	b, err := img.Encode()
	if err != nil {
		return nil, err
	}
	m := &match{img: img, encoded: b}
	for _, name := range engines.Names() {
		machine, err := engines.New(name, b, engines.Options{Call: engines.Host, Granted: engines.Granted, Trace: trace})
		if err != nil {
			m.close()
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		m.contenders = append(m.contenders, &contender{name: name, Machine: machine})
	}
	return m, nil
}

func (m *match) close() {
	for _, c := range m.contenders {
		c.Close()
	}
}

// start begins an execution on copies of its memory.
func (c *contender) start(r run) {
	c.ctx, c.g5, c.g6 = bytes.Clone(r.ctx), bytes.Clone(r.g5), bytes.Clone(r.g6)
	c.Start(r.entry, c.ctx, r.writable[isa.SegContext])
	for seg, b := range map[uint32][]byte{isa.SegGrant5: c.g5, isa.SegGrant6: c.g6} {
		if err := c.Grant(seg, b, r.writable[seg]); err != nil {
			panic(err)
		}
	}
}

// A state is what engines must agree on.
type state struct {
	vm.Result
	code diag.Code
	pc   int
}

func stateOf(res vm.Result) state {
	s := state{Result: res}
	if res.Fault != nil {
		s.code, s.pc = res.Fault.Code, res.Fault.PC
	}
	s.Fault = nil
	return s
}

func (s state) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "code %d pc %d address %08x fuel %d r0 %x registers", s.code, s.pc, s.Address, s.FuelUsed, s.R0)
	for _, r := range s.Regs {
		fmt.Fprintf(&b, " %x", r)
	}
	return b.String()
}

func (c *contender) memory() []byte {
	return bytes.Join([][]byte{c.ctx, c.g5, c.g6, c.Stack(), c.Data()}, nil)
}

// execute does one execution on every engine. The error is a mismatch.
func (m *match) execute(r run) (last state, rounds int, err error) {
	for _, c := range m.contenders {
		if m.stale || r.resetsBefore {
			c.Reset()
		}
	}
	m.stale = false
	before := bytes.Clone(m.contenders[0].Data())
	for _, c := range m.contenders {
		c.start(r)
	}
	fuel, total := r.fuel, uint32(0)
	for rounds = 1; ; rounds++ {
		total += fuel
		for i, c := range m.contenders {
			s := stateOf(c.Resume(fuel))
			if i == 0 {
				last = s
			} else if s != last {
				return last, rounds, fmt.Errorf("slice %d: %s has\n  %v, and %s\n  %v", rounds, m.contenders[0].name, last, c.name, s)
			}
		}
		if last.code != diag.OutOfFuel || rounds == maxRounds {
			break
		}
		fuel = r.slice
	}
	memory := m.contenders[0].memory()
	for _, c := range m.contenders[1:] {
		if !bytes.Equal(memory, c.memory()) {
			return last, rounds, fmt.Errorf("%s and %s leave different memory:\n  % x\n  % x", m.contenders[0].name, c.name, memory, c.memory())
		}
	}
	m.stale = last.code != 0
	if rounds > 1 {
		err = m.atOnce(r, total, before, last, memory)
	}
	return last, rounds, err
}

// atOnce repeats an execution with all its fuel in one slice, on the C
// engines; slices must make no difference.
func (m *match) atOnce(r run, total uint32, before []byte, want state, memory []byte) error {
	for _, c := range m.contenders[1:] {
		copy(c.Data(), before)
		c.start(r)
		if s := stateOf(c.Resume(total)); s != want {
			return fmt.Errorf("%s ends in slices with\n  %v, and at once with\n  %v", c.name, want, s)
		}
		if !bytes.Equal(memory, c.memory()) {
			return fmt.Errorf("%s leaves different memory in slices and at once", c.name)
		}
	}
	return nil
}

// sanitizerCase is the execution for the builds with sanitizers, which know
// one entry point only, the first.
func (m *match) sanitizerCase(r run) sanitizer.Case {
	img := *m.img
	img.Entries = []image.Entry{{Name: "f", Slot: r.entry}}
	b, err := img.Encode()
	if err != nil {
		panic(err)
	}
	c := sanitizer.Case{Image: b, Context: r.ctx, Grant5: r.g5, Grant6: r.g6, Fuel: r.fuel, Slice: r.slice, Rounds: maxRounds}
	for seg, flag := range map[int]uint32{isa.SegContext: sanitizer.ReadOnly, isa.SegGrant5: sanitizer.ReadOnly5, isa.SegGrant6: sanitizer.ReadOnly6} {
		if !r.writable[seg] {
			c.Flags |= flag
		}
	}
	return c
}

// runOf is the inverse of sanitizerCase.
func runOf(c sanitizer.Case) (*image.Image, run, error) {
	img, err := image.Decode(c.Image)
	if err != nil {
		return nil, run{}, err
	}
	return img, run{
		entry: img.Entries[0].Slot, ctx: c.Context, g5: c.Grant5, g6: c.Grant6, fuel: c.Fuel, slice: c.Slice,
		writable: [isa.NumSegments]bool{isa.SegContext: c.Flags&sanitizer.ReadOnly == 0, isa.SegGrant5: c.Flags&sanitizer.ReadOnly5 == 0,
			isa.SegGrant6: c.Flags&sanitizer.ReadOnly6 == 0},
	}, nil
}
