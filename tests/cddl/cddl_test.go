// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package cddl

import (
	"bytes"
	"crypto/ed25519"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/femtocontainer/femtocontainer/femto/cose"
	"github.com/femtocontainer/femtocontainer/femto/deploy/deploytest"
	"github.com/femtocontainer/femtocontainer/femto/suit"
)

func load(t *testing.T, name string) *Schema {
	s, err := Load("../../docs/" + name + ".cddl")
	require.NoError(t, err)
	return s
}

func unhex(t *testing.T, s string) []byte {
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	require.NoError(t, err)
	return b
}

// TestChecks has data that a rule takes, and that it does not.
func TestChecks(t *testing.T) {
	s, err := parse(`
number = 0..3 ; a comment
text = tstr .size (1..2)
name = tstr .regexp "[a-z]+(/[a-z]+)*"
kind = &( first: 1, second: 2 )
either = 5 / bool / nil
map = { 1 => number, ? 2 => kind, pair, ? 9 => { * number => uint .size 1 } }
pair = ( 3 => -2..-1, 4 => bstr .size 2 )
list = [number, *name, ? bool]
some = [1*2 number]
named = [a: number, b: both]
both = [c: number, ? d: text]
inline = [0, scoped, bool]
scoped = (scope: 1..3, owner: uint .size 4)
signed = #6.18([bstr .cbor { 1 => -8 }, {}])
`)
	require.NoError(t, err)
	for _, c := range []struct{ rule, good, bad string }{
		{"number", "00 03", "04 20 40 f4"},
		{"text", "6161 626161", "60 63616161 4161"},
		{"name", "6161 63612f62", "60 6141 61 62612f 62612f"},
		{"kind", "01 02", "00 03"},
		{"either", "05 f4 f5 f6", "04 f7"},
		{"map", "a3 0100 0320 04420000|a4 0100 0202 0321 04420000|a4 0100 0320 04420000 09a10018ff",
			"a2 0100 0320|a3 0100 0322 04420000|a3 0100 0320 044100|a4 0100 0203 0320 04420000|a4 0100 0320 04420000 0500|a4 0100 0320 04420000 09a1041818|a4 0100 0320 04420000 09a100190100|a3 0100 04420000 0320"},
		{"list", "8100|82 00 6161|83 00 6161 6162|82 00 f4|83 00 6161 f4", "80|8104|82 00 00|83 00 f4 f4|83 00 f4 6161"},
		{"some", "8100|820000", "80|83000000|8104"},
		{"named", "82008100|820082006161", "8200|82008104|8200820060"},
		{"inline", "84 00 01 1a00010000 f4", "83 00 01 f4|84 00 00 00 f4|84 00 01 1b0000000100000000 f4"},
		{"signed", "d2 82 43a10127 a0", "d1 82 43a10127 a0|82 43a10127 a0|d2 82 43a10126 a0|d2 82 44a1011807 a0|d2 82 42a101 a0"},
		{"list", "", "9f00ff|811800|8100 00|81"}, // not well-formed, or not the shortest
	} {
		split := func(list string) []string {
			if strings.Contains(list, "|") || strings.Contains(list, " ") && list[0] >= '8' {
				return strings.Split(list, "|")
			}
			return strings.Fields(list)
		}
		for _, g := range split(c.good) {
			assert.NoError(t, s.Check(c.rule, unhex(t, g)))
		}
		for _, b := range split(c.bad) {
			assert.Error(t, s.Check(c.rule, unhex(t, b)), "%s takes %s", c.rule, b)
		}
	}
	assert.Error(t, s.Check("pair", []byte{0}), "a group is no type")
	assert.Error(t, s.Check("nothing", []byte{0}))
	for _, bad := range []string{"a = b", "a = 1 a = 2", "a = [1", "a = 1..x", "a", "a = 1 .bits 2", "a = $x", "a = { 1 => }"} {
		_, err := parse(bad)
		assert.Error(t, err, bad)
	}
}

// TestHost is what the host sends besides requests, see femto/device.
func TestHost(t *testing.T) {
	s := load(t, "deployment")
	key := deploytest.Operator
	list, err := suit.Revocation([]cose.KeyID{cose.ID(key.Public().(ed25519.PublicKey))})
	require.NoError(t, err)
	assert.NoError(t, s.Check("revocation", list))
	signed := deploytest.Signed(t, 300)
	signature := signed[len(signed)-cose.SignatureSize:]
	assert.NoError(t, s.Check("image-signature", signature))
	assert.Error(t, s.Check("image-signature", bytes.Replace(signature, []byte{0xa2, 1, 0x27}, []byte{0xa2, 1, 0x26}, 1)))
	load(t, "device-views")
	load(t, "management")
}
