// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package main

import (
	"encoding/binary"
	"fmt"
	"io"
	"strings"

	"github.com/femtocontainer/femtocontainer/femto/asm"
	"github.com/femtocontainer/femtocontainer/femto/vm"
)

const traceFormat = "%6v  %-34s  %-40s  %8v  %s"

// A tracer prints one line for each executed instruction: where, what, what
// changed, and the fuel used so far.
type tracer struct {
	w       io.Writer
	program *program
	text    map[int]string // instructions by slot, with labels for targets
}

func newTracer(w io.Writer, p *program) *tracer {
	t := &tracer{w, p, map[int]string{}}
	for _, l := range asm.Disassemble(p.img, p.asmOptions()) {
		t.text[l.Slot] = l.Text
	}
	t.line("pc", "instruction", "effect", "fuel", "source")
	return t
}

func (t *tracer) step(mem vm.Memory, s vm.Step) {
	source := ""
	if ln, ok := t.program.source.Line(s.PC); ok {
		source = fmt.Sprintf("%s:%d", ln.File, ln.Number)
	}
	t.line(s.PC, t.text[s.PC], effect(mem, s), s.Fuel, source)
}

func (t *tracer) line(args ...any) {
	fmt.Fprintln(t.w, printable(strings.TrimRight(fmt.Sprintf(traceFormat, args...), " ")))
}

// effect is what the instruction changed: memory, then a register.
func effect(mem vm.Memory, s vm.Step) string {
	var parts []string
	if s.Row.Writes() {
		var v [8]byte
		b, _ := mem.Read(uint64(s.Addr), uint32(s.Row.Size))
		copy(v[:], b)
		parts = append(parts, fmt.Sprintf("[0x%08x] = 0x%x", s.Addr, binary.LittleEndian.Uint64(v[:])))
	}
	if s.Reg >= 0 {
		parts = append(parts, fmt.Sprintf("r%d = 0x%x", s.Reg, s.R))
	}
	out := strings.Join(parts, ", ")
	if s.Row.Reads() && !s.Row.Writes() {
		out += fmt.Sprintf(" from [0x%08x]", s.Addr)
	}
	return out
}
