// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package asm

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/femtocontainer/femtocontainer/femto/diag"
	"github.com/femtocontainer/femtocontainer/femto/isa"
)

// An insn is one instruction as read: its fields, and the label that one of
// them refers to.
type insn struct {
	isa.Insn
	imm2 int32    // of the second slot
	row  *isa.Row // nil for a slot given as a number
	ref  string   // label, or ""
	plus int64    // added to the label's address
	col  int      // of the label
	line int
}

// A problem is why a line is not an instruction.
type problem struct {
	code diag.Code
	col  int
	msg  string
	hint string
}

// A matcher holds one template against one line.
type matcher struct {
	toks  []token
	i     int
	names names
	out   insn
	given [3]token // the registers in dst, src and r0, once read
	want  string   // what the token at i should have been
	bad   *problem // a line of the right shape with an impossible value
}

// names are what identifiers may mean outside the instruction.
type names interface {
	isLabel(name string) bool
	helper(name string) (id uint16, ok bool)
}

// match reads a line of at least one token as an instruction.
func match(toks []token, n names) (insn, *problem) {
	candidates := templates[toks[0].s]
	if _, _, ok := register(toks[0]); ok || len(candidates) == 0 {
		candidates = templates[""]
	}
	var bad *problem
	var want []string
	far := 0
	for _, t := range candidates {
		m := matcher{toks: toks, names: n}
		switch ok := m.run(t); {
		case ok && m.bad == nil:
			return m.out, nil
		case ok:
			if bad == nil {
				bad = m.bad
			}
		case m.i > far:
			far, want = m.i, []string{m.want}
		case m.i == far && !slices.Contains(want, m.want):
			want = append(want, m.want)
		}
	}
	if bad != nil {
		return insn{}, bad
	}
	return insn{}, unread(toks, far, want)
}

// unread explains the token at far, the furthest that any template came.
func unread(toks []token, far int, want []string) *problem {
	if far == 0 {
		p := &problem{code: diag.BadSyntax, col: toks[0].col, msg: fmt.Sprintf("%q does not begin an instruction", toks[0].s)}
		p.hint = refused[toks[0].s]
		return p
	}
	found, col := "the end of the line", toks[len(toks)-1].col+len(toks[len(toks)-1].s)
	if far < len(toks) {
		found, col = fmt.Sprintf("%q", toks[far].s), toks[far].col
	}
	slices.Sort(want)
	if len(want) > 6 {
		want = append(want[:6], "...")
	}
	p := &problem{code: diag.BadSyntax, col: col, msg: fmt.Sprintf("expected %s, not %s", strings.Join(want, " or "), found)}
	for _, t := range toks {
		if p.hint = refused[t.s]; p.hint != "" {
			break
		}
	}
	return p
}

// refused are words of LLVM's BPF assembly that containers have no use for.
var refused = map[string]string{
	"callx":           "indirect calls are not supported; call a function by name",
	"may_goto":        "may_goto is for the verifier of Linux; fuel bounds loops here, so use goto",
	"skb":             "the packet group of instructions is not supported; the host grants a packet as a segment",
	"load_acquire":    "plain loads and stores are ordered in a container; use those",
	"store_release":   "plain loads and stores are ordered in a container; use those",
	"addr_space_cast": "there is one address space",
}

func (m *matcher) run(t *template) bool {
	m.out = insn{row: t.row, Insn: isa.Insn{
		Opcode: t.row.Opcode, Src: uint8(t.row.SrcRule.Value), Off: int16(t.row.OffRule.Value), Imm: int32(t.row.ImmRule.Value),
	}}
	for _, p := range t.parts {
		if p.hole == "" {
			if m.i == len(m.toks) || m.toks[m.i].kind == text || m.toks[m.i].s != p.literal {
				m.want = p.want
				return false
			}
			m.i++
		} else if !m.fill(p.hole) {
			return false
		}
	}
	m.want = "the end of the line"
	return m.i == len(m.toks)
}

