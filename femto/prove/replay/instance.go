// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package replay

import (
	"bytes"
	"fmt"
	"hash/fnv"

	"github.com/femtocontainer/femtocontainer/femto/diag"
	"github.com/femtocontainer/femtocontainer/femto/image"
	"github.com/femtocontainer/femtocontainer/femto/isa"
	"github.com/femtocontainer/femtocontainer/femto/vm"
)

// savedFrame is the RAM that a suspended frame takes (docs/image-format.md).
const savedFrame = 40

// instance is an image attached, described, reset and started: what is seen of
// an instance before it runs.
func (c *Call) instance() (lines, error) {
	var l lines
	arg := func(name string) uint32 { return uint32(c.Args[name]) }
	code, at := Verdict(c.Image)
	var m *vm.VM
	var img *image.Image
	if code == 0 {
		var err error
		if img, err = image.Decode(c.Image); err != nil {
			return nil, err
		}
		if m, err = vm.New(img, vm.Options{}); err != nil {
			return nil, err
		}
		need := savedFrame*(uint64(img.Depth)-1) + uint64(len(m.Stack())) + uint64(len(m.Data()))
		switch {
		case need > uint64(arg("ram_len")):
			code = diag.NoRAM
		case arg("ram_at")%8 != 0:
			code = diag.Misaligned
		}
	}
	l.add("status", "%d", code)
	if code >= diag.IllegalInstruction {
		l.add("slot", "%d", at)
	}
	if code != 0 {
		return l, nil
	}
	sum := func(b []byte) string {
		h := fnv.New32a()
		h.Write(b)
		return fmt.Sprintf("%08x", h.Sum32())
	}
	l.add("host", "as given")
	for i, e := range img.Entries {
		hook := "none"
		if e.Hook != nil {
			hook = sum(e.Hook[:])
		}
		l.add(fmt.Sprintf("entry %d", i), "at slot %d, name of %d characters, sum %s, hook %s", e.Slot, len(e.Name), sum([]byte(e.Name)), hook)
	}
	m.Reset()
	l.add("data", "%d bytes, sum %s", len(m.Data()), sum(m.Data()))
	if arg("ctx_len") > isa.MaxSegment {
		l.add("start", "%d", diag.BadGrant)
		return l, nil
	}
	l.add("start", "0")
	ctx := bytes.Repeat([]byte{0x5a}, int(arg("ctx_len")))
	m.Start(arg("slot"), ctx, arg("writable") != 0)
	res := m.Resume(0) // comes to no end, without fuel
	for i, r := range res.Regs {
		l.add(fmt.Sprintf("r%d", i), "%#x", r)
	}
	l.add("pc", "%#x", arg("slot"))
	l.add("fuel", "0x0")
	l.add("level", "0x0")
	for k, n := range []int{0, len(m.Stack()), len(m.Data()), len(img.ROData), len(ctx), 0, 0} {
		if k == 0 {
			continue
		}
		base, w := uint64(isa.SegmentBase(uint32(k))), 0
		b, ok := m.Read(base, uint32(n))
		if !ok {
			return nil, fmt.Errorf("segment %d has no %d bytes", k, n)
		}
		if _, ok := m.Write(base, uint32(n)); ok {
			w = n
		}
		l.add(fmt.Sprintf("mapped %d", k), "%#x bytes, %#x of them to write, sum %s", n, w, sum(b))
	}
	return l, nil
}
