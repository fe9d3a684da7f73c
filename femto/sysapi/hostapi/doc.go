// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

// Package hostapi answers system calls on a development machine: every row of
// package sysapi, without hardware and with the same answers each time.
//
//	var out bytes.Buffer
//	h := hostapi.New(hostapi.Options{Console: &out, Sensors: sensors})
//	m, err := vm.New(img, vm.Options{Call: h.Call})
//	res := m.Run(entry, h.Context(), fuel)
//
// Time stands still but for sleeping and waiting, random numbers follow from a
// seed, sensors give the readings that they are told, stores begin with what
// they are given. ParseSensor and ParseEntry read these from a command line.
//
// A call is checked, paid and answered in that order, as on a device: what
// cannot be paid has had no effect. The arguments are checked by
// sysapi.Call.Check. A Host stands for what one container sees; hosts that are
// given the same Stores share them.
//
// Not here: contracts. Everything is granted, and quotas are the Options'.
package hostapi
