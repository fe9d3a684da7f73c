// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package isa

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/femtocontainer/femtocontainer/femto/bv"
)

// TestTableIsWellFormed checks what every reader of the table relies on.
func TestTableIsWellFormed(t *testing.T) {
	names := make(map[string]bool)
	for i := range Table {
		r := &Table[i]
		assert.False(t, names[r.Name], "%s stands twice", r.Name)
		names[r.Name] = true

		width := map[string]uint8{"dst": 64, "src": 64, "r0": 64, "off": 16, "imm": 32, "imm2": 32, "mem": 8 * r.Size}
		for _, term := range []*bv.Term{r.Value, r.Addr, r.Stored, r.Taken} {
			if term == nil {
				continue
			}
			for _, v := range bv.Vars(term) {
				assert.Equal(t, width[v.Name], v.Width, "%s: %s", r.Name, v.Name)
			}
			bv.C(term) // panics on what C cannot say
		}
		assert.Equal(t, r.To != None, r.Value != nil, r.Name)
		if r.Value != nil {
			assert.EqualValues(t, 64, r.Value.Width, r.Name)
		}
		assert.Equal(t, r.Size > 0, r.Addr != nil, r.Name)
		assert.Equal(t, r.Writes(), r.Stored != nil, r.Name)
		if r.Stored != nil {
			assert.Equal(t, 8*r.Size, r.Stored.Width, r.Name)
		}
		assert.Equal(t, r.Kind == Jump, r.Taken != nil, r.Name)

		// A field that no term and no rule uses must be fixed, or two slots
		// would mean the same.
		used := make(map[string]bool)
		for _, term := range []*bv.Term{r.Value, r.Addr, r.Stored, r.Taken} {
			if term != nil {
				for _, v := range bv.Vars(term) {
					used[v.Name] = true
				}
			}
		}
		if r.OffRule.Use == Free {
			assert.True(t, used["off"], "%s ignores off", r.Name)
		}
		if r.ImmRule.Use == Free {
			assert.True(t, used["imm"], "%s ignores imm", r.Name)
		}
		if r.SrcRule.Use == Reads || r.SrcRule.Use == Writes {
			assert.True(t, used["src"], "%s ignores src", r.Name)
		}
		if r.DstRule.Use == Writes {
			assert.Equal(t, Dst, r.To, r.Name)
		}
	}
}

// TestRowsAreDisjoint: no slot satisfies two rows.
func TestRowsAreDisjoint(t *testing.T) {
	overlap := func(a, b Rule) bool {
		if a.Use == Fixed && b.Use == Fixed {
			return a.Value == b.Value
		}
		return true
	}
	for i := range Table {
		for j := range Table[:i] {
			a, b := &Table[i], &Table[j]
			if a.Opcode == b.Opcode {
				assert.False(t, overlap(a.SrcRule, b.SrcRule) && overlap(a.OffRule, b.OffRule) && overlap(a.ImmRule, b.ImmRule),
					"%s and %s", a.Name, b.Name)
			}
		}
	}
}

