// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package main

// A workload is one C function in workloads/ and the value it must return.
type workload struct {
	name   string
	result uint64
	grants bool // reads the shared block, granted as segment 5
	peers  bool // the recorded engines ran it; part of the geometric mean
}

var workloads = []workload{
	{name: "ret0", result: 0},
	{name: "fletcher32", result: 0x5bac8c3d, grants: true, peers: true},
	{name: "memsum", result: 0x4f41, grants: true, peers: true},
	{name: "arith64", result: 0xfe4947509a04167e, peers: true},
	{name: "bsort", result: 0x114e78, grants: true, peers: true},
	{name: "crc32", result: 0x6a230d95, grants: true, peers: true},
	{name: "sha256", result: 0xaf633f7c, grants: true, peers: true},
	{name: "coap_response", result: 0x1f_00000aea, grants: true},
	{name: "moving_average", result: 0xd4e02c06a587184a},
	{name: "parse_numbers", result: 0xf_49965cb9, grants: true},
	{name: "state_machine", result: 0x4_0002_001f0000, grants: true},
}

// names of the workloads that pick chooses, in order.
func names(pick func(workload) bool) []string {
	var out []string
	for _, w := range workloads {
		if pick(w) {
			out = append(out, w.name)
		}
	}
	return out
}

func everyWorkload() []string { return names(func(workload) bool { return true }) }

// meanWorkloads are the six that geometric means are taken over.
func meanWorkloads() []string { return names(func(w workload) bool { return w.peers }) }
