// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package cgen

import (
	"fmt"
	"strings"

	"github.com/femtocontainer/femtocontainer/femto/bv"
	"github.com/femtocontainer/femtocontainer/femto/isa"
)

// Bits of femto_relations, as femto_step.h names them.
const (
	relEq = 1 << iota
	relLt
	relGt
	relSet
	relSigned
)

// relations finds, for each conditional jump, on which relations of its
// operands it is taken, by asking the table about numbers that are in them.
// The jumps of an operation code take the same in all four forms. Calls and
// exit count as taken always, so that one question decides about a charge.
func relations() (string, error) {
	masks := map[int]int{}
	names := map[int][]string{}
	for i := range isa.Table {
		r := &isa.Table[i]
		c := int(r.Opcode >> 4)
		switch r.Kind {
		case isa.CallHelper, isa.CallLocal, isa.Exit:
			masks[c] = relEq | relLt | relGt
			names[c] = append(names[c], r.Name)
		case isa.Jump:
			m := relationOf(r)
			if old, ok := masks[c]; ok && old != m {
				return "", fmt.Errorf("cgen: %s is taken on other relations than its kin", r.Name)
			}
			masks[c] = m
			names[c] = append(names[c], r.Name)
		}
	}
	var out strings.Builder
	for c := range 16 {
		var parts []string
		for _, p := range []struct {
			bit  int
			name string
		}{{relEq, "FEMTO_EQ"}, {relLt, "FEMTO_LT"}, {relGt, "FEMTO_GT"}, {relSet, "FEMTO_SET"}, {relSigned, "FEMTO_SIGNED"}} {
			if masks[c]&p.bit != 0 {
				parts = append(parts, p.name)
			}
		}
		text := "0"
		if parts != nil {
			text = strings.Join(parts, " | ")
		}
		comment := "unassigned"
		if n := names[c]; n != nil {
			comment = strings.TrimSuffix(strings.TrimSuffix(n[0], "_imm"), "64")
		}
		fmt.Fprintf(&out, "    %s, /* %s */\n", text, comment)
	}
	return out.String(), nil
}

func relationOf(r *isa.Row) int {
	if r.Taken == bv.True {
		return relEq | relLt | relGt
	}
	imm := strings.HasSuffix(r.Name, "_imm")
	taken := func(dst, src int64) bool {
		env := bv.Env{"dst": uint64(dst), "src": uint64(src)}
		if imm {
			env["imm"] = uint64(uint32(src))
		}
		return bv.Eval(r.Taken, env) == 1
	}
	// Of 1, 2 and -1: 1 < 2 both ways, and -1 is above 2 when unsigned only.
	m := 0
	switch {
	case taken(3, 2) && !taken(4, 2) && taken(2, 2):
		return relSet
	case taken(1, 2) != taken(-1, 2):
		m = 0
	case taken(1, 2) != taken(2, 1):
		m = relSigned
	}
	if taken(2, 2) {
		m |= relEq
	}
	if taken(1, 2) {
		m |= relLt
	}
	if taken(2, 1) {
		m |= relGt
	}
	return m
}
