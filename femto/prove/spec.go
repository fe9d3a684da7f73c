// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package prove

import (
	"github.com/femtocontainer/femtocontainer/femto/bv"
	"github.com/femtocontainer/femtocontainer/femto/diag"
	"github.com/femtocontainer/femtocontainer/femto/isa"
)

// A machine is the state of the table's machine before an instruction, as far
// as the instruction can see it. PC and Bound count slots.
type machine struct {
	Regs       [isa.NumRegs]*bv.Term
	PC, Bound  *bv.Term // 32 bits
	Level      *bv.Term // 32 bits: suspended frames
	Depth      *bv.Term // 32 bits: frames the image declared
	Frame      *bv.Term // 64 bits: bytes of stack in one
	Slots      *bv.Term // 32 bits: length of the text
	ReadEnd    [isa.NumSegments]*bv.Term
	WriteEnd   [isa.NumSegments]*bv.Term
	Mem        *bv.Term                                     // what memory holds at the access, for rows that read
	SavedRegs  [isa.LastSaved - isa.FirstSaved + 1]*bv.Term // of the frame that exit returns to
	SavedPC    *bv.Term
	HelperStat *bv.Term // 16 bits: the host's answer, 0 or a fault
	HelperR0   *bv.Term
	HelperRoom *bv.Term // fuel that it left
}

// fields are the encoded fields of the instruction: constants where the row
// fixes them, variables elsewhere.
type fields struct {
	Row       *isa.Row
	Dst, Src  *bv.Term // 4 bits
	Off, Imm  *bv.Term
	Imm2      *bv.Term
	conds     []*bv.Term // field rules of what is not fixed
	slot      *bv.Term   // 64 bits
	slot2     *bv.Term
	Reads     bool // of memory, with the spaces of reads or of writes
	Writes    bool
	Widen     uint32
	helperArg *bv.Term
}

// newFields gives an arbitrary instance of row.
func newFields(row *isa.Row) *fields {
	f := &fields{Row: row, Reads: row.Reads(), Writes: row.Writes(), Widen: uint32(row.Width())}
	field := func(name string, w uint8, r isa.Rule) *bv.Term {
		if r.Use == isa.Fixed {
			return bv.Const(uint64(r.Value), w)
		}
		v := bv.Var(name, w)
		f.conds = append(f.conds, r.Holds(v))
		return v
	}
	f.Dst, f.Src = field("dreg", 4, row.DstRule), field("sreg", 4, row.SrcRule)
	f.Off, f.Imm = field("off", 16, row.OffRule), field("imm", 32, row.ImmRule)
	f.Imm2 = bv.Var("imm2", 32)
	insn := bv.Concat(bv.Concat(f.Off, f.Src), bv.Concat(f.Dst, bv.Const(uint64(row.Opcode), 8)))
	f.slot = bv.Concat(f.Imm, insn)
	f.slot2 = bv.Concat(f.Imm2, bv.Const(0, 32))
	return f
}

// An outcome is what one instruction does. When Stop holds the run ends with
// Status at this instruction, and the bound is what it was; otherwise the run
// goes on at PC.
type outcome struct {
	Stop    *bv.Term
	Status  *bv.Term // 16 bits
	Address *bv.Term // of the access, for when it is refused
	PC      *bv.Term
	Bound   *bv.Term
	Regs    [isa.NumRegs]*bv.Term
	Level   *bv.Term

	// Access: the memory event, when it takes place.
	Access  *bv.Term // truth value
	Space   *bv.Term // segment, 32 bits
	Offset  *bv.Term // in it, 32 bits
	Stored  *bv.Term // nil when nothing is written
	Suspend *bv.Term // truth value: a frame is suspended at Level, to continue at Next
	Called  *bv.Term // truth value: the host was asked
	Next    *bv.Term // slot after the instruction
}

func status(c diag.Code) *bv.Term { return bv.Const(uint64(c), 16) }

func c32(v uint32) *bv.Term { return bv.Const(uint64(v), 32) }

// pick is the element that a 4-bit register number or a small index names.
func pick(index *bv.Term, from []*bv.Term) *bv.Term {
	r := from[len(from)-1]
	for i := len(from) - 2; i >= 0; i-- {
		r = bv.Ite(bv.Eq(index, bv.Const(uint64(i), index.Width)), from[i], r)
	}
	return r
}

