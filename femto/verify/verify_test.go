// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package verify

import (
	"encoding/binary"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/femtocontainer/femtocontainer/femto/diag"
	"github.com/femtocontainer/femtocontainer/femto/image"
	"github.com/femtocontainer/femtocontainer/femto/isa"
)

func program(slots ...uint64) *image.Image {
	img := &image.Image{Entries: []image.Entry{{Name: "main"}}, Depth: 1}
	for _, s := range slots {
		img.Text = binary.LittleEndian.AppendUint64(img.Text, s)
	}
	return img
}

const (
	exit = 0x95
	lddw = 0x18
)

func TestOffences(t *testing.T) {
	for _, c := range []struct {
		name  string
		slots []uint64
		code  diag.Code
		pc    int
		says  string
	}{
		{"no text", nil, diag.FallsOff, 0, "0 bytes"},
		{"unassigned", []uint64{0xff, exit}, diag.IllegalInstruction, 0, "opcode 0xff"},
		{"callx", []uint64{0x8d, exit}, diag.IllegalInstruction, 0, "0x8d"},
		{"packet", []uint64{0x20, exit}, diag.IllegalInstruction, 0, "0x20"},
		{"register above r10", []uint64{0xbb0f, exit}, diag.IllegalInstruction, 0, "r11"},
		{"r10 written", []uint64{0x0ab7, exit}, diag.IllegalInstruction, 0, "r10 cannot be written"},
		{"r10 fetched into", []uint64{0x00000001_0000a1db, exit}, diag.IllegalInstruction, 0, "r10 cannot be written"},
		{"reserved src", []uint64{0x1007, exit}, diag.IllegalInstruction, 0, "src"},
		{"reserved off", []uint64{0x00010007, exit}, diag.IllegalInstruction, 0, "off"},
		{"reserved imm", []uint64{0x00000001_00000095}, diag.IllegalInstruction, 0, "imm"},
		{"unknown atomic", []uint64{0x00000002_000000db, exit}, diag.IllegalInstruction, 0, "imm"},
		{"swap of 8 bits", []uint64{0x00000008_000000d4, exit}, diag.IllegalInstruction, 0, "imm"},
		{"map in wide", []uint64{0x1018, 0, exit}, diag.IllegalInstruction, 0, "src"},
		{"helper 0", []uint64{0x85, exit}, diag.IllegalInstruction, 0, "1..65535"},
		{"wide cut off", []uint64{exit, lddw}, diag.FallsOff, 1, "second half"},
		{"wide with exit inside", []uint64{lddw, exit, exit}, diag.IllegalInstruction, 1, "second slot"},
		{"wide last", []uint64{lddw, 0}, diag.FallsOff, 0, "past the last"},
		{"jump past the end", []uint64{0x00010005, exit}, diag.BadTarget, 0, "outside the text of 2"},
		{"jump before the start", []uint64{0xfffe0005, exit}, diag.BadTarget, 0, "slot -1"},
		{"jump into wide", []uint64{0x00010005, lddw, 0, exit}, diag.BadTarget, 0, "second half"},
		{"long jump wraps", []uint64{0x7fffffff_00000006, exit}, diag.BadTarget, 0, "outside"},
		{"call past the end", []uint64{0x00000001_00001085, exit}, diag.BadTarget, 0, "outside"},
		{"falls off", []uint64{exit, 0xb7}, diag.FallsOff, 1, "past the last"},
		{"conditional last", []uint64{exit, 0xfffe0015}, diag.FallsOff, 1, "past the last"},
		{"call last", []uint64{exit, 0xfffffffe_00001085}, diag.FallsOff, 1, "past the last"},
		{"undeclared helper", []uint64{0x00000005_00000085, exit}, diag.UndeclaredHelper, 0, "0x05"},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := Image(program(c.slots...), Options{})
			var e *diag.Error
			require.ErrorAs(t, err, &e)
			assert.Equal(t, c.code, e.Code, "%v", e)
			assert.Equal(t, c.pc, e.PC)
			assert.Contains(t, e.Msg, c.says)
		})
	}
}

func TestAccepted(t *testing.T) {
	for name, slots := range map[string][]uint64{
		"exit":                {exit},
		"jump to slot 0":      {0xb7, 0xfffe0005},
		"jump to the last":    {0x00000005, exit},
		"wide":                {0xffffffff_00000018, 0xffffffff_00000000, exit},
		"jump behind wide":    {0x00020005, lddw, 0, exit},
		"long jump backwards": {0xb7, 0xfffffffe_00000006},
		"divide by zero":      {0x37, exit},
		"shift by 99":         {0x00000063_00000067, exit},
	} {
		assert.NoError(t, Image(program(slots...), Options{}), name)
	}
}

func TestEntriesAndGrants(t *testing.T) {
	img := program(lddw, 0, 0x00000005_00000085, exit)
	img.Helpers = []uint16{5}
	require.NoError(t, Image(img, Options{}))
	require.NoError(t, Image(img, Options{Granted: []uint16{1, 5}}))

	var e *diag.Error
	require.ErrorAs(t, Image(img, Options{Granted: []uint16{}}), &e)
	assert.Equal(t, diag.NotGranted, e.Code)
	for _, slot := range []uint32{1, 4, 0xffffffff} {
		img.Entries[0].Slot = slot
		require.ErrorAs(t, Image(img, Options{}), &e)
		assert.Equal(t, diag.BadEntry, e.Code)
	}
}

func TestDiagnosticsPointAtTheSource(t *testing.T) {
	err := Image(program(exit, 0x00010005), Options{
		Source:      func(pc int) (string, int) { return "blink.c", 10 + pc },
		Disassemble: func(int) string { return "goto +1" },
	})
	assert.EqualError(t, err, "blink.c:11: FC2021: control goes to slot 3, which is outside the text of 2 slots (pc 1: goto +1)")
}

func TestAllListsEveryOffence(t *testing.T) {
	assert.Len(t, All(program(0xff, 0xfe, 0xfd, exit), Options{}, 10), 3)
	assert.Len(t, All(program(0xff, 0xfe, 0xfd, exit), Options{}, 2), 2)
}

// TestEveryLegalSlot: each row, with fields its rules allow, is accepted.
func TestEveryLegalSlot(t *testing.T) {
	for i := range isa.Table {
		r := &isa.Table[i]
		in := isa.Insn{Opcode: r.Opcode, Src: uint8(r.SrcRule.Value), Off: int16(r.OffRule.Value), Imm: int32(r.ImmRule.Value)}
		if r.ImmRule.Use == isa.HelperID {
			in.Imm = 0xffff
		}
		img := program(in.Slot(), 0, exit)
		img.Helpers = []uint16{0xffff}
		if r.Width() == 1 {
			img = program(in.Slot(), exit)
			img.Helpers = []uint16{0xffff}
		}
		assert.NoError(t, Image(img, Options{}), r.Name)
	}
}
