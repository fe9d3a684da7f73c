// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package cgen

import (
	"fmt"
	"strings"

	"github.com/femtocontainer/femtocontainer/femto/bv"
	"github.com/femtocontainer/femtocontainer/femto/isa"
)

// hot lists the rows that have a handler of their own in the fast engine: what
// compilers emit often. The others share one.
var hot = strings.Fields(`
	add64_imm add64_reg sub64_reg or64_reg and64_imm and64_reg xor64_reg
	lsh64_imm rsh64_imm mov64_imm mov64_reg mul64_reg
	add32_imm add32_reg sub32_reg mul32_reg or32_reg and32_imm and32_reg xor32_imm xor32_reg
	lsh32_imm rsh32_imm mov32_imm mov32_reg
	ldxb ldxh ldxw ldxdw stxb stxw stxdw
	ja
	jeq64_imm jne64_imm jgt64_imm jlt64_imm jge64_reg jlt64_reg
	jeq32_imm jne32_imm jgt32_imm jlt32_imm jle32_reg
`)

// A handler is one instruction of the fast engine.
type handler struct {
	Name   string
	Opcode opcode
	Body   string
	Halves bool // its 64-bit value is best made of two registers of any number
}

func hotHandlers() ([]handler, error) {
	var out []handler
	for _, name := range hot {
		r := isa.ByName(name)
		if r == nil {
			return nil, fmt.Errorf("cgen: the table has no row %q", name)
		}
		out = append(out, handler{r.Name, opcode(r.Opcode), body(r), r.Name == "mov64_imm"})
	}
	return out, nil
}

// body prints what a handler does, in the names that femto_fast.c defines.
func body(r *isa.Row) string {
	// For these the compiler wants a pair of registers that the register form
	// can spare.
	wide := r.Kind == isa.ALU && strings.HasSuffix(r.Name, "64_imm") && len(bv.Vars(r.Value)) == 2
	name := func(v *bv.Term) string {
		switch v.Name {
		case "dst":
			if wide {
				return "WIDE"
			}
			return "DST"
		case "src":
			return "SRC"
		case "imm":
			return "IMM"
		case "off":
			return "(uint16_t)(INSN >> 16)"
		case "mem":
			if r.Size == 1 {
				return "*at"
			}
			return fmt.Sprintf("femto_get%d(at)", 8*r.Size)
		}
		panic("cgen: no C for variable " + v.Name)
	}
	c := func(t *bv.Term) string { return unparen(bv.CFunc(t, name)) }
	var b strings.Builder
	if len(isa.ByOpcode(r.Opcode)) > 1 { // the table's first row of an opcode has offset 0
		fmt.Fprintf(&b, "    if (INSN >> 16 != 0) {\n        GO(others);\n    }\n")
	}
	line := func(format string, args ...any) { fmt.Fprintf(&b, "    "+format+"\n", args...) }
	switch r.Kind {
	case isa.Jump:
		if r.OffRule.Use != isa.Slots {
			panic("cgen: no handler for a distance in imm")
		}
		if r.Taken == bv.True {
			line("GO(jump);")
			return b.String()
		}
		line("if (%s) {", c(r.Taken))
		line("    GO(jump);")
		line("}")
	case isa.Load:
		line("ACCESS(%s, %d, READABLE);", c(r.Addr), r.Size)
		line("DST = %s;", c(r.Value))
	case isa.Store:
		line("ACCESS(%s, %d, WRITABLE);", c(r.Addr), r.Size)
		if r.Size == 1 {
			line("*at = %s;", c(r.Stored))
		} else {
			line("femto_put%d(at, %s);", 8*r.Size, c(r.Stored))
		}
	default:
		if wide {
			line("LET_WIDE(DST);")
		}
		line("DST = %s;", c(r.Value))
	}
	line("NEXT;")
	return b.String()
}

// handlers prints the dispatch table of the fast engine's register form.
func handlers() (string, error) {
	var names [256]string
	for _, name := range append([]string{"lddw", "exit"}, hot...) {
		r := isa.ByName(name)
		if r.OffRule.Use == isa.Fixed && r.OffRule.Value != 0 {
			return "", fmt.Errorf("cgen: %s has an offset, which its handler takes for another row's", name)
		}
		names[r.Opcode] = name
	}
	var b strings.Builder
	for op, name := range names {
		if name == "" {
			name = "others"
		}
		if op%4 == 0 {
			b.WriteString("   ")
		}
		fmt.Fprintf(&b, " op_%s,", name)
		if op%4 == 3 {
			b.WriteString("\n")
		}
	}
	return b.String(), nil
}