// step is the meaning of one instance of a row.
func step(m *machine, f *fields) *outcome {
	row := f.Row
	vars := map[string]*bv.Term{
		"dst": pick(f.Dst, m.Regs[:]), "src": pick(f.Src, m.Regs[:]), "r0": m.Regs[0],
		"off": f.Off, "imm": f.Imm, "imm2": f.Imm2,
	}
	if m.Mem != nil {
		vars["mem"] = m.Mem
	}
	sub := func(t *bv.Term) *bv.Term { return bv.Subst(t, vars) }

	next := bv.Add(m.PC, c32(f.Widen))
	o := &outcome{
		Stop: bv.False, Status: status(0), Address: c32(0), PC: next, Bound: m.Bound, Regs: m.Regs,
		Level: m.Level, Access: bv.False, Suspend: bv.False, Called: bv.False, Next: next,
	}
	affords := isa.Affords(m.Bound, next)
	target := next
	if d := row.Distance(); d != nil {
		target = bv.Add(next, sub(d))
	}
	// A fault is charged like any other end of a straight-line run.
	stop := func(when *bv.Term, why *bv.Term) {
		o.Stop = bv.Or(o.Stop, when)
		o.Status = bv.Ite(when, bv.Ite(affords, why, status(diag.OutOfFuel)), o.Status)
	}
	// write changes a register unless the run ends.
	write := func() {
		if row.To == isa.None {
			return
		}
		v := sub(row.Value)
		for i := range o.Regs {
			n := bv.Const(uint64(i), 4)
			var here *bv.Term
			switch row.To {
			case isa.Dst:
				here = bv.Eq(f.Dst, n)
			case isa.Src:
				here = bv.Eq(f.Src, n)
			default:
				here = bv.Bool(i == 0)
			}
			o.Regs[i] = bv.Ite(here, v, m.Regs[i])
		}
	}
	// move is a jump to t, charged.
	move := func(when, t *bv.Term) {
		o.PC = bv.Ite(when, t, o.PC)
		o.Bound = bv.Ite(when, isa.Moved(m.Bound, next, t), o.Bound)
	}

	switch row.Kind {
	case isa.ALU, isa.Wide:
		write()
	case isa.Load, isa.Store, isa.Atomic:
		addr := sub(row.Addr)
		ends := m.ReadEnd
		if row.Writes() {
			ends = m.WriteEnd
		}
		o.Space = isa.Index(addr)
		o.Offset = isa.Offset(addr)
		o.Access = isa.Resolve(addr, pick(o.Space, ends[:]), row.Size)
		write()
		for i := range o.Regs {
			o.Regs[i] = bv.Ite(o.Access, o.Regs[i], m.Regs[i])
		}
		if row.Stored != nil {
			o.Stored = sub(row.Stored)
		}
		stop(bv.Not(o.Access), status(diag.BadAccess))
		o.Address = addr
	case isa.Jump:
		taken := sub(row.Taken)
		stop(bv.And(taken, bv.Not(affords)), status(diag.OutOfFuel))
		move(taken, target)
	case isa.CallHelper:
		stop(bv.Not(affords), status(diag.OutOfFuel))
		o.Called = affords
		failed := bv.And(affords, bv.Ne(m.HelperStat, status(0)))
		stop(failed, m.HelperStat)
		o.Regs[0] = bv.Ite(o.Stop, m.Regs[0], m.HelperR0)
		o.Bound = bv.Ite(o.Stop, m.Bound, bv.Add(next, m.HelperRoom))
	case isa.CallLocal:
		deep := bv.Not(bv.Ult(bv.Add(m.Level, c32(1)), m.Depth))
		stop(bv.Not(affords), status(diag.OutOfFuel))
		stop(deep, status(diag.CallDepth))
		o.Suspend = bv.Not(o.Stop)
		o.Regs[isa.FrameReg] = bv.Ite(o.Stop, m.Regs[isa.FrameReg], bv.Sub(m.Regs[isa.FrameReg], m.Frame))
		o.Level = bv.Ite(o.Stop, m.Level, bv.Add(m.Level, c32(1)))
		move(bv.True, target)
	case isa.Exit:
		last := bv.Eq(m.Level, c32(0))
		stop(bv.Not(affords), status(diag.OutOfFuel))
		stop(bv.And(affords, last), status(0))
		for i, saved := range m.SavedRegs {
			o.Regs[isa.FirstSaved+i] = bv.Ite(o.Stop, m.Regs[isa.FirstSaved+i], saved)
		}
		o.Regs[isa.FrameReg] = bv.Ite(o.Stop, m.Regs[isa.FrameReg], bv.Add(m.Regs[isa.FrameReg], m.Frame))
		o.Level = bv.Ite(o.Stop, m.Level, bv.Sub(m.Level, c32(1)))
		move(bv.True, m.SavedPC)
	}
	return o
}
