// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package sysapi_test

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/femtocontainer/femtocontainer/femto/sysapi"
)

const root = "../.."

// core is where the generated C stands.
var core = filepath.Join(root, "riotpkg", "femtocontainer", "core")

func TestCheckedInFilesAreTheGeneratedOnes(t *testing.T) {
	for name, want := range sysapi.Files() {
		have, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(name)))
		require.NoError(t, err)
		assert.Equal(t, string(want), string(have), "%s differs from the table: go generate ./...", name)
	}
}

func TestWriteFiles(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, sysapi.WriteFiles(dir))
	b, err := os.ReadFile(filepath.Join(dir, "docs", "system-calls.md"))
	require.NoError(t, err)
	assert.Equal(t, sysapi.Files()["docs/system-calls.md"], b)
}

func TestTable(t *testing.T) {
	identifier := regexp.MustCompile(`^[a-z][a-z0-9_]*$`)
	names := map[string]bool{}
	signatures := map[string]string{}
	for i, c := range sysapi.Table {
		t.Run(c.Name, func(t *testing.T) {
			if i > 0 {
				assert.Greater(t, c.ID, sysapi.Table[i-1].ID, "ids ascend and are unique")
			}
			assert.NotZero(t, c.ID)
			assert.Regexp(t, identifier, c.Name)
			assert.False(t, names[c.Name], "the name is unique")
			names[c.Name] = true

			assert.LessOrEqual(t, len(c.Args), sysapi.MaxArgs)
			assert.NotEmpty(t, c.Doc)
			assert.Positive(t, c.Price, "a call costs something, or a loop of calls would be free")
			assert.LessOrEqual(t, c.Price, uint32(0xffff), "fits femto_sys_row_t")
			assert.True(t, slices.ContainsFunc(sysapi.Capabilities, func(x sysapi.Capability) bool { return x.Name == c.Capability }), "capability %s", c.Capability)
			assert.True(t, slices.ContainsFunc(sysapi.Modules, func(x sysapi.Module) bool { return x.Name == c.Module }), "module %s", c.Module)
			if len(c.Errors) > 0 {
				assert.True(t, c.Ret.Signed, "an error is a negative number")
			}
			for _, e := range c.Errors {
				assert.Contains(t, sysapi.ErrnoByName, e)
			}

			scalars, described := 0, false
			for k, a := range c.Args {
				assert.NotEmpty(t, a.Doc, a.Name)
				if a.Kind != sysapi.Variadic {
					assert.Regexp(t, identifier, a.Name)
				}
				switch a.Kind {
				case sysapi.Value, sysapi.Handle:
					assert.NotZero(t, a.Type.Bits, "%s has a width", a.Name)
				case sysapi.In, sysapi.Out, sysapi.InOut:
					if a.Len == "" {
						assert.Positive(t, a.Bytes(), "%s has a size", a.Name)
						assert.Less(t, a.Bytes(), uint32(0x80), "%s: the size fits femto_sys_row_t", a.Name)
						break
					}
					n := c.Index(a.Len)
					require.GreaterOrEqual(t, n, 0, "%s: there is an argument %s", a.Name, a.Len)
					assert.Equal(t, sysapi.Size, c.Args[n].Type, "a length has 64 bits, none of which may be lost")
				case sysapi.Text:
					assert.Zero(t, k, "the stubs look for the text in r1")
					assert.True(t, c.Ret.Signed)
				case sysapi.Format:
					assert.Equal(t, len(c.Args)-2, k, "a format is followed by ... only")
					assert.Equal(t, sysapi.Variadic, c.Args[len(c.Args)-1].Kind)
				case sysapi.Variadic:
					assert.Equal(t, sysapi.Format, c.Args[k-1].Kind)
				}
				if a.IsScalar() {
					scalars++
					assert.Equal(t, sysapi.U32, a.Type, "the stubs load and store 32 bits")
					assert.True(t, c.Ret.Signed, "a number is stored when the call succeeds, so it must be able to fail")
				}
				described = described || a.Kind == sysapi.Format
			}
			assert.LessOrEqual(t, scalars, 1, "the stubs have one variable")
			if c.Ret == sysapi.First {
				assert.Equal(t, sysapi.Out, c.Args[0].Kind)
			}

			// Calls that share a handler differ in name and scope only.
			signature := fmt.Sprint(c.Ret, c.Scope != sysapi.NoScope, c.Module)
			for _, a := range c.Args {
				signature += fmt.Sprint(a.Kind, a.Type, a.Len)
			}
			if s, ok := signatures[c.Handler()]; ok {
				assert.Equal(t, s, signature, "calls of handler %s", c.Handler())
			}
			signatures[c.Handler()] = signature
		})
	}
}

