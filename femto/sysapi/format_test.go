// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package sysapi_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/femtocontainer/femtocontainer/femto/diag"
	"github.com/femtocontainer/femtocontainer/femto/sysapi"
	"github.com/femtocontainer/femtocontainer/femto/sysapi/attack"
)

const text = 0x03000000

// memory has a format, and behind its zero the string "str".
func memory(format string) (mem *attack.Memory, str uint64) {
	b := append([]byte(format), 0)
	return &attack.Memory{Segments: []attack.Segment{{Number: 3, Bytes: append(b, "str\x00"...)}}}, text + uint64(len(b))
}

func TestFormats(t *testing.T) {
	const minus42 = 0xffffffffffffffd6
	for _, c := range []struct {
		format, want string
		arg          uint64
	}{
		{"plain", "plain", 0},
		{"100%%", "100%", 0},
		{"%d", "-42", minus42},
		{"%i|", "-42|", 0xdead_ffffffd6}, // garbage above the 32 bits
		{"%u", "4294967254", minus42},
		{"%ld", "-42", minus42},
		{"%lld", "-9223372036854775808", 1 << 63},
		{"%lu", "18446744073709551574", minus42},
		{"%llu", "0", 0},
		{"%x", "ffffffd6", minus42},
		{"%X", "FFFFFFD6", minus42},
		{"%lX", "FFFFFFFFFFFFFFD6", minus42},
		{"%6d|", "   -42|", minus42},
		{"%-6d|", "-42   |", minus42},
		{"%06d|", "-00042|", minus42},
		{"%-06d|", "-42   |", minus42},
		{"%0-6d|", "-42   |", minus42},
		{"%2d|", "-42|", minus42},
		{"%08x", "0000beef", 0xbeef},
		{"%c%%", "A%", 'A'},
		{"%3c|", "  A|", 'A'},
		{"%-3c|", "A  |", 'A'},
		{"%03c|", "  A|", 0x4141},
		{"%p", "0x02000010", 0xdead_02000010},
		{"%12p|", "  0x00000000|", 0},
		{"%64d", strings.Repeat(" ", 63) + "1", 1},
	} {
		mem, _ := memory(c.format)
		in, _, bad := sysapi.ByName["printf"].Check(mem, [5]uint64{text, c.arg})
		require.Nil(t, bad, c.format)
		assert.Equal(t, c.want, string(sysapi.Render(in[0].Bytes, in[1:])), c.format)
	}
	for format, want := range map[string]string{"%s.": "str.", "%5s|": "  str|", "%-5s|": "str  |", "%05s|": "  str|", "%1s": "str"} {
		mem, str := memory(format)
		in, _, bad := sysapi.ByName["printf"].Check(mem, [5]uint64{text, str})
		require.Nil(t, bad, format)
		assert.Equal(t, want, string(sysapi.Render(in[0].Bytes, in[1:])), format)
	}
}

func TestFormatsThatFault(t *testing.T) {
	for _, format := range []string{"%n", "%hn", "%ln", "%", "a%", "%5", "%0", "%l", "%lll", "%llld", "%65d", "%4294967297d", "%ls", "%.2d", "%*d", "%f", "%q", "%5%", "%d%d%d%d%d", "%s%n"} {
		mem, str := memory(format)
		_, _, bad := sysapi.ByName["printf"].Check(mem, [5]uint64{text, str, str, str, str})
		assert.Equal(t, &sysapi.Refusal{Code: diag.BadFormat}, bad, format)
	}
	mem, _ := memory("%d%d%d%d")
	_, _, bad := sysapi.ByName["printf"].Check(mem, [5]uint64{text})
	assert.Nil(t, bad, "printf takes four")
	_, _, bad = sysapi.ByName["log_write"].Check(mem, [5]uint64{1, text})
	assert.Equal(t, &sysapi.Refusal{Code: diag.BadFormat}, bad, "log_write takes three")

	mem, _ = memory("%d %s")
	_, _, bad = sysapi.ByName["printf"].Check(mem, [5]uint64{text, 1, 0})
	assert.Equal(t, &sysapi.Refusal{Code: diag.BadAccess}, bad, "a null string")
}

func TestStringsThatFault(t *testing.T) {
	strlen := sysapi.ByName["strlen"]
	for _, c := range []struct {
		bytes string
		at    uint64
		bad   *sysapi.Refusal
	}{
		{"abc\x00", 0, nil},
		{"abc\x00", 3, nil},
		{"abc", 0, &sysapi.Refusal{Code: diag.BadAccess, Address: text + 3}},
		{"abc\x00", 4, &sysapi.Refusal{Code: diag.BadAccess, Address: text + 4}},
		{strings.Repeat("x", 255) + "\x00", 0, nil},
		{strings.Repeat("x", 256) + "\x00", 0, &sysapi.Refusal{Code: diag.StringTooLong, Address: text}},
		{strings.Repeat("x", 256) + "\x00", 1, nil},
	} {
		mem := &attack.Memory{Segments: []attack.Segment{{Number: 3, Bytes: []byte(c.bytes)}}}
		_, price, bad := strlen.Check(mem, [5]uint64{text + c.at})
		assert.Equal(t, c.bad, bad, "%d bytes at %d", len(c.bytes), c.at)
		if bad == nil {
			assert.Equal(t, strlen.Price+uint32(len(c.bytes)-1-int(c.at))/8, price)
		}
	}
}

// FuzzPrintf: whatever a container passes as a format is refused or printed,
// within bounds.
func FuzzPrintf(f *testing.F) {
	f.Add([]byte("%d %s %05u|%-3c"), uint64(1), uint64(text))
	f.Add([]byte("%n%99999d%lls%"), uint64(0), uint64(0))
	f.Fuzz(func(t *testing.T, format []byte, a, b uint64) {
		mem := &attack.Memory{Segments: []attack.Segment{{Number: 3, Bytes: format}}}
		in, price, bad := sysapi.ByName["printf"].Check(mem, [5]uint64{text, a, b, a, b})
		if bad != nil {
			assert.Contains(t, []diag.Code{diag.BadAccess, diag.StringTooLong, diag.BadFormat}, bad.Code)
			return
		}
		out := sysapi.Render(in[0].Bytes, in[1:])
		assert.LessOrEqual(t, len(out), 5*sysapi.MaxString)
		assert.LessOrEqual(t, price, sysapi.ByName["printf"].Price+5*sysapi.MaxString/sysapi.BytesPerSlot)
	})
}
