// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package attack

import (
	"math"
	"slices"

	"github.com/femtocontainer/femtocontainer/femto/sysapi"
)

// A Vector is what a hostile container has in r1 to r5.
type Vector struct {
	Args [sysapi.MaxArgs]uint64
}

const garbage = 0xdeadbeef << 32 // upper half of an address that is else fine

// addresses are the edges of every segment and what lies in none.
func addresses(w *World) []uint64 {
	out := []uint64{
		0, 1, 8, 0x00ffffff, 0x06000000, 0x07000000, 0x07fffff8, 0x08000000, 0x09000000, 0x40000000, 0x80000000,
		0xff000000, 0xfffffff8, 0xffffffff, 1 << 32, 0x7ffd12345678, math.MaxUint64, 1 << 63,
	}
	for i := range w.Segments {
		s := &w.Segments[i]
		b, n := s.Base(), uint64(len(s.Bytes))
		out = append(out, b-1, b, b+1, b+n-24, b+n-8, b+n-7, b+n-4, b+n-3, b+n-1, b+n, b+n+1, b|garbage, b+n-1|garbage, b+0xffffff)
	}
	return out
}

// lengths, of what is at addr.
func lengths(w *World, addr uint64) []uint64 {
	out := []uint64{
		0, 1, 4, 7, 8, 0xff, 0x100, 0x200, 0xffffff, 0x1000000, 0x7fffffff, 0x80000000, 0xfffffff8, 0xffffffff,
		1 << 32, 1<<32 + 1, 1<<32 + 8, 1 << 63, math.MaxUint64,
		-addr, -addr & math.MaxUint32, 1 - addr, (1 - addr) & math.MaxUint32, // sums that wrap
	}
	for i := range w.Segments {
		n := uint64(len(w.Segments[i].Bytes))
		out = append(out, n-1, n, n+1)
	}
	return out
}

var values = []uint64{
	0, 1, 2, 3, 4, 5, 16, 17, 0x40, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0x8000, 0xffff, 0x10000,
	0x7fffffff, 0x80000000, 0xfffffff0, 0xffffffff, 1 << 32, 1<<32 + 1, 1 << 63, math.MaxUint64, math.MaxUint64 - 16,
}

// Vectors are the hostile arguments for one call.
func Vectors(c *sysapi.Call, w *World) []Vector {
	fine := fineArgs(c, w)
	out := []Vector{{fine}}
	try := func(v Vector) { out = append(out, v) }
	for i := range c.Args {
		a := &c.Args[i]
		set := func(v Vector, values []uint64) {
			for _, x := range values {
				v.Args[i] = x
				try(v)
			}
		}
		base := Vector{fine}
		switch a.Kind {
		case sysapi.Value, sysapi.Handle:
			set(base, values)
		case sysapi.In, sysapi.Out, sysapi.InOut:
			if a.Len == "" {
				set(base, addresses(w))
				break
			}
			for _, addr := range addresses(w) {
				base.Args[i] = addr
				for _, n := range lengths(w, addr) {
					base.Args[c.Index(a.Len)] = n
					try(base)
				}
			}
		case sysapi.Text:
			// with every value, since their length depends on it
			for _, x := range values {
				for k := i + 1; k < len(c.Args); k++ {
					base.Args[k] = x
				}
				set(base, addresses(w))
			}
		case sysapi.String:
			set(base, slices.Concat(addresses(w), w.Strings, w.Formats, w.Broken))
		case sysapi.Format:
			set(base, slices.Concat(addresses(w), w.Strings, w.Broken))
			for _, f := range w.Formats {
				base.Args[i] = f
				for k := i + 1; k < sysapi.MaxArgs; k++ {
					v := base
					for _, x := range slices.Concat(addresses(w), w.Strings, values) {
						v.Args[k] = x
						try(v)
					}
				}
			}
		}
	}
	return out
}

// fineArgs are arguments that pass the check.
func fineArgs(c *sysapi.Call, w *World) [sysapi.MaxArgs]uint64 {
	var args [sysapi.MaxArgs]uint64
	data, context := w.Segment(2), w.Segment(4)
	for i := range c.Args {
		a := &c.Args[i]
		args[i] = 1
		switch a.Kind {
		case sysapi.In, sysapi.InOut:
			args[i] = context.Base()
		case sysapi.Out, sysapi.Text:
			args[i] = data.Base() + 8
		case sysapi.String:
			args[i] = w.Strings[2]
		case sysapi.Format:
			args[i] = w.Formats[3]
		}
		if a.Kind == sysapi.Variadic {
			for k := i; k < sysapi.MaxArgs; k++ {
				args[k] = w.Strings[2]
			}
		}
	}
	for i := range c.Args {
		if n := c.Args[i].Len; n != "" {
			args[c.Index(n)] = 4
		}
	}
	return args
}