func TestCapabilitiesAndModulesAreUsed(t *testing.T) {
	for i, c := range sysapi.Capabilities {
		assert.Less(t, c.Bit, uint8(32), "a set has 32 bits")
		if i > 0 {
			assert.Greater(t, c.Bit, sysapi.Capabilities[i-1].Bit)
		}
		assert.True(t, slices.ContainsFunc(sysapi.Table, func(x sysapi.Call) bool { return x.Capability == c.Name }), "%s allows something", c.Name)
	}
	for _, m := range sysapi.Modules {
		assert.NotEmpty(t, m.Calls(), m.Name)
	}
	for _, e := range sysapi.Errnos {
		assert.Negative(t, e.Value)
		assert.True(t, slices.ContainsFunc(sysapi.Table, func(x sysapi.Call) bool { return slices.Contains(x.Errors, e.Name) }), "%s is returned by something", e.Name)
	}
}

// The ledger knows every number that was ever given: one cannot get a new
// meaning, or go without leaving a trace. So for the bits of capabilities.
func TestLedger(t *testing.T) {
	f, err := os.Open("ledger.txt")
	require.NoError(t, err)
	defer f.Close()
	known := map[uint16]string{}
	last := uint16(0)
	bits := map[uint8]string{}
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if strings.HasPrefix(lines.Text(), "#") {
			continue
		}
		if rest, ok := strings.CutPrefix(lines.Text(), "capability "); ok {
			var bit uint8
			var name string
			_, err := fmt.Sscanf(rest, "%d %s", &bit, &name)
			require.NoError(t, err, lines.Text())
			bits[bit] = name
			continue
		}
		var id uint16
		var name string
		_, err := fmt.Sscanf(lines.Text(), "0x%04x %s", &id, &name)
		require.NoError(t, err, lines.Text())
		require.Greater(t, id, last, "the ledger ascends")
		last = id
		known[id] = name
		c := sysapi.ByID[id]
		if strings.HasSuffix(lines.Text(), " retired") {
			assert.Nil(t, c, "0x%04x was %s and is not given again", id, name)
		} else if assert.NotNil(t, c, "0x%04x %s is gone: mark it retired", id, name) {
			assert.Equal(t, name, c.Name, "0x%04x", id)
		}
	}
	for _, c := range sysapi.Table {
		assert.Contains(t, known, c.ID, "add 0x%04x %s to ledger.txt", c.ID, c.Name)
	}
	for _, c := range sysapi.Capabilities {
		assert.Equal(t, c.Name, bits[c.Bit], "bit %d in ledger.txt", c.Bit)
	}
}

// The calls of the design that this one follows, by number and name.
func TestEarlierHelpers(t *testing.T) {
	for id, name := range map[uint16]string{
		0x01: "printf", 0x02: "memcpy", 0x10: "store_local", 0x11: "store_global", 0x12: "fetch_local", 0x13: "fetch_global",
		0x20: "now_ms", 0x30: "saul_reg_find_nth", 0x31: "saul_reg_find_type", 0x32: "saul_reg_read",
		0x40: "gcoap_resp_init", 0x41: "coap_opt_finish", 0x42: "coap_add_format", 0x43: "coap_get_pdu",
		0x50: "fmt_s16_dfp", 0x51: "fmt_u32_dec", 0x60: "ztimer_now", 0x61: "ztimer_periodic_wakeup",
	} {
		if assert.Contains(t, sysapi.ByID, id) {
			assert.Equal(t, name, sysapi.ByID[id].Name)
		}
	}
}

func TestCut(t *testing.T) {
	for _, c := range []struct {
		t       sysapi.CType
		r, want uint64
	}{
		{sysapi.I16, 0xdead8000, 0xffffffffffff8000},
		{sysapi.I16, 0xdead7fff, 0x7fff},
		{sysapi.U8, 0xdead01ff, 0xff},
		{sysapi.Int, 0xdead_ffffffff, 0xffffffff_ffffffff},
		{sysapi.U32, 0xdead_ffffffff, 0xffffffff},
		{sysapi.Size, 0xdead_ffffffff, 0xdead_ffffffff},
	} {
		assert.Equal(t, c.want, c.t.Cut(c.r), "%s of %#x", c.t.C, c.r)
	}
}

// TestExamplesOfCapabilities: docs/system-calls.md has a program for each; that
// they work is tested in hostapi.
func TestExamplesOfCapabilities(t *testing.T) {
	examples := ""
	for _, m := range sysapi.Modules {
		examples += m.Example
	}
	for _, c := range sysapi.Capabilities {
		shown := slices.ContainsFunc(sysapi.Table, func(call sysapi.Call) bool {
			return call.Capability == c.Name && strings.Contains(examples, call.Name+"(")
		})
		assert.True(t, shown, "no example calls what %s allows", c.Name)
	}
}
