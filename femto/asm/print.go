// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package asm

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"github.com/femtocontainer/femtocontainer/femto/image"
	"github.com/femtocontainer/femtocontainer/femto/isa"
)

// A Line is one disassembled instruction.
type Line struct {
	Slot   int
	Width  int      // in slots
	Labels []string // that stand before it
	Text   string
	Row    *isa.Row // nil when the slot is not an instruction
}

// Disassemble lists the text of img. Slots that are not instructions, and
// wide ones whose second slot is not what it must be, are given as .quad.
func Disassemble(img *image.Image, opts Options) []Line {
	d := newDisassembler(img, opts)
	var out []Line
	for pc := 0; pc < len(d.slots); {
		l := d.line(pc)
		l.Labels = d.labels[pc]
		out = append(out, l)
		pc += l.Width
	}
	return out
}

// Insn is the instruction at slot pc of a text, with distances as numbers; ""
// outside of the text.
func Insn(text []byte, pc int, opts Options) string {
	if pc < 0 || pc >= len(text)/8 {
		return ""
	}
	n := min(len(text)-8*pc, 16)
	opts.Symbol = nil
	return newDisassembler(&image.Image{Text: text[8*pc:][:n&^7]}, opts).line(0).Text
}

// Print is img as a file that Parse reads; the signature is not part of it.
func Print(img *image.Image, opts Options) string {
	d := newDisassembler(img, opts)
	var b strings.Builder
	fmt.Fprintf(&b, "\t.frame %d\n\t.depth %d\n", img.Frame, img.Depth)
	for _, id := range d.uncalled(img) {
		fmt.Fprintf(&b, "\t.helper %s\n", d.helper(id))
	}
	for i, e := range img.Entries {
		target := fmt.Sprint(e.Slot)
		if d.entryLabel[i] != "" {
			target = d.entryLabel[i]
		}
		fmt.Fprintf(&b, "\t.entry %s", target)
		if target != e.Name || e.Hook != nil {
			fmt.Fprintf(&b, ", %s", quote([]byte(e.Name)))
		}
		if h := e.Hook; h != nil {
			fmt.Fprintf(&b, `, "%x-%x-%x-%x-%x"`, h[:4], h[4:6], h[6:8], h[8:10], h[10:])
		}
		b.WriteByte('\n')
	}
	b.WriteString("\n\t.text\n")
	for _, l := range Disassemble(img, opts) {
		for _, name := range l.Labels {
			b.WriteString(name + ":\n")
		}
		b.WriteString("\t")
		if in := isa.Decode(d.slots[l.Slot]); l.Row != nil && l.Row.Kind == isa.CallHelper && !slices.Contains(img.Helpers, uint16(in.Imm)) {
			// As an instruction, it would be read as an import too.
			fmt.Fprintf(&b, ".quad 0x%016x # not imported: ", d.slots[l.Slot])
		}
		b.WriteString(l.Text + "\n")
	}
	printBytes(&b, ".rodata", img.ROData)
	printBytes(&b, ".data", img.Data)
	if img.BSS > 0 {
		fmt.Fprintf(&b, "\n\t.bss\n\t.zero %d\n", img.BSS)
	}
	return b.String()
}

// printBytes writes texts where there are some, and bytes elsewhere.
func printBytes(b *strings.Builder, section string, data []byte) {
	if len(data) == 0 {
		return
	}
	fmt.Fprintf(b, "\n\t%s\n", section)
	for len(data) > 0 {
		zeros := len(data) - len(bytes.TrimLeft(data, "\x00"))
		printable := bytes.IndexFunc(data, func(r rune) bool { return r != '\n' && (r < ' ' || r > '~') })
		if printable < 0 {
			printable = len(data)
		}
		n := 0
		switch {
		case zeros >= 8:
			n = zeros
			fmt.Fprintf(b, "\t.zero %d\n", n)
		case printable >= 4:
			n = min(printable, 64)
			fmt.Fprintf(b, "\t.ascii %s\n", quote(data[:n]))
		default:
			n = min(len(data), 8)
			s := fmt.Sprintf("% x", data[:n])
			fmt.Fprintf(b, "\t.byte 0x%s\n", strings.ReplaceAll(s, " ", ", 0x"))
		}
		data = data[n:]
	}
}

type disassembler struct {
	opts       Options
	slots      []uint64
	labels     map[int][]string // labels of a slot, the first is referred to
	taken      map[string]bool
	entryLabel []string
}

