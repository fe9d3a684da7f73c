// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package asm

import (
	"encoding/binary"
	"encoding/hex"
	"math"
	"strings"

	"github.com/femtocontainer/femtocontainer/femto/diag"
	"github.com/femtocontainer/femtocontainer/femto/image"
	"github.com/femtocontainer/femtocontainer/femto/isa"
)

// An entry is an entry point as declared.
type entry struct {
	name   string
	target token // label, or number of a slot
	hook   *[image.HookSize]byte
	global bool // by .globl: counts only when there is no .entry
	line   int
}

// directives maps names to what they do with their operands.
var directives = map[string]func(p *parser, d token, args []token){
	".text":   func(p *parser, d token, args []token) { p.enter(d, args, p.textSection(".text")) },
	".data":   func(p *parser, d token, args []token) { p.enter(d, args, inData) },
	".rodata": func(p *parser, d token, args []token) { p.enter(d, args, inROData) },
	".bss":    func(p *parser, d token, args []token) { p.enter(d, args, inBSS) },
	".entry":  (*parser).entry,
	".globl":  (*parser).globl, ".global": (*parser).globl,
	".frame": (*parser).setFrame, ".depth": (*parser).setDepth, ".helper": (*parser).importHelper,
	".byte": words(1), ".2byte": words(2), ".short": words(2), ".hword": words(2),
	".4byte": words(4), ".long": words(4), ".int": words(4), ".word": words(4),
	".8byte": words(8), ".quad": words(8),
	".ascii": texts(""), ".asciz": texts("\x00"), ".string": texts("\x00"),
	".zero": (*parser).zero, ".space": (*parser).zero, ".skip": (*parser).zero,
	".align": alignment(false), ".balign": alignment(false), ".p2align": alignment(true),
	".comm": (*parser).common, ".lcomm": (*parser).common,
}

// ignored are directives of compilers that say nothing about the image.
var ignored = map[string]bool{
	".file": true, ".loc": true, ".type": true, ".size": true, ".ident": true, ".local": true, ".hidden": true,
	".addrsig": true, ".addrsig_sym": true,
}

func (p *parser) directive(toks []token) {
	d, args := toks[0], toks[1:]
	switch f, known := directives[d.s]; {
	case d.s == ".section":
		p.namedSection(d, args)
	case ignored[d.s] || strings.HasPrefix(d.s, ".cfi_"):
	case p.section == inNothing && !entersSection[d.s]:
	case known:
		f(p, d, args)
	default:
		p.failf(diag.BadDirective, d.col, "directive %s is unknown", d.s)
	}
}

var entersSection = map[string]bool{".text": true, ".data": true, ".rodata": true, ".bss": true}

func (p *parser) misuse(t token, format string, args ...any) {
	p.failf(diag.BadDirective, t.col, format, args...)
}

func (p *parser) enter(d token, args []token, s section) {
	p.section = s
	if len(args) > 0 {
		p.misuse(args[0], "%s takes no operands", d.s)
	}
}

// namedSection is .section NAME[, "flags"[, ...]]. The flags decide when there
// are any, otherwise the name.
func (p *parser) namedSection(d token, args []token) {
	if len(args) == 0 || args[0].kind != word && args[0].kind != text {
		p.misuse(d, ".section needs a name")
		return
	}
	name := args[0].s
	i := 1
	for i < len(args) && args[i].s != "," { // compilers may leave names such as hook/a bare
		name += args[i].s
		i++
	}
	base, _, _ := strings.Cut(strings.TrimPrefix(name, "."), ".")
	is := func(names ...string) bool {
		for _, n := range names {
			if name == "."+n || strings.HasPrefix(name, "."+n+".") {
				return true
			}
		}
		return false
	}
	flags, typed := "", i+1 < len(args) && args[i+1].kind == text
	if typed {
		flags = args[i+1].s
	}
	switch {
	case strings.Contains(flags, "x") || !typed && (is("text") || base != "" && name[0] != '.'):
		p.section = p.textSection(name)
	case is("bss"):
		p.section = inBSS
	case is("rodata"):
		p.section = inROData
	case is("data"):
		p.section = inData
	case strings.Contains(flags, "a") && name != "license":
		p.misuse(args[0], "section %q is none that a container has", name)
	default:
		p.section = inNothing
	}
}

