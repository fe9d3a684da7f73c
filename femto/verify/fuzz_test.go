// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package verify_test

import (
	"encoding/binary"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/femtocontainer/femtocontainer/femto/diag"
	"github.com/femtocontainer/femtocontainer/femto/image"
	"github.com/femtocontainer/femtocontainer/femto/isa"
	"github.com/femtocontainer/femtocontainer/femto/verify"
	"github.com/femtocontainer/femtocontainer/femto/vm"
)

// FuzzVerify takes any text and entry point. A refusal has a code and a place;
// what is accepted executes only whole instructions that the table knows, does
// not leave the text, and ends with a result or a fault of run time.
func FuzzVerify(f *testing.F) {
	for _, slots := range [][]uint64{
		{0x95},
		{0x18, 0, 0x95},
		{0x95, 0x18},
		{0x18, 0x95, 0x95},
		{0x00010005, 0x18, 0, 0x95},
		{0xb7, 0xfffe0005},
		{0x95, 0xfffffffe_00001085},
		{0x00000005_00000085, 0x95},
		{0x00000001_00001085, 0x95, 0x95},
		{0xbb0f, 0x95},
		{0x00000001_0000a1db, 0x95},
	} {
		var text []byte
		for _, s := range slots {
			text = binary.LittleEndian.AppendUint64(text, s)
		}
		f.Add(text, uint16(0))
	}
	f.Fuzz(func(t *testing.T, text []byte, entry uint16) {
		img := &image.Image{
			Entries: []image.Entry{{Name: "main", Slot: uint32(entry)}},
			Text:    text, Frame: 64, Depth: 3, Helpers: []uint16{5},
		}
		err := verify.Image(img, verify.Options{})
		all := verify.All(img, verify.Options{}, 1000)
		if err != nil {
			var e *diag.Error
			require.True(t, errors.As(err, &e))
			require.Equal(t, 2, int(e.Code)/1000, "%v", e)
			require.NotEmpty(t, all)
			require.Equal(t, e, all[0])
			return
		}
		require.Empty(t, all)

		starts := map[int]bool{}
		for pc := 0; pc < len(text)/8; {
			row := isa.Lookup(isa.Decode(binary.LittleEndian.Uint64(text[8*pc:])))
			require.NotNil(t, row, "accepted, yet slot %d is unknown", pc)
			starts[pc] = true
			pc += row.Width()
		}
		m, err := vm.New(img, vm.Options{Trace: func(s vm.Step) {
			require.True(t, starts[s.PC], "slot %d begins no instruction", s.PC)
		}})
		require.NoError(t, err)
		result := m.Run(uint32(entry), make([]byte, 16), 2000)
		if result.Fault != nil {
			require.Equal(t, 3, int(result.Fault.Code)/1000, "%v", result.Fault)
			require.True(t, starts[result.Fault.PC], "fault at slot %d, which begins no instruction", result.Fault.PC)
		}
	})
}
