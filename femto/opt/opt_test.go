// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package opt

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/femtocontainer/femtocontainer/femto/asm"
	"github.com/femtocontainer/femtocontainer/femto/bv"
	"github.com/femtocontainer/femtocontainer/femto/image"
	"github.com/femtocontainer/femtocontainer/femto/isa"
	"github.com/femtocontainer/femtocontainer/femto/link"
	"github.com/femtocontainer/femtocontainer/femto/verify"
)

func parse(t *testing.T, body string) *image.Image {
	t.Helper()
	p, err := asm.Parse("t.s", ".frame 32\n.entry f\n.text\nf:\n"+body, asm.Options{})
	require.NoError(t, err)
	return p.Image
}

// lines are the instructions of img, with labels, as one string.
func lines(img *image.Image) string {
	_, text, _ := strings.Cut(asm.Print(img, asm.Options{}), "f:\n")
	return strings.Join(strings.Fields(strings.ReplaceAll(text, "\n", " ; ")), " ")
}

// TestPasses: what each pass makes of the thing it is for.
func TestPasses(t *testing.T) {
	for _, c := range []struct{ name, passes, before, after string }{
		{"two shifts are a zero-extension", "combine",
			"r0 = *(u64 *)(r1 + 0)\nr0 <<= 32\nr0 >>= 32\nexit",
			"r0 = *(u64 *)(r1 + 0) ; w0 = w0 ; exit ;"},
		{"two shifts are a sign-extension", "combine",
			"r0 = *(u64 *)(r1 + 0)\nr0 <<= 32\nr0 s>>= 32\nexit",
			"r0 = *(u64 *)(r1 + 0) ; r0 = (s32)r0 ; exit ;"},
		{"a zero-extension of a 32-bit value is nothing", "combine constants",
			"r0 = *(u32 *)(r1 + 0)\nr0 <<= 32\nr0 >>= 32\nexit",
			"r0 = *(u32 *)(r1 + 0) ; exit ;"},
		{"also around a loop", "constants",
			"r0 = *(u32 *)(r1 + 0)\nl:\nw0 = w0\nr0 &= 255\nif r0 != 3 goto l\nexit",
			"r0 = *(u32 *)(r1 + 0) ; L1: ; r0 &= 255 ; if w0 != 3 goto L1 ; exit ;"},
		{"constants are computed", "constants dead",
			"r3 = 5\nr3 *= 7\nr0 = *(u64 *)(r1 + 0)\nr0 += r3\nexit",
			"r0 = *(u64 *)(r1 + 0) ; r0 += 35 ; exit ;"},
		{"quotients of powers of two are shifts", "constants",
			"r0 = *(u64 *)(r1 + 0)\nr0 /= 8\nexit",
			"r0 = *(u64 *)(r1 + 0) ; r0 >>= 3 ; exit ;"},
		{"a signed quotient is not", "constants",
			"r0 = *(u64 *)(r1 + 0)\nr0 s/= 8\nexit",
			"r0 = *(u64 *)(r1 + 0) ; r0 s/= 8 ; exit ;"},
		{"a decided branch", "constants branches",
			"r3 = 1\nif r3 == 0 goto l\nr0 = 7\nexit\nl:\nr0 = 8\nexit",
			"r3 = 1 ; r0 = 7 ; exit ;"},
		{"copies", "copies dead",
			"r3 = *(u64 *)(r1 + 0)\nr4 = r3\nr0 = *(u64 *)(r4 + 0)\nr0 += r4\nexit",
			"r3 = *(u64 *)(r1 + 0) ; r0 = *(u64 *)(r3 + 0) ; r0 += r3 ; exit ;"},
		{"the upper half of an address does not matter", "narrow",
			"r3 = *(u64 *)(r1 + 0)\nw3 = w3\nr3 += 4\nr0 = *(u64 *)(r3 + 0)\nexit",
			"r3 = *(u64 *)(r1 + 0) ; w3 += 4 ; r0 = *(u64 *)(r3 + 0) ; exit ;"},
		{"a load that may fault stays", "dead",
			"r3 = *(u64 *)(r1 + 0)\nr4 = *(u64 *)(r10 - 8)\nr4 = *(u64 *)(r10 - 40)\nr0 = 0\nexit",
			"r3 = *(u64 *)(r1 + 0) ; r4 = *(u64 *)(r10 - 40) ; r0 = 0 ; exit ;"},
		{"what was stored is not loaded", "stack",
			"r3 = *(u64 *)(r1 + 0)\n*(u64 *)(r10 - 8) = r3\n*(u32 *)(r10 - 16) = r3\nr0 = *(u64 *)(r10 - 8)\nr4 = *(u32 *)(r10 - 16)\nr0 += r4\nexit",
			"r3 = *(u64 *)(r1 + 0) ; *(u64 *)(r10 - 8) = r3 ; *(u32 *)(r10 - 16) = r3 ; r0 = r3 ; w4 = w3 ; r0 += r4 ; exit ;"},
		{"a pointer may point into the frame", "stack",
			"r3 = *(u64 *)(r1 + 0)\n*(u64 *)(r10 - 8) = r3\n*(u8 *)(r3 + 0) = r3\nr0 = *(u64 *)(r10 - 8)\nexit",
			"r3 = *(u64 *)(r1 + 0) ; *(u64 *)(r10 - 8) = r3 ; *(u8 *)(r3 + 0) = r3 ; r0 = *(u64 *)(r10 - 8) ; exit ;"},
		{"but the context does not", "stack",
			"r3 = *(u64 *)(r1 + 0)\n*(u64 *)(r10 - 8) = r3\n*(u8 *)(r1 + 0) = r3\nr0 = *(u64 *)(r10 - 8)\nexit",
			"r3 = *(u64 *)(r1 + 0) ; *(u64 *)(r10 - 8) = r3 ; *(u8 *)(r1 + 0) = r3 ; r0 = r3 ; exit ;"},
		{"overlapping stores", "stack",
			"r3 = *(u64 *)(r1 + 0)\n*(u64 *)(r10 - 8) = r3\n*(u8 *)(r10 - 1) = r1\nr0 = *(u64 *)(r10 - 8)\nexit",
			"r3 = *(u64 *)(r1 + 0) ; *(u64 *)(r10 - 8) = r3 ; *(u8 *)(r10 - 1) = r1 ; r0 = *(u64 *)(r10 - 8) ; exit ;"},
		{"a jump to a jump, and a branch over one", "branches",
			"r0 = *(u64 *)(r1 + 0)\nl:\nr0 += 1\nif r0 > 9 goto e\ngoto m\nm:\ngoto l\ne:\nexit",
			"r0 = *(u64 *)(r1 + 0) ; L1: ; r0 += 1 ; if r0 < 10 goto L1 ; exit ;"},
	} {
		names := strings.Fields(strings.ReplaceAll(c.passes, "dead", "dead-code"))
		for i := range names {
			names[i] = strings.ReplaceAll(names[i], "-", " ")
			require.Contains(t, Passes(), names[i])
		}
		before := parse(t, c.before)
		after, stats, err := Image(before, names...)
		require.NoError(t, err, c.name)
		require.NoError(t, verify.Image(after, verify.Options{}), c.name)
		assert.Equal(t, c.after, lines(after), c.name)
		assert.Equal(t, len(after.Text)/8, stats.After, c.name)
	}
}

