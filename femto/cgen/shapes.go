// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package cgen

import (
	"fmt"
	mathbits "math/bits"
	"slices"
	"strings"

	"github.com/femtocontainer/femtocontainer/femto/isa"
)

// fieldRules is the table's field rules in the form of femto_verify.c: for each
// opcode a kind and the number of a rule, each rule in one word.
type fieldRules struct {
	Opcodes []string // lines of femto_opcodes
	Rules   []rule
	Widths  string // the widths of byte swaps, C
	Atomics atomicMasks
}

// atomicMasks are the values of imm that name an atomic operation: bit n of a
// mask stands for n in the upper four bits of imm's lowest byte. Even has those
// without bit 0, Odd those with it, OddReading those of Odd that leave src alone.
type atomicMasks struct{ Even, Odd, OddReading string }

// A rule is the word of one or more opcodes.
type rule struct {
	Word    string // C
	Comment string
}

// The bits of a rule above those that must be zero in the instruction.
const (
	dstWritten = 1 << 24
	offChoice  = 1 << 25
	immZero    = 1 << 26
	immWidth   = 2 << 26
	immAtomic  = 3 << 26
)

// kinds of instructions, as far as verifier and engines tell them apart at
// first. Those that need nothing but their field rules come first.
var kinds = []string{"ILLEGAL", "ALU32", "ALU64", "ACCESS", "WIDE", "JUMP", "CALL", "EXIT"}

// kind is the number of a kind.
func kind(name string) (int, error) {
	if k := slices.Index(kinds, name); k >= 0 {
		return k, nil
	}
	return 0, fmt.Errorf("cgen: no kind %q", name)
}

func kindOf(rows []*isa.Row) string {
	if len(rows) == 0 {
		return "ILLEGAL"
	}
	switch r := rows[0]; r.Kind {
	case isa.ALU:
		if r.Opcode&7 == isa.ByName("add32_imm").Opcode&7 && r.ImmRule != isa.ByName("be16").ImmRule {
			return "ALU32"
		}
		return "ALU64" // byte swaps of the other class, too
	case isa.Wide:
		return "WIDE"
	case isa.Jump:
		return "JUMP"
	case isa.CallHelper, isa.CallLocal:
		return "CALL"
	case isa.Exit:
		return "EXIT"
	}
	return "ACCESS"
}

type ruleBuilder struct {
	words map[uint32]int
	out   []rule
	width uint32 // widths of byte swaps, which are single bits
}

func newFieldRules() (fieldRules, error) {
	var f fieldRules
	b := ruleBuilder{words: map[uint32]int{}}
	b.number(0, "unassigned")
	var line strings.Builder
	for op := range 256 {
		rows := isa.ByOpcode(uint8(op))
		n := 0
		if len(rows) > 0 {
			word, err := b.word(rows)
			if err != nil {
				return f, fmt.Errorf("cgen: opcode %#02x: %w", op, err)
			}
			n = b.number(word, rows[0].Name)
		}
		k, err := kind(kindOf(rows))
		if err != nil {
			return f, err
		}
		if n > 31 {
			return f, fmt.Errorf("cgen: more than 31 rules for the fields of instructions")
		}
		fmt.Fprintf(&line, "0x%02x,", n<<3|k)
		if op%16 < 15 {
			line.WriteByte(' ')
			continue
		}
		f.Opcodes = append(f.Opcodes, line.String())
		line.Reset()
	}
	f.Rules = b.out
	f.Widths = fmt.Sprintf("%#x", b.width)
	var err error
	if f.Atomics, err = atomics(); err != nil {
		return f, err
	}
	return f, nil
}

func (b *ruleBuilder) number(word uint32, name string) int {
	n, ok := b.words[word]
	if !ok || len(b.out) == 0 {
		n = len(b.out)
		b.out = append(b.out, rule{fmt.Sprintf("0x%08x", word), name})
		if n > 0 {
			b.words[word] = n
		}
	}
	return n
}

