// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package asm

import (
	"strconv"
	"strings"

	"github.com/femtocontainer/femtocontainer/femto/isa"
)

// A template is one way to write the instructions of a row: symbols that stand
// there literally, and holes for the fields.
type template struct {
	row   *isa.Row
	parts []part
}

// A part is a literal symbol, or a hole when hole is not "".
type part struct {
	literal, hole string
	want          string // the literal as an error message names it
}

// templates holds every form that Parse reads, by the first literal symbol;
// those that begin with a hole, always a register, are under "".
var templates = func() map[string][]*template {
	m := make(map[string][]*template)
	for i := range isa.Table {
		row := &isa.Table[i]
		for _, form := range forms(row) {
			t := &template{row: row, parts: split(form)}
			first := t.parts[0].literal
			m[first] = append(m[first], t)
		}
	}
	return m
}()

// forms lists the ways to write a row, the one that is printed first.
func forms(r *isa.Row) []string {
	out := []string{r.Syntax}
	switch {
	case r.Kind == isa.Load && strings.HasPrefix(r.Syntax, "{dst} = *(u") && r.Size < 8:
		// With 32-bit registers enabled, LLVM names the half that is loaded.
		out = append(out, strings.Replace(r.Syntax, "{dst}", "{wdst}", 1))
	case r.Kind == isa.Store && r.SrcRule.Use == isa.Reads && r.Size < 8:
		out = append(out, strings.Replace(r.Syntax, "{src}", "{wsrc}", 1))
	case r.Kind == isa.Atomic && r.Size < 8:
		// Without them, it cannot.
		out = append(out, strings.NewReplacer("{wsrc}", "{src}", "{wr0}", "{r0}").Replace(r.Syntax))
	}
	return append(out, mnemonics(r)...)
}

// mnemonics lists the uBPF forms of a row, derived from its name: operation,
// width (64 may be left out), and operands in the order of the fields' use.
func mnemonics(r *isa.Row) []string {
	name := strings.TrimSuffix(strings.TrimSuffix(r.Name, "_imm"), "_reg")
	second := "{imm}"
	if r.SrcRule.Use != isa.Fixed {
		second = "{src}"
	}
	var names []string
	operands := ""
	switch r.Kind {
	case isa.ALU:
		names = withoutWidth(strings.ReplaceAll(name, "_", ""))
		switch {
		case r.ImmRule.Value != 0: // le16 and the like: the number is part of the name
			names = names[:1]
			if swap, ok := strings.CutPrefix(name, "bswap"); ok {
				names = append(names, "swap"+swap)
			}
			operands = "{dst}"
		case r.SrcRule.Use == isa.Fixed && r.ImmRule.Use == isa.Fixed: // negation
			operands = "{dst}"
		case r.OffRule.Value > 1: // movsx832: two widths, both needed
			names = names[:1]
			fallthrough
		default:
			operands = "{dst}, " + second
		}
	case isa.Wide:
		names, operands = []string{name}, "{dst}, {imm64}"
	case isa.Load:
		names, operands = []string{name}, "{dst}, [{src} {disp}]"
	case isa.Store:
		names, operands = []string{name}, "[{dst} {disp}], "+second
	case isa.Atomic:
		name = strings.ReplaceAll(strings.TrimPrefix(name, "atomic_"), "_", " ")
		for _, n := range withoutWidth(name) {
			names = append(names, "lock "+n)
		}
		operands = "[{dst} {disp}], {src}"
	case isa.Jump:
		distance := "{off}"
		if r.ImmRule.Use == isa.Slots {
			distance = "{imm}"
		}
		names, operands = withoutWidth(name), distance
		if r.DstRule.Use == isa.Reads {
			operands = "{dst}, " + second + ", " + distance
		}
	case isa.CallLocal:
		names, operands = []string{"call local"}, "{imm}"
	}
	for i := range names {
		names[i] += " " + operands
	}
	return names
}

// withoutWidth adds the short form of a 64-bit operation's name.
func withoutWidth(name string) []string {
	if short, ok := strings.CutSuffix(name, "64"); ok {
		return []string{name, short}
	}
	return []string{name}
}

// split makes parts of a form, with the assembler's own idea of a symbol.
func split(form string) []part {
	toks, _, _, err := lex(form, nil)
	if err != nil {
		panic("asm: syntax " + form + ": " + err.msg)
	}
	var parts []part
	for i := 0; i < len(toks); i++ {
		if toks[i].s == "{" {
			parts = append(parts, part{hole: toks[i+1].s})
			i += 2
			continue
		}
		parts = append(parts, part{literal: toks[i].s, want: strconv.Quote(toks[i].s)})
	}
	return parts
}
