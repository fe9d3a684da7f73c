// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package cbridge

import (
	"encoding/binary"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/femtocontainer/femtocontainer/femto/diag"
	"github.com/femtocontainer/femtocontainer/femto/image"
	"github.com/femtocontainer/femtocontainer/femto/isa"
	"github.com/femtocontainer/femtocontainer/femto/verify"
	"github.com/femtocontainer/femtocontainer/femto/vm"
)

var edges = []uint64{
	0, 1, 2, 7, 8, 31, 32, 33, 63, 64, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff,
	0x100000000, 0x7fffffffffffffff, 0x8000000000000000, 0xffffffff80000000, ^uint64(0),
	0x04000000, 0x04000008, 0x0400000f, 0x04000010, 0x0300ffff, 0x03000000, 0x02000000, 0x01000000, 0x07ffffff, 0xfffffffc, 0x0c000000,
}

// TestRowsMatchTheReference runs each row of the table on edge and random
// operands and compares everything that can be observed.
func TestRowsMatchTheReference(t *testing.T) {
	for name, engine := range Engines {
		for i := range isa.Table {
			row := &isa.Table[i]
			t.Run(name+"/"+row.Name, func(t *testing.T) {
				rapid.Check(t, func(t *rapid.T) {
					operand := rapid.OneOf(rapid.SampledFrom(edges), rapid.Uint64())
					img := instance(t, row, operand)
					compare(t, engine, img, rapid.SampledFrom([]uint32{1000, 8, 7, 3}).Draw(t, "fuel"))
				})
			})
		}
	}
}

// instance draws a program that loads r0 to r2, does one instruction of the
// row, and exits; every jump and call lands on an exit.
func instance(t *rapid.T, row *isa.Row, operand *rapid.Generator[uint64]) *image.Image {
	var slots []uint64
	for reg := uint64(0); reg < 3; reg++ {
		v := operand.Draw(t, "operand")
		slots = append(slots, uint64(isa.ByName("lddw").Opcode)|reg<<8|v<<32, v>>32<<32)
	}
	in := isa.Insn{Opcode: row.Opcode}
	reg := func(r isa.Rule) uint8 {
		if r.Use == isa.Fixed {
			return uint8(r.Value)
		}
		return uint8(rapid.IntRange(0, 3).Draw(t, "register"))
	}
	in.Dst, in.Src = reg(row.DstRule), reg(row.SrcRule)
	value := func(r isa.Rule) int64 {
		switch r.Use {
		case isa.Fixed:
			return r.Value
		case isa.Slots:
			return 1
		case isa.HelperID:
			return 5
		}
		return int64(operand.Draw(t, "field"))
	}
	in.Off, in.Imm = int16(value(row.OffRule)), int32(value(row.ImmRule))
	slots = append(slots, in.Slot())
	if row.Kind == isa.Wide {
		slots = append(slots, operand.Draw(t, "upper")&^0xffffffff)
	}
	exit := uint64(isa.ByName("exit").Opcode)
	slots = append(slots, exit, exit)
	img := &image.Image{Entries: []image.Entry{{}}, Depth: 2, Frame: 16, Helpers: []uint16{5}, ROData: []byte("constants"), Data: []byte{1, 2, 3}, BSS: 9}
	for _, s := range slots {
		img.Text = binary.LittleEndian.AppendUint64(img.Text, s)
	}
	return img
}

func call(mem vm.Memory, id uint16, args [5]uint64, room uint32) (uint64, uint32, diag.Code) {
	if b, ok := mem.Write(args[0], uint32(args[1])&7); ok {
		for i := range b {
			b[i] ^= 0x5a
		}
	}
	if room < 2 {
		return 0, 0, diag.OutOfFuel
	}
	return args[0] ^ uint64(id), 2, 0
}

func compare(t *rapid.T, engine Engine, img *image.Image, fuel uint32) {
	ref, err := vm.New(img, vm.Options{Call: call})
	require.NoError(t, err)
	b, err := img.Encode()
	require.NoError(t, err)
	m, err := New(b, Options{Engine: engine, Call: call})
	require.NoError(t, err)
	defer m.Close()

	ctx := []byte("0123456789abcdef")
	ctxC := append([]byte(nil), ctx...)
	want, got := ref.Run(0, ctx, fuel), m.Run(0, ctxC, fuel)
	code := func(r vm.Result) (diag.Code, int) {
		if r.Fault == nil {
			return 0, -1
		}
		return r.Fault.Code, r.Fault.PC
	}
	wantCode, wantPC := code(want)
	gotCode, gotPC := code(got)
	require.Equal(t, wantCode, gotCode)
	require.Equal(t, wantPC, gotPC)
	require.Equal(t, want.Regs, got.Regs)
	require.Equal(t, want.FuelUsed, got.FuelUsed)
	require.Equal(t, want.Address, got.Address)
	require.Equal(t, ctx, ctxC)
	require.Equal(t, ref.Data(), m.Data())
	require.Equal(t, ref.Stack(), m.Stack())
}