// word merges the rules of the rows that share an opcode. It refuses what the
// word cannot say, so that no combination of fields is accepted by accident.
func (b *ruleBuilder) word(rows []*isa.Row) (uint32, error) {
	var w uint32
	zero := func(lowest, bits int) { w |= (1<<bits - 1) << (lowest - 8) }
	src, off, imm := valuesOf(rows, srcRule), valuesOf(rows, offRule), valuesOf(rows, immRule)
	switch r := rows[0]; {
	case r.Kind == isa.CallHelper:
		// src is 0 for a helper, whose number the verifier looks up, and 1 for a
		// target.
		if len(rows) != 2 || rows[1].Kind != isa.CallLocal || r.ImmRule.Use != isa.HelperID ||
			rows[1].ImmRule.Use != isa.Slots || !slices.Equal(src, []int64{0, 1}) {
			return 0, fmt.Errorf("calls are not what the verifier takes them for")
		}
		zero(13, 3)
	case r.Kind == isa.Atomic:
		w |= immAtomic
	case slices.Equal(src, []int64{0}):
		zero(12, 4)
	case src != nil || r.SrcRule.Use != isa.Reads:
		return 0, fmt.Errorf("no rule for src")
	}
	switch dst := valuesOf(rows, dstRule); {
	case slices.Equal(dst, []int64{0}):
		zero(8, 4)
	case dst != nil:
		return 0, fmt.Errorf("no rule for dst")
	case rows[0].DstRule.Use == isa.Writes:
		w |= dstWritten
	}
	switch {
	case slices.Equal(off, []int64{0}):
		zero(16, 16)
	case off != nil:
		bits, choice, err := mask(off)
		if err != nil || off[0] != 0 || bits > 0xffff {
			return 0, fmt.Errorf("no rule for off: %v", off)
		}
		w |= (^bits & 0xffff) << (16 - 8)
		if choice {
			w |= offChoice
		}
	}
	switch {
	case rows[0].Kind == isa.Atomic || rows[0].Kind == isa.CallHelper:
	case slices.Equal(imm, []int64{0}):
		w |= immZero
	case imm != nil:
		bits, choice, err := mask(imm)
		if err != nil || !choice || imm[0] == 0 || (b.width != 0 && b.width != bits) {
			return 0, fmt.Errorf("no rule for imm: %v", imm)
		}
		b.width = bits
		w |= immWidth
	}
	for _, r := range rows[1:] {
		if r.DstRule != rows[0].DstRule {
			return 0, fmt.Errorf("rows differ in dst")
		}
	}
	return w, nil
}

// mask gives the bits that values have, which must be either all numbers with no
// other bits, or a choice: each bit by itself, and 0 or not.
func mask(values []int64) (bits uint32, choice bool, err error) {
	single, all := 0, true
	for _, v := range values {
		bits |= uint32(v)
		if v != 0 && v&(v-1) == 0 {
			single++
		} else if v != 0 {
			all = false
		}
	}
	n := mathbits.OnesCount32(bits)
	switch {
	case len(values) == 1<<n:
		return bits, false, nil
	case all && single == n:
		return bits, true, nil
	}
	return 0, false, fmt.Errorf("no mask has the values %v", values)
}

// atomics takes the operations' numbers from the table.
func atomics() (atomicMasks, error) {
	var even, odd, oddReading uint32
	for i := range isa.Table {
		r := &isa.Table[i]
		if r.Kind != isa.Atomic {
			continue
		}
		imm, writes := r.ImmRule.Value, r.SrcRule.Use == isa.Writes
		if r.ImmRule.Use != isa.Fixed || imm&^0xf1 != 0 || (imm&1 == 0 && writes) {
			return atomicMasks{}, fmt.Errorf("cgen: %s is not what the verifier takes atomics for", r.Name)
		}
		bit := uint32(1) << (imm >> 4)
		switch {
		case imm&1 == 0:
			even |= bit
		case writes:
			odd |= bit
		default:
			odd |= bit
			oddReading |= bit
		}
	}
	return atomicMasks{fmt.Sprintf("%#x", even), fmt.Sprintf("%#x", odd), fmt.Sprintf("%#x", oddReading)}, nil
}

// valuesOf lists the values that a field may have, ascending, when all rows fix
// it, and nil otherwise.
func valuesOf(rows []*isa.Row, of func(*isa.Row) isa.Rule) []int64 {
	var out []int64
	for _, r := range rows {
		rule := of(r)
		if rule.Use != isa.Fixed {
			return nil
		}
		out = append(out, rule.Value)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func dstRule(r *isa.Row) isa.Rule { return r.DstRule }
func srcRule(r *isa.Row) isa.Rule { return r.SrcRule }
func offRule(r *isa.Row) isa.Rule { return r.OffRule }
func immRule(r *isa.Row) isa.Rule { return r.ImmRule }
