// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package opt

import (
	"github.com/femtocontainer/femtocontainer/femto/bv"
	"github.com/femtocontainer/femtocontainer/femto/isa"
)

// masks has a mask of bits for each register.
type masks [isa.NumRegs]uint64

func (m *masks) join(o *masks) (changed bool) {
	for i := range m {
		if n := m[i] | o[i]; n != m[i] {
			m[i], changed = n, true
		}
	}
	return changed
}

const everyBit = ^uint64(0)

// Liveness, bit by bit: which bits of the registers decide anything later on.
type liveness struct {
	p      *program
	in     []masks // at the start of each block
	after  masks   // after the local calls, whichever they are
	called []bool  // blocks that run in a called function
}

func (p *program) liveness() *liveness {
	l := &liveness{p: p, in: make([]masks, len(p.blocks)), called: make([]bool, len(p.blocks))}
	var mark func(b *block)
	mark = func(b *block) {
		if !l.called[b.index] {
			l.called[b.index] = true
			for _, s := range b.successors() {
				mark(s)
			}
		}
	}
	for _, b := range p.blocks {
		for _, x := range b.code {
			if x.callee != nil {
				mark(x.callee)
			}
		}
	}
	for changed := true; changed; {
		changed = false
		for i := len(p.blocks) - 1; i >= 0; i-- {
			b := p.blocks[i]
			live := l.out(b)
			if b.branch != nil {
				l.before(b.branch, &live)
			}
			for j := len(b.code) - 1; j >= 0; j-- {
				if b.code[j].callee != nil {
					after := live
					for r := isa.FirstSaved; r < isa.NumRegs; r++ {
						after[r] = 0
					}
					changed = l.after.join(&after) || changed
				}
				l.before(b.code[j], &live)
			}
			changed = l.in[i].join(&live) || changed
		}
	}
	return l
}

// out is what is live after the code of b, before its branch.
func (l *liveness) out(b *block) (live masks) {
	if b.exit != nil {
		live[0] = everyBit
		if l.called[b.index] {
			live.join(&l.after)
		}
	}
	for _, s := range b.successors() {
		live.join(&l.in[s.index])
	}
	return live
}

// before turns what is live after x into what is live before it.
func (l *liveness) before(x *insn, live *masks) {
	switch x.row.Kind {
	case isa.CallHelper:
		live[0] = 0
		for r := 1; r <= 5; r++ {
			live[r] = everyBit
		}
		return
	case isa.CallLocal:
		// What the callee does not write passes through it; the saved
		// registers come back, and the callee may look at them.
		live.join(&l.in[x.callee.index])
		return
	}
	result := everyBit
	if w := x.writes(); w >= 0 {
		result = live[w]
		live[w] = 0
	}
	x.needs(result, func(v *bv.Term, mask uint64) {
		if r := x.register(v); r >= 0 {
			live[r] |= mask
		}
	})
}

// needs calls need for the bits of x's operands that matter when those of its
// result do that are in mask. Memory that x touches always matters.
func (x *insn) needs(mask uint64, need func(v *bv.Term, mask uint64)) {
	if x.row.Value != nil {
		demand(x.value(), mask, need)
	}
	if x.row.Addr != nil {
		demand(x.term(x.row.Addr), everyBit>>32, need)
	}
	if x.row.Stored != nil {
		demand(x.term(x.row.Stored), ones(8*x.row.Size), need)
	}
	if x.row.Taken != nil {
		demand(x.term(x.row.Taken), 1, need)
	}
}

// walkLive visits the instructions of every block, last first, with what is live
// after each.
func (p *program) walkLive(visit func(b *block, i int, x *insn, live *masks)) {
	l := p.liveness()
	for _, b := range p.blocks {
		live := l.out(b)
		if b.branch != nil {
			l.before(b.branch, &live)
		}
		for i := len(b.code) - 1; i >= 0; i-- {
			x := b.code[i]
			after := live
			l.before(x, &live)
			visit(b, i, x, &after)
		}
	}
}

// A fact is what is known of a register at some place: constant bits, and
// perhaps another register that agrees with it in some bits.
type fact struct {
	zeros, ones uint64
	twin        int    // register, when agree is not 0
	agree       uint64 // bits that are the same in both
}

type facts [isa.NumRegs]fact

