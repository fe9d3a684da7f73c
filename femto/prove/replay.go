// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package prove

import (
	"encoding/binary"
	"fmt"
	"strings"

	"github.com/femtocontainer/femtocontainer/femto/asm"
	"github.com/femtocontainer/femtocontainer/femto/bv"
	"github.com/femtocontainer/femtocontainer/femto/image"
	"github.com/femtocontainer/femtocontainer/femto/isa"
)

// A Replay is a counterexample about an instruction, as a container that sets
// the registers and executes it, so that any engine can:
//
//	femto run FILE --engine ENGINE --ctx HEX --fuel N
type Replay struct {
	State   []string // what the solver found, in the notation of femto run --trace
	Image   *image.Image
	Context []byte
	Fuel    uint32
	Notes   []string // in what the container differs from the state found
}

// replaySpan is the longest jump of a replay, in slots.
const replaySpan = 100_000

// op is the opcode of a row, by name.
func op(name string) uint8 {
	for i := range isa.Table {
		if isa.Table[i].Name == name {
			return isa.Table[i].Opcode
		}
	}
	panic("prove: there is no row " + name)
}

// Replay turns a failure of family step with a counterexample into a
// container; nil for other failures.
func (f *Failure) Replay() *Replay {
	words := strings.Fields(f.Unit)
	if len(f.Values) == 0 || len(words) != 3 || words[0] != "step" {
		return nil
	}
	var row *isa.Row
	for i := range isa.Table {
		if isa.Table[i].Name == words[2] {
			row = &isa.Table[i]
		}
	}
	if row == nil {
		return nil
	}
	r := &Replay{}
	in := f.instruction(row)
	value := func(name string) uint64 { return f.Values[name] }
	var regs [isa.NumRegs]uint64
	for i := range regs {
		regs[i] = value(fmt.Sprintf("r%d", i))
	}
	r.describe(f, row, in, &regs)

	// An access that is legal goes to the context; others stay where they are.
	img := &image.Image{Frame: 64, Depth: 2, Entries: []image.Entry{{Name: "replay"}}}
	if row.Addr != nil {
		base := &regs[in.Dst]
		if row.Kind == isa.Load {
			base = &regs[in.Src]
		}
		addr := uint32(*base) + uint32(int32(in.Off))
		if segment := addr >> isa.SegmentBits; segment < isa.NumSegments && uint64(addr)+uint64(row.Size) <= uint64(f.end(row, segment)) {
			r.Context = make([]byte, 2*row.Size)
			for i := range row.Size {
				r.Context[i] = byte(value("mem") >> (8 * i))
			}
			*base += uint64(isa.SegmentBase(isa.SegContext)) - uint64(addr)
			r.Notes = append(r.Notes, fmt.Sprintf("what is at 0x%08x is at the start of the context here", addr))
		}
	}
	r.text(img, row, in, &regs)
	r.Image = img
	left := int64(int32(uint32(value("bound")) - uint32(value("pc"))))
	const ending = 3 // slots: the instruction, what it gave, exit
	if left < ending && row.Distance() == nil {
		left = ending
		r.Notes = append(r.Notes, "there is fuel for the end of the container here")
	}
	r.Fuel = uint32(2*isa.FrameReg+1) + uint32(min(max(left, 0), 1000))
	if value("level") != 0 {
		r.Notes = append(r.Notes, "no call is suspended here")
	}
	return r
}

// end is one past the last guest address that the instruction may access.
func (f *Failure) end(row *isa.Row, segment uint32) uint32 {
	name := "end"
	if row.Writes() {
		name = "writable_end"
	}
	name += fmt.Sprint(segment)
	for k, v := range f.Values { // segments 5 and 6 have a number more
		if strings.HasPrefix(k, name+"_now!") {
			return uint32(v)
		}
	}
	return uint32(f.Values[name])
}

