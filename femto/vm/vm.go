// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package vm

import (
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/femtocontainer/femtocontainer/femto/bv"
	"github.com/femtocontainer/femtocontainer/femto/diag"
	"github.com/femtocontainer/femtocontainer/femto/image"
	"github.com/femtocontainer/femtocontainer/femto/isa"
	"github.com/femtocontainer/femtocontainer/femto/verify"
)

// Options are the host's side of an instance.
type Options struct {
	// Call answers system calls. room is the fuel that is left; a price above
	// it means out of fuel, and the call has had no effect. Without Call every
	// system call faults.
	Call func(mem Memory, id uint16, args [5]uint64, room uint32) (r0 uint64, price uint32, fault diag.Code)

	// Granted lists the helpers the image may import; nil grants all.
	Granted []uint16

	// Trace, when set, is told of every instruction that took effect.
	Trace func(Step)
}

// A Step is one executed instruction.
type Step struct {
	PC   int
	Insn isa.Insn
	Row  *isa.Row
	Reg  int    // register written, or -1
	R    uint64 // its new value
	Addr uint32 // address accessed, when Row.Size > 0
	Next int    // pc afterwards
	Fuel uint32 // fuel charged since Start, as if charged at each instruction
}

// A Result is how an activation ended, or stands.
type Result struct {
	R0       uint64
	Regs     [isa.NumRegs]uint64
	FuelUsed uint32
	Fault    *diag.Error // nil when the program reached its last exit
	Address  uint32      // guest address of a refused access
}

// A VM is an instance of an image.
type VM struct {
	img      *image.Image
	text     []uint64
	opts     Options
	segments [isa.NumSegments]segment

	// One activation.
	r      [isa.NumRegs]uint64
	pc     uint32 // slot
	bound  uint32 // start of the straight-line run + fuel left (isa.Affords)
	limit  uint64 // fuel given since Start
	frames []frame

	// refused is the last access that a system call was not allowed.
	refused struct {
		addr, n uint32
		write   bool
	}
}

type frame struct {
	pc    uint32
	saved [isa.LastSaved - isa.FirstSaved + 1]uint64
}

// New verifies img and makes an instance of it.
func New(img *image.Image, opts Options) (*VM, error) {
	if err := verify.Image(img, verify.Options{Granted: opts.Granted}); err != nil {
		return nil, err
	}
	m := &VM{img: img, opts: opts, text: make([]uint64, len(img.Text)/8)}
	for i := range m.text {
		m.text[i] = binary.LittleEndian.Uint64(img.Text[8*i:])
	}
	m.segments[isa.SegStack] = segment{make([]byte, int(img.Frame)*int(img.Depth)), true}
	m.segments[isa.SegROData] = segment{img.ROData, false}
	m.Reset()
	return m, nil
}

// Reset gives .data and .bss their initial contents.
func (m *VM) Reset() {
	data := make([]byte, len(m.img.Data)+int(m.img.BSS))
	copy(data, m.img.Data)
	m.segments[isa.SegData] = segment{data, true}
}

// Data is segment 2 as it stands: .data, then .bss.
func (m *VM) Data() []byte { return m.segments[isa.SegData].bytes }

// Stack is segment 1 as it stands.
func (m *VM) Stack() []byte { return m.segments[isa.SegStack].bytes }

// Grant maps b at segment 5 or 6 until the next Start.
func (m *VM) Grant(seg uint32, b []byte, writable bool) error {
	if seg != isa.SegGrant5 && seg != isa.SegGrant6 {
		return fmt.Errorf("segment %d cannot be granted, only %d and %d", seg, isa.SegGrant5, isa.SegGrant6)
	}
	if len(b) > isa.MaxSegment {
		return fmt.Errorf("segment %d of %d bytes is over the limit of %d", seg, len(b), isa.MaxSegment)
	}
	m.segments[seg] = segment{b, writable}
	return nil
}

// Start begins an activation at slot entry. The context is mapped, not copied.
func (m *VM) Start(entry uint32, ctx []byte, writable bool) {
	clear(m.segments[isa.SegStack].bytes)
	m.segments[isa.SegContext] = segment{ctx, writable}
	m.segments[isa.SegGrant5] = segment{}
	m.segments[isa.SegGrant6] = segment{}
	m.r = [isa.NumRegs]uint64{
		1:            uint64(isa.SegmentBase(isa.SegContext)),
		2:            uint64(len(ctx)),
		isa.FrameReg: uint64(isa.SegmentBase(isa.SegStack)) + uint64(len(m.segments[isa.SegStack].bytes)),
	}
	m.pc, m.bound, m.limit = entry, entry, 0
	m.frames = m.frames[:0]
}

