// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package vm

import (
	"encoding/binary"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/femtocontainer/femtocontainer/femto/diag"
	"github.com/femtocontainer/femtocontainer/femto/image"
	"github.com/femtocontainer/femtocontainer/femto/isa"
)

// in makes an instruction of the named row; fixed fields come from the table.
func in(row string, fields isa.Insn) isa.Insn {
	r := isa.ByName(row)
	fields.Opcode = r.Opcode
	if r.SrcRule.Use == isa.Fixed {
		fields.Src = uint8(r.SrcRule.Value)
	}
	if r.OffRule.Use == isa.Fixed {
		fields.Off = int16(r.OffRule.Value)
	}
	if r.ImmRule.Use == isa.Fixed {
		fields.Imm = int32(r.ImmRule.Value)
	}
	return fields
}

func text(insns ...isa.Insn) []byte {
	var b []byte
	for _, i := range insns {
		b = binary.LittleEndian.AppendUint64(b, i.Slot())
	}
	return b
}

func program(insns ...isa.Insn) *image.Image {
	return &image.Image{Entries: []image.Entry{{}}, Depth: 1, Text: text(insns...)}
}

func start(t *testing.T, img *image.Image, opts Options) *VM {
	t.Helper()
	m, err := New(img, opts)
	require.NoError(t, err)
	return m
}

var exit = in("exit", isa.Insn{})

func TestEntryState(t *testing.T) {
	img := program(exit)
	img.Frame, img.Depth = 64, 3
	res := start(t, img, Options{}).Run(0, make([]byte, 5), 10)
	assert.Nil(t, res.Fault)
	assert.Equal(t, [isa.NumRegs]uint64{1: 0x04000000, 2: 5, 10: 0x010000c0}, res.Regs)
	assert.EqualValues(t, 1, res.FuelUsed)
}

func TestStackIsZeroedAndDataPersists(t *testing.T) {
	// r0 = data[0] + stack[-8]; data[0]++; stack[-8] = 1
	img := program(
		in("mov64_imm", isa.Insn{Dst: 1, Imm: 0x02000000}),
		in("ldxdw", isa.Insn{Dst: 0, Src: 1}),
		in("ldxdw", isa.Insn{Dst: 2, Src: 10, Off: -8}),
		in("add64_reg", isa.Insn{Dst: 0, Src: 2}),
		in("mov64_imm", isa.Insn{Dst: 2, Imm: 1}),
		in("atomic_add64", isa.Insn{Dst: 1, Src: 2}),
		in("stxdw", isa.Insn{Dst: 10, Src: 2, Off: -8}),
		exit)
	img.Frame, img.Data = 8, []byte{40, 0, 0, 0, 0, 0, 0, 0}
	m := start(t, img, Options{})
	assert.EqualValues(t, 40, m.Run(0, nil, 100).R0)
	assert.EqualValues(t, 41, m.Run(0, nil, 100).R0)
	m.Reset()
	assert.EqualValues(t, 40, m.Run(0, nil, 100).R0)
}

func TestFaultsNameThePlace(t *testing.T) {
	for name, c := range map[string]struct {
		img     *image.Image
		fuel    uint32
		code    diag.Code
		pc      int
		address uint32
		used    uint32
	}{
		"null": {program(in("ldxw", isa.Insn{Src: 0, Off: 4}), exit), 10, diag.BadAccess, 0, 4, 1},
		"read-only": {&image.Image{Entries: []image.Entry{{}}, Depth: 1, ROData: make([]byte, 8),
			Text: text(in("mov64_imm", isa.Insn{Dst: 1, Imm: 0x03000000}), in("stb", isa.Insn{Dst: 1}), exit)}, 10, diag.BadAccess, 1, 0x03000000, 2},
		"wraps":      {program(in("mov64_imm", isa.Insn{Dst: 1, Imm: -1}), in("ldxdw", isa.Insn{Src: 1}), exit), 10, diag.BadAccess, 1, 0xffffffff, 2},
		"loop":       {program(in("ja", isa.Insn{Off: -1}), exit), 10, diag.OutOfFuel, 0, 0, 10},
		"exit costs": {program(in("mov64_imm", isa.Insn{}), exit), 1, diag.OutOfFuel, 1, 0, 1},
		"depth":      {program(in("call_local", isa.Insn{Imm: -1}), exit), 10, diag.CallDepth, 0, 0, 1},
		"no helper":  {&image.Image{Entries: []image.Entry{{}}, Depth: 1, Helpers: []uint16{7}, Text: text(in("call_helper", isa.Insn{Imm: 7}), exit)}, 10, diag.UnknownHelper, 0, 0, 1},
		// The charge for the fault itself does not fit: out of fuel comes first.
		"fault beyond fuel": {program(in("mov64_imm", isa.Insn{}), in("ldxw", isa.Insn{}), exit), 1, diag.OutOfFuel, 1, 0, 1},
	} {
		t.Run(name, func(t *testing.T) {
			res := start(t, c.img, Options{}).Run(0, nil, c.fuel)
			require.NotNil(t, res.Fault)
			assert.Equal(t, c.code, res.Fault.Code, "%v", res.Fault)
			assert.Equal(t, c.pc, res.Fault.PC)
			assert.Equal(t, c.address, res.Address)
			assert.Equal(t, c.used, res.FuelUsed)
		})
	}
}