// TestOpcodes compares the assigned opcodes with the table in RFC 9669,
// appendix A, less the packet group and callx, listed here by hand.
func TestOpcodes(t *testing.T) {
	want := map[uint8]int{
		0x04: 1, 0x05: 1, 0x06: 1, 0x07: 1, 0x0c: 1, 0x0f: 1, 0x14: 1, 0x15: 1, 0x16: 1, 0x17: 1, 0x18: 1, 0x1c: 1, 0x1d: 1, 0x1e: 1, 0x1f: 1,
		0x24: 1, 0x25: 1, 0x26: 1, 0x27: 1, 0x2c: 1, 0x2d: 1, 0x2e: 1, 0x2f: 1, 0x34: 2, 0x35: 1, 0x36: 1, 0x37: 2, 0x3c: 2, 0x3d: 1, 0x3e: 1, 0x3f: 2,
		0x44: 1, 0x45: 1, 0x46: 1, 0x47: 1, 0x4c: 1, 0x4d: 1, 0x4e: 1, 0x4f: 1, 0x54: 1, 0x55: 1, 0x56: 1, 0x57: 1, 0x5c: 1, 0x5d: 1, 0x5e: 1, 0x5f: 1,
		0x61: 1, 0x62: 1, 0x63: 1, 0x64: 1, 0x65: 1, 0x66: 1, 0x67: 1, 0x69: 1, 0x6a: 1, 0x6b: 1, 0x6c: 1, 0x6d: 1, 0x6e: 1, 0x6f: 1,
		0x71: 1, 0x72: 1, 0x73: 1, 0x74: 1, 0x75: 1, 0x76: 1, 0x77: 1, 0x79: 1, 0x7a: 1, 0x7b: 1, 0x7c: 1, 0x7d: 1, 0x7e: 1, 0x7f: 1,
		0x81: 1, 0x84: 1, 0x85: 2, 0x87: 1, 0x89: 1, 0x91: 1, 0x94: 2, 0x95: 1, 0x97: 2, 0x9c: 2, 0x9f: 2,
		0xa4: 1, 0xa5: 1, 0xa6: 1, 0xa7: 1, 0xac: 1, 0xad: 1, 0xae: 1, 0xaf: 1, 0xb4: 1, 0xb5: 1, 0xb6: 1, 0xb7: 1, 0xbc: 3, 0xbd: 1, 0xbe: 1, 0xbf: 4,
		0xc3: 10, 0xc4: 1, 0xc5: 1, 0xc6: 1, 0xc7: 1, 0xcc: 1, 0xcd: 1, 0xce: 1, 0xcf: 1, 0xd4: 3, 0xd5: 1, 0xd6: 1, 0xd7: 3, 0xdb: 10, 0xdc: 3, 0xdd: 1, 0xde: 1,
	}
	got := make(map[uint8]int)
	for i := range Table {
		got[Table[i].Opcode]++
	}
	assert.Equal(t, want, got)
}

func TestDecodeIsTheInverseOfSlot(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		slot := rapid.Uint64().Draw(t, "slot")
		require.Equal(t, slot, Decode(slot).Slot())
	})
}

// TestLookupAgreesWithLegal holds the Go reading of the field rules against
// the term that the proofs use.
func TestLookupAgreesWithLegal(t *testing.T) {
	legal := Legal()
	rapid.Check(t, func(t *rapid.T) {
		r := rapid.SampledFrom(Table).Draw(t, "row")
		small := rapid.SampledFrom([]int{0, 1, 8, 9, 10, 11, 15, 16, 32, 64})
		in := Insn{
			Opcode: r.Opcode,
			Dst:    uint8(small.Draw(t, "dst")) & 15, Src: uint8(small.Draw(t, "src")) & 15,
			Off: int16(small.Draw(t, "off")), Imm: int32(r.ImmRule.Value),
		}
		if rapid.Bool().Draw(t, "other imm") {
			in.Imm = rapid.Int32().Draw(t, "imm")
		}
		env := bv.Env{"op": uint64(in.Opcode), "dreg": uint64(in.Dst), "sreg": uint64(in.Src), "off": uint64(in.Off), "imm": uint64(in.Imm)}
		require.Equal(t, Lookup(in) != nil, bv.Eval(legal, env) == 1, "%+v", in)
	})
}