// operands splits args at commas; ok is false after reporting an empty one.
func (p *parser) operands(d token, args []token) (out [][]token, ok bool) {
	if len(args) == 0 {
		p.misuse(d, "%s needs an operand", d.s)
		return nil, false
	}
	for len(args) > 0 {
		i := 0
		for i < len(args) && (args[i].kind != sign || args[i].s != ",") {
			i++
		}
		if i == 0 || i == len(args)-1 {
			p.misuse(args[0], "%s has an empty operand", d.s)
			return nil, false
		}
		out = append(out, args[:i])
		args = args[min(i+1, len(args)):]
	}
	return out, true
}

// entry is .entry LABEL|SLOT[, "NAME"[, "UUID"]].
func (p *parser) entry(d token, args []token) {
	ops, ok := p.operands(d, args)
	if !ok {
		return
	}
	for i, op := range ops {
		if len(op) != 1 || i > 2 || (i == 0) != (op[0].kind == word || op[0].kind == number) || (i > 0) != (op[0].kind == text) {
			p.misuse(op[0], `.entry takes a label or slot, and perhaps a "name", and the hook's "UUID"`)
			return
		}
	}
	e := entry{name: ops[0][0].s, target: ops[0][0], line: p.line}
	if len(ops) > 1 {
		e.name = ops[1][0].s
	}
	if len(ops) > 2 {
		b, err := hex.DecodeString(strings.ReplaceAll(ops[2][0].s, "-", ""))
		if err != nil || len(b) != image.HookSize {
			p.misuse(ops[2][0], "%q is not a UUID such as 01234567-89ab-cdef-0123-456789abcdef", ops[2][0].s)
			return
		}
		e.hook = (*[image.HookSize]byte)(b)
	}
	p.entries = append(p.entries, e)
}

func (p *parser) globl(d token, args []token) {
	ops, ok := p.operands(d, args)
	for _, op := range ops {
		if !ok || len(op) != 1 || op[0].kind != word {
			p.misuse(op[0], "%s needs labels", d.s)
			return
		}
		p.entries = append(p.entries, entry{name: op[0].s, target: op[0], global: true, line: p.line})
	}
}

// value reads the only operand of d, a number from lo to hi.
func (p *parser) value(d token, args []token, lo, hi int64) (int, bool) {
	negative := false
	if len(args) == 2 && args[0].s == "-" {
		negative, args = true, args[1:]
	}
	if len(args) != 1 || args[0].kind != number {
		p.misuse(d, "%s needs one number", d.s)
		return 0, false
	}
	v, ok := signed(args[0], negative, lo, hi, 0)
	if !ok || v < lo {
		p.failf(diag.OutOfRange, args[0].col, "%s is a number from %d to %d", d.s, lo, hi)
		return 0, false
	}
	return int(v), true
}

func (p *parser) setFrame(d token, args []token) {
	v, ok := p.value(d, args, 0, isa.MaxFrame)
	if ok && v%8 != 0 {
		p.failf(diag.OutOfRange, args[0].col, "the frame size %d is not a multiple of 8", v)
	}
	p.frame = v
}

func (p *parser) setDepth(d token, args []token) {
	p.depth, _ = p.value(d, args, 1, isa.MaxDepth)
}

func (p *parser) importHelper(d token, args []token) {
	ops, ok := p.operands(d, args)
	if !ok {
		return
	}
	for _, op := range ops {
		m := matcher{toks: op, names: p}
		if !m.helper() || m.i != len(op) {
			p.misuse(op[0], "%s needs the name or number of a helper", d.s)
		} else if m.bad != nil {
			p.fail(m.bad)
		} else {
			p.used[uint16(m.out.Imm)] = true
		}
	}
}

// room reports whether the current data section may grow by n bytes.
func (p *parser) room(d token, n int) bool {
	switch p.section {
	case inText:
		p.misuse(d, "%s belongs into a data section; in the text stand instructions and .quad", d.s)
		return false
	case inBSS:
		if n > isa.MaxSegment-p.bss {
			break
		}
		return true
	default:
		if n > isa.MaxSegment-len(p.data[p.section]) {
			break
		}
		return true
	}
	p.failf(diag.SectionTooLong, d.col, "the section has more than %d bytes", isa.MaxSegment)
	p.gaveUp = true
	return false
}

// initial is room for bytes that are not all zero by definition.
func (p *parser) initial(d token, n int) bool {
	if p.section == inBSS {
		p.misuse(d, ".bss has no initial values; use .zero, or .data")
		return false
	}
	return p.room(d, n)
}

