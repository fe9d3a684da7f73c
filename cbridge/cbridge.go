// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package cbridge

// #cgo CFLAGS: -std=c11 -O2 -g -Wall -Wextra -Wconversion -Wpedantic -Werror
// #include <stdlib.h>
// #include "bridge.h"
import "C"

import (
	"fmt"
	"runtime"
	"runtime/cgo"
	"unsafe"

	"github.com/femtocontainer/femtocontainer/femto/diag"
	"github.com/femtocontainer/femtocontainer/femto/isa"
	"github.com/femtocontainer/femtocontainer/femto/vm"
)

// An Engine is one of the C interpreters.
type Engine int

// The engines.
const (
	Small    Engine = C.BRIDGE_SMALL // one switch, for the smallest flash
	Fast     Engine = C.BRIDGE_FAST  // the fast one, portable form
	FastRegs Engine = C.BRIDGE_REGS  // the fast one, register form, if the compiler can do it
)

// Engines lists every engine that this build can run, by name.
var Engines = func() map[string]Engine {
	m := map[string]Engine{"small": Small, "fast": Fast}
	if C.bridge_has(C.BRIDGE_REGS) != 0 {
		m["fast-regs"] = FastRegs
	}
	return m
}()

// Options are the host's side of an instance.
type Options struct {
	Engine Engine

	// Call and Granted are as in vm.Options.
	Call    func(mem vm.Memory, id uint16, args [5]uint64, room uint32) (r0 uint64, price uint32, fault diag.Code)
	Granted []uint16
}

// A VM is an instance of an image in the C core.
type VM struct {
	b     *C.bridge_t
	opts  Options
	pins  runtime.Pinner
	limit uint64
}

// aligned is C memory for n bytes; malloc aligns to 16. Exactly n bytes, so
// that a sanitizer sees the first one too many.
func aligned(n int) *C.uint8_t { return (*C.uint8_t)(C.malloc(C.size_t(max(n, 1)))) }

// bytesAt is C memory as a slice.
func bytesAt(p *C.uint8_t, n int) []byte { return unsafe.Slice((*byte)(p), n) }

// Check opens and verifies an image in C, and reports the code and pc that the
// device would.
func Check(image []byte, granted []uint16) (code diag.Code, pc uint32) {
	buf := aligned(len(image))
	defer C.free(unsafe.Pointer(buf))
	copy(bytesAt(buf, len(image)), image)
	var img C.femto_image_t
	code = diag.Code(C.femto_image_open(&img, buf, C.uint32_t(len(image))))
	if code == 0 {
		list := grantAll(&img, granted)
		var at C.uint32_t
		code = diag.Code(C.femto_image_verify(&img, (*C.uint16_t)(unsafe.SliceData(list)), C.uint32_t(len(list)), &at))
		pc = uint32(at)
	}
	return code, pc
}

// grantAll replaces nil, which grants everything, by what the image imports.
func grantAll(img *C.femto_image_t, granted []uint16) []uint16 {
	if granted != nil {
		return granted
	}
	out := []uint16{}
	for _, id := range unsafe.Slice((*uint16)(unsafe.Pointer(img.helpers)), int(img.n_helpers)) {
		out = append(out, id)
	}
	return out
}

// New attaches an image, which it copies.
func New(image []byte, opts Options) (*VM, error) {
	m := &VM{opts: opts, b: (*C.bridge_t)(C.calloc(1, C.sizeof_bridge_t))}
	m.b.image = aligned(len(image))
	copy(bytesAt(m.b.image, len(image)), image)
	m.b.handle = C.uintptr_t(cgo.NewHandle(m))
	var img C.femto_image_t
	if code := diag.Code(C.femto_image_open(&img, m.b.image, C.uint32_t(len(image)))); code != 0 {
		m.Close()
		return nil, diag.New(code, "%s", code.Short())
	}
	list := grantAll(&img, opts.Granted)
	size := C.femto_image_ram(&img)
	m.b.ram = aligned(int(size))
	var pc C.uint32_t
	if code := diag.Code(C.bridge_attach(m.b, C.uint32_t(len(image)), size, (*C.uint16_t)(unsafe.SliceData(list)), C.uint32_t(len(list)), &pc)); code != 0 {
		m.Close()
		return nil, diag.At(code, int(pc), "%s", code.Short())
	}
	return m, nil
}

