// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package vm

import (
	"encoding/binary"

	"github.com/femtocontainer/femtocontainer/femto/bv"
	"github.com/femtocontainer/femtocontainer/femto/isa"
)

// A segment is one stretch of guest memory; an empty one is not mapped.
type segment struct {
	bytes    []byte
	writable bool
}

// Memory is what a system call may do with the guest's memory. The slices
// alias it; ok is false when any of the n bytes is out of reach.
type Memory interface {
	Read(addr uint64, n uint32) (b []byte, ok bool)
	Write(addr uint64, n uint32) (b []byte, ok bool)
}

// Read gives the n bytes at addr for reading. No bytes are always in reach.
func (m *VM) Read(addr uint64, n uint32) ([]byte, bool) { return m.slice(addr, n, false) }

// Write gives the n bytes at addr for writing.
func (m *VM) Write(addr uint64, n uint32) ([]byte, bool) { return m.slice(addr, n, true) }

// slice is locate, and remembers a refusal for the message of the fault.
func (m *VM) slice(addr uint64, n uint32, write bool) ([]byte, bool) {
	b, ok := m.locate(addr, n, write)
	if !ok {
		m.refused.addr, m.refused.n, m.refused.write = uint32(addr), n, write
	}
	return b, ok
}

// locate is the address rule for any length; resolve is the rule of the table
// for the lengths that instructions have.
func (m *VM) locate(addr uint64, n uint32, write bool) ([]byte, bool) {
	if n == 0 {
		return nil, true
	}
	a := uint32(addr)
	s, off := a>>isa.SegmentBits, a&(1<<isa.SegmentBits-1)
	if s >= isa.NumSegments {
		return nil, false
	}
	seg := m.segments[s]
	if length := uint32(len(seg.bytes)); n > length || off > length-n || write && !seg.writable {
		return nil, false
	}
	return seg.bytes[off : off+n : off+n], true
}

// The terms of isa's address rule over the variables addr and end.
var (
	addrVar   = bv.Var("addr", 32)
	endVar    = bv.Var("end", 32)
	indexTerm = isa.Index(addrVar)
	placeTerm = isa.Offset(addrVar)
	legalTerm = map[uint8]*bv.Term{}
)

func init() {
	for _, size := range []uint8{1, 2, 4, 8} {
		legalTerm[size] = isa.Resolve(addrVar, endVar, size)
	}
}

// resolve gives the size bytes at addr, or nil when the access is illegal.
func (m *VM) resolve(addr uint32, size uint8, write bool) []byte {
	env := bv.Env{"addr": uint64(addr)}
	i := bv.Eval(indexTerm, env)
	seg := m.segments[i]
	if len(seg.bytes) > 0 && (seg.writable || !write) {
		env["end"] = uint64(isa.SegmentBase(uint32(i))) + uint64(len(seg.bytes))
	}
	if bv.Eval(legalTerm[size], env) == 0 {
		return nil
	}
	return seg.bytes[bv.Eval(placeTerm, env):][:size]
}

func load(b []byte) uint64 {
	var v [8]byte
	copy(v[:], b)
	return binary.LittleEndian.Uint64(v[:])
}

func store(b []byte, v uint64) {
	var le [8]byte
	binary.LittleEndian.PutUint64(le[:], v)
	copy(b, le[:])
}
