// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package asm

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/cilium/ebpf/asm"

	"github.com/femtocontainer/femtocontainer/femto/diag"
	"github.com/femtocontainer/femtocontainer/femto/image"
	"github.com/femtocontainer/femtocontainer/femto/isa"
)

// finish lays out what was read and fills in addresses and distances.
func (p *parser) finish() *Program {
	img := &image.Image{Frame: uint16(p.frame), ROData: p.data[inROData], Data: p.data[inData], BSS: uint32(p.bss)}
	if p.bss > 0 && p.align > 1 {
		img.Data = append(img.Data, make([]byte, -len(img.Data)&(p.align-1))...)
	}
	if len(img.Data)+p.bss > isa.MaxSegment {
		p.line = 0
		p.failf(diag.SectionTooLong, 0, ".data and .bss have more than %d bytes together", isa.MaxSegment)
		return nil
	}
	p.patchData(img)

	out := &Program{Image: img, Labels: make(map[string]int)}
	text := p.link(out)
	if p.failed() {
		return nil
	}
	if len(text) == 0 {
		p.line = 0
		p.failf(diag.NoText, 0, "there is no instruction")
		return nil
	}
	p.encode(text, out)
	p.setEntries(out)
	if p.failed() {
		return nil
	}
	img.Helpers = slices.Sorted(maps.Keys(p.used))
	p.settleDepth(out)
	p.limits(img)
	return out
}

// address is the guest address of a data label.
func (p *parser) address(img *image.Image, l label) (uint32, bool) {
	switch l.section {
	case inData:
		return isa.SegmentBase(isa.SegData) + uint32(l.at), true
	case inBSS:
		return isa.SegmentBase(isa.SegData) + uint32(len(img.Data)+l.at), true
	case inROData:
		return isa.SegmentBase(isa.SegROData) + uint32(l.at), true
	}
	return 0, false
}

// resolve is the value of LABEL+plus, after reporting why there is none.
func (p *parser) resolve(img *image.Image, ref string, plus int64, col int) uint64 {
	l, ok := p.labels[ref]
	if !ok {
		p.failf(diag.BadLabel, col, "label %q is not defined", ref)
		return 0
	}
	a, ok := p.address(img, l)
	if !ok {
		p.failf(diag.FunctionAddress, col, "%q is a label in the text, and code has no address in a container", ref)
		return 0
	}
	return uint64(int64(a) + plus)
}

// patchData writes the addresses that .long and .quad asked for.
func (p *parser) patchData(img *image.Image) {
	for _, f := range p.fixups {
		p.line = f.line
		var le [8]byte
		binary.LittleEndian.PutUint64(le[:], p.resolve(img, f.ref, f.plus, f.col))
		section := img.Data
		if f.section == inROData {
			section = img.ROData
		}
		copy(section[f.at:f.at+f.size], le[:])
	}
}

// link puts the text sections one after another, places the labels, and gives
// references to data their addresses.
func (p *parser) link(out *Program) []insn {
	var text []insn
	starts := make([]int, len(p.parts)) // index of a section's first instruction
	slots := make([]int, 0, p.slots+1)  // slot of each instruction
	for i, part := range p.parts {
		starts[i] = len(text)
		for _, in := range part.insns {
			slots = append(slots, len(out.Lines))
			for range in.width() {
				out.Lines = append(out.Lines, in.line)
			}
			text = append(text, in)
		}
	}
	slots = append(slots, len(out.Lines))
	for name, l := range p.labels {
		if l.section == inText {
			out.Labels[name] = slots[starts[l.text]+l.at]
		}
	}
	for i := range text {
		in := &text[i]
		if in.row != nil && in.row.Kind == isa.Wide && in.ref != "" {
			p.line = in.line
			v := p.resolve(out.Image, in.ref, in.plus, in.col)
			in.Imm, in.imm2, in.ref = int32(v), int32(v>>32), ""
		}
	}
	return text
}

// encode fills in distances and makes bytes, both with cilium's package. Its
// instructions cannot hold a slot that is none, and know helpers by the name
// that the build machine's kernel gives them, so these two are put in last.
func (p *parser) encode(text []insn, out *Program) {
	symbols := p.symbols(text, out)
	insns := make(asm.Instructions, len(text))
	slot := 0
	for i, in := range text {
		p.line = in.line
		ins := carry(in)
		if name, ok := symbols[slot]; ok {
			ins = ins.WithSymbol(name)
		}
		if in.ref != "" {
			ins = p.refer(ins, in, slot, symbols, out)
		}
		insns[i] = ins
		slot += in.width()
	}
	if p.failed() {
		return
	}
	var b bytes.Buffer
	if err := insns.Marshal(&b, binary.LittleEndian); err != nil {
		panic(fmt.Sprintf("asm: %v", err)) // every reference was checked
	}
	out.Image.Text = b.Bytes()
	slot = 0
	for _, in := range text {
		if foreign(in) {
			binary.LittleEndian.PutUint64(out.Image.Text[8*slot:], in.Slot())
		}
		if in.row != nil && in.row.Kind == isa.CallHelper {
			p.used[uint16(in.Imm)] = true
		}
		slot += in.width()
	}
}