// Run is Start with a writable context, and Resume.
func (m *VM) Run(entry uint32, ctx []byte, fuel uint32) Result {
	m.Start(entry, ctx, true)
	return m.Resume(fuel)
}

// Resume adds fuel, at most isa.MaxFuel, and continues to the program's exit, a
// fault, or the end of the fuel. After the last of these, and only then, Resume
// may be called again. After a fault the host is expected to call Reset.
func (m *VM) Resume(fuel uint32) Result {
	fuel = min(fuel, isa.MaxFuel)
	m.bound += fuel
	m.limit += uint64(fuel)
	for {
		next := m.pc + 1
		ended, fault, address := m.step()
		if fault == 0 && !ended {
			continue
		}
		if fault != 0 {
			if row := m.row(); row != nil {
				next = m.pc + uint32(row.Width())
			}
			if fault != diag.OutOfFuel && !m.affords(next) {
				fault = diag.OutOfFuel
			}
		}
		res := Result{R0: m.r[0], Regs: m.r, FuelUsed: uint32(m.limit)}
		if fault != diag.OutOfFuel {
			res.FuelUsed = uint32(m.limit) - (m.bound - next)
		}
		if fault != 0 {
			res.Fault = m.describe(fault, address)
			if fault == diag.BadAccess {
				res.Address = address
			}
		}
		return res
	}
}

func (m *VM) insn() isa.Insn { return isa.Decode(m.text[m.pc]) }

func (m *VM) row() *isa.Row { return isa.Lookup(m.insn()) }

var (
	boundVar, nextVar, targetVar = bv.Var("bound", 32), bv.Var("next", 32), bv.Var("target", 32)

	affordsTerm = isa.Affords(boundVar, nextVar)
	movedTerm   = isa.Moved(boundVar, nextVar, targetVar)
)

func (m *VM) affords(next uint32) bool {
	return bv.Eval(affordsTerm, bv.Env{"bound": uint64(m.bound), "next": uint64(next)}) == 1
}

// move makes the charge for the run that ends at next and begins one at target.
func (m *VM) move(next, target uint32) {
	m.bound = uint32(bv.Eval(movedTerm, bv.Env{"bound": uint64(m.bound), "next": uint64(next), "target": uint64(target)}))
	m.pc = target
}

// step executes one instruction. After a fault nothing has changed.
func (m *VM) step() (ended bool, fault diag.Code, address uint32) {
	in := m.insn()
	row := isa.Lookup(in)
	if row == nil {
		return false, diag.IllegalOpcode, 0
	}
	env := bv.Env{"dst": m.r[in.Dst], "src": m.r[in.Src], "r0": m.r[0], "off": uint64(in.Off), "imm": uint64(in.Imm)}
	if row.Kind == isa.Wide {
		env["imm2"] = m.text[m.pc+1] >> 32
	}
	step := Step{PC: int(m.pc), Insn: in, Row: row, Reg: -1}
	next := m.pc + uint32(row.Width())
	target := next
	if d, ok := row.Target(in); ok {
		target = next + uint32(d)
	}

	switch row.Kind {
	case isa.Load, isa.Store, isa.Atomic:
		step.Addr = uint32(bv.Eval(row.Addr, env))
		cell := m.resolve(step.Addr, row.Size, row.Writes())
		if cell == nil {
			return false, diag.BadAccess, step.Addr
		}
		env["mem"] = load(cell)
		if row.Stored != nil {
			v := bv.Eval(row.Stored, env)
			// The register first: Value may be over what Stored replaces.
			m.write(row, in, env, &step)
			store(cell, v)
			m.pc = next
			break
		}
		m.write(row, in, env, &step)
		m.pc = next

	case isa.Jump:
		if bv.Eval(row.Taken, env) == 0 {
			m.pc = next
			break
		}
		if !m.affords(next) {
			return false, diag.OutOfFuel, 0
		}
		m.move(next, target)

	case isa.CallHelper:
		if !m.affords(next) {
			return false, diag.OutOfFuel, 0
		}
		if fault := m.callHelper(uint16(in.Imm), next); fault != 0 {
			return false, fault, m.refused.addr
		}
		step.Reg, step.R = 0, m.r[0]

	case isa.CallLocal:
		if !m.affords(next) {
			return false, diag.OutOfFuel, 0
		}
		if len(m.frames)+1 >= int(m.img.Depth) {
			return false, diag.CallDepth, 0
		}
		f := frame{pc: next}
		copy(f.saved[:], m.r[isa.FirstSaved:])
		m.frames = append(m.frames, f)
		m.r[isa.FrameReg] -= uint64(m.img.Frame)
		m.move(next, target)

	case isa.Exit:
		if !m.affords(next) {
			return false, diag.OutOfFuel, 0
		}
		if len(m.frames) == 0 {
			m.trace(step, next)
			return true, 0, 0
		}
		f := m.frames[len(m.frames)-1]
		m.frames = m.frames[:len(m.frames)-1]
		copy(m.r[isa.FirstSaved:isa.FrameReg], f.saved[:])
		m.r[isa.FrameReg] += uint64(m.img.Frame)
		m.move(next, f.pc)

	default: // ALU, Wide
		m.write(row, in, env, &step)
		m.pc = next
	}
	m.trace(step, m.pc)
	return false, 0, 0
}

