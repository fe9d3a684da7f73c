// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package opt

import (
	"github.com/femtocontainer/femtocontainer/femto/bv"
	"github.com/femtocontainer/femtocontainer/femto/isa"
)

// Two kinds of pass must not be mixed. Those that use facts keep every bit of
// every result, so that the facts stay true. Those that use liveness may
// change bits that nothing needs, and rely on no facts. Either may then rewrite
// everything at once.

// Where an opcode's relatives are found (RFC 9669, 3). Whether a relative does
// compute the same is asked of its terms.
const (
	srcX      = 0x08
	alu32     = 0x04
	jump32    = 0x06
	classMask = 0x07
	alu64     = 0x07
	jump64    = 0x05
	moveCost  = 2
	anyCost   = 10 // above every cost
	upperHalf = everyBit &^ (1<<32 - 1)
)

// cost orders instructions that compute the same.
func cost(row *isa.Row) int {
	switch {
	case row.Kind == isa.Wide:
		return 9
	case row.Group == isa.Divmul32 || row.Group == isa.Divmul64:
		return 6
	case row.DstRule.Use == isa.Writes && row.ImmRule.Use == isa.Free && !reads(row.Value, "dst"):
		return 1
	case row.DstRule.Use == isa.Writes && !reads(row.Value, "dst"):
		return moveCost
	case row.ImmRule.Use == isa.Free:
		return 3
	}
	return 4
}

func reads(t *bv.Term, name string) bool {
	for _, v := range bv.Vars(t) {
		if v.Name == name {
			return true
		}
	}
	return false
}

// moves are the rows that express tries, cheapest first.
var (
	setRows, moveRows, immRows = func() (set, move, imm []*isa.Row) {
		for i := range isa.Table {
			r := &isa.Table[i]
			if r.Kind != isa.ALU {
				continue
			}
			switch cost(r) {
			case 1:
				set = append(set, r)
			case moveCost:
				move = append(move, r)
			case 3:
				if reads(r.Value, "dst") {
					imm = append(imm, r)
				}
			}
		}
		return
	}()
)

// express finds the cheapest instruction below limit that makes w, in the bits
// of mask, in dst; keep is true when dst has it already.
func express(w *word, mask uint64, dst int, f *facts, origin, limit int) (x *insn, keep bool) {
	agrees := func(c *word) bool {
		for i := range w {
			if mask>>i&1 == 1 && (w[i] != c[i] || w[i] == unknown) {
				return false
			}
		}
		return true
	}
	old := f.word(dst)
	if agrees(&old) {
		return nil, true
	}
	from, shift, found := 0, 0, false
	zeros, value := w.known()
	for i, b := range w {
		if r, j, ok := b.source(); ok && mask>>i&1 == 1 && !found {
			from, shift, found = r, i-j, true
		}
	}
	try := func(row *isa.Row, src int, imm int32) *insn {
		in := isa.Insn{Opcode: row.Opcode, Dst: uint8(dst), Src: uint8(src), Imm: imm}
		if row.SrcRule.Use == isa.Fixed {
			in.Src = uint8(row.SrcRule.Value)
		}
		if row.OffRule.Use == isa.Fixed {
			in.Off = int16(row.OffRule.Value)
		}
		if isa.Lookup(in) != row || cost(row) >= limit {
			return nil
		}
		x := &insn{Insn: in, row: row, origin: origin}
		if c := f.eval(x, x.value()); agrees(&c) {
			return x
		}
		return nil
	}
	if !found {
		for _, row := range setRows {
			if x := try(row, 0, int32(value&mask)); x != nil {
				return x, false
			}
		}
		return nil, false
	}
	for _, row := range moveRows {
		if x := try(row, from, 0); x != nil {
			return x, false
		}
	}
	for _, row := range immRows {
		imms := []int32{int32(^zeros), int32(value)}
		if shift != 0 {
			imms = []int32{int32(max(shift, -shift))}
		}
		for _, imm := range imms {
			if x := try(row, 0, imm); x != nil {
				return x, false
			}
		}
	}
	return nil, false
}