// TestLocalCall: r6 to r9 and r10 come back, r1 to r5 pass through.
func TestLocalCall(t *testing.T) {
	img := program(
		in("mov64_imm", isa.Insn{Dst: 6, Imm: 6}),
		in("mov64_imm", isa.Insn{Dst: 1, Imm: 1}),
		in("call_local", isa.Insn{Imm: 1}),
		exit,
		in("mov64_imm", isa.Insn{Dst: 6, Imm: 66}),
		in("mov64_imm", isa.Insn{Dst: 2, Imm: 2}),
		in("mov64_reg", isa.Insn{Dst: 0, Src: 10}),
		in("stdw", isa.Insn{Dst: 10, Off: -8, Imm: 1}),
		exit)
	img.Frame, img.Depth = 16, 2
	res := start(t, img, Options{}).Run(0, nil, 9)
	require.Nil(t, res.Fault)
	assert.Equal(t, [isa.NumRegs]uint64{0: 0x01000010, 1: 1, 2: 2, 6: 6, 10: 0x01000020}, res.Regs)
	assert.EqualValues(t, 9, res.FuelUsed)
}

// TestSlicesAddUp: however a run is cut into slices, it ends the same.
func TestSlicesAddUp(t *testing.T) {
	img := program( // r0 = sum of 1..20, with a call in the loop
		in("mov64_imm", isa.Insn{Dst: 6, Imm: 20}),
		in("add64_reg", isa.Insn{Dst: 0, Src: 6}),
		in("call_local", isa.Insn{Imm: 3}),
		in("add64_imm", isa.Insn{Dst: 6, Imm: -1}),
		in("jne64_imm", isa.Insn{Dst: 6, Off: -4}),
		exit,
		exit)
	img.Depth = 2
	whole := start(t, img, Options{}).Run(0, nil, 1000)
	require.Nil(t, whole.Fault)
	assert.EqualValues(t, 210, whole.R0)
	for slice := uint32(1); slice < 20; slice++ {
		m := start(t, img, Options{})
		m.Start(0, nil, true)
		res := m.Resume(slice)
		for n := 0; res.Fault != nil && n < 1000; n++ {
			require.Equal(t, diag.OutOfFuel, res.Fault.Code)
			res = m.Resume(slice)
		}
		require.Equal(t, whole, res, "slices of %d", slice)
	}
}

func TestHelperIsPartOfTheCharge(t *testing.T) {
	img := program(in("mov64_imm", isa.Insn{Dst: 1, Imm: 5}), in("call_helper", isa.Insn{Imm: 3}), exit)
	img.Helpers = []uint16{3}
	calls := 0
	opts := Options{Call: func(_ Memory, id uint16, args [5]uint64, room uint32) (uint64, uint32, diag.Code) {
		if room < 10 {
			return 0, 0, diag.OutOfFuel
		}
		calls++
		return uint64(id) + args[0], 10, 0
	}}
	res := start(t, img, opts).Run(0, nil, 13)
	require.Nil(t, res.Fault)
	assert.EqualValues(t, 8, res.R0)
	assert.EqualValues(t, 13, res.FuelUsed)
	res = start(t, img, opts).Run(0, nil, 11)
	assert.Equal(t, diag.OutOfFuel, res.Fault.Code)
	assert.Equal(t, 1, res.Fault.PC)
	assert.EqualValues(t, 11, res.FuelUsed)
	assert.Equal(t, 1, calls)
}

func TestMemoryForHelpers(t *testing.T) {
	img := program(exit)
	img.ROData = make([]byte, 4)
	m := start(t, img, Options{})
	m.Start(0, make([]byte, 8), false)
	require.NoError(t, m.Grant(5, make([]byte, 3), true))
	for _, c := range []struct {
		addr        uint64
		n           uint32
		read, write bool
	}{
		{0x03000000, 4, true, false}, {0x03000000, 5, false, false}, {0x03000001, 4, false, false},
		{0x04000000, 8, true, false}, {0x05000000, 3, true, true}, {0x05000003, 0, true, true},
		{0x05000000, 0xffffffff, false, false}, {0x05ffffff, 2, false, false}, {0xffffffff, 1, false, false},
		{0xabcdef0005000000, 3, true, true}, {0, 0, true, true}, {0, 1, false, false},
	} {
		_, ok := m.Read(c.addr, c.n)
		assert.Equal(t, c.read, ok, "read %x %d", c.addr, c.n)
		_, ok = m.Write(c.addr, c.n)
		assert.Equal(t, c.write, ok, "write %x %d", c.addr, c.n)
	}
	assert.Error(t, m.Grant(1, nil, true))
}

// TestEveryRowRuns executes one instance of each row and checks what trace
// says of it against the table's term for a register.
func TestEveryRowRuns(t *testing.T) {
	for i := range isa.Table {
		r := &isa.Table[i]
		t.Run(r.Name, func(t *testing.T) {
			x := in(r.Name, isa.Insn{Dst: 1, Src: 2, Imm: 0})
			insns := []isa.Insn{
				in("mov64_imm", isa.Insn{Dst: 1, Imm: 0x04000000}),
				in("mov64_imm", isa.Insn{Dst: 2, Imm: 0x04000008}),
			}
			switch {
			case r.Kind == isa.Wide:
				insns = append(insns, x, isa.Insn{Imm: 7})
			case r.Kind == isa.CallHelper:
				x.Imm = 1
				insns = append(insns, x)
			default:
				insns = append(insns, x)
			}
			if r.DstRule.Use == isa.Fixed {
				insns[2].Dst = 0
			}
			insns = append(insns, exit)
			img := program(insns...)
			img.Helpers, img.Depth = []uint16{1}, 2
			seen := false
			m := start(t, img, Options{
				Call:  func(Memory, uint16, [5]uint64, uint32) (uint64, uint32, diag.Code) { return 1, 0, 0 },
				Trace: func(s Step) { seen = seen || s.Row == r },
			})
			res := m.Run(0, make([]byte, 16), 100)
			require.Nil(t, res.Fault)
			assert.True(t, seen)
		})
	}
}
