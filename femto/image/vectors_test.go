// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package image

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/femtocontainer/femtocontainer/femto/diag"
)

var update = flag.Bool("update", false, "write testdata from the definitions in this file")

// A vector describes one file of testdata, in vectors.json. Other
// implementations of the format can read both; docs/image-format.md explains.
type vector struct {
	File string `json:"file"`
	Why  string `json:"why"`
	Code string `json:"code,omitempty"` // of the refusal
	*Contents
}

// Contents is what a valid file decodes to; byte strings are in hex.
type Contents struct {
	Frame     uint16        `json:"frame"`
	Depth     uint8         `json:"depth"`
	Entries   []vectorEntry `json:"entries"`
	Helpers   []uint16      `json:"helpers"`
	Text      string        `json:"text"`
	ROData    string        `json:"rodata"`
	Data      string        `json:"data"`
	BSS       uint32        `json:"bss"`
	Signature string        `json:"signature"`
}

type vectorEntry struct {
	Name string `json:"name"`
	Slot uint32 `json:"slot"`
	Hook string `json:"hook,omitempty"`
}

func contentsOf(img *Image) *Contents {
	c := &Contents{
		Frame: img.Frame, Depth: img.Depth, Entries: []vectorEntry{}, Helpers: append([]uint16{}, img.Helpers...),
		Text: hex.EncodeToString(img.Text), ROData: hex.EncodeToString(img.ROData), Data: hex.EncodeToString(img.Data),
		BSS: img.BSS, Signature: hex.EncodeToString(img.Signature),
	}
	for _, e := range img.Entries {
		v := vectorEntry{Name: e.Name, Slot: e.Slot}
		if e.Hook != nil {
			v.Hook = hex.EncodeToString(e.Hook[:])
		}
		c.Entries = append(c.Entries, v)
	}
	return c
}

var (
	twoSlots = []byte{0xb7, 0, 0, 0, 42, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0} // r0 = 42; exit
	hook     = [16]byte{0x12, 0x3e, 0x45, 0x67, 0xe8, 0x9b, 0x12, 0xd3, 0xa4, 0x56, 0x42, 0x66, 0x14, 0x17, 0x40, 0x00}
)

// good vectors; full is the one that the invalid ones are changes of.
func full() *Image {
	return &Image{
		Frame: 64, Depth: 2, Helpers: []uint16{0x01, 0x20, 0x101},
		Entries: []Entry{{Name: "main"}, {Name: "tick", Slot: 1, Hook: &hook}},
		Text:    twoSlots, ROData: []byte("constant\x00"), Data: []byte{1, 2, 3}, BSS: 13,
		Signature: []byte{0xd2, 0x84, 0x40, 0xa0, 0x40, 0x40},
	}
}

func goodVectors() map[string]struct {
	why string
	img *Image
} {
	type good = struct {
		why string
		img *Image
	}
	return map[string]good{
		"minimal": {"one slot, one entry point without a name, nothing else", &Image{Depth: 1, Entries: []Entry{{}}, Text: twoSlots[8:]}},
		"full":    {"two entry points, one with a hook, three helpers, all sections, and bytes that stand for a signature", full()},
		"limits": {"frame, depth and name at their greatest; bss fills segment 2", &Image{
			Frame: 512, Depth: 32, Entries: []Entry{{Name: strings.Repeat("x", 255)}}, Text: twoSlots, BSS: 1<<24 - 8,
		}},
		"many": {"255 entry points and 255 helpers", func() *Image {
			img := &Image{Depth: 1, Text: twoSlots}
			for i := range 255 {
				img.Entries = append(img.Entries, Entry{Name: string(rune('a' + i%26)), Slot: uint32(i % 2)})
				img.Helpers = append(img.Helpers, uint16(0x101*(i+1)))
			}
			return img
		}()},
	}
}

// Where things are in the full vector.
const (
	atEntries = HeaderSize
	atHook    = atEntries + 2*EntrySize
	atHelpers = atHook + HookSize
	atPadding = atHelpers + 6
	atText    = atPadding + 2
	atNames   = atText + 16 + 9 + 3
)

var le = binary.LittleEndian