// fill reads what stands in a hole.
func (m *matcher) fill(hole string) bool {
	switch hole {
	case "dst":
		return m.register('r', inDst)
	case "wdst":
		return m.register('w', inDst)
	case "src":
		return m.register('r', inSrc)
	case "wsrc":
		return m.register('w', inSrc)
	case "r0":
		return m.register('r', isR0)
	case "wr0":
		return m.register('w', isR0)
	case "disp":
		return m.displacement()
	case "off":
		return m.distance(16, func(v int64) { m.out.Off = int16(v) })
	case "imm64":
		return m.wide()
	case "imm":
		switch m.out.row.ImmRule.Use {
		case isa.Slots:
			return m.distance(32, func(v int64) { m.out.Imm = int32(v) })
		case isa.HelperID:
			return m.helper()
		}
		return m.immediate()
	}
	panic("asm: no hole is called " + hole)
}

// Where a register goes.
const (
	inDst = iota
	inSrc
	isR0 // nowhere, but it must be this one
)

// register reads a token such as r1, w1 or %r1.
func (m *matcher) register(letter byte, place int) bool {
	m.want = "a register r0 to r10"
	if letter == 'w' {
		m.want = "a register w0 to w10"
	}
	if m.i == len(m.toks) {
		return false
	}
	tok := m.toks[m.i]
	n, l, ok := register(tok)
	if !ok || l != letter {
		return false
	}
	m.i++
	rule := [...]isa.Rule{m.out.row.DstRule, m.out.row.SrcRule, {}}[place]
	switch first := m.given[place]; {
	case n >= isa.NumRegs:
		m.fail(diag.OutOfRange, tok, "there is no register %s", tok.s)
	case place == isR0 && n != 0:
		m.fail(diag.BadSyntax, tok, "compare and exchange works with %c0, not %s", letter, tok.s)
	case first.s != "" && first.s != tok.s:
		m.fail(diag.BadSyntax, tok, "%s must be the same register as %s before it", tok.s, first.s)
	case rule.Use == isa.Writes && n == isa.FrameReg:
		m.fail(diag.OutOfRange, tok, "r10 is the frame pointer and cannot be written")
	}
	m.given[place] = tok
	switch place {
	case inDst:
		m.out.Dst = uint8(n)
	case inSrc:
		m.out.Src = uint8(n)
	}
	return true
}

// register splits r1, w1 or %r1; n may be one that does not exist.
func register(t token) (n int, letter byte, ok bool) {
	s := strings.TrimPrefix(t.s, "%")
	if t.kind != word || len(s) < 2 || s[0] != 'r' && s[0] != 'w' || len(s) > 2 && s[1] == '0' {
		return 0, 0, false
	}
	v, err := strconv.ParseUint(s[1:], 10, 16)
	return int(v), s[0], err == nil
}

func (m *matcher) fail(code diag.Code, t token, format string, args ...any) {
	if m.bad == nil {
		m.bad = &problem{code: code, col: t.col, msg: fmt.Sprintf(format, args...)}
	}
}

// sign takes a plus or minus if one is there.
func (m *matcher) sign() (negative, present bool) {
	if m.i < len(m.toks) && m.toks[m.i].kind == sign && (m.toks[m.i].s == "+" || m.toks[m.i].s == "-") {
		m.i++
		return m.toks[m.i-1].s == "-", true
	}
	return false, false
}

// number takes an unsigned number.
func (m *matcher) number(want string) (token, bool) {
	m.want = want
	if m.i == len(m.toks) || m.toks[m.i].kind != number {
		return token{}, false
	}
	m.i++
	return m.toks[m.i-1], true
}

// signed gives the value of a number with its sign when it lies in lo..hi.
// A hexadecimal one without a sign may be a bit pattern up to pattern.
func signed(t token, negative bool, lo, hi int64, pattern uint64) (int64, bool) {
	switch {
	case negative && t.n <= uint64(-lo):
		return -int64(t.n), true
	case !negative && t.n <= uint64(hi):
		return int64(t.n), true
	case !negative && t.hex && t.n <= pattern:
		return int64(t.n), true
	}
	return 0, false
}