// newDisassembler chooses the labels: those of entry points and symbols, and a
// number for every other target.
func newDisassembler(img *image.Image, opts Options) *disassembler {
	d := &disassembler{opts: opts, labels: make(map[int][]string), taken: make(map[string]bool)}
	d.slots = make([]uint64, len(img.Text)/8)
	for i := range d.slots {
		d.slots[i] = binary.LittleEndian.Uint64(img.Text[8*i:])
	}
	landing := make([]bool, len(d.slots))
	var targets []int
	for pc := 0; pc < len(d.slots); {
		landing[pc] = true
		in, row, _ := d.at(pc)
		if row == nil {
			pc++
			continue
		}
		pc += row.Width()
		if t, ok := row.Target(in); ok {
			targets = append(targets, pc+int(t))
		}
	}
	valid := func(slot int) bool { return slot >= 0 && slot < len(landing) && landing[slot] }

	for _, e := range img.Entries {
		label := ""
		if valid(int(e.Slot)) {
			if label = e.Name; !d.claim(label, int(e.Slot)) {
				if len(d.labels[int(e.Slot)]) > 0 {
					label = d.labels[int(e.Slot)][0]
				} else {
					label = d.fresh(int(e.Slot))
				}
			}
		}
		d.entryLabel = append(d.entryLabel, label)
	}
	if len(img.Entries) == 0 {
		return d // one instruction without its surroundings
	}
	slices.Sort(targets)
	for _, t := range slices.Compact(targets) {
		if valid(t) && len(d.labels[t]) == 0 {
			if opts.Symbol == nil || !d.claim(opts.Symbol(t), t) {
				d.fresh(t)
			}
		}
	}
	return d
}

// claim makes name a label of slot, if it can be one and is not taken.
func (d *disassembler) claim(name string, slot int) bool {
	toks, rest, _, err := lex(name, nil)
	if err != nil || len(toks) != 1 || rest != "" || toks[0].s != name || toks[0].kind != word ||
		name[0] == '%' || name[0] == '.' || d.taken[name] {
		return false
	}
	if _, _, reg := register(toks[0]); reg || refused[name] != "" {
		return false
	}
	d.taken[name] = true
	d.labels[slot] = append(d.labels[slot], name)
	return true
}

// fresh makes a label out of the slot's number.
func (d *disassembler) fresh(slot int) string {
	name := fmt.Sprintf("L%d", slot)
	for !d.claim(name, slot) {
		name += "_"
	}
	return name
}

// at decodes the instruction at pc; row is nil when it is none.
func (d *disassembler) at(pc int) (in isa.Insn, row *isa.Row, imm2 int32) {
	in = isa.Decode(d.slots[pc])
	row = isa.Lookup(in)
	if row == nil || row.Kind != isa.Wide {
		return in, row, 0
	}
	if pc+1 == len(d.slots) {
		return in, nil, 0
	}
	second := isa.Decode(d.slots[pc+1])
	if (second != isa.Insn{Imm: second.Imm}) {
		return in, nil, 0
	}
	return in, row, second.Imm
}

func (d *disassembler) line(pc int) Line {
	in, row, imm2 := d.at(pc)
	if row == nil {
		return Line{Slot: pc, Width: 1, Text: fmt.Sprintf(".quad 0x%016x", d.slots[pc])}
	}
	l := Line{Slot: pc, Width: row.Width(), Row: row}
	imm := fmt.Sprint(in.Imm)
	off := ""
	if distance, ok := row.Target(in); ok {
		target := fmt.Sprintf("%+d", distance)
		if names := d.labels[pc+l.Width+int(distance)]; len(names) > 0 {
			target = names[0]
		}
		imm, off = target, target
		if row.ImmRule.Use != isa.Slots {
			imm = fmt.Sprint(in.Imm)
		}
	}
	if row.ImmRule.Use == isa.HelperID {
		imm = d.helper(uint16(in.Imm))
	}
	disp := fmt.Sprintf("+ %d", in.Off)
	if in.Off < 0 {
		disp = fmt.Sprintf("- %d", -int(in.Off))
	}
	l.Text = strings.NewReplacer(
		"{dst}", fmt.Sprintf("r%d", in.Dst), "{wdst}", fmt.Sprintf("w%d", in.Dst),
		"{src}", fmt.Sprintf("r%d", in.Src), "{wsrc}", fmt.Sprintf("w%d", in.Src),
		"{r0}", "r0", "{wr0}", "w0",
		"{imm}", imm, "{off}", off, "{disp}", disp,
		"{imm64}", fmt.Sprintf("0x%x", uint64(uint32(imm2))<<32|uint64(uint32(in.Imm))),
	).Replace(row.Syntax)
	return l
}

// helper is the name of a helper where Parse would understand it.
func (d *disassembler) helper(id uint16) string {
	if d.opts.HelperName != nil {
		if name := d.opts.HelperName(id); name != "" && !d.taken[name] {
			return name
		}
	}
	return fmt.Sprint(id)
}

// uncalled lists the imports that no instruction calls.
func (d *disassembler) uncalled(img *image.Image) []uint16 {
	called := make(map[uint16]bool)
	for pc := 0; pc < len(d.slots); pc++ {
		in, row, _ := d.at(pc)
		if row == nil {
			continue
		}
		if row.Kind == isa.CallHelper {
			called[uint16(in.Imm)] = true
		}
		pc += row.Width() - 1
	}
	var out []uint16
	for _, id := range img.Helpers {
		if !called[id] {
			out = append(out, id)
		}
	}
	return out
}