// invalidVectors are changes of the full vector.
var invalidVectors = []struct {
	name   string
	code   diag.Code
	why    string
	change func(b []byte) []byte
}{
	{"empty", diag.Truncated, "no bytes at all", func([]byte) []byte { return nil }},
	{"header_cut", diag.Truncated, "31 bytes, one less than the header", func(b []byte) []byte { return b[:31] }},
	{"magic", diag.BadMagic, "an ELF file's magic", func(b []byte) []byte { copy(b, "\x7fELF"); return b }},
	{"version_0", diag.BadVersion, "version 0", set8(3, 0)},
	{"version_2", diag.BadVersion, "version 2", set8(3, 2)},
	{"flags", diag.BadHeader, "a flag that is not defined", set8(15, 1)},
	{"frame_odd", diag.BadHeader, "frame size 60 is not a multiple of 8", set16(10, 60)},
	{"frame_large", diag.BadHeader, "frame size 520", set16(10, 520)},
	{"depth_0", diag.BadHeader, "call depth 0; the entry's frame counts", set8(12, 0)},
	{"depth_33", diag.BadHeader, "call depth 33", set8(12, 33)},
	{"no_entry", diag.BadHeader, "no entry point", set8(13, 0)},
	{"text_0", diag.BadHeader, "no text", set32(16, 0)},
	{"text_odd", diag.BadHeader, "a text of 12 bytes", set32(16, 12)},
	{"text_huge", diag.SectionTooLong, "a text of 2^24 bytes", set32(16, 1<<24)},
	{"text_wraps", diag.SectionTooLong, "a text of 2^32 - 8 bytes, so that a sum of lengths would wrap", set32(16, 0xfffffff8)},
	{"text_beyond", diag.Truncated, "the text is one slot longer than what is there", set32(16, 48)},
	{"rodata_huge", diag.SectionTooLong, "rodata of 2^32 - 1 bytes", set32(20, 0xffffffff)},
	{"rodata_beyond", diag.Truncated, "rodata is longer than what is there", set32(20, 64)},
	{"data_huge", diag.SectionTooLong, "data of 0xfffffff0 bytes", set32(24, 0xfffffff0)},
	{"data_beyond", diag.Truncated, "data is longer than what is there", set32(24, 64)},
	{"bss_huge", diag.SectionTooLong, "data and bss together are longer than a segment", set32(28, 1<<24-8)},
	{"bss_wraps", diag.SectionTooLong, "3 bytes of data and 2^32 - 3 of bss: the sum wraps to 0", set32(28, 0xfffffffd)},
	{"total_0", diag.Truncated, "a total length of 0", set32(4, 0)},
	{"total_31", diag.Truncated, "a total length shorter than the header", set32(4, 31)},
	{"total_huge", diag.Truncated, "a total length of 2^32 - 1", set32(4, 0xffffffff)},
	{"total_short", diag.Trailing, "a total length that leaves more after it than a signature", func(b []byte) []byte { le.PutUint32(b[4:], le.Uint32(b[4:])-1); return b }},
	{"total_covers_signature", diag.Trailing, "the signature counted into the signed part", func(b []byte) []byte {
		le.PutUint32(b[4:], uint32(len(b)))
		le.PutUint16(b[8:], 0)
		return b
	}},
	{"signature_cut", diag.Trailing, "the signature is one byte shorter than the header says", func(b []byte) []byte { return b[:len(b)-1] }},
	{"trailing", diag.Trailing, "a byte after the signature", func(b []byte) []byte { return append(b, 0) }},
	{"names_long", diag.Truncated, "a name is longer than what is left", set8(atEntries+4, 5)},
	{"names_short", diag.Trailing, "a byte after the names", set8(atEntries+4, 3)},
	{"name_control", diag.BadEntryRecord, "a control character in a name", set8(atNames, 0x1b)},
	{"name_space", diag.BadEntryRecord, "a space in a name", set8(atNames+1, ' ')},
	{"name_high", diag.BadEntryRecord, "a byte above 7e in a name", set8(atNames+2, 0x7f)},
	{"entry_flags", diag.BadEntryRecord, "an entry flag that is not defined", set8(atEntries+5, 2)},
	{"entry_reserved", diag.BadEntryRecord, "a reserved byte of an entry is not 0", set8(atEntries+6, 1)},
	{"entries_beyond", diag.Truncated, "255 entry points, more than fit", set8(13, 255)},
	{"helper_0", diag.BadHelperList, "helper number 0", set16(atHelpers, 0)},
	{"helpers_equal", diag.BadHelperList, "the same helper twice", set16(atHelpers+2, 1)},
	{"helpers_descend", diag.BadHelperList, "the helpers descend", set16(atHelpers, 0x102)},
	{"padding", diag.BadPadding, "the padding before the text is not 0", set8(atPadding+1, 1)},
}

