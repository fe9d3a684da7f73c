// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package convert

import (
	"encoding/binary"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/femtocontainer/femtocontainer/femto/diag"
	"github.com/femtocontainer/femtocontainer/femto/image"
	"github.com/femtocontainer/femtocontainer/femto/verify"
	"github.com/femtocontainer/femtocontainer/femto/vm"
)

func globals(t testing.TB) []byte {
	b, err := os.ReadFile("testdata/globals.bin")
	require.NoError(t, err)
	return b
}

// TestGenuine runs a file that the earlier tools made, wide loads of .data and
// .rodata included.
func TestGenuine(t *testing.T) {
	img, warnings, err := RBPF(globals(t), Options{})
	require.NoError(t, err)
	assert.Empty(t, warnings)
	b, err := img.Encode()
	require.NoError(t, err)
	img, err = image.Decode(b)
	require.NoError(t, err)
	require.NoError(t, verify.Image(img, verify.Options{}))
	assert.Equal(t, []image.Entry{{Name: "increment"}, {Name: "lookup", Slot: 15}}, img.Entries)
	assert.Equal(t, []uint16{0x20}, img.Helpers)
	assert.Equal(t, [2]int{512, 1}, [2]int{int(img.Frame), int(img.Depth)})

	m, err := vm.New(img, vm.Options{Call: func(_ vm.Memory, id uint16, _ [5]uint64, _ uint32) (uint64, uint32, diag.Code) {
		assert.EqualValues(t, 0x20, id)
		return 7, 1, 0
	}})
	require.NoError(t, err)
	run := func(entry int, ctx byte) uint64 {
		res := m.Run(img.Entries[entry].Slot, []byte{ctx, 0, 0, 0}, 1000)
		require.Nil(t, res.Fault)
		return res.R0
	}
	assert.EqualValues(t, 15, run(0, 0))
	assert.EqualValues(t, 115, run(0, 1), ".data persists")
	assert.EqualValues(t, 3000+115+7, run(1, 2))
}

// file makes an old file of instructions.
func file(names string, functions []uint16, text ...uint64) []byte {
	le := binary.LittleEndian
	b := []byte("rBPF")
	for _, v := range []int{0, 0, 0, len(names), 8 * len(text), len(functions) / 3} {
		b = le.AppendUint32(b, uint32(v))
	}
	b = append(b, names...)
	for _, v := range text {
		b = le.AppendUint64(b, v)
	}
	for _, v := range functions {
		b = le.AppendUint16(b, v)
	}
	return b
}

const (
	exit      = 0x95
	localCall = 0x1085 // imm 0: the next slot
)

func TestOptions(t *testing.T) {
	img, _, err := RBPF(file("", nil, exit), Options{Stack: 64, Depth: 3})
	require.NoError(t, err)
	assert.Equal(t, &image.Image{
		Entries: []image.Entry{{}}, Frame: 64, Depth: 3, ROData: []byte{}, Data: []byte{}, Text: []byte{exit, 0, 0, 0, 0, 0, 0, 0},
	}, img, "without functions the program begins at slot 0")
	for _, o := range []Options{{Stack: 4}, {Stack: -8}, {Stack: 520}, {Depth: 33}, {Depth: -1}} {
		_, _, err := RBPF(file("", nil, exit), o)
		assertCode(t, diag.BadOption, err)
	}
}

func TestLocalCalls(t *testing.T) {
	img, warnings, err := RBPF(file("", nil, localCall|1<<32, exit, exit), Options{})
	require.NoError(t, err)
	assert.EqualValues(t, 8, img.Depth)
	assert.Empty(t, img.Helpers, "a local call is no system call")
	require.Len(t, warnings, 1)
	assert.Equal(t, diag.Recursion, warnings[0].Code)

	_, _, err = RBPF(file("", nil, localCall|0xffffffff<<32, exit), Options{})
	assertCode(t, diag.BadRBPF, err)
}

func TestDocumentedMagic(t *testing.T) {
	b := file("", nil, exit)
	copy(b, "FPBr")
	_, _, err := RBPF(b, Options{})
	assert.NoError(t, err)
}

func assertCode(t *testing.T, want diag.Code, err error) {
	t.Helper()
	var e *diag.Error
	require.ErrorAs(t, err, &e)
	assert.Equal(t, want, e.Code, "%v", e)
}

func TestRefusals(t *testing.T) {
	compressed, err := os.ReadFile("testdata/invalid_compressed.bin")
	require.NoError(t, err)
	many := make([]uint16, 3*256)
	for name, b := range map[string][]byte{
		"compressed":      compressed,
		"empty":           {},
		"magic":           append([]byte("\x7fELF"), file("", nil, exit)[4:]...),
		"no text":         file("", nil),
		"name outside":    file("a\x00", []uint16{2, 0, 0}, exit),
		"name endless":    file("a", []uint16{0, 0, 0}, exit),
		"function odd":    file("a\x00", []uint16{0, 0, 4}, exit),
		"function beyond": file("a\x00", []uint16{0, 0, 8}, exit),
		"half a load":     file("", nil, exit, opcodeLDDWD),
		"trailing":        append(file("", nil, exit), 0),
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := RBPF(b, Options{})
			assertCode(t, diag.BadRBPF, err)
		})
	}
	_, _, err = RBPF(file("a\x00", many, exit), Options{})
	assertCode(t, diag.TooMany, err)
}

// TestHostileLengths: every word of the header at the values that break sums,
// and every truncation (prior defects: a data length of 0xfffffff0 became a
// region of 4 GiB; the sum of two lengths wrapped).
func TestHostileLengths(t *testing.T) {
	genuine := globals(t)
	for at := 0; at < headerSize; at += 4 {
		for _, v := range []uint32{0, 1, 7, 8, 0x7fffffff, 0x80000000, 0xfffffff0, 0xffffffff, -uint32(len(genuine))} {
			b := append([]byte(nil), genuine...)
			if binary.LittleEndian.Uint32(b[at:]) == v {
				continue
			}
			binary.LittleEndian.PutUint32(b[at:], v)
			_, _, err := RBPF(b, Options{})
			assert.Error(t, err, "offset %d value %#x", at, v)
		}
	}
	for n := range genuine {
		_, _, err := RBPF(genuine[:n], Options{})
		assert.Error(t, err, "%d bytes", n)
	}
}

func FuzzRBPF(f *testing.F) {
	f.Add(globals(f))
	f.Add(file("a\x00", []uint16{0, 0, 8}, opcodeLDDWR|5<<32, 0, exit))
	f.Add(file("", nil, localCall, exit))
	f.Fuzz(func(t *testing.T, b []byte) {
		img, _, err := RBPF(b, Options{})
		if err != nil {
			require.IsType(t, &diag.Error{}, err)
			return
		}
		if e, err := img.Encode(); err == nil {
			_, err := image.Decode(e)
			require.NoError(t, err)
		}
	})
}
