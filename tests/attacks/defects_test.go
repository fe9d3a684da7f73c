// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package attacks

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/femtocontainer/femtocontainer/femto/diag"
	"github.com/femtocontainer/femtocontainer/femto/isa"
	"github.com/femtocontainer/femtocontainer/tests/engines"
	"github.com/femtocontainer/femtocontainer/tests/sanitizer"
)

// everywhere runs the attacks of one defect in every engine, as they ship and
// under sanitizers.
func everywhere(t *testing.T, defect int) {
	var attacks []Attack
	var cases []sanitizer.Case
	for _, a := range Corpus() {
		if a.Defect == defect {
			attacks = append(attacks, a)
			cases = append(cases, a.sanitizerCase())
		}
	}
	require.NotEmpty(t, attacks)
	for _, a := range attacks {
		for _, engine := range engines.Names() {
			assert.Equal(t, a.Want, a.Run(engine), "%s on %s", a.Name, engine)
		}
	}
	builds := make(map[string]bool)
	sanitized(t, cases, func(build string, i int, line string) {
		builds[build] = true
		assert.Equal(t, attacks[i].Want, outcome(t, line), "%s on %s", attacks[i].Name, build)
	})
	t.Logf("%d attacks on %d engines and %d builds with sanitizers", len(attacks), len(engines.Names()), len(builds))
}

func TestDefect01JumpIntoWideInstruction(t *testing.T)     { everywhere(t, 1) }
func TestDefect02SectionsBehindTheHeader(t *testing.T)     { everywhere(t, 2) }
func TestDefect03HeaderLengths(t *testing.T)               { everywhere(t, 3) }
func TestDefect04EndOfText(t *testing.T)                   { everywhere(t, 4) }
func TestDefect06DivisionOf32Bits(t *testing.T)            { everywhere(t, 6) }
func TestDefect07SizesOfMoreThan8Bits(t *testing.T)        { everywhere(t, 7) }
func TestDefect08JumpRange(t *testing.T)                   { everywhere(t, 8) }
func TestDefect09Addresses(t *testing.T)                   { everywhere(t, 9) }
func TestDefect10LocalCallsAreNotHelperCalls(t *testing.T) { everywhere(t, 10) }
func TestDefect11SingleInstructions(t *testing.T)          { everywhere(t, 11) }
func TestDefect12Budget(t *testing.T)                      { everywhere(t, 12) }
func TestDefect13LastBytesOfSegments(t *testing.T)         { everywhere(t, 13) }

func TestDefect15ArgumentRegisters(t *testing.T) { everywhere(t, 15) }

// TestOtherAttacks are on the loader and the stack.
func TestOtherAttacks(t *testing.T) { everywhere(t, 0) }

// TestNames: an attack is known by its name.
func TestNames(t *testing.T) {
	seen := make(map[string]bool)
	for _, a := range Corpus() {
		assert.False(t, seen[a.Name], "two attacks are called %q", a.Name)
		seen[a.Name] = true
		assert.True(t, a.Want.Code == 0 || isCode(a.Want.Code), "%s: %s", a.Name, a.Want)
	}
}

// TestDefect05NoStickyVerification: a program that replaces a verified one, in
// the same buffer, RAM and instance, is verified again.
func TestDefect05NoStickyVerification(t *testing.T) {
	good := encode(assemble("r0 = 1\nexit\n.data\n.byte 1, 2, 3, 4, 5, 6, 7, 8"))
	bad := append([]byte(nil), good...)
	at := len(good) - len("main") - 8 - 16
	require.Equal(t, byte(0xb7), bad[at], "the first instruction")
	bad[at+1] = 10 // r10 = 1
	broken := append([]byte(nil), good...)
	broken[3] = 9
	want := []Outcome{result(1), refused(diag.IllegalInstruction, 0), result(1), refused(diag.BadVersion, 0), result(1)}

	images := [][]byte{good, bad, good, broken, good}
	for _, engine := range engines.Names() {
		for i, b := range images {
			assert.Equal(t, want[i], Attack{Image: b, Fuel: 10}.Run(engine), "%d on %s", i, engine)
		}
	}
	var cases []sanitizer.Case
	for i, b := range images {
		c := sanitizer.Case{Image: b, Fuel: 10}
		if i > 0 {
			c.Flags = sanitizer.SameBuffer
		}
		cases = append(cases, c)
	}
	sanitized(t, cases, func(build string, i int, line string) {
		assert.Equal(t, want[i], outcome(t, line), "%d on %s", i, build)
	})
}

