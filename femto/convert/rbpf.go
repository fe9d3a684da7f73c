// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package convert

import (
	"bytes"
	"encoding/binary"
	"slices"

	"github.com/femtocontainer/femtocontainer/femto/diag"
	"github.com/femtocontainer/femtocontainer/femto/image"
	"github.com/femtocontainer/femtocontainer/femto/isa"
)

// Options are what a conversion is told.
type Options struct {
	Stack int // frame size in bytes, a multiple of 8; 0 takes 512
	Depth int // frames that may be live at once; 0 takes 1, or 8 where there are local calls
}

const (
	headerSize   = 28
	functionSize = 6
	compressed   = 1 // flag

	// The magic number is documented as 0x72425046, but the tools write the
	// letters in the other order.
	magicWritten    = "rBPF"
	magicDocumented = "FPBr"

	opcodeLDDW  = 0x18
	opcodeLDDWD = 0xb8
	opcodeLDDWR = 0xd8
	opcodeCall  = 0x85

	defaultDepth = 8
)

func bad(format string, args ...any) *diag.Error { return diag.New(diag.BadRBPF, format, args...) }

// RBPF converts a file of the earlier format. Errors and warnings are
// *diag.Error.
func RBPF(old []byte, opts Options) (img *image.Image, warnings []*diag.Error, err error) {
	switch {
	case opts.Stack < 0 || opts.Stack > isa.MaxFrame || opts.Stack%8 != 0:
		return nil, nil, diag.New(diag.BadOption, "stack frame of %d bytes is not a multiple of 8 up to %d", opts.Stack, isa.MaxFrame)
	case opts.Depth < 0 || opts.Depth > isa.MaxDepth:
		return nil, nil, diag.New(diag.BadOption, "call depth %d is not in 1..%d", opts.Depth, isa.MaxDepth)
	}
	c := converter{img: &image.Image{Frame: isa.MaxFrame, Depth: 1}}
	if err := c.sections(old); err != nil {
		return nil, nil, err
	}
	if err := c.rewrite(); err != nil {
		return nil, nil, err
	}
	if opts.Stack > 0 {
		c.img.Frame = uint16(opts.Stack)
	}
	switch {
	case opts.Depth > 0:
		c.img.Depth = uint8(opts.Depth)
	case c.localCalls > 0:
		c.img.Depth = defaultDepth
		warnings = append(warnings, diag.New(diag.Recursion, "there are local calls; %d frames may be live at once", defaultDepth).
			WithHint("the earlier engine took them for system calls; set the bound with --depth"))
	}
	return c.img, warnings, nil
}

type converter struct {
	img        *image.Image
	localCalls int
}

// sections takes the file apart.
func (c *converter) sections(old []byte) error {
	if len(old) < headerSize {
		return bad("%d bytes are less than the header's %d", len(old), headerSize)
	}
	if magic := string(old[:4]); magic != magicWritten && magic != magicDocumented {
		return bad("the file begins with % x, not with %q", magic, magicWritten)
	}
	le := binary.LittleEndian
	var words [headerSize / 4]uint32
	for i := range words {
		words[i] = le.Uint32(old[4*i:])
	}
	version, flags, functions := words[1], words[2], words[6]
	switch {
	case version != 0:
		return bad("version %d is not known, only 0", version)
	case flags&compressed != 0:
		return bad("the text is compressed").WithHint("generate the file again without -c")
	case flags != 0:
		return bad("unknown flags 0x%x", flags)
	case functions > image.MaxEntries:
		return diag.New(diag.TooMany, "%d functions; an image has at most %d entry points", functions, image.MaxEntries)
	}
	rest := old[headerSize:]
	take := func(what string, n uint32) ([]byte, error) {
		if uint64(n) > uint64(len(rest)) {
			return nil, bad("%s needs %d bytes, but only %d are left", what, n, len(rest))
		}
		b := rest[:n:n]
		rest = rest[n:]
		return b, nil
	}
	var table []byte
	for _, s := range []struct {
		name string
		size uint32
		to   *[]byte
	}{
		{"data", words[3], &c.img.Data},
		{"rodata", words[4], &c.img.ROData},
		{"text", words[5], &c.img.Text},
		{"the table of functions", functions * functionSize, &table},
	} {
		b, err := take(s.name, s.size)
		if err != nil {
			return err
		}
		*s.to = b
	}
	switch {
	case len(rest) > 0:
		return bad("%d bytes follow the table of functions", len(rest))
	case len(c.img.Text) == 0 || len(c.img.Text)%8 != 0:
		return bad("a text of %d bytes is not a positive multiple of 8", len(c.img.Text))
	}
	c.img.Text = bytes.Clone(c.img.Text) // rewrite changes it
	return c.entries(table)
}

func (c *converter) entries(table []byte) error {
	le := binary.LittleEndian
	for ; len(table) > 0; table = table[functionSize:] {
		name, at := int(le.Uint16(table)), le.Uint16(table[4:])
		if name >= len(c.img.ROData) {
			return bad("the name of a function is at offset %d of %d bytes of rodata", name, len(c.img.ROData))
		}
		text, _, ended := bytes.Cut(c.img.ROData[name:], []byte{0})
		if !ended {
			return bad("the name of a function at offset %d of rodata does not end", name)
		}
		if at%8 != 0 || int(at) >= len(c.img.Text) {
			return bad("function %.255q begins at byte %d of the text, which has %d", text, at, len(c.img.Text))
		}
		c.img.Entries = append(c.img.Entries, image.Entry{Name: string(text), Slot: uint32(at / 8)})
	}
	if len(c.img.Entries) == 0 { // the earlier engine began at the first instruction
		c.img.Entries = []image.Entry{{}}
	}
	return nil
}

// rewrite turns LDDWD and LDDWR into wide loads and collects system calls.
func (c *converter) rewrite() error {
	le := binary.LittleEndian
	text := c.img.Text
	ids := map[uint16]bool{}
	for pc := 0; pc < len(text)/8; pc++ {
		at := text[8*pc:]
		in := isa.Decode(le.Uint64(at))
		switch in.Opcode {
		case opcodeLDDW, opcodeLDDWD, opcodeLDDWR:
			if len(at) < 16 {
				return diag.At(diag.BadRBPF, pc, "a wide instruction stands in the last slot")
			}
			pc++
			if in.Opcode == opcodeLDDW {
				continue
			}
			segment := uint32(isa.SegData)
			if in.Opcode == opcodeLDDWR {
				segment = isa.SegROData
			}
			// The sum had the width of the host's pointers; here that is 32.
			in.Opcode, in.Imm = opcodeLDDW, int32(isa.SegmentBase(segment)+uint32(in.Imm))
			le.PutUint64(at, in.Slot())
			le.PutUint32(at[12:], 0)
		case opcodeCall:
			switch {
			case in.Src == 1 && in.Imm == -1:
				return diag.At(diag.BadRBPF, pc, "the tools left the call of a function unresolved").
					WithHint("link the object file with femto link")
			case in.Src == 1:
				c.localCalls++
			case in.Imm > 0 && in.Imm <= 0xffff:
				ids[uint16(in.Imm)] = true
			}
		}
	}
	if len(ids) > image.MaxHelpers {
		return diag.New(diag.TooMany, "%d different system calls; an image imports at most %d", len(ids), image.MaxHelpers)
	}
	for id := range ids {
		c.img.Helpers = append(c.img.Helpers, id)
	}
	slices.Sort(c.img.Helpers)
	return nil
}