// TestEffects spells out results that RFC 9669 fixes where C or a careless
// table would differ.
func TestEffects(t *testing.T) {
	const minInt64, minInt32 = 1 << 63, 1 << 31
	for _, c := range []struct {
		row  string
		env  bv.Env
		want uint64
	}{
		{"add64_imm", bv.Env{"dst": 1, "imm": 0xffffffff}, 0},
		{"add32_imm", bv.Env{"dst": 0xffffffff00000001, "imm": 0xffffffff}, 0},
		{"div64_reg", bv.Env{"dst": 7, "src": 0}, 0},
		{"div32_reg", bv.Env{"dst": 7, "src": 0x100000000}, 0},
		{"div64_imm", bv.Env{"dst": ^uint64(0), "imm": 0xffffffff}, 1},
		{"mod64_reg", bv.Env{"dst": 7, "src": 0}, 7},
		{"mod32_reg", bv.Env{"dst": 0xffffffff00000007, "src": 0}, 7},
		{"sdiv64_reg", bv.Env{"dst": minInt64, "src": ^uint64(0)}, minInt64},
		{"sdiv32_reg", bv.Env{"dst": minInt32, "src": 0xffffffff}, minInt32},
		{"smod64_reg", bv.Env{"dst": minInt64, "src": ^uint64(0)}, 0},
		{"smod32_imm", bv.Env{"dst": 0xfffffff3, "imm": 4}, 0xffffffff},
		{"sdiv32_imm", bv.Env{"dst": 0xfffffff3, "imm": 4}, 0xfffffffd},
		{"lsh64_imm", bv.Env{"dst": 1, "imm": 65}, 2},
		{"rsh32_reg", bv.Env{"dst": 0xf80000000, "src": 33}, 0x40000000},
		{"arsh32_imm", bv.Env{"dst": 0x80000000, "imm": 31}, 0xffffffff},
		{"neg32", bv.Env{"dst": 1}, 0xffffffff},
		{"mov64_imm", bv.Env{"imm": 0x80000000}, 0xffffffff80000000},
		{"mov32_imm", bv.Env{"imm": 0x80000000}, 0x80000000},
		{"movsx8_64", bv.Env{"src": 0x80}, 0xffffffffffffff80},
		{"movsx8_32", bv.Env{"src": 0x80}, 0xffffff80},
		{"lddw", bv.Env{"imm": 0x80000000, "imm2": 1}, 0x180000000},
		{"le16", bv.Env{"dst": 0x1122334455667788}, 0x7788},
		{"be32", bv.Env{"dst": 0x1122334455667788}, 0x88776655},
		{"bswap64", bv.Env{"dst": 0x1122334455667788}, 0x8877665544332211},
		{"ldxsb", bv.Env{"mem": 0x80}, 0xffffffffffffff80},
		{"ldxb", bv.Env{"mem": 0x80}, 0x80},
		{"cmpxchg32", bv.Env{"mem": 0xfffffff0}, 0xfffffff0},
	} {
		assert.Equal(t, c.want, bv.Eval(ByName(c.row).Value, c.env), c.row)
	}
	assert.EqualValues(t, 5, bv.Eval(ByName("cmpxchg32").Stored, bv.Env{"mem": 3, "r0": 0x100000003, "src": 5}))
	assert.EqualValues(t, 3, bv.Eval(ByName("cmpxchg64").Stored, bv.Env{"mem": 3, "r0": 0x100000003, "src": 5}))
	assert.Equal(t, uint64(0xfffffffffffffffe), bv.Eval(ByName("stdw").Stored, bv.Env{"imm": 0xfffffffe}))
	assert.EqualValues(t, 0x03ffffff, bv.Eval(ByName("ldxw").Addr, bv.Env{"src": 0xabcdef0004000000, "off": 0xffff}))
	assert.EqualValues(t, 1, bv.Eval(ByName("jslt64_imm").Taken, bv.Env{"dst": minInt64, "imm": 0xffffffff}))
	assert.EqualValues(t, 0, bv.Eval(ByName("jlt32_imm").Taken, bv.Env{"dst": 0x1ffffffff, "imm": 0xffffffff}))
}

// TestResolve compares the one-comparison rule with the plain reading of the
// address rule: mapped, and offset <= len - n with n <= len.
func TestResolve(t *testing.T) {
	addr, end := bv.Var("addr", 32), bv.Var("end", 32)
	rapid.Check(t, func(t *rapid.T) {
		var length [NumSegments]uint32
		for s := SegStack; s <= SegGrant6; s++ {
			length[s] = rapid.SampledFrom([]uint32{0, 1, 2, 3, 7, 8, 9, 512, MaxSegment}).Draw(t, "len")
		}
		size := rapid.SampledFrom([]uint8{1, 2, 4, 8}).Draw(t, "size")
		s := rapid.Uint32Range(0, 255).Draw(t, "segment")
		edge := rapid.SampledFrom(append(length[:], 0xffffff)).Draw(t, "edge")
		a := s<<24 | (edge+uint32(rapid.Int32Range(-9, 9).Draw(t, "delta")))&0xffffff

		n, plain := uint32(size), false
		if s < NumSegments {
			plain = n <= length[s] && a&0xffffff <= length[s]-n
		}
		i := bv.Eval(Index(addr), bv.Env{"addr": uint64(a)})
		e := uint32(0)
		if length[i] > 0 {
			e = SegmentBase(uint32(i)) + length[i]
		}
		got := bv.Eval(Resolve(addr, end, size), bv.Env{"addr": uint64(a), "end": uint64(e)}) == 1
		require.Equal(t, plain, got, "addr %08x size %d len %d", a, size, length[i])
	})
}