// someFacts are random facts that are true of the registers.
func someFacts(r *rand.Rand, regs *[isa.NumRegs]uint64) (f facts) {
	for i := range f {
		seen := r.Uint64() & r.Uint64()
		if r.IntN(3) == 0 {
			seen |= upperHalf
		}
		if r.IntN(6) == 0 {
			seen = everyBit
		}
		f[i].zeros, f[i].ones = seen&^regs[i], seen&regs[i]
	}
	return f
}

func someRegisters(r *rand.Rand) (regs [isa.NumRegs]uint64) {
	for i := range regs {
		regs[i] = r.Uint64() >> r.IntN(64)
		if r.IntN(4) == 0 {
			regs[i] = -regs[i]
		}
		if i > 0 && r.IntN(4) == 0 {
			regs[i] = regs[i-1]
		}
	}
	return regs
}

func someInsn(r *rand.Rand, row *isa.Row) *insn {
	in := isa.Insn{Opcode: row.Opcode, Dst: uint8(r.IntN(10)), Src: uint8(r.IntN(10)), Imm: int32(r.Uint64() >> (32 + r.IntN(32)))}
	if r.IntN(3) == 0 {
		in.Imm = 1 << r.IntN(32)
	}
	for _, fix := range []struct {
		rule isa.Rule
		set  func(v int64)
	}{
		{row.SrcRule, func(v int64) { in.Src = uint8(v) }},
		{row.OffRule, func(v int64) { in.Off = int16(v) }},
		{row.ImmRule, func(v int64) { in.Imm = int32(v) }},
	} {
		if fix.rule.Use == isa.Fixed {
			fix.set(fix.rule.Value)
		}
	}
	return &insn{Insn: in, row: row, imm2: int32(r.Uint32())}
}

func (x *insn) run(regs *[isa.NumRegs]uint64, t *bv.Term) uint64 {
	return bv.EvalFunc(x.term(t), func(v *bv.Term) uint64 { return regs[x.register(v)] })
}