// Close frees the C memory. The VM must not be used afterwards.
func (m *VM) Close() {
	m.pins.Unpin()
	if m.b.handle != 0 {
		cgo.Handle(m.b.handle).Delete()
	}
	C.free(unsafe.Pointer(m.b.image))
	C.free(unsafe.Pointer(m.b.ram))
	C.free(unsafe.Pointer(m.b))
	m.b = nil
}

// Reset gives .data and .bss their initial contents.
func (m *VM) Reset() { C.femto_reset(&m.b.instance) }

// segment is the memory of a span that begins a segment.
func segment(span C.femto_span_t) []byte {
	return bytesAt(span.base, int(span.end&(1<<isa.SegmentBits-1)))
}

// Stack is segment 1 as it stands.
func (m *VM) Stack() []byte { return segment(m.b.instance.span[0]) }

// Data is segment 2 as it stands: .data, then .bss.
func (m *VM) Data() []byte { return segment(m.b.instance.span[1]) }

// pin gives C the address of a Go slice that it may keep until the next Start.
func (m *VM) pin(b []byte) unsafe.Pointer {
	if len(b) == 0 {
		return nil
	}
	m.pins.Pin(&b[0])
	return unsafe.Pointer(&b[0])
}

func flag(b bool) C.int {
	if b {
		return 1
	}
	return 0
}

// Start begins an activation at slot entry. The context is mapped, not copied.
func (m *VM) Start(entry uint32, ctx []byte, writable bool) {
	m.pins.Unpin()
	m.limit = 0
	if s := C.femto_start(&m.b.vm, &m.b.instance, C.uint32_t(entry), m.pin(ctx), C.uint32_t(len(ctx)), flag(writable)); s != 0 {
		panic(fmt.Sprintf("cbridge: start: %s", diag.Code(s).Short()))
	}
}

// Grant maps b at segment 5 or 6 until the next Start.
func (m *VM) Grant(segment uint32, b []byte, writable bool) error {
	if s := C.femto_grant(&m.b.vm, C.uint32_t(segment), m.pin(b), C.uint32_t(len(b)), flag(writable)); s != 0 {
		return diag.New(diag.Code(s), "%s", diag.Code(s).Short())
	}
	return nil
}

// Run is Start with a writable context, and Resume.
func (m *VM) Run(entry uint32, ctx []byte, fuel uint32) vm.Result {
	m.Start(entry, ctx, true)
	return m.Resume(fuel)
}

// Resume is as that of the reference interpreter.
func (m *VM) Resume(fuel uint32) vm.Result {
	m.limit += uint64(min(fuel, isa.MaxFuel))
	code := diag.Code(C.bridge_resume(m.b, C.int(m.opts.Engine), C.uint32_t(fuel)))
	res := vm.Result{FuelUsed: uint32(m.limit)}
	if code != diag.OutOfFuel {
		res.FuelUsed -= uint32(C.femto_room(&m.b.vm))
	}
	for i := range res.Regs {
		res.Regs[i] = uint64(m.b.vm.r[i])
	}
	res.R0 = res.Regs[0]
	if code != 0 {
		res.Fault = diag.At(code, int(C.femto_pc(&m.b.vm)), "%s", code.Short())
		if code == diag.BadAccess {
			res.Address = uint32(m.b.vm.address)
		}
	}
	return res
}

// Read gives the n bytes at addr for reading, as a system call sees them.
func (m *VM) Read(addr uint64, n uint32) ([]byte, bool) {
	p := C.femto_read(&m.b.vm, C.uint64_t(addr), C.uint32_t(n))
	if p == nil {
		return nil, false
	}
	return unsafe.Slice((*byte)(p), n), true
}

// Write gives the n bytes at addr for writing, as a system call sees them.
func (m *VM) Write(addr uint64, n uint32) ([]byte, bool) {
	p := C.femto_write(&m.b.vm, C.uint64_t(addr), C.uint32_t(n))
	if p == nil {
		return nil, false
	}
	return unsafe.Slice((*byte)(p), n), true
}
