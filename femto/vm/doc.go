// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

// Package vm is the reference interpreter: it runs an image by evaluating the
// terms of the instruction table, one instruction at a time. It is slow and
// meant to be obvious; the C engines have to agree with it on result,
// registers, memory, fuel, fault code and pc.
//
//	m, err := vm.New(img, vm.Options{Call: host})
//	res := m.Run(img.Entries[0].Slot, ctx, 10_000)
//	if res.Fault != nil { ... }
//	fmt.Println(res.R0, res.FuelUsed)
//
// A VM is an instance: its .data and .bss persist from one activation to the
// next, until Reset, which a host calls after a fault. New refuses an image that does
// not pass the verifier, since Run relies on what the verifier established.
// A VM is for one goroutine at a time.
//
// Not here: system calls (Options.Call is asked), hooks, tenants and time.
package vm
