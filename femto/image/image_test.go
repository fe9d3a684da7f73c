// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package image

import (
	"encoding/binary"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/femtocontainer/femtocontainer/femto/diag"
)

func sample() *Image {
	hook := [16]byte{0xaa, 15: 0xbb}
	return &Image{
		Entries: []Entry{{Name: "main", Slot: 0}, {Name: "tick", Slot: 1, Hook: &hook}},
		Frame:   64, Depth: 2, Helpers: []uint16{1, 0x20},
		Text: append(make([]byte, 8), 0x95, 0, 0, 0, 0, 0, 0, 0), ROData: []byte("const"), Data: []byte{1, 2, 3}, BSS: 9,
		Signature: []byte{},
	}
}

func TestEncodeDecode(t *testing.T) {
	b, err := sample().Encode()
	require.NoError(t, err)
	img, err := Decode(b)
	require.NoError(t, err)
	assert.Equal(t, sample(), img)

	signed := sample()
	signed.Signature = []byte("signature")
	s, err := signed.Encode()
	require.NoError(t, err)
	assert.Equal(t, len(b)+9, len(s))
	img, err = Decode(s)
	require.NoError(t, err)
	assert.Equal(t, signed, img)
}

// TestOverhead: an entry point with a hook and four helpers cost at most 64 bytes
// beyond text and data, without name and signature.
func TestOverhead(t *testing.T) {
	for _, entry := range []Entry{{}, {Hook: &[16]byte{}}} {
		img := &Image{Entries: []Entry{entry}, Depth: 1, Helpers: []uint16{1, 2, 3, 4}, Text: make([]byte, 800), ROData: make([]byte, 33), Data: make([]byte, 5), BSS: 100}
		b, err := img.Encode()
		require.NoError(t, err)
		assert.LessOrEqual(t, len(b)-838, 64)
	}
}

// TestNoise: 16 MiB of noise, with and without a header in front, is refused.
func TestNoise(t *testing.T) {
	noise := make([]byte, 16<<20)
	rand.NewChaCha8([32]byte{}).Read(noise)
	_, err := Decode(noise)
	assertCode(t, diag.BadMagic, err)
	valid, err := sample().Encode()
	require.NoError(t, err)
	copy(noise, valid)
	_, err = Decode(noise)
	assertCode(t, diag.Trailing, err)
	copy(noise, valid[:16]) // lengths are noise
	_, err = Decode(noise)
	assert.Error(t, err)
}

// TestOneEncoding: what Decode accepts is what Encode of the result gives.
func TestOneEncoding(t *testing.T) {
	valid, err := sample().Encode()
	require.NoError(t, err)
	rapid.Check(t, func(t *rapid.T) {
		b := append([]byte(nil), valid...)
		for range rapid.IntRange(0, 3).Draw(t, "changes") {
			b[rapid.IntRange(0, len(b)-1).Draw(t, "at")] = rapid.Byte().Draw(t, "byte")
		}
		b = b[:rapid.IntRange(0, len(b)).Draw(t, "length")]
		img, err := Decode(b)
		if err != nil {
			require.IsType(t, &diag.Error{}, err)
			return
		}
		again, err := img.Encode()
		require.NoError(t, err)
		require.Equal(t, b, again)
	})
}

func TestEveryTruncationIsRefused(t *testing.T) {
	b, err := sample().Encode()
	require.NoError(t, err)
	for n := range b {
		_, err := Decode(b[:n])
		require.Error(t, err, "%d of %d bytes", n, len(b))
	}
	_, err = Decode(append(b, 0))
	assertCode(t, diag.Trailing, err)
}

func assertCode(t *testing.T, want diag.Code, err error) {
	t.Helper()
	var e *diag.Error
	require.ErrorAs(t, err, &e)
	assert.Equal(t, want, e.Code, "%v", e)
}

// TestHostileLengths: every length at 0, 1, the greatest, and values whose sum
// with another wraps.
func TestHostileLengths(t *testing.T) {
	valid, err := sample().Encode()
	require.NoError(t, err)
	for _, at := range []int{4, 16, 20, 24, 28} {
		for _, v := range []uint32{0, 1, 7, 8, 1 << 24, 0x7fffffff, 0x80000000, 0xfffffff0, 0xfffffff8, 0xffffffff, -uint32(len(valid))} {
			b := append([]byte(nil), valid...)
			if binary.LittleEndian.Uint32(b[at:]) == v {
				continue
			}
			binary.LittleEndian.PutUint32(b[at:], v)
			img, err := Decode(b)
			if at == 28 && err == nil { // any bss that fits is fine
				assert.Equal(t, v, img.BSS)
				continue
			}
			assert.Error(t, err, "offset %d value %#x", at, v)
		}
	}
}

func TestRefusals(t *testing.T) {
	for name, c := range map[string]struct {
		change func(b []byte)
		want   diag.Code
	}{
		"magic":          {func(b []byte) { b[0] = 0 }, diag.BadMagic},
		"version":        {func(b []byte) { b[3] = 2 }, diag.BadVersion},
		"flags":          {func(b []byte) { b[15] = 1 }, diag.BadHeader},
		"frame odd":      {func(b []byte) { b[10] = 4 }, diag.BadHeader},
		"frame large":    {func(b []byte) { b[11] = 3 }, diag.BadHeader},
		"depth none":     {func(b []byte) { b[12] = 0 }, diag.BadHeader},
		"depth large":    {func(b []byte) { b[12] = 33 }, diag.BadHeader},
		"no entry":       {func(b []byte) { b[13] = 0 }, diag.BadHeader},
		"entry flags":    {func(b []byte) { b[37] = 2 }, diag.BadEntryRecord},
		"entry reserved": {func(b []byte) { b[39] = 1 }, diag.BadEntryRecord},
		"name":           {func(b []byte) { b[len(b)-1] = 0x1b }, diag.BadEntryRecord},
		"helpers equal":  {func(b []byte) { b[66] = 1 }, diag.BadHelperList},
		"helper zero":    {func(b []byte) { b[64] = 0 }, diag.BadHelperList},
		"padding":        {func(b []byte) { b[68] = 1 }, diag.BadPadding},
		"signature":      {func(b []byte) { b[8] = 1 }, diag.Trailing},
		"names":          {func(b []byte) { b[36]-- }, diag.Trailing},
	} {
		t.Run(name, func(t *testing.T) {
			b, err := sample().Encode()
			require.NoError(t, err)
			c.change(b)
			_, err = Decode(b)
			assertCode(t, c.want, err)
		})
	}
}

func FuzzDecode(f *testing.F) {
	vectors, err := filepath.Glob("testdata/*.fc")
	require.NoError(f, err)
	for _, name := range vectors {
		b, err := os.ReadFile(name)
		require.NoError(f, err)
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		img, err := Decode(b)
		if err != nil {
			return
		}
		again, err := img.Encode()
		require.NoError(t, err)
		require.Equal(t, b, again)
	})
}