// foreign reports whether cilium's package cannot carry in.
func foreign(in insn) bool { return in.row == nil || in.row.Kind == isa.CallHelper }

// carry makes a cilium instruction of in.
func carry(in insn) asm.Instruction {
	if foreign(in) {
		return asm.Instruction{OpCode: asm.Ja.Label("").OpCode}
	}
	var slots [16]byte
	binary.LittleEndian.PutUint64(slots[:], in.Slot())
	binary.LittleEndian.PutUint32(slots[12:], uint32(in.imm2))
	var out asm.Instruction
	if err := out.Unmarshal(bytes.NewReader(slots[:]), binary.LittleEndian, ""); err != nil {
		panic(fmt.Sprintf("asm: %s: %v", in.row.Name, err)) // the row is legal
	}
	return out
}

// symbols picks one label for each slot that is referred to, since cilium's
// instructions have one symbol each.
func (p *parser) symbols(text []insn, out *Program) map[int]string {
	m := make(map[int]string)
	for _, in := range text {
		if slot, ok := out.Labels[in.ref]; ok {
			if _, again := m[slot]; !again {
				m[slot] = in.ref
			}
		}
	}
	return m
}

// refer makes ins, the instruction in at slot, refer to its label.
func (p *parser) refer(ins asm.Instruction, in insn, slot int, symbols map[int]string, out *Program) asm.Instruction {
	target, ok := out.Labels[in.ref]
	distance := target - slot - in.width()
	switch _, data := p.labels[in.ref]; {
	case !ok && data:
		p.failf(diag.BadLabel, in.col, "%q is a label in a data section", in.ref)
	case !ok:
		p.failf(diag.BadLabel, in.col, "label %q is not defined", in.ref)
	case target == len(out.Lines):
		p.failf(diag.BadLabel, in.col, "no instruction follows label %q", in.ref)
	case in.row.OffRule.Use == isa.Slots && distance != int(int16(distance)):
		p.fail(&problem{code: diag.OutOfRange, col: in.col,
			msg:  fmt.Sprintf("label %q is %d slots away, out of reach of a 16-bit distance", in.ref, distance),
			hint: "gotol reaches further; jump around it with the opposite condition"})
	}
	if in.row.OffRule.Use == isa.Slots {
		ins.Offset = -1 // what cilium replaces
	} else {
		ins.Constant = -1
	}
	return ins.WithReference(symbols[target])
}

// setEntries chooses the entry points: those of .entry, else those of .globl,
// else slot 0.
func (p *parser) setEntries(out *Program) {
	explicit := slices.ContainsFunc(p.entries, func(e entry) bool { return !e.global })
	for _, e := range p.entries {
		p.line = e.line
		slot, ok := out.Labels[e.target.s]
		l, defined := p.labels[e.target.s]
		data := defined && l.section != inText
		switch {
		case e.global && (explicit || data):
			continue
		case e.target.kind == number && e.target.n <= math.MaxUint32:
			slot = int(e.target.n)
		case e.target.kind == number:
			p.failf(diag.OutOfRange, e.target.col, "slot %s does not fit 32 bits", e.target.s)
		case data:
			p.failf(diag.BadLabel, e.target.col, "%q is a label in a data section", e.target.s)
		case !ok:
			p.failf(diag.BadLabel, e.target.col, "label %q is not defined", e.target.s)
		}
		out.Image.Entries = append(out.Image.Entries, image.Entry{Name: e.name, Slot: uint32(slot), Hook: e.hook})
	}
	if len(out.Image.Entries) == 0 {
		out.Image.Entries = []image.Entry{{Name: "main"}}
	}
}

// settleDepth takes the call depth from the program when no .depth was given.
func (p *parser) settleDepth(out *Program) {
	p.line = 0
	out.Image.Depth = uint8(p.depth)
	if p.depth > 0 {
		return
	}
	depth, circle := CallDepth(out.Image.Text, out.Image.Entries)
	switch {
	case circle >= 0:
		p.line = out.Lines[circle]
		p.fail(&problem{code: diag.Recursion, msg: "functions call each other in a circle, so the call depth is not known",
			hint: fmt.Sprintf("bound the recursion with .depth N, N at most %d", isa.MaxDepth)})
	case depth > isa.MaxDepth:
		p.failf(diag.CallsTooDeep, 0, "functions call each other %d deep; an image can declare %d", depth, isa.MaxDepth)
	}
	out.Image.Depth = uint8(depth)
}

// limits reports what the image format cannot hold.
func (p *parser) limits(img *image.Image) {
	p.line = 0
	if _, err := img.Encode(); err != nil && !p.failed() {
		e := *err.(*diag.Error)
		e.File = p.file
		p.errors = append(p.errors, &e)
	}
}