func words(size int) func(p *parser, d token, args []token) {
	return func(p *parser, d token, args []token) {
		ops, ok := p.operands(d, args)
		if !ok {
			return
		}
		for _, op := range ops {
			p.word(d, op, size)
		}
	}
}

// word is one operand of .byte and its kind: a number, or LABEL+N.
func (p *parser) word(d token, op []token, size int) {
	bare := p.section == inText && size == 8
	if !bare && !p.initial(d, size) {
		return
	}
	m := matcher{toks: op, names: p}
	v := uint64(0)
	switch {
	case !m.wide() || m.i != len(op):
		p.misuse(op[0], "%s needs numbers or labels", d.s)
		return
	case m.bad != nil:
		p.fail(m.bad)
		return
	case m.out.ref != "" && (bare || size < 4):
		p.misuse(op[0], "an address does not stand here; it takes .long or .quad in .data or .rodata")
		return
	case m.out.ref != "":
		p.fixups = append(p.fixups, fixup{
			section: p.section, at: len(p.data[p.section]), size: size,
			ref: m.out.ref, plus: m.out.plus, line: p.line, col: m.out.col,
		})
	default:
		v = uint64(uint32(m.out.Imm)) | uint64(uint32(m.out.imm2))<<32
		negative := op[0].s == "-"
		bits := 8 * size
		if size < 8 && (negative && int64(v) < -1<<(bits-1) || !negative && v >= 1<<bits) {
			p.failf(diag.OutOfRange, op[0].col, "%s does not fit %d bits", op[len(op)-1].s, bits)
			return
		}
	}
	if bare {
		p.add(insn{Insn: isa.Decode(v)})
		return
	}
	var le [8]byte
	binary.LittleEndian.PutUint64(le[:], v)
	p.data[p.section] = append(p.data[p.section], le[:size]...)
}

func texts(end string) func(p *parser, d token, args []token) {
	return func(p *parser, d token, args []token) {
		ops, ok := p.operands(d, args)
		if !ok {
			return
		}
		for _, op := range ops {
			if len(op) != 1 || op[0].kind != text {
				p.misuse(op[0], `%s needs "texts"`, d.s)
				return
			}
			if !p.initial(d, len(op[0].s)+len(end)) {
				return
			}
			p.data[p.section] = append(append(p.data[p.section], op[0].s...), end...)
		}
	}
}

func (p *parser) zero(d token, args []token) {
	if n, ok := p.value(d, args, 0, math.MaxUint32); ok && p.room(d, n) {
		p.grow(n)
	}
}

func (p *parser) grow(n int) {
	if p.section == inBSS {
		p.bss += n
		return
	}
	p.data[p.section] = append(p.data[p.section], make([]byte, n)...)
}

// alignment is .align N with N in bytes, or its binary logarithm.
func alignment(log bool) func(p *parser, d token, args []token) {
	return func(p *parser, d token, args []token) {
		ops, ok := p.operands(d, args) // GNU as allows a filler and a maximum
		if !ok {
			return
		}
		n, ok := p.value(d, ops[0], 0, 4096)
		if !ok {
			return
		}
		if log {
			if n > 12 {
				p.failf(diag.OutOfRange, d.col, "%s is a number from 0 to 12", d.s)
				return
			}
			n = 1 << n
		}
		p.alignTo(d, n)
	}
}

func (p *parser) alignTo(d token, n int) {
	if n&(n-1) != 0 {
		p.failf(diag.OutOfRange, d.col, "the alignment %d is not a power of two", n)
		return
	}
	n = max(n, 1)
	at := 0
	switch p.section {
	case inText: // every slot is aligned, and no access could tell
		return
	case inBSS:
		p.align = max(p.align, n)
		at = p.bss
	default:
		at = len(p.data[p.section])
	}
	if pad := -at & (n - 1); p.room(d, pad) {
		p.grow(pad)
	}
}

// common is .comm NAME, SIZE[, ALIGN]: a variable in .bss.
func (p *parser) common(d token, args []token) {
	ops, ok := p.operands(d, args)
	if !ok {
		return
	}
	if len(ops) < 2 || len(ops) > 3 || len(ops[0]) != 1 || ops[0][0].kind != word {
		p.misuse(d, "%s needs a label, a size, and perhaps an alignment", d.s)
		return
	}
	back := p.section
	defer func() { p.section = back }()
	p.section = inBSS
	if len(ops) == 3 {
		if n, ok := p.value(d, ops[2], 1, 4096); ok {
			p.alignTo(d, n)
		}
	}
	p.define(ops[0][0])
	p.zero(d, ops[1])
}
