// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package main

import (
	"bytes"
	"math"

	"github.com/femtocontainer/femtocontainer/femto/diag"
	"github.com/femtocontainer/femtocontainer/femto/vm"
)

// unwound is the fault by which helper 5 ends a program early. It is no
// diagnostic of the project.
const unwound diag.Code = 9999

// helpers are those of uBPF's test program, which the suite assumes.
var helpers = []func(mem vm.Memory, a [5]uint64) (uint64, diag.Code){
	gatherBytes, memfrob, noOp, sqrti, strcmpExt, unwind,
}

// helperIDs lists their numbers, raised by one as in the loaded program.
func helperIDs() []uint16 {
	ids := make([]uint16, len(helpers))
	for i := range ids {
		ids[i] = uint16(i) + 1
	}
	return ids
}

func call(mem vm.Memory, id uint16, args [5]uint64, _ uint32) (r0 uint64, price uint32, fault diag.Code) {
	r0, fault = helpers[id-1](mem, args)
	return r0, 0, fault
}

func gatherBytes(_ vm.Memory, a [5]uint64) (uint64, diag.Code) {
	return a[0]&0xff<<32 | a[1]&0xff<<24 | a[2]&0xff<<16 | a[3]&0xff<<8 | a[4]&0xff, 0
}

func memfrob(mem vm.Memory, a [5]uint64) (uint64, diag.Code) {
	b, ok := mem.Write(a[0], uint32(min(a[1], math.MaxUint32)))
	if !ok {
		return 0, diag.BadAccess
	}
	for i := range b {
		b[i] ^= 42
	}
	return a[0], 0
}

// noOp stands where uBPF overwrites r1 to r5, which a helper cannot do here.
func noOp(vm.Memory, [5]uint64) (uint64, diag.Code) { return 0, 0 }

func sqrti(_ vm.Memory, a [5]uint64) (uint64, diag.Code) {
	return uint64(uint32(math.Sqrt(float64(uint32(a[0]))))), 0
}

func strcmpExt(mem vm.Memory, a [5]uint64) (uint64, diag.Code) {
	x, ok1 := cString(mem, a[0])
	y, ok2 := cString(mem, a[1])
	if !ok1 || !ok2 {
		return 0, diag.BadAccess
	}
	return uint64(int64(bytes.Compare(x, y))), 0
}

// cString reads up to a zero byte.
func cString(mem vm.Memory, addr uint64) ([]byte, bool) {
	var out []byte
	for {
		b, ok := mem.Read(addr+uint64(len(out)), 1)
		if !ok {
			return nil, false
		}
		if b[0] == 0 {
			return out, true
		}
		out = append(out, b[0])
	}
}

// unwind returns its argument, and ends the program with it when it is 0.
func unwind(_ vm.Memory, a [5]uint64) (uint64, diag.Code) {
	if a[0] == 0 {
		return 0, unwound
	}
	return a[0], 0
}