// instruction is the instance of row that was found.
func (f *Failure) instruction(row *isa.Row) isa.Insn {
	field := func(name string, rule isa.Rule) uint64 {
		if rule.Use == isa.Fixed {
			return uint64(rule.Value)
		}
		return f.Values[name]
	}
	return isa.Insn{Opcode: row.Opcode, Dst: uint8(field("dreg", row.DstRule)), Src: uint8(field("sreg", row.SrcRule)),
		Off: int16(field("off", row.OffRule)), Imm: int32(field("imm", row.ImmRule))}
}

// text sets the registers, executes the instruction, and ends with what it
// wrote in r0.
func (r *Replay) text(img *image.Image, row *isa.Row, in isa.Insn, regs *[isa.NumRegs]uint64) {
	var text []uint64
	add := func(in isa.Insn) { text = append(text, in.Slot()) }
	for i := range isa.FrameReg {
		add(isa.Insn{Opcode: wideOpcode, Dst: uint8(i), Imm: int32(uint32(regs[i]))})
		text = append(text, regs[i]&^0xffffffff)
	}
	exit := isa.Insn{Opcode: op("exit")}
	ahead, behind := 2, 0 // slots after and before the instruction
	if d := row.Distance(); d != nil {
		n := int64(int32(bv.Eval(d, bv.Env{"off": uint64(uint16(in.Off)), "imm": uint64(uint32(in.Imm))})))
		switch {
		case n > replaySpan || n < -replaySpan:
			r.Notes = append(r.Notes, "the jump is shorter here")
			in.Off, in.Imm = 1, 1
		case n < 0:
			behind = int(-n)
		default:
			ahead = int(n) + 1
		}
	}
	add(isa.Insn{Opcode: op("ja32"), Imm: int32(behind)})
	for range behind {
		add(exit)
	}
	if row.Kind == isa.CallHelper {
		img.Helpers = []uint16{uint16(in.Imm)}
	}
	add(in)
	if row.Kind == isa.Wide {
		text = append(text, 0)
	}
	wrote := in.Dst
	if row.To == isa.Src {
		wrote = in.Src
	}
	if row.To != isa.None && row.Kind != isa.Jump {
		add(isa.Insn{Opcode: op("mov64_reg"), Src: wrote})
	}
	for range ahead {
		add(exit)
	}
	for _, slot := range text {
		img.Text = binary.LittleEndian.AppendUint64(img.Text, slot)
	}
}

// describe prints the state found.
func (r *Replay) describe(f *Failure, row *isa.Row, in isa.Insn, regs *[isa.NumRegs]uint64) {
	text := binary.LittleEndian.AppendUint64(nil, in.Slot())
	if row.Kind == isa.Wide {
		text = binary.LittleEndian.AppendUint64(text, f.Values["imm2"]<<32)
	}
	name := row.Name
	for _, l := range asm.Disassemble(&image.Image{Text: text}, asm.Options{}) {
		if l.Slot == 0 {
			name = l.Text
		}
	}
	var set []string
	for i, v := range regs {
		if _, ok := f.Values[fmt.Sprintf("r%d", i)]; ok {
			set = append(set, fmt.Sprintf("r%d = 0x%x", i, v))
		}
	}
	if v, ok := f.Values["mem"]; ok {
		base := regs[in.Dst]
		if row.Kind == isa.Load {
			base = regs[in.Src]
		}
		set = append(set, fmt.Sprintf("[0x%08x] = 0x%x", uint32(base)+uint32(int32(in.Off)), v))
	}
	r.State = []string{fmt.Sprintf("%6d  %-34s  %s", f.Values["pc"], name, strings.Join(set, ", "))}
	other := ""
	for _, k := range sortedKeys(f.Values) {
		if _, ok := f.Values[k]; ok && !strings.HasPrefix(k, "r") && k != "mem" && k != "pc" {
			other += fmt.Sprintf(" %s=%#x", k, f.Values[k])
		}
	}
	r.State = append(r.State, "with"+other)
}
