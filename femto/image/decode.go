// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package image

import (
	"bytes"
	"encoding/binary"

	"github.com/femtocontainer/femtocontainer/femto/diag"
	"github.com/femtocontainer/femtocontainer/femto/isa"
)

// header holds the numbers of the fixed part.
type header struct {
	total                   uint32
	signature               uint16
	frame                   uint16
	depth, entries, helpers uint8
	text, rodata, data, bss uint32
}

// check decides about the numbers on their own; whether they fit the buffer is
// decided while taking the sections.
func (h *header) check() error {
	switch {
	case h.frame%8 != 0 || h.frame > isa.MaxFrame:
		return diag.New(diag.BadHeader, "frame size %d is not a multiple of 8 up to %d", h.frame, isa.MaxFrame)
	case h.depth == 0 || h.depth > isa.MaxDepth:
		return diag.New(diag.BadHeader, "call depth %d is not in 1..%d", h.depth, isa.MaxDepth)
	case h.entries == 0:
		return diag.New(diag.BadHeader, "there is no entry point")
	case h.text == 0 || h.text%8 != 0:
		return diag.New(diag.BadHeader, "a text of %d bytes is not a positive multiple of 8", h.text)
	}
	for _, s := range []struct {
		name   string
		length uint32
	}{{"text", h.text}, {"rodata", h.rodata}, {"data", h.data}} {
		if s.length > isa.MaxSegment {
			return diag.New(diag.SectionTooLong, "%s of %d bytes; at most %d fit a segment", s.name, s.length, isa.MaxSegment)
		}
	}
	if h.bss > isa.MaxSegment-h.data {
		return diag.New(diag.SectionTooLong, "data and bss of %d and %d bytes; at most %d fit a segment", h.data, h.bss, isa.MaxSegment)
	}
	return nil
}

// A reader takes sections off the front of the signed part.
type reader struct {
	rest []byte
	err  error
}

func (r *reader) take(what string, n int) []byte {
	if r.err != nil {
		return nil
	}
	if n > len(r.rest) {
		r.err = diag.New(diag.Truncated, "%s needs %d bytes, but only %d are left", what, n, len(r.rest))
		return nil
	}
	b := r.rest[:n:n]
	r.rest = r.rest[n:]
	return b
}

// Decode reads an image. The slices of the result alias b. The order of the
// checks is that of the device's loader, so both report the same code.
func Decode(b []byte) (*Image, error) {
	if len(b) < HeaderSize {
		return nil, diag.New(diag.Truncated, "%d bytes are less than the header's %d", len(b), HeaderSize)
	}
	if string(b[:3]) != Magic {
		return nil, diag.New(diag.BadMagic, "the file begins with % x, not with % x", b[:3], Magic).
			WithHint("an ELF object goes through femto link, an image of the earlier rBPF format through femto convert")
	}
	if b[3] != Version {
		return nil, diag.New(diag.BadVersion, "format version %d; this build reads version %d", b[3], Version)
	}
	if b[15] != 0 {
		return nil, diag.New(diag.BadHeader, "unknown flags 0x%02x", b[15])
	}
	le := binary.LittleEndian
	h := header{
		total: le.Uint32(b[4:]), signature: le.Uint16(b[8:]), frame: le.Uint16(b[10:]),
		depth: b[12], entries: b[13], helpers: b[14],
		text: le.Uint32(b[16:]), rodata: le.Uint32(b[20:]), data: le.Uint32(b[24:]), bss: le.Uint32(b[28:]),
	}
	if err := h.check(); err != nil {
		return nil, err
	}
	if h.total < HeaderSize || uint64(h.total) > uint64(len(b)) {
		return nil, diag.New(diag.Truncated, "the header says %d bytes, the file has %d", h.total, len(b))
	}
	if len(b)-int(h.total) != int(h.signature) {
		return nil, diag.New(diag.Trailing, "%d bytes follow the signed part, the header says a signature of %d", len(b)-int(h.total), h.signature)
	}
	r := reader{rest: b[HeaderSize:h.total]}
	img := &Image{Frame: h.frame, Depth: h.depth, BSS: h.bss}

	records := r.take("the entry table", EntrySize*int(h.entries))
	var names, hooks int
	for rec := range slicesOf(records, EntrySize) {
		if rec[5]&^FlagHook != 0 || rec[6] != 0 || rec[7] != 0 {
			return nil, diag.New(diag.BadEntryRecord, "entry record % x has unknown flags", rec)
		}
		names += int(rec[4])
		hooks += int(rec[5])
		img.Entries = append(img.Entries, Entry{Slot: le.Uint32(rec)})
	}
	uuids := r.take("the hook identifiers", HookSize*hooks)
	helpers := r.take("the helper list", 2*int(h.helpers))
	if r.err != nil {
		return nil, r.err
	}
	for id := range slicesOf(helpers, 2) {
		img.Helpers = append(img.Helpers, le.Uint16(id))
	}
	if err := checkHelpers(img.Helpers); err != nil {
		return nil, err
	}
	pad := r.take("the padding", -(int(h.total)-len(r.rest))&7)
	if len(bytes.Trim(pad, "\x00")) > 0 {
		return nil, diag.New(diag.BadPadding, "the padding before the text is % x, not zero", pad)
	}
	img.Text = r.take("text", int(h.text))
	img.ROData = r.take("rodata", int(h.rodata))
	img.Data = r.take("data", int(h.data))
	all := r.take("the names", names)
	if r.err != nil {
		return nil, r.err
	}
	if len(r.rest) > 0 {
		return nil, diag.New(diag.Trailing, "%d bytes follow the names within the signed part", len(r.rest))
	}
	i := 0
	for rec := range slicesOf(records, EntrySize) {
		e := &img.Entries[i]
		e.Name, all = string(all[:rec[4]]), all[rec[4]:]
		if err := checkName(e.Name); err != nil {
			return nil, err
		}
		if rec[5] != 0 {
			e.Hook, uuids = (*[HookSize]byte)(uuids), uuids[HookSize:]
		}
		i++
	}
	img.Signature = b[h.total:]
	return img, nil
}

func checkHelpers(ids []uint16) error {
	last := uint16(0)
	for _, id := range ids {
		if id <= last {
			return diag.New(diag.BadHelperList, "helper 0x%02x follows 0x%02x; the list must ascend from 1", id, last)
		}
		last = id
	}
	return nil
}

// checkName keeps control characters away from terminals that print names.
func checkName(name string) error {
	for i := range len(name) {
		if c := name[i]; c < '!' || c > '~' {
			return diag.New(diag.BadEntryRecord, "the name %q of an entry point has a character outside graphic ASCII", name)
		}
	}
	return nil
}

// slicesOf yields consecutive pieces of n bytes.
func slicesOf(b []byte, n int) func(yield func([]byte) bool) {
	return func(yield func([]byte) bool) {
		for ; len(b) >= n; b = b[n:] {
			if !yield(b[:n]) {
				return
			}
		}
	}
}
