// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package sysapi

import (
	"encoding/binary"
	"math"

	"github.com/femtocontainer/femtocontainer/femto/diag"
)

// Memory is a container's memory. The slices alias it; ok is false when any of
// the n bytes is out of reach. No bytes are always in reach.
type Memory interface {
	Read(addr uint64, n uint32) (b []byte, ok bool)
	Write(addr uint64, n uint32) (b []byte, ok bool)
}

// Input is an argument after the check.
type Input struct {
	Value uint64 // cut to the argument's type; a guest address for pointers
	Bytes []byte // what a pointer points to, a string without its zero
}

// Text is Bytes of a string.
func (in Input) Text() string { return string(in.Bytes) }

// Scalar is the number that a pointer to one points to.
func (in Input) Scalar() uint32 { return binary.LittleEndian.Uint32(in.Bytes) }

// SetScalar changes that number.
func (in Input) SetScalar(v uint32) { binary.LittleEndian.PutUint32(in.Bytes, v) }

// Refusal is why a call faults.
type Refusal struct {
	Code    diag.Code
	Address uint32 // guest address, for diag.BadAccess
}

// Check looks at the arguments in registers r1 to r5, in order, and gives them
// as the handler may use them, and the price of the call. The first offence
// ends it. femto_sys.c does the same.
func (c *Call) Check(mem Memory, regs [MaxArgs]uint64) (in [MaxArgs]Input, price uint32, bad *Refusal) {
	price = c.Price
	for i := range c.Args {
		a := &c.Args[i]
		in[i].Value = regs[i]
		switch a.Kind {
		case Value, Handle:
			in[i].Value = a.Type.Cut(regs[i])
		case In, Out, InOut:
			size := uint64(a.Bytes())
			if a.Len != "" {
				size = min(regs[c.Index(a.Len)], math.MaxUint32)
			}
			access := mem.Read
			if a.Kind != In {
				access = mem.Write
			}
			b, ok := access(regs[i], uint32(size))
			if !ok {
				return in, 0, &Refusal{diag.BadAccess, uint32(regs[i])}
			}
			in[i].Bytes = b
			if a.Len != "" {
				price += uint32(size) / BytesPerSlot
			}
		case String, Format:
			if in[i].Bytes, bad = readString(mem, regs[i]); bad != nil {
				return in, 0, bad
			}
			price += uint32(len(in[i].Bytes)) / BytesPerSlot
		}
		if a.Kind == Format {
			list, ok := conversions(in[i].Bytes)
			if !ok || len(list) > MaxArgs-1-i {
				return in, 0, &Refusal{Code: diag.BadFormat}
			}
			for k, conv := range list {
				rest := &in[i+1+k]
				rest.Value = regs[i+1+k]
				if conv.verb == 's' {
					if rest.Bytes, bad = readString(mem, rest.Value); bad != nil {
						return in, 0, bad
					}
					price += uint32(len(rest.Bytes)) / BytesPerSlot
				}
			}
			break
		}
	}
	return in, price, nil
}

// readString finds the end of a string, byte by byte: it may be the segment's
// last.
func readString(mem Memory, addr uint64) ([]byte, *Refusal) {
	for n := uint32(0); n < MaxString; n++ {
		b, ok := mem.Read(addr+uint64(n), 1)
		if !ok {
			return nil, &Refusal{diag.BadAccess, uint32(addr) + n}
		}
		if b[0] == 0 {
			s, _ := mem.Read(addr, n)
			return s, nil
		}
	}
	return nil, &Refusal{Code: diag.StringTooLong, Address: uint32(addr)}
}
