// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package cir

import (
	"strings"

	"modernc.org/cc/v4"
)

// The statements in assembly that the core may contain, word for word but for
// spaces. Each stands for what its contract says; that the CPU does it is
// trusted (docs/proofs.md).
const (
	// Loads the two words at PC into INSN and IMM, and moves PC behind them.
	asmFetch = `__asm__("ldrd%0,%1,[%2],#8":"=r"(INSN),"=r"(IMM),"+r"(PC));`

	// No instruction: tells the compiler that registers change.
	asmClobber = `__asm__volatile("":::`
)

func (l *lowerer) assembly(s *cc.AsmStatement) {
	text := strings.Join(strings.Fields(cc.NodeSource(s)), "")
	switch {
	case text == asmFetch:
		var g [3]*Var
		for i, name := range []string{"INSN", "IMM", "PC"} {
			if g[i] = l.unit.Globals[name]; g[i] == nil || g[i].Register == "" {
				fail(s, "assembly that fetches without the register %s", name)
			}
		}
		insn, imm, pc := g[0], g[1], g[2]
		if pc.Type.Kind != Ptr || pc.Type.Elem.Bits != 32 || insn.Type.Bits != 32 || imm.Type.Bits != 32 {
			fail(s, "assembly that fetches with other types")
		}
		p := l.emit(s, Instr{Op: OpAddr, Var: pc, Type: pc.Type})
		from := l.emit(s, Instr{Op: OpLoad, A: p, Type: pc.Type})
		step := func(n uint64) Temp {
			k := l.emit(s, Instr{Op: OpConst, Val: n, Type: intType})
			return l.emit(s, Instr{Op: OpIndex, A: from, B: k, From: intType, Elem: pc.Type.Elem, Type: pc.Type})
		}
		for i, v := range []*Var{insn, imm} {
			w := l.emit(s, Instr{Op: OpLoad, A: step(uint64(i)), Type: pc.Type.Elem})
			to := l.emit(s, Instr{Op: OpAddr, Var: v, Type: v.Type})
			l.put(s, Instr{Op: OpStore, Dst: -1, A: to, B: w, Type: v.Type})
		}
		l.put(s, Instr{Op: OpStore, Dst: -1, A: p, B: step(2), Type: pc.Type})
	case strings.HasPrefix(text, asmClobber) && !strings.ContainsAny(text[len(asmClobber):], `(:[%`):
	default:
		fail(s, "assembly %s", text)
	}
}
