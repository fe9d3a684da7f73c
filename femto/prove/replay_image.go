// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package prove

import (
	"encoding/binary"
	"fmt"
	"strings"

	"github.com/femtocontainer/femtocontainer/femto/asm"
	"github.com/femtocontainer/femtocontainer/femto/bv"
	"github.com/femtocontainer/femtocontainer/femto/image"
	"github.com/femtocontainer/femtocontainer/femto/isa"
)

// An ImageReplay is a counterexample about loader or verifier, as a file that
// decoder and verifier in Go and those in C give a verdict on:
//
//	go run ./femto/prove/verdicts FILE
type ImageReplay struct {
	State []string // what the solver found
	File  []byte
	Notes []string // in what the file differs from that
}

// maxFile is the longest file that is made of a counterexample.
const maxFile = 64 << 20

// ReplayImage turns a failure of the verifier's slots or of the loader with a
// counterexample into a file; nil for other failures.
func (f *Failure) ReplayImage() *ImageReplay {
	words := strings.Fields(f.Unit)
	if len(f.Values) == 0 || len(words) < 3 {
		return nil
	}
	var opcode uint8
	switch {
	case words[0] == "load" && words[2] == "femto_image_open" && f.Values["len"] <= maxFile:
		return f.loaded()
	case words[0] == "verify":
		if n, err := fmt.Sscanf(words[2], "0x%02x", &opcode); n == 1 && err == nil {
			return f.verified(opcode)
		}
	}
	return nil
}

// verified is a text of the length found, in which the slot found is where it
// was and everything else is legal.
func (f *Failure) verified(opcode uint8) *ImageReplay {
	r := &ImageReplay{}
	slots, pc := f.Values["slots"], f.Values["pc"]
	if slots == 0 || slots > maxSlots || pc >= slots {
		return nil
	}
	in := isa.Insn{Opcode: opcode, Dst: uint8(f.Values["dreg"]), Src: uint8(f.Values["sreg"]), Off: int16(f.Values["off"]), Imm: int32(f.Values["imm"])}
	text := make([]byte, 8*slots)
	put := func(slot, v uint64) {
		if slot < slots {
			binary.LittleEndian.PutUint64(text[8*slot:], v)
		}
	}
	for i := range slots {
		put(i, isa.Insn{Opcode: op("mov64_imm")}.Slot())
	}
	put(slots-1, isa.Insn{Opcode: op("exit")}.Slot())
	// Of the slot before the target it only matters whether it is wide.
	if before, ok := f.Values["before_target"]; ok && uint8(before) == wideOpcode {
		s := newSite(opcode)
		env := bv.Env{"pc": pc, "off": uint64(uint16(in.Off)), "imm": uint64(uint32(in.Imm)), "dreg": uint64(in.Dst), "sreg": uint64(in.Src)}
		target := bv.Eval(s.target(), env)
		put(target-1, uint64(wideOpcode))
		put(target, 0)
	}
	put(pc, in.Slot())
	if opcode == wideOpcode {
		put(pc+1, f.Values["imm2"]<<32|f.Values["second"])
	}
	img := &image.Image{Depth: 1, Entries: []image.Entry{{Name: "replay"}}, Text: text}
	if id := uint16(in.Imm); f.Values["declared"] != 0 && int32(id) == in.Imm && id != 0 {
		img.Helpers = []uint16{id}
	}
	name := fmt.Sprintf("%#016x", in.Slot())
	for _, l := range asm.Disassemble(&image.Image{Text: text[8*pc:]}, asm.Options{}) {
		if l.Slot == 0 {
			name = l.Text
		}
	}
	r.State = []string{fmt.Sprintf("%6d  %-34s  in a text of %d slots", pc, name, slots), "with" + f.rest("pc", "slots")}
	b, err := img.Encode()
	if err != nil {
		return nil
	}
	r.File = b
	return r
}

// loaded is a buffer with the header found, and behind it what makes the sums
// that were found, but for bytes of which something else was found.
func (f *Failure) loaded() *ImageReplay {
	r := &ImageReplay{File: make([]byte, f.Values["len"])}
	b := r.File
	put := func(off int, v ...byte) {
		if off <= len(b) {
			copy(b[off:], v)
		}
	}
	var header [imageHeader]byte
	for i := range header {
		header[i] = f.Memory["buf"][uint64(i)]
	}
	entries, helpers, le := int(header[13]), int(header[14]), binary.LittleEndian
	names, behind := f.Values["names!0"], f.Values["pos!0"]
	at := imageHeader + image.EntrySize*entries
	if hooks := (int(behind) - at) / image.HookSize; behind != 0 && hooks >= 0 && hooks <= entries {
		for i := range entries {
			n := min(names, image.MaxName)
			names -= n
			record := []byte{0, 0, 0, 0, byte(n), 0}
			if i < hooks {
				record[5] = image.FlagHook
			}
			put(imageHeader+image.EntrySize*i, record...)
		}
		at = int(behind)
	}
	for i := range helpers {
		put(at, byte(i+1), 0)
		at += 2
	}
	at = (at+7)&^7 + int(le.Uint32(header[16:])) + int(le.Uint32(header[20:])) + int(le.Uint32(header[24:]))
	for ; at < len(b) && at < int(le.Uint32(header[4:])); at++ {
		b[at] = '!'
	}
	// The iteration found: what it reads, and which id it saw last.
	if last, ok := f.Values["last!0"]; ok && f.Values["at!1"] >= behind+2 {
		put(int(f.Values["at!1"])-2, byte(last), byte(last>>8))
	}
	for off, v := range f.Memory["buf"] {
		if off < uint64(len(b)) {
			b[off] = v
		}
	}
	if f.Values["buf_addr"]&7 != 0 {
		r.Notes = append(r.Notes, "the buffer found is not aligned to 8; this one is when it is loaded")
	}
	r.State = []string{fmt.Sprintf("a buffer of %d bytes that begins with % x", len(b), header), "with" + f.rest()}
	return r
}

// rest lists the values found, without those that are said already.
func (f *Failure) rest(but ...string) string {
	out := ""
next:
	for _, k := range sortedKeys(f.Values) {
		for _, b := range but {
			if k == b {
				continue next
			}
		}
		out += fmt.Sprintf(" %s=%#x", k, f.Values[k])
	}
	return out
}
