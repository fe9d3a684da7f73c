// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package cgen

import (
	"fmt"
	"slices"
	"strings"

	"github.com/femtocontainer/femtocontainer/femto/isa"
)

// fieldRules is the table's field rules in the form of femto_verify.c: for each
// opcode a kind and the number of a rule, each rule in one word.
type fieldRules struct {
	Opcodes []string // lines of femto_opcodes
	Rules   []rule
	Lists   []string // lines of lists

	ImmLists int // number of the first list for imm
}

// A rule is the word of one or more opcodes.
type rule struct {
	Word    string // C
	Comment string
}

// The bits of a rule above those that must be zero in the instruction.
const (
	dstWritten = 1 << 24
	immZero    = 1 << 25
	list       = 26 // the number of a list, which is for off or for imm
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

// fetchList is what verifier and generator know of atomics besides the rules: imm
// is in the first list, or it is in the second one and src is written.
const fetchList = 1

type ruleBuilder struct {
	words    map[uint32]int
	out      []rule
	off, imm [][]int64
}

func newFieldRules() (fieldRules, error) {
	var f fieldRules
	b := ruleBuilder{words: map[uint32]int{}, imm: atomicLists()}
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
	for _, l := range slices.Concat(b.off, b.imm) {
		f.Lists = append(f.Lists, listLine(l))
	}
	f.ImmLists = offLists + 1
	if len(b.off) != offLists {
		return f, fmt.Errorf("cgen: %d lists of values for off", len(b.off))
	}
	return f, nil
}

// listLine prints one list: values up to a repetition of the last one, so that
// all lists have the same length.
func listLine(values []int64) string {
	var s strings.Builder
	s.WriteString("{ ")
	for i := range listLen {
		v := int64(0)
		if len(values) > 0 {
			v = values[min(i, len(values)-1)]
		}
		if i > 0 {
			s.WriteString(", ")
		}
		fmt.Fprintf(&s, "%d", v)
	}
	s.WriteString(" },")
	return s.String()
}

// listLen is the length of the longest list, offLists the number of those for
// off, which comes before those for imm are numbered.
const (
	listLen  = 5
	offLists = 3
)

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
		lists := atomicLists()
		for _, row := range rows {
			list := 0
			if row.SrcRule.Use == isa.Writes {
				list = fetchList
			}
			if !slices.Contains(lists[list], row.ImmRule.Value) || row.ImmRule.Use != isa.Fixed {
				return 0, fmt.Errorf("atomics are not what the verifier takes them for")
			}
		}
		w |= (offLists + 1) << list
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
		if off[0] != 0 { // the verifier adds it
			return 0, fmt.Errorf("0 is not in the list for off")
		}
		w |= uint32(listNumber(&b.off, off[1:])) << list
	}
	switch {
	case rows[0].Kind == isa.Atomic || rows[0].Kind == isa.CallHelper:
	case slices.Equal(imm, []int64{0}):
		w |= immZero
	case imm != nil:
		if w>>list != 0 {
			return 0, fmt.Errorf("lists for both off and imm")
		}
		w |= uint32(offLists+listNumber(&b.imm, imm)) << list
	}
	for _, r := range rows[1:] {
		if r.DstRule != rows[0].DstRule {
			return 0, fmt.Errorf("rows differ in dst")
		}
	}
	return w, nil
}

// listNumber gives the number of a list, from 1.
func listNumber(lists *[][]int64, values []int64) int {
	for i, l := range *lists {
		if slices.Equal(l, values) {
			return i + 1
		}
	}
	*lists = append(*lists, values)
	return len(*lists)
}

// atomicLists are the values of imm of atomics that leave src alone, and of
// those that write it.
func atomicLists() [][]int64 {
	lists := make([][]int64, 2)
	for i := range isa.Table {
		r := &isa.Table[i]
		if r.Kind != isa.Atomic {
			continue
		}
		l := &lists[0]
		if r.SrcRule.Use == isa.Writes {
			l = &lists[fetchList]
		}
		if !slices.Contains(*l, r.ImmRule.Value) {
			*l = append(*l, r.ImmRule.Value)
		}
	}
	return lists
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