// variant is x with another opcode and operand, or nil when there is none.
func (x *insn) variant(opcode uint8, src uint8, imm int32) *insn {
	n := *x
	n.Opcode, n.Src, n.Imm = opcode, src, imm
	if n.row = isa.Lookup(n.Insn); n.row == nil || n.row.Kind != x.row.Kind {
		return nil
	}
	return &n
}

// immediate is x with its src register, known to be v, in the immediate.
func (x *insn) immediate(v uint64) *insn {
	class := x.Opcode & classMask
	if class != alu32 && class != alu64 && class != jump32 && class != jump64 {
		return nil
	}
	n := x.variant(x.Opcode&^srcX, 0, int32(v))
	if n == nil || n.row.To != x.row.To {
		return nil
	}
	is := map[string]*bv.Term{"src": bv.Const(v, 64)}
	for _, t := range [][2]*bv.Term{{x.row.Value, n.row.Value}, {x.row.Taken, n.row.Taken}} {
		if (t[0] == nil) != (t[1] == nil) {
			return nil
		}
		if t[0] != nil && bv.Subst(x.term(t[0]), is) != n.term(t[1]) {
			return nil
		}
	}
	return n
}

// foldConstants computes what is known, moves constants into immediates, and
// takes cheaper instructions that compute the same.
func (p *program) foldConstants() (changed int) {
	replace := make(map[*insn]*insn)
	p.walkFacts(func(b *block, x *insn, f *facts) {
		if x == b.branch {
			switch f.taken(x) {
			case one:
				b.next = b.taken
				b.branch, b.taken = nil, nil
				changed++
				return
			case zero:
				b.branch, b.taken = nil, nil
				changed++
				return
			}
		}
		if x.pure() {
			w := f.eval(x, x.value())
			limit := cost(x.row)
			if limit == moveCost {
				limit++ // a move from where this one's source came from
			}
			n, keep := express(&w, everyBit, int(x.Dst), f, x.origin, limit)
			if n != nil && cost(n.row) == moveCost && n.Src == x.Src && cost(x.row) == moveCost {
				n = nil
			}
			if n != nil || keep {
				replace[x] = n
				changed++
				return
			}
		}
		// Stores keep their register: the engines have no handler of their own
		// for constants, which compilers seldom store.
		if x.row.SrcRule.Use == isa.Reads && (x.row.Kind == isa.ALU || x.row.Kind == isa.Jump) {
			w := f.word(int(x.Src))
			if v, ok := w.isConst(); ok {
				if n := x.immediate(v); n != nil {
					replace[x] = n
					changed++
					return
				}
			}
		}
		if x == b.branch {
			if n := x.narrowBranch(f); n != nil {
				replace[x] = n
				changed++
			}
		}
	})
	p.replace(replace)
	return changed
}

// replace exchanges instructions; nil removes one.
func (p *program) replace(m map[*insn]*insn) {
	if len(m) == 0 {
		return
	}
	for _, b := range p.blocks {
		code := b.code[:0]
		for _, x := range b.code {
			if n, ok := m[x]; ok {
				x = n
			}
			if x != nil {
				code = append(code, x)
			}
		}
		b.code = code
		if n := m[b.branch]; n != nil {
			b.branch = n
		}
	}
}

