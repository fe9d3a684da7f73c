// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package cgen

import (
	"fmt"
	"strings"

	"github.com/femtocontainer/femtocontainer/femto/isa"
)

// shapes prints the verifier's table: for each opcode one byte that says what
// its fields may hold, in the encoding of femto_verify.c.
func shapes() (string, error) {
	var b strings.Builder
	for op := range 256 {
		s, err := shape(isa.ByOpcode(uint8(op)))
		if err != nil {
			return "", fmt.Errorf("cgen: opcode %#x: %w", op, err)
		}
		switch op % 16 {
		case 0:
			b.WriteString("    ")
		default:
			b.WriteString(" ")
		}
		fmt.Fprintf(&b, "0x%02x,", s)
		if op%16 == 15 {
			b.WriteString("\n")
		}
	}
	return b.String(), nil
}

// shape merges the rules of the rows that share an opcode. It refuses
// combinations that the encoding cannot tell apart, so that a new row cannot
// be accepted by accident.
func shape(rows []*isa.Row) (byte, error) {
	if len(rows) == 0 {
		return 0, nil
	}
	var s byte
	dst, src, off, imm := rules(rows, dstRule), rules(rows, srcRule), rules(rows, offRule), rules(rows, immRule)
	switch {
	case dst.is(isa.Fixed, 0):
	case dst.is(isa.Reads):
		s |= 1
	case dst.is(isa.Writes):
		s |= 2
	default:
		return 0, fmt.Errorf("destination rules %v", dst)
	}
	switch {
	case src.is(isa.Fixed, 0), src.is(isa.Fixed, 0, 1) && rows[0].Kind == isa.CallHelper:
	case src.is(isa.Reads), rows[0].Kind == isa.Atomic:
		s |= 1 << 2
	default:
		return 0, fmt.Errorf("source rules %v", src)
	}
	switch {
	case off.is(isa.Fixed, 0):
		s |= 1 << 3
	case off.is(isa.Free):
		s |= 2 << 3
	case off.is(isa.Slots):
		s |= 3 << 3
	case off.is(isa.Fixed, 0, 1):
		s |= 4 << 3
	case off.is(isa.Fixed, 0, 8, 16), off.is(isa.Fixed, 0, 8, 16, 32):
		s |= 5 << 3
	default:
		return 0, fmt.Errorf("offset rules %v", off)
	}
	switch {
	case imm.is(isa.Fixed, 0):
	case imm.is(isa.Free):
		s |= 1 << 6
	case imm.is(isa.Fixed, 16, 32, 64), rows[0].Kind == isa.Atomic:
		s |= 2 << 6
	case imm.is(isa.Slots), rows[0].Kind == isa.CallHelper:
		s |= 3 << 6
	default:
		return 0, fmt.Errorf("immediate rules %v", imm)
	}
	return s, nil
}

func dstRule(r *isa.Row) isa.Rule { return r.DstRule }
func srcRule(r *isa.Row) isa.Rule { return r.SrcRule }
func offRule(r *isa.Row) isa.Rule { return r.OffRule }
func immRule(r *isa.Row) isa.Rule { return r.ImmRule }

// A ruleSet holds the different rules of some rows, in table order.
type ruleSet []isa.Rule

func rules(rows []*isa.Row, of func(*isa.Row) isa.Rule) (set ruleSet) {
	for _, r := range rows {
		rule := of(r)
		known := false
		for _, k := range set {
			known = known || k == rule
		}
		if !known {
			set = append(set, rule)
		}
	}
	return set
}

// is reports whether the set is the one use, with the fixed values given.
func (s ruleSet) is(use isa.Use, values ...int64) bool {
	if use != isa.Fixed {
		return len(s) == 1 && s[0].Use == use
	}
	if len(s) != len(values) {
		return false
	}
	for i, v := range values {
		if s[i] != (isa.Rule{Use: isa.Fixed, Value: v}) {
			return false
		}
	}
	return true
}