// write puts the row's value into the register it names.
func (m *VM) write(row *isa.Row, in isa.Insn, env bv.Env, step *Step) {
	switch row.To {
	case isa.None:
		return
	case isa.Dst:
		step.Reg = int(in.Dst)
	case isa.Src:
		step.Reg = int(in.Src)
	case isa.R0:
		step.Reg = 0
	}
	step.R = bv.Eval(row.Value, env)
	m.r[step.Reg] = step.R
}

// callHelper asks the host. The slots up to next and the price are one charge.
func (m *VM) callHelper(id uint16, next uint32) diag.Code {
	if m.opts.Call == nil {
		return diag.UnknownHelper
	}
	room := m.bound - next
	r0, price, fault := m.opts.Call(m, id, [5]uint64(m.r[1:6]), room)
	if fault != 0 {
		return fault
	}
	if price > room {
		return diag.OutOfFuel
	}
	m.r[0] = r0
	m.bound -= price
	m.pc = next
	// The run that began before the call is charged; the next begins here,
	// and bound is already relative to it.
	return 0
}

func (m *VM) trace(s Step, next uint32) {
	if m.opts.Trace != nil {
		s.Next = int(next)
		s.Fuel = uint32(m.limit) - (m.bound - next)
		m.opts.Trace(s)
	}
}

func (m *VM) describe(code diag.Code, address uint32) *diag.Error {
	e := &diag.Error{Code: code, PC: int(m.pc), Msg: faultMessage(code)}
	if code == diag.BadAccess {
		row := m.row()
		n, write := uint32(row.Size), row.Writes()
		if row.Kind == isa.CallHelper {
			n, write = m.refused.n, m.refused.write
		}
		verb := "read"
		if write {
			verb = "write"
		}
		e.Msg = fmt.Sprintf("%s of %d bytes at 0x%08x: %s", verb, n, address, m.whyRefused(address, write))
	}
	return e
}

func faultMessage(code diag.Code) string {
	if short := code.Short(); short != "" {
		return short
	}
	return "fault " + code.String()
}

var segmentNames = [isa.NumSegments]string{"null", "stack", "data", "rodata", "context", "grant 5", "grant 6", "top"}

func (m *VM) whyRefused(address uint32, write bool) string {
	s := address >> isa.SegmentBits
	switch {
	case s >= isa.NumSegments:
		return fmt.Sprintf("there is no segment %d", s)
	case len(m.segments[s].bytes) == 0:
		return fmt.Sprintf("segment %d (%s) is not mapped", s, segmentNames[s])
	case write && !m.segments[s].writable:
		return fmt.Sprintf("segment %d (%s) is read-only", s, segmentNames[s])
	}
	return fmt.Sprintf("segment %d (%s) has %d bytes", s, segmentNames[s], len(m.segments[s].bytes))
}

// Frames is the number of live frames, the entry's included.
func (m *VM) Frames() int { return len(m.frames) + 1 }

// PCs lists the pc of the innermost frame and then the return pcs outwards.
func (m *VM) PCs() []int {
	out := []int{int(m.pc)}
	for _, f := range slices.Backward(m.frames) {
		out = append(out, int(f.pc))
	}
	return out
}