func (f *facts) join(o *facts) (changed bool) {
	for i := range f {
		was := f[i]
		f[i].zeros &= o[i].zeros
		f[i].ones &= o[i].ones
		if f[i].twin == o[i].twin {
			f[i].agree &= o[i].agree
		} else {
			f[i].agree = 0
		}
		if f[i].agree == 0 {
			f[i].twin = 0
		}
		changed = changed || f[i] != was
	}
	return changed
}

func constantFact(v uint64) fact { return fact{zeros: ^v, ones: v} }

// entryFacts is the state that an engine starts with.
func (p *program) entryFacts() (f facts) {
	for r := range f {
		f[r] = constantFact(0)
	}
	f[1] = constantFact(uint64(isa.SegmentBase(isa.SegContext)))
	f[2] = fact{zeros: ^uint64(1<<isa.SegmentBits - 1)}
	f[isa.FrameReg] = constantFact(uint64(isa.SegmentBase(isa.SegStack)) + uint64(p.img.Frame)*uint64(p.img.Depth))
	return f
}

// facts at the start of each block; nil for one that control never enters.
func (p *program) facts() []*facts {
	in := make([]*facts, len(p.blocks))
	var work []*block
	enter := func(b *block, f facts) {
		switch {
		case in[b.index] == nil:
			in[b.index] = &f
		case !in[b.index].join(&f):
			return
		}
		work = append(work, b)
	}
	for _, e := range p.entries {
		enter(e, p.entryFacts())
	}
	for len(work) > 0 {
		b := work[0]
		work = work[1:]
		f := *in[b.index]
		for _, x := range b.code {
			if x.callee != nil {
				enter(x.callee, facts{})
			}
			f.after(x)
		}
		taken := unknown
		if b.branch != nil {
			taken = f.taken(b.branch)
		}
		if b.next != nil && taken != one {
			enter(b.next, f)
		}
		if b.branch != nil && taken != zero {
			enter(b.taken, f)
		}
	}
	return in
}

// word of a register: constants, bits of its twin, and its own.
func (f *facts) word(r int) (w word) {
	for i := range w {
		switch {
		case f[r].zeros>>i&1 == 1:
			w[i] = zero
		case f[r].ones>>i&1 == 1:
			w[i] = one
		case f[r].agree>>i&1 == 1:
			w[i] = copyOf(f[r].twin, i)
		default:
			w[i] = copyOf(r, i)
		}
	}
	return w
}

// eval is a term of x over the registers before it.
func (f *facts) eval(x *insn, t *bv.Term) word {
	return eval(t, func(v *bv.Term) word {
		if r := x.register(v); r >= 0 {
			return f.word(r)
		}
		return blank(v.Width)
	})
}

func (f *facts) taken(branch *insn) bit { return f.eval(branch, branch.term(branch.row.Taken))[0] }

// set replaces what is known of r by w, over the registers beforehand.
func (f *facts) set(r int, w *word) {
	var n fact
	n.zeros, n.ones = w.known()
	for i, b := range w {
		// The first register that is copied from, bit to bit, is the twin.
		if s, j, ok := b.source(); ok && s != r && i == j && (n.agree == 0 || n.twin == s) {
			n.twin, n.agree = s, n.agree|1<<i
		}
	}
	if n.agree != 0 {
		// Constants agree where they do.
		s := f[n.twin]
		n.agree |= n.zeros&s.zeros | n.ones&s.ones
	}
	f.forget(r)
	f[r] = n
}

// forget drops what is known of r, and of others by way of r.
func (f *facts) forget(r int) {
	f[r] = fact{}
	for i := range f {
		if f[i].twin == r && f[i].agree != 0 {
			f[i].twin, f[i].agree = 0, 0
		}
	}
}

// after turns what is known before x into what is known after it.
func (f *facts) after(x *insn) {
	switch x.row.Kind {
	case isa.CallHelper:
		f.forget(0)
		return
	case isa.CallLocal:
		for r := 0; r < isa.FirstSaved; r++ {
			f.forget(r)
		}
		return
	}
	if r := x.writes(); r >= 0 {
		w := f.eval(x, x.value())
		f.set(r, &w)
	}
}

// walkFacts visits every instruction, branches included, with what is known
// before it.
func (p *program) walkFacts(visit func(b *block, x *insn, f *facts)) {
	for i, in := range p.facts() {
		if in == nil {
			continue
		}
		f := *in
		for _, x := range p.blocks[i].code {
			visit(p.blocks[i], x, &f)
			f.after(x)
		}
		if br := p.blocks[i].branch; br != nil {
			visit(p.blocks[i], br, &f)
		}
	}
}