// TestVerifierMatchesTheReference: same code, same pc, for random slots.
func TestVerifierMatchesTheReference(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		slot := rapid.Custom(func(t *rapid.T) uint64 {
			r := rapid.SampledFrom(isa.Table).Draw(t, "row")
			in := isa.Insn{Opcode: r.Opcode, Src: uint8(r.SrcRule.Value), Off: int16(r.OffRule.Value), Imm: int32(r.ImmRule.Value)}
			in.Dst = uint8(rapid.SampledFrom([]int{0, 0, 0, 9, 10, 11, 15}).Draw(t, "dst"))
			if r.DstRule.Use == isa.Fixed {
				in.Dst = 0
			}
			switch rapid.IntRange(0, 6).Draw(t, "twist") {
			case 0:
				in.Src = uint8(rapid.SampledFrom([]int{0, 1, 2, 9, 10, 11, 15}).Draw(t, "src"))
			case 1:
				in.Off = int16(rapid.SampledFrom([]int{0, 1, 2, 8, 16, 32, 24, -1, -2, 0x7fff, -0x8000}).Draw(t, "off"))
			case 2:
				in.Imm = rapid.SampledFrom([]int32{0, 1, 2, 5, 0x10000, 16, 32, 64, 0x40, 0x41, 0x42, 0xe0, 0xe1, 0xf0, 0xf1, 0xff, 0x7fffffff, -1, -2}).Draw(t, "imm")
			case 3:
				in.Opcode = rapid.Byte().Draw(t, "opcode")
			case 4:
				return 0
			}
			return in.Slot()
		})
		img := &image.Image{Depth: 1, Helpers: []uint16{1, 5}}
		for _, s := range rapid.SliceOfN(slot, 1, 8).Draw(t, "text") {
			img.Text = binary.LittleEndian.AppendUint64(img.Text, s)
		}
		for range rapid.IntRange(1, 2).Draw(t, "entries") {
			img.Entries = append(img.Entries, image.Entry{Slot: rapid.Uint32Range(0, 9).Draw(t, "entry")})
		}
		if rapid.Bool().Draw(t, "ends") {
			img.Text = binary.LittleEndian.AppendUint64(img.Text, uint64(isa.ByName("exit").Opcode))
		}
		granted := rapid.SampledFrom([][]uint16{{1, 5, 7}, {1}, {}}).Draw(t, "granted")
		b, err := img.Encode()
		require.NoError(t, err)
		code, pc := Check(b, granted)
		err = verify.Image(img, verify.Options{Granted: granted})
		if err == nil {
			require.Zero(t, code, "pc %d", pc)
			return
		}
		want := err.(*diag.Error)
		require.Equal(t, want.Code, code, "%v, but C at pc %d", want, pc)
		if want.PC >= 0 {
			require.Equal(t, want.PC, int(pc))
		}
	})
}

// TestEverySlotOpcode: legality agrees for all opcodes with otherwise zero, and
// register, fields.
func TestEveryOpcode(t *testing.T) {
	for op := range 256 {
		for _, regs := range []uint64{0, 0x1000, 0x2100, 0xa000, 0x0a00, 0xb000, 0x0b00} {
			img := &image.Image{Depth: 1, Entries: []image.Entry{{}}}
			for _, s := range []uint64{uint64(op) | regs, 0x95, 0x95} {
				img.Text = binary.LittleEndian.AppendUint64(img.Text, s)
			}
			b, err := img.Encode()
			require.NoError(t, err)
			code, _ := Check(b, nil)
			want := diag.Code(0)
			if err := verify.Image(img, verify.Options{}); err != nil {
				want = err.(*diag.Error).Code
			}
			assert.Equal(t, want, code, "%#x", uint64(op)|regs)
		}
	}
}

// TestLoaderMatchesTheReference: same code for broken images.
func TestLoaderMatchesTheReference(t *testing.T) {
	valid, err := (&image.Image{
		Entries: []image.Entry{{Name: "main"}, {Name: "tick", Hook: &[16]byte{1}}}, Frame: 8, Depth: 2, Helpers: []uint16{1, 3},
		Text: []byte{0x95, 0, 0, 0, 0, 0, 0, 0}, ROData: []byte("ro"), Data: []byte("data"), BSS: 5, Signature: []byte("sig"),
	}).Encode()
	require.NoError(t, err)
	rapid.Check(t, func(t *rapid.T) {
		b := append([]byte(nil), valid...)
		for range rapid.IntRange(0, 2).Draw(t, "changes") {
			at := rapid.OneOf(rapid.IntRange(0, 80), rapid.IntRange(0, len(b)-1)).Draw(t, "at")
			b[at] = rapid.OneOf(rapid.SampledFrom([]byte{0, 1, 2, 8, 0x7f, 0x80, 0xff}), rapid.Byte()).Draw(t, "byte")
		}
		b = b[:rapid.OneOf(rapid.Just(len(b)), rapid.IntRange(0, len(b))).Draw(t, "length")]
		img, err := image.Decode(b)
		if err == nil {
			err = verify.Image(img, verify.Options{})
		}
		want := diag.Code(0)
		if err != nil {
			want = err.(*diag.Error).Code
		}
		code, _ := Check(b, nil)
		require.Equal(t, want, code, "%v", err)
	})
}
