// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package main

import (
	"context"
	"crypto/ed25519"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/femtocontainer/femtocontainer/femto/cose"
	"github.com/femtocontainer/femtocontainer/femto/image"
	"github.com/femtocontainer/femtocontainer/femto/isa"
	"github.com/femtocontainer/femtocontainer/femto/suit"
	"github.com/femtocontainer/femtocontainer/femto/sysapi"
	"github.com/femtocontainer/femtocontainer/femto/verify"
)

func inspectCmd(u *ui) *cobra.Command {
	var keyNames []string
	cmd := &cobra.Command{
		Use:   "inspect FILE",
		Short: "show what an image or a manifest consists of",
		Long: `Inspect shows an image's sections, entry points, imported helpers, signature, and
the memory that its code will see: segment addresses, sizes and permissions.

It wants a well-formed image, but not one that a device would accept: the last
line tells.

Of a SUIT manifest, of either profile, it shows what it makes a device do.

With --key it also checks the signature.`,
		Example: `  femto inspect increment.fc
  femto inspect average.suit --key operator.pem.pub`,
		GroupID:           groupUse,
		Args:              one("image or manifest"),
		ValidArgsFunction: files("fc", "suit"),
	}
	outputFlag(cmd)
	cmd.Flags().StringSliceVar(&keyNames, "key", nil, "check that one of these public keys signed it: `KEY,...` as PEM files or hex digits")
	cmd.RunE = action(func(ctx context.Context, args []string) error {
		keys, err := readPublicKeys(keyNames)
		if err != nil {
			return err
		}
		b, err := u.read(ctx, args[0])
		if err != nil {
			return err
		}
		if len(b) > 0 && (b[0] == 0xa2 || b[0] == 0xd8) { // a map of two or a tag in CBOR
			return u.inspectManifest(args[0], b, keys)
		}
		img, err := image.Decode(b)
		if err != nil {
			return locate(err, args[0])
		}
		if len(keys) > 0 {
			if err := cose.Verify(b, keys...); err != nil {
				return locate(err, args[0])
			}
		}
		v := newView(img)
		v.verified = len(keys) > 0
		if u.json {
			u.object(v)
			return nil
		}
		u.printf("%s: femtocontainer image, format %d, %d bytes\n", printable(title(args[0])), v.Format, v.Size)
		v.print(u)
		return nil
	})
	return cmd
}

func (u *ui) inspectManifest(name string, b []byte, keys []ed25519.PublicKey) error {
	e, err := suit.Decode(b)
	if err != nil {
		return locate(err, name)
	}
	v := newManifestView(&e.Manifest, e.Profile, len(b))
	if len(keys) > 0 {
		by, err := e.Verify(keys...)
		if err != nil {
			return locate(err, name)
		}
		v.SignedBy = cose.ID(by).String()
	}
	if u.json {
		u.object(struct {
			Manifest manifestView `json:"manifest"`
		}{v})
		return nil
	}
	u.printf("%s: SUIT manifest, profile %s, %s\n", printable(title(name)), v.Profile, plural(len(b), "byte"))
	v.print(u)
	return nil
}

// deviceRAM is what an instance needs on a device: its stack, .data and .bss,
// and a place to keep registers for each frame but the first.
func deviceRAM(img *image.Image) uint32 {
	return stackSize(img) + uint32(len(img.Data)) + img.BSS + isa.SaveSize*uint32(img.Depth-1)
}

func stackSize(img *image.Image) uint32 { return uint32(img.Frame) * uint32(img.Depth) }

// A view is an image as inspect shows it, and as docs/cli.md has it.
type view struct {
	Format    int           `json:"format"`
	Size      int           `json:"size"`
	Sections  []viewSection `json:"sections"`
	Entries   []viewEntry   `json:"entries"`
	Helpers   []viewHelper  `json:"helpers"`
	FrameSize uint16        `json:"frame_size"`
	CallDepth uint8         `json:"call_depth"`
	RAM       uint32        `json:"ram"`
	Segments  []viewSegment `json:"segments"`
	SignedBy  string        `json:"signed_by,omitempty"`
	Refused   []jsonError   `json:"refused"`

	verified bool // the signature was checked
}

type viewSection struct {
	Name string `json:"name"`
	Size int    `json:"size"`
}

type viewEntry struct {
	Name string `json:"name"`
	Slot uint32 `json:"slot"`
	Hook string `json:"hook,omitempty"`
}

type viewHelper struct {
	ID         uint16 `json:"id"`
	Name       string `json:"name,omitempty"`
	Capability string `json:"capability,omitempty"`
}

type viewSegment struct {
	Number   uint32 `json:"number"`
	Name     string `json:"name"`
	Address  uint32 `json:"address"`
	Size     uint32 `json:"size"`
	Writable bool   `json:"writable"`
}

