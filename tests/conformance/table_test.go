// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package main

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/femtocontainer/femtocontainer/femto/asm"
	"github.com/femtocontainer/femtocontainer/femto/isa"
	"github.com/femtocontainer/femtocontainer/tests/engines"
)

// A scenario is a program and what must come of it.
type scenario struct {
	name     string // with file and line
	src      string
	ctx      []byte
	readonly bool
	fuel     uint32

	r0    uint64
	fault string // "FC3001 2" and perhaps the address
	after []byte // context afterwards, nil: as before
	used  int    // fuel, or -1
}

// TestTable runs the expectations of testdata on every engine, and makes sure
// that they reach every row of the instruction table.
func TestTable(t *testing.T) {
	var all []scenario
	all = append(all, aluScenarios(t)...)
	all = append(all, jumpScenarios(t)...)
	all = append(all, programScenarios(t)...)

	reached := make(map[string]bool)
	for _, s := range all {
		p, err := asm.Parse(s.name, s.src, asm.Options{})
		require.NoError(t, err)
		img, err := p.Image.Encode()
		require.NoError(t, err)
		for i := 0; i < len(p.Image.Text); {
			row := isa.Lookup(isa.Decode(binary.LittleEndian.Uint64(p.Image.Text[i:])))
			require.NotNil(t, row, s.name)
			reached[row.Name] = true
			i += 8 * row.Width()
		}
		for _, engine := range engines.Names() {
			s.check(t, engine, img)
		}
	}
	for i := range isa.Table {
		assert.True(t, reached[isa.Table[i].Name], "no expectation reaches %s", isa.Table[i].Name)
	}
	t.Logf("%d programs on %s reach all %d instructions", len(all), strings.Join(engines.Names(), ", "), len(isa.Table))
}

func (s *scenario) check(t *testing.T, engine string, img []byte) {
	name := s.name + " on " + engine
	m, err := engines.New(engine, img, engines.Options{Call: call})
	require.NoError(t, err, name)
	defer m.Close()
	ctx := append([]byte(nil), s.ctx...)
	m.Start(0, ctx, !s.readonly)
	res := m.Resume(s.fuel)
	if s.fault == "" {
		if assert.Nil(t, res.Fault, name) {
			assert.Equal(t, fmt.Sprintf("%#x", s.r0), fmt.Sprintf("%#x", res.R0), name)
		}
	} else if assert.NotNil(t, res.Fault, name) {
		got := fmt.Sprintf("%s %d", res.Fault.Code, res.Fault.PC)
		if strings.Count(s.fault, " ") == 2 {
			got += fmt.Sprintf(" 0x%08x", res.Address)
		}
		assert.Equal(t, s.fault, got, name)
	}
	if s.used >= 0 {
		assert.EqualValues(t, s.used, res.FuelUsed, name)
	}
	want := s.ctx
	if s.after != nil {
		want = s.after
	}
	assert.Equal(t, hex.EncodeToString(want), hex.EncodeToString(ctx), name)
}

// fields reads a file of lines with n fields.
func fields(t *testing.T, file string, n int, f func(where string, field []string)) {
	b, err := os.ReadFile(filepath.Join("testdata", file))
	require.NoError(t, err)
	for i, line := range strings.Split(string(b), "\n") {
		line, _, _ = strings.Cut(line, "#")
		if strings.TrimSpace(line) == "" {
			continue
		}
		field := strings.Split(line, ";")
		where := fmt.Sprintf("%s:%d", file, i+1)
		require.Len(t, field, n, where)
		for j := range field {
			field[j] = strings.TrimSpace(field[j])
		}
		f(where, field)
	}
}

// value reads a 64-bit number, signed or not.
func value(t *testing.T, where, s string) uint64 {
	if u, err := strconv.ParseUint(s, 0, 64); err == nil {
		return u
	}
	i, err := strconv.ParseInt(s, 0, 64)
	require.NoError(t, err, where)
	return uint64(i)
}

// operands are the ways to write the second operand: a register that holds it,
// and an immediate if it is one that reads as the same number.
func operands(v uint64, wide bool) []string {
	out := []string{"r2"}
	if !wide {
		out[0] = "w2"
	}
	if int64(v) == int64(int32(v)) {
		out = append(out, fmt.Sprint(int32(v)))
	}
	return out
}

func aluScenarios(t *testing.T) (out []scenario) {
	fields(t, "alu.txt", 4, func(where string, f []string) {
		form, registerOnly := strings.CutPrefix(f[0], "*")
		second := value(t, where, f[2])
		ways := []string{""}
		if strings.Contains(form, "X") {
			if ways = operands(second, form[0] == 'r'); registerOnly {
				ways = ways[:1]
			}
		}
		for _, x := range ways {
			insn := strings.Replace(form, "X", x, 1)
			out = append(out, scenario{
				name: where + ": " + insn, fuel: 100, used: -1, r0: value(t, where, f[3]),
				src: fmt.Sprintf("r1 = %s ll\nr2 = %#x ll\n%s\nr0 = r1\nexit", f[1], second, insn),
			})
		}
	})
	return out
}

func jumpScenarios(t *testing.T) (out []scenario) {
	fields(t, "jump.txt", 4, func(where string, f []string) {
		second := value(t, where, f[2])
		taken := map[string]uint64{"yes": 1, "no": 0}
		require.Contains(t, taken, f[3], where)
		for _, x := range operands(second, f[0][0] == 'r') {
			condition := strings.Replace(f[0], "X", x, 1)
			out = append(out, scenario{
				name: where + ": " + condition, fuel: 100, used: -1, r0: taken[f[3]],
				src: fmt.Sprintf("r1 = %s ll\nr2 = %#x ll\nif %s goto yes\nexit\nyes: r0 = 1\nexit", f[1], second, condition),
			})
		}
	})
	return out
}

func programScenarios(t *testing.T) (out []scenario) {
	b, err := os.ReadFile("testdata/programs.txt")
	require.NoError(t, err)
	var s *scenario
	for i, line := range strings.Split(string(b), "\n") {
		where := fmt.Sprintf("programs.txt:%d", i+1)
		line = strings.TrimSpace(line)
		setting, argument, _ := strings.Cut(line, " ")
		if setting == "--" || setting == "->" {
			setting2, a, _ := strings.Cut(argument, " ")
			setting, argument = setting+setting2, strings.TrimSpace(a)
		}
		bytes := func() []byte {
			b, err := unhex(argument)
			require.NoError(t, err, where)
			return b
		}
		switch {
		case setting == "==":
			out = append(out, scenario{name: where + ": " + argument, fuel: math.MaxUint16, used: -1})
			s = &out[len(out)-1]
		case s == nil || line == "":
		case setting == "--ctx":
			s.ctx = bytes()
		case setting == "--readonly":
			s.readonly = true
		case setting == "--fuel":
			s.fuel = uint32(value(t, where, argument))
		case setting == "->ctx":
			s.after = bytes()
		case setting == "->used":
			s.used = int(value(t, where, argument))
		case strings.HasPrefix(setting, "->FC"):
			s.fault = setting[2:] + " " + argument
			if pc, address, ok := strings.Cut(argument, " "); ok {
				s.fault = fmt.Sprintf("%s %s 0x%08x", setting[2:], pc, value(t, where, address))
			}
		case strings.HasPrefix(setting, "->"):
			s.r0 = value(t, where, setting[2:])
		default:
			s.src += line + "\n"
		}
	}
	return out
}