// TestFactsAreTrue: what eval says of a result holds for the result, for every
// instruction that computes or compares.
func TestFactsAreTrue(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	said := 0
	for i := range isa.Table {
		row := &isa.Table[i]
		term := row.Value
		if row.Kind == isa.Jump {
			term = row.Taken
		}
		if term == nil || row.Size > 0 {
			continue
		}
		for range 60 {
			x, regs := someInsn(r, row), someRegisters(r)
			f := someFacts(r, &regs)
			w, v := f.eval(x, x.term(term)), x.run(&regs, term)
			for j, b := range w {
				have := constant(v>>j&1 == 1)
				if reg, k, ok := b.source(); ok {
					b = constant(regs[reg]>>k&1 == 1)
				}
				if b == unknown {
					continue
				}
				said++
				require.Equal(t, have, b, "%s %+v bit %d: registers %x, facts %+v", row.Name, x.Insn, j, regs, f)
			}
		}
	}
	require.Greater(t, said, 100000)
}

// TestDemandIsEnough: bits that are not asked for change nothing that is, for
// every instruction.
func TestDemandIsEnough(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	spared := 0
	for i := range isa.Table {
		row := &isa.Table[i]
		for _, term := range []*bv.Term{row.Value, row.Taken, row.Addr, row.Stored} {
			if term == nil || row.Reads() && (term == row.Value || term == row.Stored) {
				continue
			}
			for range 60 {
				x, regs := someInsn(r, row), someRegisters(r)
				mask := ones(term.Width) & pickMask(r)
				var need masks
				demand(x.term(term), mask, func(v *bv.Term, m uint64) { need[x.register(v)] |= m })
				other := regs
				for j := range other {
					noise := r.Uint64() &^ need[j]
					other[j] ^= noise
					if j == int(x.Dst) && noise != 0 {
						spared++
					}
				}
				require.Equal(t, x.run(&regs, term)&mask, x.run(&other, term)&mask, "%s %+v mask %x needs %x", row.Name, x.Insn, mask, need)
			}
		}
	}
	require.Greater(t, spared, 1500)
}

func pickMask(r *rand.Rand) uint64 {
	return []uint64{everyBit, everyBit >> 32, upperHalf, 255, 1 << r.IntN(64), r.Uint64() & r.Uint64(), 0}[r.IntN(7)]
}

// TestHalf: the 32-bit form has the same lower half.
func TestHalf(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	found := 0
	for i := range isa.Table {
		for range 50 {
			x, regs := someInsn(r, &isa.Table[i]), someRegisters(r)
			if x.row.Kind != isa.ALU {
				continue
			}
			if n := x.half(); n != nil {
				found++
				require.Equal(t, uint32(x.run(&regs, x.row.Value)), uint32(n.run(&regs, n.row.Value)), "%s", x.row.Name)
			}
		}
	}
	require.Greater(t, found, 300)
}

// TestOpposite: exactly one of a branch and its opposite is taken.
func TestOpposite(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	found := 0
	for i := range isa.Table {
		row := &isa.Table[i]
		if row.Kind != isa.Jump || row.EndsRun() {
			continue
		}
		for range 50 {
			x, regs := someInsn(r, row), someRegisters(r)
			if n := opposite(x); n != nil {
				found++
				require.NotEqual(t, x.run(&regs, x.row.Taken), n.run(&regs, n.row.Taken), row.Name)
			}
		}
	}
	require.Equal(t, 40*50, found, "every branch but the four of jset")
}

// TestLinked: lines and functions go where their instructions go.
func TestLinked(t *testing.T) {
	img := parse(t, "r3 = 5\nr0 = *(u32 *)(r1 + 0)\nr0 <<= 32\nr0 >>= 32\nexit")
	out := &link.Output{Image: img, Source: &link.SourceMap{Version: 1,
		Functions: []link.Function{{Name: "f", Slots: 5}},
		Lines:     []link.Line{{Slot: 0, File: "a.c", Number: 1}, {Slot: 1, File: "a.c", Number: 2}, {Slot: 4, File: "a.c", Number: 3}}}}
	stats, err := Linked(out)
	require.NoError(t, err)
	require.Equal(t, 2, stats.After)
	require.Equal(t, []link.Function{{Name: "f", Slots: 2}}, out.Source.Functions)
	require.Equal(t, []link.Line{{Slot: 0, File: "a.c", Number: 2}, {Slot: 1, File: "a.c", Number: 3}}, out.Source.Lines)
	b, err := out.Source.Encode()
	require.NoError(t, err)
	_, err = link.DecodeSourceMap(b, out.Image)
	require.NoError(t, err)
}

// TestIllegalImageIsRefused: the passes rely on what the verifier checks.
func TestIllegalImageIsRefused(t *testing.T) {
	_, _, err := Image(&image.Image{Entries: []image.Entry{{}}, Depth: 1, Text: make([]byte, 8)})
	require.Error(t, err)
}
