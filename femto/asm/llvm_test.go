// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package asm

import (
	"debug/elf"
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/femtocontainer/femtocontainer/femto/isa"
)

// sample has every row with a few values of its fields.
func sample() (insns []isa.Insn, lines []string) {
	for i := range isa.Table {
		row := &isa.Table[i]
		pick := func(r isa.Rule, v int64) int64 {
			if r.Use == isa.Fixed {
				return r.Value
			}
			return v
		}
		for n, v := range []struct {
			reg, off, imm int64
		}{{1, 1, 2}, {9, -8, -7}, {0, 0x7ff, 0x7fffffff}} {
			if row.ImmRule.Use == isa.HelperID || row.ImmRule.Use == isa.Slots {
				v.imm = int64(n + 1)
			}
			in := isa.Insn{Opcode: row.Opcode, Dst: uint8(pick(row.DstRule, v.reg)), Src: uint8(pick(row.SrcRule, 5-v.reg&3)),
				Off: int16(pick(row.OffRule, v.off)), Imm: int32(pick(row.ImmRule, v.imm))}
			slots := binary.LittleEndian.AppendUint64(nil, in.Slot())
			if row.Kind == isa.Wide {
				slots = append(slots, make([]byte, 8)...)
			}
			insns = append(insns, in)
			lines = append(lines, Insn(slots, 0, Options{}))
		}
	}
	return insns, lines
}

// TestAgainstLLVM assembles what Print writes with clang, which must give the
// same bytes, and reads back what llvm-objdump writes about them.
func TestAgainstLLVM(t *testing.T) {
	for _, v := range []struct {
		suffix, cpu string
		rows        int // instructions of the sample that this version knows
	}{{"-19", "v4", 471}, {"-16", "v3", 340}, {"-14", "v3", 330}} {
		t.Run("clang"+v.suffix, func(t *testing.T) {
			clang, err1 := exec.LookPath("clang" + v.suffix)
			objdump, err2 := exec.LookPath("llvm-objdump" + v.suffix)
			if err1 != nil || err2 != nil {
				fmt.Printf("SKIP: %s: clang%s and llvm-objdump%s are not installed\n", t.Name(), v.suffix, v.suffix)
				t.Skip("not installed")
			}
			insns, lines := sample()
			dir := t.TempDir()
			known := assembleWith(t, clang, v.cpu, dir, lines)
			f, err := elf.Open(filepath.Join(dir, "t.o"))
			require.NoError(t, err)
			defer f.Close()
			text, err := f.Section(".text").Data()
			require.NoError(t, err)

			listing, err := exec.Command(objdump, "-d", "--no-show-raw-insn", "--mcpu="+v.cpu, filepath.Join(dir, "t.o")).Output()
			require.NoError(t, err)
			printed := regexp.MustCompile(`(?m)^\s+\d+:\s+(.*?)(?: <[.\w+]+>)?$`).FindAllStringSubmatch(string(listing), -1)

			agree, at := 0, 0
			for i, line := range lines {
				row := isa.Lookup(insns[i])
				if !known[i] {
					continue
				}
				require.Equal(t, insns[i].Slot(), binary.LittleEndian.Uint64(text[at:]), "%s: %s", clang, line)
				require.NotEmpty(t, printed)
				theirs := printed[0][1]
				printed = printed[1:]
				at += 8 * row.Width()
				switch {
				case theirs == "<unknown>": // it assembles more than it prints
					t.Logf("llvm-objdump%s cannot print %s", v.suffix, line)
				case row.Kind == isa.CallLocal:
					// LLVM writes both kinds of calls alike and tells them
					// apart by relocations.
					assert.Equal(t, fmt.Sprintf("call %s", strings.TrimPrefix(line, "call +")), decimal(theirs))
				default:
					assert.Equal(t, insns[i].Slot(), slots(t, theirs)[0], "llvm-objdump: %s", theirs)
				}
				agree++
			}
			t.Logf("%d of %d instructions are known to clang%s and agree", agree, len(lines), v.suffix)
			assert.GreaterOrEqual(t, agree, v.rows)
		})
	}
}

// decimal turns the hexadecimal immediates of newer listings into our notation.
func decimal(s string) string {
	return regexp.MustCompile(`0x[0-9a-f]+`).ReplaceAllStringFunc(s, func(h string) string {
		n, _ := strconv.ParseInt(h, 0, 64)
		return fmt.Sprint(n)
	})
}

// assembleWith makes t.o of the lines that clang accepts.
func assembleWith(t *testing.T, clang, cpu, dir string, lines []string) (known []bool) {
	known = make([]bool, len(lines))
	for i := range known {
		known[i] = true
	}
	src := filepath.Join(dir, "t.s")
	for range 2 {
		var b strings.Builder
		for i, l := range lines {
			switch {
			case !known[i]:
				l = ""
			case strings.HasPrefix(l, "call +"): // clang reads a sign as part of a helper's number
				l = ".quad 0x" + fmt.Sprintf("%016x", slots(t, l)[0])
			}
			b.WriteString(l + "\n")
		}
		require.NoError(t, os.WriteFile(src, []byte(b.String()), 0o600))
		out, err := exec.Command(clang, "-target", "bpf", "-mcpu="+cpu, "-c", src, "-o", filepath.Join(dir, "t.o")).CombinedOutput()
		if err == nil {
			return known
		}
		for _, m := range regexp.MustCompile(`t\.s:(\d+):\d+: error`).FindAllStringSubmatch(string(out), -1) {
			n, _ := strconv.Atoi(m[1])
			known[n-1] = false
		}
	}
	t.Fatalf("%s accepts no subset", clang)
	return nil
}

// TestReadsCompilerOutput: what clang -S writes assembles.
func TestReadsCompilerOutput(t *testing.T) {
	clang := ""
	for _, name := range []string{"clang", "clang-19", "clang-16", "clang-14"} {
		if p, err := exec.LookPath(name); err == nil {
			clang = p
			break
		}
	}
	if clang == "" {
		fmt.Printf("SKIP: %s: clang is not installed\n", t.Name())
		t.Skip("clang is not installed")
	}
	c := exec.Command(clang, "-target", "bpf", "-O2", "-g", "-S", "-x", "c", "-o", "-", "-")
	c.Stdin = strings.NewReader(`static int count; int table[3] = {1, 2, 3}; int *second = &table[1];
static __attribute__((noinline)) int f(int x) { return x * count + table[x & 1] + *second; }
__attribute__((section("hook/a"))) int entry(int *p) { count++; return f(p[0]) + "hello"[p[1]]; }`)
	src, err := c.Output()
	require.NoError(t, err)
	p, err := Parse("c.s", string(src), Options{})
	require.NoError(t, err)
	require.Len(t, p.Image.Entries, 1)
	assert.Equal(t, "entry", p.Image.Entries[0].Name)
	assert.EqualValues(t, 2, p.Image.Depth)
	assert.Equal(t, "hello\x00", string(p.Image.ROData))
	assert.Equal(t, []byte{1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0}, p.Image.Data[:12])
	assert.EqualValues(t, 0x02000004, binary.LittleEndian.Uint64(p.Image.Data[16:]))
	assert.EqualValues(t, 4, p.Image.BSS)
}
