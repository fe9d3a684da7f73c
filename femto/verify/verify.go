// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package verify

import (
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/femtocontainer/femtocontainer/femto/diag"
	"github.com/femtocontainer/femtocontainer/femto/image"
	"github.com/femtocontainer/femtocontainer/femto/isa"
)

// Options say what the host offers and what is known for diagnostics.
type Options struct {
	// Granted lists the helpers that may be imported; nil grants all.
	Granted []uint16

	// Source names the C line of a slot; nil or "" when it is not known.
	Source func(pc int) (file string, line int)

	// Disassemble prints the instruction at pc; nil leaves it out.
	Disassemble func(pc int) string
}

// Image is nil when img may run, and otherwise the first offence, a
// *diag.Error with the code and pc that the device would report.
func Image(img *image.Image, opts Options) error {
	if all := run(img, opts, 1); len(all) > 0 {
		return all[0]
	}
	return nil
}

// All lists up to limit offences in the order of Image; for people, who like to
// mend more than one thing at a time.
func All(img *image.Image, opts Options, limit int) []*diag.Error { return run(img, opts, limit) }

type checker struct {
	img   *image.Image
	text  []uint64
	opts  Options
	limit int
	found []*diag.Error
}

func (c *checker) full() bool { return len(c.found) >= c.limit }

// report adds an offence at pc.
func (c *checker) report(code diag.Code, pc int, hint, format string, args ...any) {
	if c.full() {
		return
	}
	e := diag.At(code, pc, format, args...)
	e.Hint = hint
	if pc >= 0 && pc < len(c.text) {
		if c.opts.Source != nil {
			e.File, e.Line = c.opts.Source(pc)
		}
		if c.opts.Disassemble != nil {
			e.Insn = c.opts.Disassemble(pc)
		}
	}
	c.found = append(c.found, e)
}

// run checks in the order that the device checks: slot by slot legality,
// second slot, target, helper; then the end of the text, the entries, and last
// what the host grants.
func run(img *image.Image, opts Options, limit int) []*diag.Error {
	c := &checker{img: img, opts: opts, limit: limit}
	c.text = make([]uint64, len(img.Text)/8)
	for i := range c.text {
		c.text[i] = binary.LittleEndian.Uint64(img.Text[8*i:])
	}
	if len(c.text) == 0 || len(img.Text)%8 != 0 {
		c.report(diag.FallsOff, 0, "", "the text has %d bytes, not a positive multiple of 8", len(img.Text))
		return c.found
	}
	for pc := 0; pc < len(c.text) && !c.full(); {
		pc += c.slot(pc)
	}
	for _, e := range img.Entries {
		if !c.landing(int64(e.Slot)) {
			c.report(diag.BadEntry, int(e.Slot), "", "entry point %q is at slot %d, which %s", e.Name, e.Slot, c.whyNot(int64(e.Slot)))
		}
	}
	for _, id := range img.Helpers {
		if opts.Granted != nil && !slices.Contains(opts.Granted, id) {
			c.report(diag.NotGranted, diag.NoPC, "grant its capability in the contract, or build the module that offers it into the firmware",
				"helper 0x%02x is imported but not granted", id)
		}
	}
	return c.found
}

// slot checks the instruction at pc and returns its width.
func (c *checker) slot(pc int) int {
	in := isa.Decode(c.text[pc])
	row := isa.Lookup(in)
	if row == nil {
		c.illegal(pc, in)
		return 1
	}
	next := pc + row.Width()
	last := next >= len(c.text)
	switch {
	case row.Kind == isa.Wide && next > len(c.text):
		c.report(diag.FallsOff, pc, "", "a wide instruction stands in the last slot, so its second half is missing")
		return 1
	case row.Kind == isa.Wide:
		if second := isa.Decode(c.text[pc+1]); (second != isa.Insn{Imm: second.Imm}) {
			c.report(diag.IllegalInstruction, pc+1, "", "the second slot of a wide instruction must be zero but for its immediate")
		}
	case row.Kind == isa.CallHelper:
		if !slices.Contains(c.img.Helpers, uint16(in.Imm)) {
			c.report(diag.UndeclaredHelper, pc, "the image must list every helper that it calls",
				"helper 0x%02x is called but not in the image's list", in.Imm)
		}
	default:
		if d, ok := row.Target(in); ok {
			if t := int64(next) + int64(d); !c.landing(t) {
				c.report(diag.BadTarget, pc, "offsets count 8-byte slots from the next instruction",
					"control goes to slot %d, which %s", t, c.whyNot(t))
			}
		}
	}
	if last && !row.EndsRun() {
		c.report(diag.FallsOff, pc, "end the text with exit or goto",
			"execution can run past the last instruction, which is neither exit nor an unconditional jump")
	}
	return row.Width()
}

// landing reports whether slot t begins an instruction. The predecessor's
// opcode decides, since no second slot has the opcode of a wide instruction.
func (c *checker) landing(t int64) bool {
	return t >= 0 && t < int64(len(c.text)) && (t == 0 || !c.wideAt(t-1))
}

func (c *checker) wideAt(pc int64) bool {
	rows := isa.ByOpcode(uint8(c.text[pc]))
	return len(rows) > 0 && rows[0].Kind == isa.Wide
}

func (c *checker) whyNot(t int64) string {
	if t < 0 || t >= int64(len(c.text)) {
		return fmt.Sprintf("is outside the text of %d slots", len(c.text))
	}
	return "is the second half of a wide instruction"
}

// illegal explains what keeps in from being the row that it is closest to: the
// one with the fewest broken rules that tell rows of one opcode apart.
func (c *checker) illegal(pc int, in isa.Insn) {
	rows := isa.ByOpcode(in.Opcode)
	if len(rows) == 0 {
		hint := ""
		switch in.Opcode {
		case 0x8d:
			hint = "indirect calls are not supported; compile without function pointers"
		case 0x20, 0x28, 0x30, 0x40, 0x48, 0x50:
			hint = "the packet group is not supported"
		}
		c.report(diag.IllegalInstruction, pc, hint, "opcode 0x%02x is not assigned", in.Opcode)
		return
	}
	best := rows[0].Broken(in)
	for _, r := range rows[1:] {
		if b := r.Broken(in); fixed(b) < fixed(best) {
			best = b
		}
	}
	f := best[0]
	switch {
	case f.Rule.Use == isa.HelperID:
		c.report(diag.IllegalInstruction, pc, "", "helper number %d is not in 1..65535", f.Value)
	case f.Rule.Use == isa.Writes && f.Value == isa.FrameReg:
		c.report(diag.IllegalInstruction, pc, "r10 is the frame pointer; copy it to another register first", "r10 cannot be written")
	case f.Rule.Use == isa.Reads || f.Rule.Use == isa.Writes:
		c.report(diag.IllegalInstruction, pc, "", "there is no register r%d", f.Value)
	default:
		c.report(diag.IllegalInstruction, pc, "", "field %s of opcode 0x%02x cannot be %d", f.Name, in.Opcode, f.Value)
	}
}

func fixed(broken []isa.Field) (n int) {
	for _, f := range broken {
		if f.Rule.Use == isa.Fixed {
			n++
		}
	}
	return n
}