func set8(at int, v byte) func([]byte) []byte {
	return func(b []byte) []byte { b[at] = v; return b }
}

func set16(at int, v uint16) func([]byte) []byte {
	return func(b []byte) []byte { le.PutUint16(b[at:], v); return b }
}

func set32(at int, v uint32) func([]byte) []byte {
	return func(b []byte) []byte { le.PutUint32(b[at:], v); return b }
}

// writeVectors makes testdata.
func writeVectors(t *testing.T) {
	var list []vector
	write := func(name string, b []byte) {
		require.NoError(t, os.WriteFile(filepath.Join("testdata", name), b, 0o666))
	}
	require.NoError(t, os.MkdirAll("testdata", 0o777))
	for name, g := range goodVectors() {
		b, err := g.img.Encode()
		require.NoError(t, err)
		write(name+".fc", b)
		list = append(list, vector{File: name + ".fc", Why: g.why, Contents: contentsOf(g.img)})
	}
	valid, err := full().Encode()
	require.NoError(t, err)
	for _, v := range invalidVectors {
		write("invalid_"+v.name+".fc", v.change(bytes.Clone(valid)))
		list = append(list, vector{File: "invalid_" + v.name + ".fc", Why: v.why, Code: v.code.String()})
	}
	slices.SortFunc(list, func(x, y vector) int { return strings.Compare(x.File, y.File) })
	b, err := json.MarshalIndent(list, "", "  ")
	require.NoError(t, err)
	write("vectors.json", append(b, '\n'))
}

// TestVectors reads testdata as another implementation would, and compares it
// with the definitions above.
func TestVectors(t *testing.T) {
	if *update {
		writeVectors(t)
	}
	b, err := os.ReadFile("testdata/vectors.json")
	require.NoError(t, err)
	var list []vector
	require.NoError(t, json.Unmarshal(b, &list))
	require.Len(t, list, len(goodVectors())+len(invalidVectors))
	files, err := filepath.Glob("testdata/*.fc")
	require.NoError(t, err)
	require.Len(t, files, len(list), "every file has a line in vectors.json")
	codes := map[string]diag.Code{}
	for _, v := range invalidVectors {
		codes["invalid_"+v.name+".fc"] = v.code
	}
	for _, v := range list {
		t.Run(v.File, func(t *testing.T) {
			b, err := os.ReadFile(filepath.Join("testdata", v.File))
			require.NoError(t, err)
			img, err := Decode(b)
			if v.Code != "" {
				assertCode(t, codes[v.File], err)
				assert.Equal(t, v.Code, codes[v.File].String())
				return
			}
			require.NoError(t, err)
			assert.Equal(t, v.Contents, contentsOf(img))
			again, err := img.Encode()
			require.NoError(t, err)
			assert.Equal(t, b, again)
		})
	}
}

func TestHook(t *testing.T) {
	spelled, err := Hook("123e4567-e89b-12d3-a456-426614174000")
	require.NoError(t, err)
	assert.Equal(t, hook, spelled)

	named, err := Hook("timer")
	require.NoError(t, err)
	assert.Equal(t, "3533a94a34795f32", hex.EncodeToString(named[:8]), "the name space must never change")
	assert.EqualValues(t, 5, named[6]>>4, "version 5")
	other, err := Hook("timer2")
	require.NoError(t, err)
	assert.NotEqual(t, named, other)

	for _, bad := range []string{"", "123e4567-e89b-12d3-a456-42661417400g"} {
		_, err := Hook(bad)
		assert.Error(t, err, "%q", bad)
	}
}
