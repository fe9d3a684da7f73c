// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

// Package attack makes hostile arguments for every system call, from the table:
// a call that is added to package sysapi is attacked without anyone writing a
// test for it.
//
//	world := attack.NewWorld()
//	for _, v := range attack.Vectors(row, world) {
//		mem := world.Memory()
//		r0, price, fault := host.Call(mem, row.ID, v.Args, room)
//	}
//
// Each pointer is tried at the edges of every segment, null, one past, wrapping
// and with the looks of a host's address, together with lengths up to 2^64 - 1;
// strings also unterminated and too long; formats with every kind of malformed
// conversion; values and handles at the edges of their types.
//
// Memory decides about each byte by itself, in the plainest way, so that it can
// serve as reference for those that decide about ranges.
package attack