func (m *matcher) immediate() bool {
	negative, _ := m.sign()
	tok, ok := m.number("a number")
	if !ok {
		return false
	}
	v, ok := signed(tok, negative, math.MinInt32, math.MaxInt32, math.MaxUint32)
	if !ok {
		m.fail(diag.OutOfRange, tok, "%s does not fit a signed 32-bit immediate", tok.s)
		m.bad.hint = "a register takes 64 bits with rN = VALUE ll; 32 bits in hexadecimal are taken as a bit pattern and sign-extended by 64-bit instructions"
	}
	m.out.Imm = int32(v)
	return true
}

// displacement reads + 8 or - 8; without any, it is 0.
func (m *matcher) displacement() bool {
	negative, present := m.sign()
	if !present {
		return true
	}
	tok, ok := m.number("a number")
	if !ok {
		return false
	}
	v, ok := signed(tok, negative, math.MinInt16, math.MaxInt16, 0)
	if !ok {
		m.fail(diag.OutOfRange, tok, "%s does not fit a signed 16-bit offset", tok.s)
	}
	m.out.Off = int16(v)
	return true
}

// distance reads a label, or a number of slots. Its sign tells `call +2`, a
// local call, from `call 2`, a helper.
func (m *matcher) distance(bits int, set func(int64)) bool {
	m.want = "a label or a distance such as +3"
	negative, present := m.sign()
	if !present {
		return m.label()
	}
	tok, ok := m.number("a number of slots")
	if !ok {
		return false
	}
	v, ok := signed(tok, negative, -1<<(bits-1), 1<<(bits-1)-1, 0)
	if !ok {
		m.fail(diag.OutOfRange, tok, "a distance of %s slots does not fit %d bits", tok.s, bits)
	}
	set(v)
	return true
}

// label takes the name of a target. Whether a jump's exists is seen when all
// of the file was read; a call may be meant for a helper.
func (m *matcher) label() bool {
	if m.i == len(m.toks) || m.toks[m.i].kind != word {
		return false
	}
	tok := m.toks[m.i]
	if m.out.row.Kind == isa.CallLocal && !m.names.isLabel(tok.s) {
		if _, ok := m.names.helper(tok.s); ok {
			return false
		}
		if _, _, reg := register(tok); reg {
			m.fail(diag.BadSyntax, tok, "a call through a register is not supported")
			m.bad.hint = refused["callx"]
		} else {
			m.fail(diag.BadLabel, tok, "no label or helper is called %q", tok.s)
		}
	}
	m.out.ref, m.out.col = tok.s, tok.col
	m.i++
	return true
}

func (m *matcher) helper() bool {
	m.want = "a label, the name of a helper, or its number"
	if m.i == len(m.toks) {
		return false
	}
	tok := m.toks[m.i]
	switch tok.kind {
	case word:
		id, ok := m.names.helper(tok.s)
		if !ok || m.names.isLabel(tok.s) {
			return false
		}
		m.out.Imm = int32(id)
	case number:
		if tok.n < 1 || tok.n > math.MaxUint16 {
			m.fail(diag.OutOfRange, tok, "helper number %s is not in 1..65535", tok.s)
		}
		m.out.Imm = int32(tok.n)
	default:
		return false
	}
	m.i++
	return true
}

// wide reads a 64-bit number, or a label and what to add to its address.
func (m *matcher) wide() bool {
	m.want = "a number or a label"
	if m.i < len(m.toks) && m.toks[m.i].kind == word {
		tok := m.toks[m.i]
		if _, _, reg := register(tok); reg {
			return false
		}
		m.i++
		m.out.ref, m.out.col = tok.s, tok.col
		if negative, present := m.sign(); present {
			n, ok := m.number("a number")
			if !ok {
				return false
			}
			if m.out.plus, ok = signed(n, negative, -isa.MaxSegment, isa.MaxSegment, 0); !ok {
				m.fail(diag.OutOfRange, n, "%s is longer than a segment", n.s)
			}
		}
		return true
	}
	negative, _ := m.sign()
	tok, ok := m.number("a number or a label")
	if !ok {
		return false
	}
	v := tok.n
	if negative {
		if v > 1<<63 {
			m.fail(diag.OutOfRange, tok, "-%s does not fit 64 bits", tok.s)
		}
		v = -v
	}
	m.out.Imm, m.out.imm2 = int32(v), int32(v>>32)
	return true
}
