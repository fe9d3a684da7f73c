// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package main

import (
	"encoding/binary"
	"math/rand/v2"
)

// A dice makes the choices of the generator.
type dice interface {
	intn(n int) int // 0..n-1
	u64() uint64
}

// seeded is a dice for numbered programs.
type seeded struct{ *rand.Rand }

func newSeeded(seed, program uint64) seeded { return seeded{rand.New(rand.NewPCG(seed, program))} }

func (s seeded) intn(n int) int { return s.IntN(n) }
func (s seeded) u64() uint64    { return s.Uint64() }

// bytesDice is a dice for go test -fuzz, whose mutations then change single
// choices. When there are no more bytes, every choice is the first.
type bytesDice struct{ rest []byte }

func (b *bytesDice) take(n int) uint64 {
	var v [8]byte
	b.rest = b.rest[copy(v[:n], b.rest):]
	return binary.LittleEndian.Uint64(v[:])
}

func (b *bytesDice) intn(n int) int {
	size := 1
	if n > 256 {
		size = 4
	}
	return int(b.take(size) % uint64(n))
}

func (b *bytesDice) u64() uint64 { return b.take(8) }

func chance(d dice, percent int) bool { return d.intn(100) < percent }

func pick[T any](d dice, of ...T) T { return of[d.intn(len(of))] }

// number is one of those that programs trip over, or any.
func number(d dice) uint64 {
	switch d.intn(6) {
	case 0:
		return uint64(d.intn(16))
	case 1:
		return -uint64(d.intn(16))
	case 2:
		return uint64(1)<<d.intn(64) + uint64(d.intn(3)) - 1
	case 3:
		return pick(d, uint64(1)<<63, 1<<63-1, 1<<31, 1<<31-1, 1<<32, 1<<32-1, ^uint64(0), 1<<32+5, 0xffffffff80000000)
	case 4:
		return d.u64() >> d.intn(64)
	}
	return d.u64()
}