// narrowBranch is the 32-bit form of a comparison whose upper halves decide
// nothing: they are the same constants, and for a signed one neither number
// is negative.
func (x *insn) narrowBranch(f *facts) *insn {
	if x.Opcode&classMask != jump64 {
		return nil
	}
	n := x.variant(x.Opcode&^classMask|jump32, x.Src, x.Imm)
	if n == nil || n.row.Taken == nil {
		return nil
	}
	wide, narrow := x.term(x.row.Taken), n.term(n.row.Taken)
	for wide.Op == bv.OpNot && narrow.Op == bv.OpNot {
		wide, narrow = wide.Args[0], narrow.Args[0]
	}
	if wide.Op != narrow.Op || len(wide.Args) != 2 {
		return nil
	}
	for i := range wide.Args {
		if wide.Args[i].Width != 64 || narrow.Args[i].Width != 32 {
			return nil
		}
		// The narrow operand is the low half of the wide one.
		low := func(t *bv.Term) bool {
			a, b := f.eval(x, bv.Extract(wide.Args[i], 0, 32)), f.eval(x, t)
			return a == b && wide.Args[i].Op != bv.OpAnd
		}
		if !low(narrow.Args[i]) {
			return nil
		}
	}
	var clear uint64 = upperHalf
	switch wide.Op {
	case bv.OpEq, bv.OpUlt, bv.OpUle:
	case bv.OpSlt, bv.OpSle:
		clear |= 1 << 31
	default:
		return nil
	}
	for _, a := range wide.Args {
		w := f.eval(x, a)
		if zeros, _ := w.known(); zeros&clear != clear {
			return nil
		}
	}
	return n
}

// propagateCopies lets instructions read the register that another is a copy
// of.
func (p *program) propagateCopies() (changed int) {
	replace := make(map[*insn]*insn)
	p.walkFacts(func(b *block, x *insn, f *facts) {
		if x.row.Kind == isa.CallHelper || x.row.Kind == isa.CallLocal {
			return
		}
		fields := map[string]uint64{}
		x.needs(everyBit, func(v *bv.Term, mask uint64) { fields[v.Name] |= mask })
		n := *x
		for _, field := range []struct {
			name string
			reg  *uint8
			use  isa.Use
		}{{"dst", &n.Dst, x.row.DstRule.Use}, {"src", &n.Src, x.row.SrcRule.Use}} {
			have := f[*field.reg&15]
			if field.use == isa.Reads && have.agree != 0 && fields[field.name]&^have.agree == 0 {
				*field.reg = uint8(have.twin)
			}
		}
		if n.Insn != x.Insn {
			replace[x] = &n
			changed++
		}
	})
	p.replace(replace)
	return changed
}

// combine makes one instruction of two that change the same register, such as
// the two shifts that clear an upper half.
func (p *program) combine() (changed int) {
	for i, in := range p.facts() {
		if in == nil {
			continue
		}
		b, f := p.blocks[i], *in
		for j := 0; j < len(b.code); j++ {
			first := b.code[j]
			if k := b.partner(j); k >= 0 {
				second := b.code[k]
				was := f.eval(first, first.value())
				w := eval(second.value(), func(v *bv.Term) word {
					if r := second.register(v); r == int(first.Dst) {
						return was
					} else if r >= 0 {
						return f.word(r)
					}
					return blank(v.Width)
				})
				if n, keep := express(&w, everyBit, int(first.Dst), &f, second.origin, anyCost); n != nil || keep {
					// What n reads must not have changed in between.
					if keep || !b.written(j+1, k, n) {
						if keep {
							b.code = append(b.code[:k], b.code[k+1:]...)
						} else {
							b.code[k] = n
						}
						b.code = append(b.code[:j], b.code[j+1:]...)
						changed++
						j--
						continue
					}
				}
			}
			f.after(first)
		}
	}
	return changed
}

// window bounds how far apart two instructions may be that combine sees.
const window = 16

// partner is the place of the next instruction that touches what b.code[j]
// writes, if it computes the same register anew.
func (b *block) partner(j int) int {
	x := b.code[j]
	if !x.pure() {
		return -1
	}
	for k := j + 1; k < min(len(b.code), j+window); k++ {
		y := b.code[k]
		if y.row.Kind == isa.CallHelper || y.row.Kind == isa.CallLocal {
			return -1
		}
		touched := y.writes() == int(x.Dst)
		y.needs(everyBit, func(v *bv.Term, _ uint64) { touched = touched || y.register(v) == int(x.Dst) })
		if !touched {
			continue
		}
		if y.pure() && y.Dst == x.Dst {
			for m := j + 1; m < k; m++ {
				w := b.code[m].writes()
				bad := false
				for _, z := range []*insn{x, y} {
					z.needs(everyBit, func(v *bv.Term, _ uint64) { bad = bad || z.register(v) == w })
				}
				if bad {
					return -1
				}
			}
			return k
		}
		return -1
	}
	return -1
}

