// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package main

import (
	"fmt"
	"hash/fnv"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/femtocontainer/femtocontainer/femto/asm"
	"github.com/femtocontainer/femtocontainer/femto/diag"
	"github.com/femtocontainer/femtocontainer/femto/vm"
	"github.com/femtocontainer/femtocontainer/tests/engines"
	"github.com/femtocontainer/femtocontainer/tests/sanitizer"
)

func TestMain(m *testing.M) {
	status := m.Run()
	sanitizer.Remove()
	os.Exit(status)
}

// TestShortCampaign is the command for some seconds, and makes sure that its
// programs are worth the time.
func TestShortCampaign(t *testing.T) {
	s := &statistics{every: 1}
	for i := range uint64(1500) {
		if f := program(newSeeded(2, i), runsPerProgram, s); f != nil {
			t.Fatalf("program %d: %v\n%s", i, f.err, asm.Print(f.img, asm.Options{}))
		}
	}
	assert.Empty(t, s.missing(), "instructions that are never executed")
	for _, code := range []diag.Code{0, diag.BadAccess, diag.OutOfFuel, diag.CallDepth, 3998} {
		assert.Greater(t, s.ends[code], s.runs/200, "too few end with %s", code)
	}
	for i, n := range s.segments[1:7] {
		assert.NotZero(t, n, "segment %d", i+1)
	}
	assert.Greater(t, s.slices, 2*s.runs)
	t.Log(s)
}

// TestMismatchIsNoticed: an engine that differs in a register, in memory, or
// in fuel only, is caught.
func TestMismatchIsNoticed(t *testing.T) {
	d := newSeeded(3, 0)
	img, shape := generate(d)
	for _, c := range []struct {
		name string
		spy  func(m *contender) *liar
	}{
		{"register", func(c *contender) *liar { return &liar{c.Machine, func(r *vm.Result) { r.Regs[7] ^= 1 << 63 }} }},
		{"fuel", func(c *contender) *liar { return &liar{c.Machine, func(r *vm.Result) { r.FuelUsed++ }} }},
		{"pc", func(c *contender) *liar {
			return &liar{c.Machine, func(r *vm.Result) {
				if r.Fault == nil {
					r.Fault = diag.At(diag.BadAccess, 0, "no")
				} else {
					r.Fault.PC++
				}
			}}
		}},
		{"memory", func(c *contender) *liar { return &liar{c.Machine, func(*vm.Result) { c.ctx[0]++ }} }},
	} {
		m, err := newMatch(img, nil)
		require.NoError(t, err)
		r := drawRun(d, img, shape)
		r.ctx = []byte{1, 2, 3}
		_, _, err = m.execute(r)
		require.NoError(t, err)
		m.contenders[1].Machine = c.spy(m.contenders[1])
		_, _, err = m.execute(r)
		assert.Error(t, err, c.name)
		m.close()
	}
}

// A liar changes what an engine reports.
type liar struct {
	engines.Machine
	change func(*vm.Result)
}

func (l *liar) Resume(fuel uint32) vm.Result {
	r := l.Machine.Resume(fuel)
	l.change(&r)
	return r
}

// expected is the line that a build with sanitizers has to print for a case.
func expected(t *testing.T, c sanitizer.Case) string {
	img, r, err := runOf(c)
	require.NoError(t, err)
	m, err := newMatch(img, nil)
	require.NoError(t, err)
	defer m.close()
	r.resetsBefore = false
	last, _, err := m.execute(r)
	require.NoError(t, err)
	pc, address := last.pc, last.Address
	if last.code != diag.BadAccess {
		address = 0
	}
	var b strings.Builder
	fmt.Fprintf(&b, "ran %d %d %08x %d", last.code, pc, address, last.FuelUsed)
	for _, v := range last.Regs {
		fmt.Fprintf(&b, " %x", v)
	}
	reference := m.contenders[0]
	for _, mem := range [][]byte{reference.ctx, reference.g5, reference.g6, reference.Stack(), reference.Data()} {
		h := fnv.New64a()
		if len(mem) > 8192 {
			h.Write(mem[:4096])
			mem = mem[len(mem)-4096:]
		}
		h.Write(mem)
		fmt.Fprintf(&b, " %x", h.Sum64())
	}
	return b.String()
}

// underSanitizers runs the cases in every build with sanitizers, which must
// agree with the reference in everything.
func underSanitizers(t *testing.T, cases []sanitizer.Case) {
	want := make([]string, len(cases))
	for i, c := range cases {
		want[i] = expected(t, c)
	}
	builds, err := sanitizer.Builds()
	require.NoError(t, err)
	for _, b := range builds {
		lines, err := b.Run(cases)
		require.NoError(t, err)
		for i, line := range lines {
			require.Equal(t, want[i], line, "case %d on %s", i, b.Name)
		}
	}
	t.Logf("%d executions in %d builds", len(cases), len(builds))
}

func TestUnderSanitizers(t *testing.T) {
	var cases []sanitizer.Case
	for i := range uint64(1000) {
		d := newSeeded(4, i)
		img, shape := generate(d)
		m := match{img: img}
		cases = append(cases, m.sanitizerCase(drawRun(d, img, shape)))
	}
	underSanitizers(t, cases)
}

// TestCorpus executes the cases that are checked in.
func TestCorpus(t *testing.T) {
	b, err := os.ReadFile("testdata/corpus.cases")
	require.NoError(t, err)
	cases, err := sanitizer.Decode(b)
	require.NoError(t, err)
	require.Greater(t, len(cases), 100)
	for i, c := range cases {
		require.NoError(t, replayCase(c), "case %d", i)
	}
	underSanitizers(t, cases)
}

func FuzzDifferential(f *testing.F) {
	f.Add([]byte{})
	for i := range uint64(4) {
		d := newSeeded(5, i)
		b := make([]byte, 300)
		for j := range b {
			b[j] = byte(d.u64())
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if fail := program(&bytesDice{rest: data}, 2, &statistics{}); fail != nil {
			t.Fatalf("%v\n%s", fail.err, asm.Print(fail.img, asm.Options{}))
		}
	})
}
