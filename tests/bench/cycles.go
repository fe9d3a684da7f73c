// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package main

import (
	"bufio"
	"fmt"
	"io"
	"math/bits"
	"strings"
)

// The estimate of Cortex-M4 cycles follows the Arm Cortex-M4 Technical
// Reference Manual r0p1 (100166), section 3.3.1, table "processor instruction
// set summary", and section 3.3.2, "load/store timings", for memory without
// wait states:
//
//	data processing, multiply, long multiply   1
//	divide                                     2 to 12, counted as 7
//	load                                       2, or 1 directly behind another single load or store
//	store, immediate offset                    1
//	store, register offset                     2
//	load/store of N registers (LDRD, PUSH ...) 1 + N
//	branch not taken                           1
//	any write to pc (branch, call, pop, ldr)   + P, the refill of the pipeline
//	table branch (TBB, TBH)                    2 + P
//
// P is 1 to 3, depending on the width and alignment of the target. The estimate
// uses 2 and is also given for 1 and 3. An instruction whose condition fails
// costs as much as one that takes effect. Stalls of an address that depends on
// the instruction before, folded IT instructions, contention for the bus and
// flash wait states are not modelled.
const (
	refillLow, refillMid, refillHigh = 1, 2, 3
	divideCycles                     = 7
)

type class int

const (
	classOne class = iota
	classDivide
	classLoad       // one register
	classStore      // one register, immediate offset
	classStoreIndex // one register, register offset
	classMultiple   // n registers
	classTable      // TBB, TBH
)

// classify tells how the TRM's table files a Thumb instruction; n is the
// number of registers of a multiple load or store.
func classify(code uint32, size int) (c class, n int) {
	if size == 2 {
		return classify16(uint16(code))
	}
	return classify32(uint16(code>>16), uint16(code))
}

func classify16(op uint16) (class, int) {
	switch {
	case op>>11 == 0b01001: // LDR literal
		return classLoad, 0
	case op>>12 == 0b0101: // register offset: STR STRH STRB LDRSB LDR LDRH LDRB LDRSH
		if op>>9&7 < 3 {
			return classStoreIndex, 0
		}
		return classLoad, 0
	case op>>13 == 0b011, op>>12 == 0b1000, op>>12 == 0b1001: // immediate offset
		if op&0x0800 != 0 {
			return classLoad, 0
		}
		return classStore, 0
	case op&0xf600 == 0xb400: // PUSH, POP: bit 8 is LR or PC
		return classMultiple, bits.OnesCount16(op & 0x1ff)
	case op>>12 == 0b1100: // STM, LDM
		return classMultiple, bits.OnesCount16(op & 0xff)
	}
	return classOne, 0
}

func classify32(hi, lo uint16) (class, int) {
	switch {
	case hi&0xfe40 == 0xe800: // LDM, STM, PUSH.W, POP.W
		return classMultiple, bits.OnesCount16(lo)
	case hi&0xfff0 == 0xe8d0 && lo&0xffe0 == 0xf000:
		return classTable, 0
	case hi&0xffe0 == 0xe840, hi&0xffe0 == 0xe8c0: // exclusive
		return classLoad, 0
	case hi&0xfe40 == 0xe840: // LDRD, STRD
		return classMultiple, 2
	case hi&0xfe00 == 0xf800: // one register
		if hi&0x10 != 0 {
			return classLoad, 0
		}
		if hi&0x80 == 0 && lo&0x0800 == 0 {
			return classStoreIndex, 0
		}
		return classStore, 0
	case hi&0xffd0 == 0xfb90 && lo&0xf0 == 0xf0: // SDIV, UDIV
		return classDivide, 0
	}
	return classOne, 0
}

// A traced instruction: how often it ran, and how often the one that ran next
// was not its neighbour.
type traced struct {
	address         uint64
	code            uint32
	size            int
	count, branched uint64
}

// An estimate of cycles for three costs of a pipeline refill.
type estimate struct{ Low, Mid, High uint64 }

// cycles applies the model to one window of a trace, sorted by address or not.
func cycles(window []traced) estimate {
	end := make(map[uint64]traced, len(window)) // by the address that follows
	for _, t := range window {
		end[t.address+uint64(t.size)] = t
	}
	var base, refills uint64
	for _, t := range window {
		c, n := classify(t.code, t.size)
		cost := uint64(1)
		switch c {
		case classDivide:
			cost = divideCycles
		case classLoad, classStoreIndex, classTable:
			cost = 2
		case classMultiple:
			cost = uint64(1 + n)
		}
		base += cost * t.count
		if c == classLoad {
			base -= min(t.count, followed(end[t.address]))
		}
		refills += t.branched
	}
	return estimate{base + refillLow*refills, base + refillMid*refills, base + refillHigh*refills}
}

// followed is how often execution went from a single load or store to its
// neighbour, whose address phase then overlaps.
func followed(before traced) uint64 {
	switch c, _ := classify(before.code, before.size); c {
	case classLoad, classStore, classStoreIndex:
		return before.count - before.branched
	}
	return 0
}

// parseTrace reads what firmware/trace.c writes: windows of lines
// "address code count branched".
func parseTrace(r io.Reader) ([][]traced, error) {
	var windows [][]traced
	s := bufio.NewScanner(r)
	for s.Scan() {
		line := s.Text()
		if line == "window" {
			windows = append(windows, nil)
			continue
		}
		var t traced
		var code string
		if _, err := fmt.Sscanf(line, "%x %s %d %d", &t.address, &code, &t.count, &t.branched); err != nil || len(windows) == 0 {
			return nil, fmt.Errorf("trace: cannot read %q", line)
		}
		if _, err := fmt.Sscanf(code, "%x", &t.code); err != nil {
			return nil, fmt.Errorf("trace: cannot read %q", line)
		}
		t.size = len(strings.TrimSpace(code)) / 2
		windows[len(windows)-1] = append(windows[len(windows)-1], t)
	}
	return windows, s.Err()
}
