// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package cbridge

// #include "bridge.h"
import "C"

import (
	"runtime/cgo"

	"github.com/femtocontainer/femtocontainer/femto/diag"
)

// femtoBridgeCall answers a system call with Options.Call.
//
//export femtoBridgeCall
func femtoBridgeCall(v *C.femto_vm_t, id C.uint32_t) C.uint16_t {
	m := cgo.Handle(C.bridge_handle(v)).Value().(*VM)
	if m.opts.Call == nil {
		return C.uint16_t(diag.UnknownHelper)
	}
	var args [5]uint64
	for i := range args {
		args[i] = uint64(v.r[1+i])
	}
	r0, price, fault := m.opts.Call(m, uint16(id), args, uint32(v.room))
	switch {
	case fault != 0:
		return C.uint16_t(fault)
	case price > uint32(v.room):
		return C.uint16_t(diag.OutOfFuel)
	}
	v.r[0] = C.uint64_t(r0)
	v.room -= C.uint32_t(price)
	return 0
}