// written reports whether anything in b.code[from:to] writes what n reads.
func (b *block) written(from, to int, n *insn) (hit bool) {
	n.needs(everyBit, func(v *bv.Term, _ uint64) {
		for _, x := range b.code[from:to] {
			hit = hit || x.writes() == n.register(v)
		}
	})
	return hit
}

// narrow takes 32-bit and cheaper instructions where the rest of the result is
// dead, and drops those that change dead bits only.
func (p *program) narrow() (changed int) {
	replace := make(map[*insn]*insn)
	var nothing facts
	p.walkLive(func(_ *block, _ int, x *insn, live *masks) {
		if !x.pure() {
			return
		}
		mask := live[x.Dst]
		w := nothing.eval(x, x.value())
		n, keep := express(&w, mask, int(x.Dst), &nothing, x.origin, cost(x.row))
		if n == nil && !keep && mask&upperHalf == 0 {
			n = x.half()
		}
		if keep || n != nil && needsNoMore(n, x, mask) {
			replace[x] = n
			changed++
		}
	})
	p.replace(replace)
	return changed
}

// needsNoMore reports whether n depends on no operand bits that x does not.
func needsNoMore(n, x *insn, mask uint64) bool {
	var a, b masks
	for _, z := range []struct {
		x *insn
		m *masks
	}{{n, &a}, {x, &b}} {
		z.x.needs(mask, func(v *bv.Term, mask uint64) {
			if r := z.x.register(v); r >= 0 {
				z.m[r] |= mask
			}
		})
	}
	return !b.join(&a)
}

// half is the 32-bit form of a 64-bit instruction whose low half depends on
// low halves only, and nil for others.
func (x *insn) half() *insn {
	if x.Opcode&classMask != alu64 {
		return nil
	}
	n := x.variant(x.Opcode&^classMask|alu32, x.Src, x.Imm)
	if n == nil || n.row.To != x.row.To {
		return nil
	}
	wide, narrow := x.row.Value, n.row.Value
	if narrow.Op != bv.OpZExt || narrow.Args[0].Op != wide.Op || narrow.Args[0].Width != 32 {
		return nil
	}
	switch wide.Op {
	case bv.OpAdd, bv.OpSub, bv.OpMul, bv.OpAnd, bv.OpOr, bv.OpXor, bv.OpNeg:
	case bv.OpShl:
		if c, ok := x.term(wide).Args[1].IsConst(); !ok || c >= 32 {
			return nil
		}
	default:
		return nil
	}
	for i := range wide.Args {
		if wide.Op == bv.OpShl && i == 1 {
			continue
		}
		var nothing facts
		a, b := nothing.eval(x, x.term(bv.Extract(wide.Args[i], 0, 32))), nothing.eval(n, n.term(narrow.Args[0].Args[i]))
		if a != b {
			return nil
		}
	}
	return n
}

// removeDead drops what computes nothing that is needed. A load goes only when
// it cannot fault.
func (p *program) removeDead() (changed int) {
	dead := make(map[*insn]*insn)
	p.walkLive(func(_ *block, _ int, x *insn, live *masks) {
		if r := x.writes(); r >= 0 && live[r] == 0 && (x.pure() || x.row.Kind == isa.Load && p.inFrame(x, x.Src)) {
			dead[x] = nil
			changed++
		}
	})
	p.replace(dead)
	return changed
}

// inFrame reports whether x accesses the frame that is certainly there.
func (p *program) inFrame(x *insn, base uint8) bool {
	return base == isa.FrameReg && x.Off < 0 && int(x.Off)+int(x.row.Size) <= 0 && -int(x.Off) <= int(p.img.Frame)
}
