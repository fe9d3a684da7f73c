// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package asm

import (
	"fmt"
	"strings"

	"github.com/femtocontainer/femtocontainer/femto/diag"
	"github.com/femtocontainer/femtocontainer/femto/image"
	"github.com/femtocontainer/femtocontainer/femto/isa"
)

// Options connect helper numbers and slots with names.
type Options struct {
	// HelperID finds the helper that a call names; nil: only numbers.
	HelperID func(name string) (id uint16, ok bool)

	// HelperName is the name to print for a helper, or ""; nil: only numbers.
	HelperName func(id uint16) string

	// Symbol is the name to print for a slot, or ""; nil: entry points only.
	Symbol func(slot int) string
}

// A Program is an assembled file.
type Program struct {
	Image  *image.Image
	Lines  []int          // source line of each slot
	Labels map[string]int // slot of each label in the text
}

// Errors are the problems of one file, in the order of its lines.
type Errors []*diag.Error

func (e Errors) Error() string {
	lines := make([]string, len(e))
	for i, d := range e {
		lines[i] = d.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap lets errors.As find the first.
func (e Errors) Unwrap() []error {
	out := make([]error, len(e))
	for i, d := range e {
		out[i] = d
	}
	return out
}

const (
	maxErrors = 20      // then Parse gives up
	maxLine   = 1 << 16 // bytes; nobody writes longer ones
	maxSlots  = isa.MaxSegment / 8

	defaultFrame = isa.MaxFrame
)

// Parse assembles src; name is for diagnostics. Its error is an Errors.
func Parse(name, src string, opts Options) (*Program, error) {
	p := &parser{
		file: name, opts: opts, defined: make(map[string]bool), labels: make(map[string]label),
		used: make(map[uint16]bool), frame: defaultFrame, align: 1,
	}
	p.lines(src, p.collect)
	p.errors = nil // the second pass says the same
	p.section = p.textSection(".text")
	p.lines(src, p.assemble)
	if p.failed() {
		return nil, p.errors
	}
	out := p.finish()
	if p.failed() {
		return nil, p.errors
	}
	return out, nil
}

// A section is where statements go at the moment.
type section uint8

const (
	inText section = iota
	inData
	inROData
	inBSS
	inNothing // debugging information and the like
)

// A label is a place.
type label struct {
	section section
	text    int // text section
	at      int // index of an instruction there, or byte offset
	line    int
}

// A fixup is a data word that holds a label's address.
type fixup struct {
	section   section
	at, size  int
	ref       string
	plus      int64
	line, col int
}

// A textPart is the code of one section; the text has them one after another.
type textPart struct {
	name  string
	insns []insn
}

type parser struct {
	file   string
	opts   Options
	errors Errors
	gaveUp bool // what follows would only repeat the last error
	line   int
	toks   []token

	defined map[string]bool // labels of the whole file, known beforehand
	labels  map[string]label
	section section
	part    int
	parts   []textPart
	slots   int
	data    [inNothing][]byte // of inData and inROData
	bss     int
	align   int // of .bss
	fixups  []fixup

	entries      []entry
	used         map[uint16]bool
	frame, depth int
}

func (p *parser) failed() bool { return len(p.errors) > 0 }

func (p *parser) fail(pr *problem) {
	if len(p.errors) < maxErrors {
		p.errors = append(p.errors, &diag.Error{
			Code: pr.code, File: p.file, Line: p.line, Col: pr.col, PC: diag.NoPC, Msg: pr.msg, Hint: pr.hint,
		})
	}
}

func (p *parser) failf(code diag.Code, col int, format string, args ...any) {
	p.fail(&problem{code: code, col: col, msg: fmt.Sprintf(format, args...)})
}

// lines calls f with each line of src, until there are too many errors.
func (p *parser) lines(src string, f func(line string)) {
	p.line = 0
	for len(src) > 0 && len(p.errors) < maxErrors && !p.gaveUp {
		line, rest, _ := strings.Cut(src, "\n")
		src = rest
		p.line++
		if len(line) > maxLine {
			p.failf(diag.BadSyntax, maxLine+1, "the line has more than %d bytes", maxLine)
			continue
		}
		f(line)
	}
}

// collect is the first pass: the names of all labels, since `call NAME` means
// a helper only when there is no such label.
func (p *parser) collect(line string) {
	toks, _, _, _ := lex(line, p.toks[:0])
	p.toks = toks
	for ; isLabelDefinition(toks); toks = toks[2:] {
		p.defined[toks[0].s] = true
	}
}

// assemble is the second pass.
func (p *parser) assemble(line string) {
	toks, comment, col, err := lex(line, p.toks[:0])
	p.toks = toks
	known := p.section != inNothing && !(len(toks) > 0 && ignored[toks[0].s])
	switch {
	case !known && (len(toks) == 0 || toks[0].s[0] != '.'):
	case err != nil && known:
		p.failf(diag.BadSyntax, err.col, "%s", err.msg)
	case len(toks) > 0:
		p.statement(toks)
		p.checkComment(comment, col)
	}
}

// checkComment refuses a second statement behind a semicolon: other assemblers
// would execute it, and here it would vanish without a word.
func (p *parser) checkComment(comment string, col int) {
	toks, _, _, err := lex(comment, nil)
	if err != nil || len(toks) == 0 {
		return
	}
	if _, problem := match(toks, p); problem == nil {
		p.failf(diag.BadSyntax, col, "an instruction stands in a comment")
		p.errors[len(p.errors)-1].Hint = "a semicolon begins a comment; write one instruction a line"
	}
}

func (p *parser) isLabel(name string) bool { return p.defined[name] }

func (p *parser) helper(name string) (uint16, bool) {
	if p.opts.HelperID == nil {
		return 0, false
	}
	return p.opts.HelperID(name)
}

// isLabelDefinition: NAME followed by a colon.
func isLabelDefinition(toks []token) bool {
	return len(toks) >= 2 && toks[0].kind == word && toks[1].s == ":"
}

// statement reads what stands on one line.
func (p *parser) statement(toks []token) {
	for ; isLabelDefinition(toks); toks = toks[2:] {
		p.define(toks[0])
	}
	switch {
	case len(toks) == 0:
	case toks[0].kind == word && toks[0].s[0] == '.':
		p.directive(toks)
	case p.section == inNothing:
	default:
		p.instruction(toks)
	}
}

func (p *parser) define(t token) {
	if p.section == inNothing {
		return
	}
	if _, _, reg := register(t); reg {
		p.failf(diag.BadLabel, t.col, "%s is a register, not a label", t.s)
		return
	}
	if first, again := p.labels[t.s]; again {
		p.failf(diag.BadLabel, t.col, "label %q was defined in line %d", t.s, first.line)
		return
	}
	l := label{section: p.section, text: p.part, line: p.line}
	switch p.section {
	case inText:
		l.at = len(p.parts[p.part].insns)
	case inBSS:
		l.at = p.bss
	default:
		l.at = len(p.data[p.section])
	}
	p.labels[t.s] = l
}

func (p *parser) instruction(toks []token) {
	if p.section != inText {
		p.failf(diag.BadDirective, toks[0].col, "an instruction cannot stand in a data section")
		return
	}
	in, problem := match(toks, p)
	if problem != nil {
		p.fail(problem)
		return
	}
	p.add(in)
}

// add puts an instruction or a bare slot into the current text section.
func (p *parser) add(in insn) {
	if p.slots += in.width(); p.slots > maxSlots {
		p.failf(diag.SectionTooLong, 1, "the text has more than %d slots", maxSlots)
		p.gaveUp = true
		return
	}
	in.line = p.line
	part := &p.parts[p.part]
	part.insns = append(part.insns, in)
}

func (in insn) width() int {
	if in.row == nil {
		return 1
	}
	return in.row.Width()
}

// textSection makes name the current text section.
func (p *parser) textSection(name string) section {
	for i := range p.parts {
		if p.parts[i].name == name {
			p.part = i
			return inText
		}
	}
	p.parts = append(p.parts, textPart{name: name})
	p.part = len(p.parts) - 1
	return inText
}