func newView(img *image.Image) view {
	names := 0
	v := view{
		Format: image.Version, Entries: []viewEntry{}, Helpers: []viewHelper{}, Refused: []jsonError{},
		FrameSize: img.Frame, CallDepth: img.Depth, RAM: deviceRAM(img),
	}
	for _, e := range img.Entries {
		names += len(e.Name)
		entry := viewEntry{Name: e.Name, Slot: e.Slot}
		if e.Hook != nil {
			entry.Hook = uuid(*e.Hook)
		}
		v.Entries = append(v.Entries, entry)
	}
	for _, id := range img.Helpers {
		h := viewHelper{ID: id}
		if call := sysapi.ByID[id]; call != nil {
			h.Name, h.Capability = call.Name, call.Capability
		}
		v.Helpers = append(v.Helpers, h)
	}
	if b, err := img.Encode(); err == nil {
		v.Size = len(b)
		if id, err := cose.Signer(b); err == nil {
			v.SignedBy = id.String()
		}
	}
	rest := len(img.Text) + len(img.ROData) + len(img.Data) + names + len(img.Signature)
	v.Sections = []viewSection{
		{"header", v.Size - rest}, {"text", len(img.Text)}, {"rodata", len(img.ROData)}, {"data", len(img.Data)},
		{"names", names}, {"signature", len(img.Signature)},
	}
	v.Segments = []viewSegment{
		{isa.SegStack, "stack", isa.SegmentBase(isa.SegStack), stackSize(img), true},
		{isa.SegData, "data", isa.SegmentBase(isa.SegData), uint32(len(img.Data)) + img.BSS, true},
		{isa.SegROData, "rodata", isa.SegmentBase(isa.SegROData), uint32(len(img.ROData)), false},
	}
	if err := verify.Image(img, verify.Options{}); err != nil {
		v.Refused = jsonErrors([]error{err})
	}
	return v
}

func (v *view) print(u *ui) {
	u.printf("\n")
	for _, s := range v.Sections {
		remark := ""
		switch {
		case s.Name == "text":
			remark = plural(s.Size/8, "slot")
		case s.Name == "signature" && s.Size == 0:
			remark = "unsigned"
		case s.Name == "signature" && v.verified:
			remark = "of key " + v.SignedBy + ", verifies"
		case s.Name == "signature" && v.SignedBy != "":
			remark = "of key " + v.SignedBy + ", not checked"
		case s.Name == "signature":
			remark = "in a form that devices refuse"
		}
		u.line("  %-10s %8d  %s", s.Name, s.Size, remark)
	}
	u.printf("\n%s\n", plural(len(v.Entries), "entry point"))
	for _, e := range v.Entries {
		hook := ""
		if e.Hook != "" {
			hook = "  hook " + e.Hook
		}
		u.printf("  slot %6d  %s%s\n", e.Slot, e.Name, hook)
	}
	if len(v.Helpers) > 0 {
		u.printf("\n%s\n", plural(len(v.Helpers), "imported helper"))
		for _, h := range v.Helpers {
			name := h.Name
			if name == "" {
				name = "(not one that this femto knows)"
			}
			u.line("  0x%04x  %-20s  %s", h.ID, name, h.Capability)
		}
	}
	u.printf("\nmemory as the container sees it\n")
	v.picture(u)
	u.printf("\n%d bytes of RAM on a device\n", v.RAM)
	if len(v.Refused) > 0 {
		u.printf("a device refuses it: %s: %s\n", v.Refused[0].Code, v.Refused[0].Message)
	} else {
		u.printf("a device that grants the helpers accepts it\n")
	}
}

// picture draws the segments as boxes, lowest address first.
func (v *view) picture(u *ui) {
	const width = 38
	edge := func(address uint32, fill, remark string) {
		u.line("  0x%08x  +%s+%s", address, strings.Repeat(fill, width), remark)
	}
	row := func(text string, size any) { u.line("              |%-*s| %6v", width, " "+text, size) }
	bss := v.Segments[1].Size - uint32(v.Sections[3].Size)
	for _, s := range v.Segments {
		if s.Size == 0 {
			continue
		}
		edge(s.Address, "-", "")
		switch s.Number {
		case isa.SegStack:
			row(fmt.Sprintf("stack    rw  %s of %d", plural(int(v.CallDepth), "frame"), v.FrameSize), s.Size)
		case isa.SegData:
			if size := s.Size - bss; size > 0 {
				row(".data    rw", size)
			}
			if bss > 0 {
				row(".bss     rw  starts as zero", bss)
			}
		case isa.SegROData:
			row(".rodata  r", s.Size)
		}
		remark := ""
		if s.Number == isa.SegStack {
			remark = "  r10"
		}
		edge(s.Address+s.Size, "-", remark)
	}
	edge(isa.SegmentBase(isa.SegContext), ".", "  r1")
	row("context  rw  its length is in r2", "")
	edge(isa.SegmentBase(isa.SegGrant5), ".", "")
	row("granted by the host, or nothing", "")
	edge(isa.SegmentBase(isa.SegGrant6), ".", "")
	row("granted by the host, or nothing", "")
	edge(isa.SegmentBase(isa.SegGrant6+1), ".", "")
}

func uuid(b [16]byte) string {
	h := hex.EncodeToString(b[:])
	return strings.Join([]string{h[:8], h[8:12], h[12:16], h[16:20], h[20:]}, "-")
}
