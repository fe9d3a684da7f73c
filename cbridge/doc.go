// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

// Package cbridge runs images in the C core: exactly the files that the RIOT
// package compiles, through cgo. It offers each engine under the same
// interface and with the same results as the reference interpreter.
//
//	m, err := cbridge.New(bytes, cbridge.Options{Engine: cbridge.Small})
//	defer m.Close()
//	res := m.Run(entry.Slot, ctx, 10_000)
//
// A VM is for one goroutine at a time, and holds C memory until Close.
package cbridge
