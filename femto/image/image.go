// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package image

import (
	"encoding/binary"

	"github.com/femtocontainer/femtocontainer/femto/diag"
	"github.com/femtocontainer/femtocontainer/femto/isa"
)

// The constants of the format.
const (
	Magic      = "\x7fFC" // bytes 0..2
	Version    = 1        // byte 3
	HeaderSize = 32
	EntrySize  = 8
	HookSize   = 16
	FlagHook   = 1 // entry flag: a hook's UUID is present

	MaxEntries   = 255
	MaxHelpers   = 255
	MaxName      = 255
	MaxSignature = 0xffff
)

// An Image is a decoded container image.
type Image struct {
	Entries []Entry  // 1..255
	Frame   uint16   // bytes of stack a frame has, a multiple of 8, at most 512
	Depth   uint8    // frames that may be live at once, 1..32
	Helpers []uint16 // imported helpers, strictly ascending, not 0

	Text   []byte // 8-byte slots, at least one
	ROData []byte // segment 3
	Data   []byte // initial contents of segment 2 ...
	BSS    uint32 // ... and how many zero bytes follow

	Signature []byte // COSE_Sign1 over the rest, or empty
}

// An Entry is a function that the host may call.
type Entry struct {
	Name string    // graphic ASCII, may be empty
	Slot uint32    // where it begins
	Hook *[16]byte // UUID of the hook it wants to be attached to, or nil
}

// Entry finds an entry point by name.
func (img *Image) Entry(name string) (Entry, bool) {
	for _, e := range img.Entries {
		if e.Name == name {
			return e, true
		}
	}
	return Entry{}, false
}

// Encode is the image as bytes. It refuses exactly what Decode would.
func (img *Image) Encode() ([]byte, error) {
	if err := img.check(); err != nil {
		return nil, err
	}
	le := binary.LittleEndian
	b := make([]byte, HeaderSize, HeaderSize+len(img.Text)+len(img.ROData)+len(img.Data)+64)
	copy(b, Magic)
	b[3] = Version
	le.PutUint16(b[8:], uint16(len(img.Signature)))
	le.PutUint16(b[10:], img.Frame)
	b[12], b[13], b[14] = img.Depth, uint8(len(img.Entries)), uint8(len(img.Helpers))
	le.PutUint32(b[16:], uint32(len(img.Text)))
	le.PutUint32(b[20:], uint32(len(img.ROData)))
	le.PutUint32(b[24:], uint32(len(img.Data)))
	le.PutUint32(b[28:], img.BSS)
	for _, e := range img.Entries {
		flags := byte(0)
		if e.Hook != nil {
			flags = FlagHook
		}
		b = le.AppendUint32(b, e.Slot)
		b = append(b, uint8(len(e.Name)), flags, 0, 0)
	}
	for _, e := range img.Entries {
		if e.Hook != nil {
			b = append(b, e.Hook[:]...)
		}
	}
	for _, id := range img.Helpers {
		b = le.AppendUint16(b, id)
	}
	b = append(b, make([]byte, -len(b)&7)...)
	b = append(b, img.Text...)
	b = append(b, img.ROData...)
	b = append(b, img.Data...)
	for _, e := range img.Entries {
		b = append(b, e.Name...)
	}
	le.PutUint32(b[4:], uint32(len(b)))
	return append(b, img.Signature...), nil
}

// check is the part of Decode's rules that an Image in memory can break.
func (img *Image) check() error {
	switch {
	case len(img.Entries) == 0 || len(img.Entries) > MaxEntries:
		return diag.New(diag.BadHeader, "%d entry points; an image has 1 to %d", len(img.Entries), MaxEntries)
	case len(img.Helpers) > MaxHelpers:
		return diag.New(diag.BadHeader, "%d imported helpers; an image has at most %d", len(img.Helpers), MaxHelpers)
	case len(img.Signature) > MaxSignature:
		return diag.New(diag.BadHeader, "a signature of %d bytes; at most %d fit", len(img.Signature), MaxSignature)
	}
	for _, n := range []int{len(img.Text), len(img.ROData), len(img.Data)} {
		if n > isa.MaxSegment {
			return diag.New(diag.SectionTooLong, "a section has %d bytes; at most %d fit a segment", n, isa.MaxSegment)
		}
	}
	for _, e := range img.Entries {
		if len(e.Name) > MaxName {
			return diag.New(diag.BadEntryRecord, "an entry point's name has %d bytes; at most %d fit", len(e.Name), MaxName)
		}
	}
	h := header{
		frame: img.Frame, depth: img.Depth, entries: uint8(len(img.Entries)), helpers: uint8(len(img.Helpers)),
		text: uint32(len(img.Text)), rodata: uint32(len(img.ROData)), data: uint32(len(img.Data)), bss: img.BSS,
	}
	if err := h.check(); err != nil {
		return err
	}
	if err := checkHelpers(img.Helpers); err != nil {
		return err
	}
	for _, e := range img.Entries {
		if err := checkName(e.Name); err != nil {
			return err
		}
	}
	return nil
}
