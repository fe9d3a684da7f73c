// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package transport

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/femtocontainer/femtocontainer/femto/diag"
)

func TestAddress(t *testing.T) {
	for target, want := range map[string]string{
		"coap://[2001:db8::2]": "[2001:db8::2]:5683", "coaps://[2001:db8::2]": "[2001:db8::2]:5684",
		"coaps://node.example:1234/": "node.example:1234", "coap://[fe80::1%25tap0]": "[fe80::1%tap0]:5683",
	} {
		_, address, err := Address(target)
		require.NoError(t, err)
		assert.Equal(t, want, address)
	}
	for _, bad := range []string{"", "node", "http://node", "coap://", "coap:///x", "coaps://a/b", "coap://u@a", "coap://a?b", "coap://a#b", "coap://a\x00"} {
		_, _, err := Address(bad)
		assert.Error(t, err, "%q", bad)
	}
}

func TestReadPSK(t *testing.T) {
	name := filepath.Join(t.TempDir(), "psk")
	write := func(text string) { require.NoError(t, os.WriteFile(name, []byte(text), 0o600)) }
	write("kitchen:30313233\r\n")
	key, err := ReadPSK(name)
	require.NoError(t, err)
	assert.Equal(t, &PSK{Identity: "kitchen", Key: []byte("0123")}, key)
	for _, bad := range []string{"", "kitchen", "kitchen:", ":3031", "kitchen:303", "kitchen:xx", "a:30\nb:30\n", "a:" + strings.Repeat("00", 65)} {
		write(bad)
		_, err := ReadPSK(name)
		requireCode(t, diag.BadKeyFile, err)
	}
	require.NoError(t, os.Chmod(name, 0o644))
	_, err = ReadPSK(name)
	requireCode(t, diag.OpenKeyFile, err)
}

func FuzzAddress(f *testing.F) {
	f.Add("coaps://[2001:db8::2]:5684/")
	f.Fuzz(func(_ *testing.T, s string) { Address(s) })
}

func requireCode(t *testing.T, want diag.Code, err error) {
	t.Helper()
	var e *diag.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, want, e.Code, "%v", e)
}

func TestRefusal(t *testing.T) {
	requireCode(t, diag.Busy, Refusal([]byte{0xa1, 2, 0x19, 0x0f, 0xa2}))
	err := Refusal([]byte{0xa2, 2, 0x19, 0x0f, 0xc1, 3, 0x18, 64})
	requireCode(t, diag.ValueTooLong, err)
	assert.ErrorContains(t, err, "64 bytes at most")
	for _, other := range []string{"", "\xa0", "\xa1\x02\x00", "\xa1\x02\x20", "\xa2\x02\x01\x02\x01", "\xa1\x02\x01\x00", "text", "\x9f\xff"} {
		assert.NoError(t, Refusal([]byte(other)), "%x is none", other)
	}
}

func FuzzRefusal(f *testing.F) {
	f.Add([]byte{0xa2, 2, 0x19, 0x0f, 0xc1, 3, 0x18, 64})
	f.Fuzz(func(_ *testing.T, b []byte) { _ = Refusal(b) })
}
