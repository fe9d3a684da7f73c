// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package main

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/femtocontainer/femtocontainer/femto/asm"
	"github.com/femtocontainer/femtocontainer/femto/diag"
	"github.com/femtocontainer/femtocontainer/femto/image"
	"github.com/femtocontainer/femtocontainer/femto/isa"
	"github.com/femtocontainer/femtocontainer/femto/opt"
	"github.com/femtocontainer/femtocontainer/femto/vm"
	"github.com/femtocontainer/femtocontainer/tests/engines"
)

// What the optimiser must keep: the result, the fault, the system calls, and
// every byte of memory.
type behaviour struct {
	r0      uint64
	code    diag.Code
	address uint32
	calls   string
	memory  string
}

// plenty is fuel for every program that is worth comparing.
const plenty = 20000

func behave(t *testing.T, img *image.Image, r run) (behaviour, uint32) {
	var b behaviour
	m, err := vm.New(img, vm.Options{Granted: engines.Granted, Call: func(mem vm.Memory, id uint16, a [5]uint64, _ uint32) (uint64, uint32, diag.Code) {
		b.calls += fmt.Sprintln(id, a)
		r0, _, fault := engines.Host(mem, id, a, plenty)
		return r0, 0, fault
	}})
	require.NoError(t, err)
	ctx, g5, g6 := bytes.Clone(r.ctx), bytes.Clone(r.g5), bytes.Clone(r.g6)
	m.Start(r.entry, ctx, r.writable[isa.SegContext])
	require.NoError(t, m.Grant(isa.SegGrant5, g5, r.writable[isa.SegGrant5]))
	require.NoError(t, m.Grant(isa.SegGrant6, g6, r.writable[isa.SegGrant6]))
	res := m.Resume(plenty)
	b.r0, b.address = res.R0, res.Address
	if res.Fault != nil {
		b.code, b.r0 = res.Fault.Code, 0
	}
	b.memory = fmt.Sprintf("% x", bytes.Join([][]byte{ctx, g5, g6, m.Stack(), m.Data()}, []byte{0xee}))
	return b, res.FuelUsed
}

// TestOptimiser: a program behaves the same after each pass alone and after
// all of them, and each pass finds something to do.
func TestOptimiser(t *testing.T) {
	changed, before, after := make(map[string]int), 0, 0
	for i := range uint64(400) {
		d := newSeeded(11, i)
		img, shape := generate(d)
		r := drawRun(d, img, shape)
		r.entry = img.Entries[0].Slot
		want, used := behave(t, img, r)
		if want.code == diag.OutOfFuel {
			continue
		}
		for _, only := range append([]string{""}, opt.Passes()...) {
			if only != "" && i%4 != 0 {
				continue
			}
			var passes []string
			if only != "" {
				passes = []string{only}
			}
			short, stats, err := opt.Image(img, passes...)
			require.NoError(t, err)
			for _, p := range stats.Passes {
				changed[p.Name] += p.Changed
			}
			s := r
			s.entry = short.Entries[0].Slot
			got, usedAfter := behave(t, short, s)
			if got != want {
				t.Fatalf("program %d, pass %q: %+v, not %+v\n%s\nbecame\n%s", i, only, got, want,
					asm.Print(img, asm.Options{}), asm.Print(short, asm.Options{}))
			}
			if only == "" {
				before, after = before+int(used), after+int(usedAfter)
			}
		}
	}
	for _, name := range opt.Passes() {
		require.NotZero(t, changed[name], "pass %s never did anything", name)
	}
	require.Less(t, after, before)
	t.Logf("%d slots executed before, %d after; %v", before, after, changed)
}
