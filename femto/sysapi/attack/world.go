// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package attack

import (
	"fmt"
	"slices"
	"strings"

	"github.com/femtocontainer/femtocontainer/femto/isa"
	"github.com/femtocontainer/femtocontainer/femto/sysapi"
)

// A Segment of a container's memory.
type Segment struct {
	Number   uint32
	Bytes    []byte
	Writable bool
}

// Base is the guest address of its first byte.
func (s *Segment) Base() uint64 { return uint64(isa.SegmentBase(s.Number)) }

// A World is what a container has in its memory before a call.
type World struct {
	Segments []Segment // 1 to 5, ascending
	Strings  []uint64  // where strings begin that are fine
	Formats  []uint64  // where formats begin that are fine
	Broken   []uint64  // where formats begin that are not
}

var formats = []string{
	"plain", "%s", "%d%%", "%s|%s|%s", "%-5s|%05d|%3c", "%lu|%llx|%lX", "%i|%p", "%64d", "%-0064u", "%u%u%u", "%d %s",
}

var brokenFormats = []string{
	"%n", "%", "%5", "%l", "%lll", "%llld", "%65d", "%99999999999999999999d", "%ls", "%lc", "%lp", "%.3d", "%*d", "%f", "%hd", "%-%", "%5%",
	"%d%d%d%d%d", "%s%s%s%s%s", "%ln", "%s%n", "% d", "%+d", "%#x", "%zu", "%jd", "%1$d", "%s\x80%",
}

// NewWorld makes one with all segments mapped.
func NewWorld() *World {
	w := &World{}
	fill := func(n int) []byte {
		b := make([]byte, n)
		for i := range b {
			b[i] = byte(i*7 + 1)
			if b[i] == 0 || b[i] == '%' {
				b[i] = 'A'
			}
		}
		return b
	}
	// Read-only data: strings and formats; the last zero is the last byte.
	var rodata []byte
	rodataBase := uint64(isa.SegmentBase(isa.SegROData))
	add := func(s string) uint64 {
		at := rodataBase + uint64(len(rodata))
		rodata = append(append(rodata, s...), 0)
		return at
	}
	w.Strings = append(w.Strings, add(""), add("a"), add("name"), add(strings.Repeat("x", sysapi.MaxString-1)))
	tooLong := add(strings.Repeat("y", sysapi.MaxString))
	for _, f := range formats {
		w.Formats = append(w.Formats, add(f))
	}
	for _, f := range brokenFormats {
		w.Broken = append(w.Broken, add(f))
	}
	w.Formats = append(w.Formats, add(strings.Repeat("%%", 127)))
	w.Broken = append(w.Broken, add(strings.Repeat("%d", 127)), tooLong)
	w.Strings = append(w.Strings, add("the last"))

	// None of the others has a zero but in the middle of the data, so strings
	// that begin behind it are not terminated within their segment.
	data := fill(72)
	data[40] = 0
	w.Segments = []Segment{
		{isa.SegStack, fill(64), true},
		{isa.SegData, data, true},
		{isa.SegROData, rodata, false},
		{isa.SegContext, fill(24), true},
		{isa.SegGrant5, fill(16), false},
	}
	return w
}

// Segment finds one by its number.
func (w *World) Segment(number uint32) *Segment {
	i := slices.IndexFunc(w.Segments, func(s Segment) bool { return s.Number == number })
	return &w.Segments[i]
}

// Memory is a fresh copy of the world's.
func (w *World) Memory() *Memory {
	m := &Memory{}
	for _, s := range w.Segments {
		m.Segments = append(m.Segments, Segment{s.Number, slices.Clone(s.Bytes), s.Writable})
	}
	return m
}

// Memory is a sysapi.Memory that decides about each byte by itself.
type Memory struct {
	Segments []Segment
}

// place finds the segment and offset of one byte.
func (m *Memory) place(addr uint32, write bool) (*Segment, int, bool) {
	for i := range m.Segments {
		s := &m.Segments[i]
		if off := addr - uint32(s.Base()); off < uint32(len(s.Bytes)) {
			return s, int(off), s.Writable || !write
		}
	}
	return nil, 0, false
}

func (m *Memory) slice(addr uint64, n uint32, write bool) ([]byte, bool) {
	if n == 0 {
		return nil, true
	}
	first, off, ok := m.place(uint32(addr), write)
	if !ok {
		return nil, false
	}
	for i := uint32(1); i < n; i++ {
		s, _, ok := m.place(uint32(addr)+i, write)
		if !ok || s != first {
			return nil, false
		}
	}
	return first.Bytes[off : off+int(n) : off+int(n)], true
}

// Read gives the n bytes at addr for reading.
func (m *Memory) Read(addr uint64, n uint32) ([]byte, bool) { return m.slice(addr, n, false) }

// Write gives the n bytes at addr for writing.
func (m *Memory) Write(addr uint64, n uint32) ([]byte, bool) { return m.slice(addr, n, true) }

// Grant maps b at a segment.
func (m *Memory) Grant(number uint32, b []byte, writable bool) error {
	if number != isa.SegGrant5 && number != isa.SegGrant6 {
		return fmt.Errorf("segment %d cannot be granted", number)
	}
	m.Segments = slices.DeleteFunc(m.Segments, func(s Segment) bool { return s.Number == number })
	m.Segments = append(m.Segments, Segment{number, b, writable})
	return nil
}

// Bytes is everything, to compare.
func (m *Memory) Bytes() []byte {
	var out []byte
	for _, s := range m.Segments {
		out = append(out, s.Bytes...)
	}
	return out
}
