// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package prove

import (
	"encoding/binary"
	"strings"

	"github.com/femtocontainer/femtocontainer/femto/image"
	"github.com/femtocontainer/femtocontainer/femto/isa"
	"github.com/femtocontainer/femtocontainer/femto/prove/replay"
)

// instance makes c the way of an image from femto_attach to femto_start: what
// was found is its lengths, what the host gives, and an entry.
func (f *Failure) instance(c *replay.Call, item []string) bool {
	field := func(name string, off, size int) uint64 {
		if v, ok := f.Values[name]; ok {
			return v
		}
		var b [8]byte // of the header, where the whole buffer is what was found
		for i := range size {
			b[i] = f.Memory["buf"][uint64(off+i)]
		}
		return binary.LittleEndian.Uint64(b[:])
	}
	slot, index := f.Values["slot"], f.Values["index"]
	slots := field("slots", 16, 4)
	if _, ok := f.Values["slots"]; !ok {
		slots /= 8
	}
	slots = max(slots, slot+1)
	data, rodata, bss := field("data_len", 24, 4), field("rodata_len", 20, 4), field("bss_len", 28, 4)
	if max(8*slots, data, rodata) > isa.MaxSegment || data+bss > isa.MaxSegment {
		return false
	}
	fill := func(n uint64) []byte {
		b := make([]byte, n)
		for i := range b {
			b[i] = byte(uint32(i+1) * 2654435761 >> 24)
		}
		return b
	}
	img := &image.Image{Frame: uint16(field("frame_size", 10, 2)), Depth: uint8(max(field("depth", 12, 1), 1)), ROData: fill(rodata), Data: fill(data), BSS: uint32(bss)}
	for range slots {
		img.Text = binary.LittleEndian.AppendUint64(img.Text, isa.Insn{Opcode: op("exit")}.Slot())
	}
	record, found := f.Values["record"]
	for i := range min(max(field("n_entries", 13, 1), index+1), image.MaxEntries) {
		// Others are as different from each other as they can be.
		e := image.Entry{Slot: uint32(i % slots), Name: strings.Repeat(string(rune('a'+i%26)), int(i%7+1))}
		if i == index && found {
			e.Slot = uint32(f.Values["entry_slot"] % slots)
			e.Name = strings.Repeat("x", int(record&0xff))
		}
		if i == index && found && record>>8&1 != 0 || (i != index || !found) && i%3 == 1 {
			e.Hook = &[16]byte{byte(i), 1, 2}
		}
		img.Entries = append(img.Entries, e)
	}
	b, err := img.Encode()
	if err != nil {
		return false
	}
	c.Function, c.Image = "instance", b
	for _, name := range []string{"ctx_len", "writable", "slot"} {
		c.Args[name] = f.Values[name]
	}
	c.Args["ram_len"] = 1 << 26
	if item[0] == "femto_attach" {
		if v, ok := f.Values["ram_len"]; ok {
			c.Args["ram_len"] = v
		}
		c.Args["ram_at"] = f.Values["ram_addr"] & 7
		c.Args["n_granted"] = min(f.Values["n_granted"], 1<<16)
		// The verifier's answer is one of those that a text can have.
		if v := f.Values["verifier_status"]; v != 0 {
			img.Text[0] = 0
			if c.Image, err = img.Encode(); err != nil {
				return false
			}
			note(c, "the verifier refuses the text here with FC2020")
		}
	}
	note(c, "the image has the lengths found, a text of nothing but exit, and goes the whole way from femto_attach to femto_start")
	return true
}
