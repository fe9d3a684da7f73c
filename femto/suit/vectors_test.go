// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package suit

import (
	"bytes"
	"crypto/ed25519"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	femtocose "github.com/femtocontainer/femtocontainer/femto/cose"
)

var update = flag.Bool("update", false, "have RIOT's suit-tool write testdata/riot-09.json (needs RIOTBASE and its Python modules)")

// The keys of tests 1 and 2 in RFC 8032, section 7.1, which everybody has; 2
// is also in testdata/operator.pem, for suit-tool.
var (
	tenant   = rfc8032("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
	operator = rfc8032("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb")
)

func rfc8032(seed string) ed25519.PrivateKey {
	b, err := hex.DecodeString(seed)
	if err != nil {
		panic(err)
	}
	return ed25519.NewKeyFromSeed(b)
}

func public(key ed25519.PrivateKey) ed25519.PublicKey { return key.Public().(ed25519.PublicKey) }

// An input says what a manifest shall say, for suit_tool.py too.
type input struct {
	Why       string    `json:"why"`
	Sequence  uint32    `json:"sequence"`
	Component string    `json:"component"`
	Vendor    uuid.UUID `json:"vendor"`
	Class     uuid.UUID `json:"class"`
	URL       string    `json:"url"`
	File      string    `json:"file"`            // in hex ...
	Zeros     int       `json:"zeros,omitempty"` // ... and how many zero bytes follow
}

// A vector is an input, and what suit-tool made of it.
type vector struct {
	input
	Envelope string `json:"envelope"` // in hex, signed with operator.pem
}

func (in *input) manifest(t testing.TB) *Manifest {
	file, err := hex.DecodeString(in.File)
	require.NoError(t, err)
	m := &Manifest{
		Sequence: in.Sequence, Component: strings.Split(in.Component, "/"),
		Vendor: in.Vendor, Class: in.Class, URL: in.URL,
	}
	require.NoError(t, m.Of(append(file, make([]byte, in.Zeros)...)))
	return m
}

var (
	vendor = VendorID("riot-os.org")
	device = uuid.MustParse("5f2c0e1a-9b3d-4c77-8a10-3e5d7f9b1c24")
)

// inputs cross every boundary of an encoding's length.
func inputs() []input {
	class := ClassID(vendor, "ota native64")
	text := hex.EncodeToString([]byte("some file\n"))
	url := func(n int) string { return "coap://[2001:db8::1]/" + strings.Repeat("u", n-21) }
	bound := Slot("timer", 0).For(device).String()
	list := []input{
		{"bound to one device", 1, bound, vendor, class, "coap://[2001:db8::1]/timer.fc", text, 0},
		{"for all devices of the class", 1790000000, Slot("sampler", 3).String(), vendor, class, "coap://[fe80::1]/s.fc", text, 0},
		{"the longest hook of a bound one", 7, Slot("abcdefgh", 9).For(device).String(), vendor, class, url(60), text, 0},
		{"parts that look like hex and base64", 2, "fc/abcd1234/12", vendor, class, url(24), text, 0},
		{"removal", 3, bound, vendor, class, "coap://[2001:db8::1]/-", "", 0},
		{"revocation", 4, Revoked().String(), vendor, class, "coap://[2001:db8::1]/revoked", "8148" + "21fe31dfa154a261", 0},
		{"another vendor", 5, bound, VendorID("example.org"), ClassID(VendorID("example.org"), "lamp"), "coaps://example.org/a", text, 0},
	}
	for _, n := range []uint32{23, 24, 255, 256, 65535, 65536, 1<<32 - 1} {
		list = append(list, input{"length of a sequence number", n, bound, vendor, class, url(40), text, 0})
	}
	for _, n := range []int{22, 23, 24, 100, 127} {
		list = append(list, input{"length of a URL", 1, bound, vendor, class, url(n), text, 0})
	}
	for _, n := range []int{1, 23, 24, 255, 256, 65536} {
		list = append(list, input{"length of a file", 1, bound, vendor, class, url(40), "", n})
	}
	return list
}

// suitTool has the envelopes made by suit-tool, or says why it cannot.
func suitTool(t *testing.T, list []input) []string {
	missing := func(what string) {
		if os.Getenv("REQUIRE_RIOT") == "1" {
			t.Fatalf("%s, and REQUIRE_RIOT=1", what)
		}
		fmt.Printf("SKIP: %s: suit-tool is not run: %s\n", t.Name(), what)
		t.SkipNow()
	}
	base := os.Getenv("RIOTBASE")
	if base == "" {
		base = filepath.Join("..", "..", "RIOT")
	}
	base, err := filepath.Abs(base)
	require.NoError(t, err)
	if _, err := os.Stat(filepath.Join(base, "dist/tools/suit/suit-manifest-generator/bin/suit-tool")); err != nil {
		missing("there is no RIOT at " + base)
	}
	python := ""
	for _, name := range []string{"python3", "/usr/bin/python3"} {
		if exec.Command(name, "-c", "import cbor2, cryptography").Run() == nil {
			python = name
			break
		}
	}
	if python == "" {
		missing("python3 has no cbor2 or cryptography (Debian: python3-cbor2 python3-cryptography)")
	}
	in, err := json.Marshal(list)
	require.NoError(t, err)
	cmd := exec.Command(python, "testdata/suit_tool.py", "testdata/operator.pem")
	cmd.Env = append(os.Environ(), "RIOTBASE="+base)
	cmd.Stdin = bytes.NewReader(in)
	var diagnostics bytes.Buffer
	cmd.Stderr = &diagnostics
	out, err := cmd.Output()
	require.NoError(t, err, "%s", &diagnostics)
	var envelopes []string
	require.NoError(t, json.Unmarshal(out, &envelopes))
	require.Len(t, envelopes, len(list))
	return envelopes
}

// TestVectors: we write what RIOT's suit-tool wrote, byte for byte, and read it.
func TestVectors(t *testing.T) {
	const name = "testdata/riot-09.json"
	if *update {
		var list []vector
		for i, envelope := range suitTool(t, inputs()) {
			list = append(list, vector{inputs()[i], envelope})
		}
		b, err := json.MarshalIndent(list, "", "  ")
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(name, append(b, '\n'), 0o666))
	}
	b, err := os.ReadFile(name)
	require.NoError(t, err)
	var list []vector
	require.NoError(t, json.Unmarshal(b, &list))
	require.Len(t, list, len(inputs()))
	for i, v := range list {
		require.Equal(t, inputs()[i], v.input)
		m := v.manifest(t)
		have, err := m.Sign(RIOT09, operator)
		require.NoError(t, err)
		require.Equal(t, v.Envelope, hex.EncodeToString(have), "%s", v.Why)
		e, err := Decode(have)
		require.NoError(t, err, "%s", v.Why)
		assert.Equal(t, *m, e.Manifest)
		by, err := e.Verify(public(tenant), public(operator))
		require.NoError(t, err)
		assert.Equal(t, public(operator), by)
	}
}

// TestSuitTool runs suit-tool itself, so that a new RIOT shows.
func TestSuitTool(t *testing.T) {
	for i, envelope := range suitTool(t, inputs()) {
		in := inputs()[i]
		have, err := in.manifest(t).Sign(RIOT09, operator)
		require.NoError(t, err)
		require.Equal(t, envelope, hex.EncodeToString(have), "%s", in.Why)
	}
}

func TestOperatorKey(t *testing.T) {
	text, err := os.ReadFile("testdata/operator.pem")
	require.NoError(t, err)
	key, err := femtocose.ParseKey(text)
	require.NoError(t, err)
	assert.True(t, key.Equal(operator))
}
