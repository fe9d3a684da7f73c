// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/femtocontainer/femtocontainer/femto/asm"
	"github.com/femtocontainer/femtocontainer/femto/diag"
	"github.com/femtocontainer/femtocontainer/femto/image"
	"github.com/femtocontainer/femtocontainer/femto/isa"
	"github.com/femtocontainer/femtocontainer/femto/link"
	"github.com/femtocontainer/femtocontainer/femto/opt"
	"github.com/femtocontainer/femtocontainer/femto/vm"
	"github.com/femtocontainer/femtocontainer/tests/engines"
)

// What the optimiser must keep: the result, the fault, the system calls, and
// every byte of memory.
type behaviour struct {
	r0      uint64
	code    diag.Code
	address uint32
	calls   string
	memory  string
}

// plenty is fuel for every program that is worth comparing.
const plenty = 20000

func behave(t *testing.T, img *image.Image, r run) (behaviour, uint32) {
	var b behaviour
	var calls bytes.Buffer
	m, err := vm.New(img, vm.Options{Granted: engines.Granted, Call: func(mem vm.Memory, id uint16, a [5]uint64, _ uint32) (uint64, uint32, diag.Code) {
		fmt.Fprintln(&calls, id, a)
		r0, _, fault := engines.Host(mem, id, a, plenty)
		return r0, 0, fault
	}})
	require.NoError(t, err)
	ctx, g5, g6 := bytes.Clone(r.ctx), bytes.Clone(r.g5), bytes.Clone(r.g6)
	m.Start(r.entry, ctx, r.writable[isa.SegContext])
	require.NoError(t, m.Grant(isa.SegGrant5, g5, r.writable[isa.SegGrant5]))
	require.NoError(t, m.Grant(isa.SegGrant6, g6, r.writable[isa.SegGrant6]))
	res := m.Resume(plenty)
	b.r0, b.address = res.R0, res.Address
	if res.Fault != nil {
		b.code, b.r0 = res.Fault.Code, 0
	}
	b.calls = calls.String()
	b.memory = fmt.Sprintf("% x", bytes.Join([][]byte{ctx, g5, g6, m.Stack(), m.Data()}, []byte{0xee}))
	return b, res.FuelUsed
}

// likeC puts what compilers write into a generated program, instruction for
// instruction: moves, zero-extensions, and a frame of few cells.
func likeC(d dice, img *image.Image) {
	text := bytes.Clone(img.Text)
	in := func(pc int) isa.Insn { return isa.Decode(binary.LittleEndian.Uint64(text[8*pc:])) }
	set := func(pc int, x isa.Insn) { binary.LittleEndian.PutUint64(text[8*pc:], x.Slot()) }
	alu := func(pc int) bool {
		return pc < len(text)/8 && isa.Lookup(in(pc)) != nil && isa.Lookup(in(pc)).Kind == isa.ALU
	}
	named := func(name string, dst uint8, src uint8, imm int32) isa.Insn {
		return isa.Insn{Opcode: isa.ByName(name).Opcode, Dst: dst, Src: src, Imm: imm}
	}
	for pc := 0; pc < len(text)/8; pc++ {
		x := in(pc)
		row := isa.Lookup(x)
		switch {
		case row == nil:
		case row.Kind == isa.Wide:
			pc++
		case row.Size > 0 && img.Frame >= 16 && (row.Kind == isa.Load && x.Src == isa.FrameReg || row.Writes() && x.Dst == isa.FrameReg):
			x.Off = int16(pick(d, -8, -16, -16))
			set(pc, x)
		case alu(pc) && img.Frame >= 16 && chance(d, 25):
			off := int16(pick(d, -8, -16))
			y := named(pick(d, "stxdw", "stxw", "stxb", "stdw"), isa.FrameReg, uint8(d.intn(5)), 0)
			if y.Opcode == isa.ByName("stdw").Opcode {
				y.Src = 0
			}
			if chance(d, 60) {
				y = named(pick(d, "ldxdw", "ldxw", "ldxb", "ldxsb"), x.Dst, isa.FrameReg, 0)
			}
			y.Off = off
			set(pc, y)
		case alu(pc) && alu(pc+1) && chance(d, 30):
			n := int32(pick(d, 32, 32, 48, 56, 63, 1))
			set(pc, named("lsh64_imm", x.Dst, 0, n))
			set(pc+1, named(pick(d, "rsh64_imm", "rsh64_imm", "arsh64_imm", "rsh32_imm"), x.Dst, 0, n))
			pc++
		case alu(pc) && chance(d, 60):
			r := uint8(d.intn(5))
			set(pc, pick(d, named("mov64_reg", x.Dst, r, 0), named("mov32_reg", x.Dst, r, 0), named("mov64_imm", x.Dst, 0, int32(d.intn(9)-4)),
				named("and64_imm", x.Dst, 0, int32(pick(d, 255, 0xffff, 15, 0x7fffffff))), named("rsh64_imm", x.Dst, 0, int32(1+d.intn(40))),
				named("add64_reg", x.Dst, r, 0), named("or64_reg", x.Dst, r, 0), named("mul64_imm", x.Dst, 0, 1<<d.intn(6)),
				named("div64_imm", x.Dst, 0, 1<<d.intn(6)), named("add32_imm", x.Dst, 0, int32(d.intn(3)-1))))
		}
	}
	img.Text = text
}