// TestDefect12SegmentGrantedTwice: earlier implementations linked a region into
// a list twice and never came to its end. A second grant replaces the first.
func TestDefect12SegmentGrantedTwice(t *testing.T) {
	img := encode(assemble("r3 = 0x05000000 ll\nr4 = 0x06000000 ll\nr0 = *(u8 *)(r3 + 0)\nr5 = *(u8 *)(r4 + 1)\nr0 += r5\n*(u8 *)(r4 + 0) = r0\nr0 = *(u8 *)(r4 + 2)\nexit"))
	want := badAccess(8, 0x06000002)
	for _, engine := range engines.Names() {
		m, err := engines.New(engine, img, engines.Options{})
		require.NoError(t, err)
		five, six := []byte{7}, []byte{0, 8}
		m.Start(0, nil, true)
		for range 2 {
			require.NoError(t, m.Grant(isa.SegGrant5, five, false))
			require.NoError(t, m.Grant(isa.SegGrant6, []byte{1, 2, 3, 4}, true))
			require.NoError(t, m.Grant(isa.SegGrant6, six, true))
		}
		res := m.Resume(100)
		require.NotNil(t, res.Fault, engine)
		assert.Equal(t, want, Outcome{Code: res.Fault.Code, PC: res.Fault.PC, Address: res.Address}, engine)
		assert.Equal(t, []byte{15, 8}, six, engine)

		// Grants end with the activation.
		m.Start(0, nil, true)
		res = m.Resume(100)
		require.NotNil(t, res.Fault, engine)
		assert.Equal(t, badAccess(4, 0x05000000), Outcome{Code: res.Fault.Code, PC: res.Fault.PC, Address: res.Address}, engine)

		for _, segment := range []uint32{0, 1, 2, 3, 4, 7, 8, 0xffffffff} {
			assert.Error(t, m.Grant(segment, six, true), "%d on %s", segment, engine)
		}
		m.Close()
	}
	twice := sanitizer.Case{Image: img, Grant5: []byte{7}, Grant6: []byte{0, 8}, Fuel: 100, Flags: sanitizer.GrantTwice | sanitizer.ReadOnly5}
	sanitized(t, []sanitizer.Case{twice}, func(build string, _ int, line string) {
		assert.Equal(t, want, outcome(t, line), build)
	})
}

// TestDefect12ResultIsDefined: after a fault, registers are those before the
// faulting instruction, in every engine.
func TestDefect12ResultIsDefined(t *testing.T) {
	img := encode(assemble("r0 = 1\nr6 = 6\nr7 = 0x700000007 ll\nr0 = *(u64 *)(r3 + 5)\nr0 = 2\nexit"))
	for _, engine := range engines.Names() {
		m, err := engines.New(engine, img, engines.Options{})
		require.NoError(t, err)
		res := m.Run(0, []byte{1, 2}, 100)
		require.NotNil(t, res.Fault)
		assert.Equal(t, [isa.NumRegs]uint64{0: 1, 1: 4 << 24, 2: 2, 6: 6, 7: 0x700000007, 10: 1<<24 + 512}, res.Regs, engine)
		assert.EqualValues(t, 5, res.FuelUsed, engine)
		m.Close()
	}
}

// TestDefect18GrantsBeforeTheStart: regions that a host added before the set-up were
// dropped without a word. Here the start of an activation is the set-up, as
// femto_core.h says; what is granted after it stays to the activation's end, however
// often that is resumed, and an access to what is not granted is a fault with its
// address.
func TestDefect18GrantsBeforeTheStart(t *testing.T) {
	img := encode(assemble("r3 = 0x05000000 ll\nr4 = 100\nr0 = 0\nr5 = *(u8 *)(r3 + 0)\nr0 += r5\nr4 += -1\nif r4 != 0 goto -4\nexit"))
	for _, engine := range engines.Names() {
		m, err := engines.New(engine, img, engines.Options{})
		require.NoError(t, err)
		five := []byte{7}
		for range 2 {
			_ = m.Grant(isa.SegGrant5, five, false)
			m.Start(0, nil, true)
			res := m.Resume(1000)
			require.NotNil(t, res.Fault, engine)
			assert.Equal(t, badAccess(4, 0x05000000), Outcome{Code: res.Fault.Code, PC: res.Fault.PC, Address: res.Address}, engine)

			m.Start(0, nil, true)
			require.NoError(t, m.Grant(isa.SegGrant5, five, false))
			slices := 0
			for res = m.Resume(3); res.Fault != nil && res.Fault.Code == diag.OutOfFuel; res = m.Resume(3) {
				slices++
			}
			require.Nil(t, res.Fault, engine)
			assert.EqualValues(t, 700, res.R0, engine)
			assert.Greater(t, slices, 100, engine)
		}
		m.Close()
	}
}

var defectTest = regexp.MustCompile(`(?m)^func (TestDefect(\d\d)\w+)\(`)

// TestEveryDefect: each row of the list has a test with its number, here or where the
// code is that had the defect.
func TestEveryDefect(t *testing.T) {
	names := make(map[int][]string)
	for _, dir := range []string{"attacks", "kv", "riot"} {
		files, err := filepath.Glob(filepath.Join("..", dir, "*_test.go"))
		require.NoError(t, err)
		for _, file := range files {
			src, err := os.ReadFile(file)
			require.NoError(t, err)
			for _, m := range defectTest.FindAllStringSubmatch(string(src), -1) {
				row, err := strconv.Atoi(m[2])
				require.NoError(t, err)
				names[row] = append(names[row], dir+"."+m[1])
			}
		}
	}
	for row := 1; row <= 25; row++ {
		assert.NotEmpty(t, names[row], "defect %d has no test", row)
		t.Logf("%2d: %s", row, strings.Join(names[row], ", "))
	}
}