// TestOptimiser: a program behaves the same after each pass alone and after
// all of them, and each pass finds something to do.
func TestOptimiser(t *testing.T) {
	changed, before, after := make(map[string]int), 0, 0
	for i := range uint64(300) {
		d := newSeeded(11, i)
		img, shape := generate(d)
		if i%3 > 0 {
			likeC(d, img)
		}
		r := drawRun(d, img, shape)
		r.entry = img.Entries[0].Slot
		want, used := behave(t, img, r)
		if want.code == diag.OutOfFuel {
			continue
		}
		for _, only := range append([]string{""}, opt.Passes()...) {
			if only != "" && i%4 != 0 {
				continue
			}
			var passes []string
			if only != "" {
				passes = []string{only}
			}
			short, stats, err := opt.Image(img, passes...)
			require.NoError(t, err)
			for _, p := range stats.Passes {
				changed[p.Name] += p.Changed
			}
			s := r
			s.entry = short.Entries[0].Slot
			got, usedAfter := behave(t, short, s)
			if got != want {
				t.Fatalf("program %d, pass %q: %+v, not %+v\n%s\nbecame\n%s", i, only, got, want,
					asm.Print(img, asm.Options{}), asm.Print(short, asm.Options{}))
			}
			if only == "" {
				before, after = before+int(used), after+int(usedAfter)
			}
		}
	}
	for _, name := range opt.Passes() {
		require.NotZero(t, changed[name], "pass %s never did anything", name)
	}
	require.Less(t, after, before)
	t.Logf("%d slots executed before, %d after; %v", before, after, changed)
}

// TestOptimiserOnObjects: what compilers made behaves the same as well.
func TestOptimiserOnObjects(t *testing.T) {
	names, err := filepath.Glob("../../femto/link/testdata/objects/*.o")
	require.NoError(t, err)
	compared := 0
	for _, name := range names {
		elf, err := os.ReadFile(name)
		require.NoError(t, err)
		calls := map[string]uint16{}
		out, err := link.Object(elf, link.Options{Resolve: func(name string) (uint16, bool) {
			if calls[name] == 0 {
				calls[name] = engines.Mix
			}
			return calls[name], true
		}})
		if err != nil {
			continue // an object that the linker has to refuse
		}
		short, _, err := opt.Image(out.Image)
		require.NoError(t, err, name)
		for i := range out.Image.Entries {
			for _, length := range []int{0, 64} {
				r := run{entry: out.Image.Entries[i].Slot, ctx: bytes.Repeat([]byte{5, 0, 0, 0}, length/4)}
				r.writable[isa.SegContext] = true
				want, _ := behave(t, out.Image, r)
				r.entry = short.Entries[i].Slot
				got, _ := behave(t, short, r)
				if want.code != diag.OutOfFuel {
					require.Equal(t, want, got, "%s, entry %d", name, i)
					compared++
				}
			}
		}
	}
	require.Greater(t, compared, 10)
	t.Logf("%d activations compared", compared)
}
