// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package suit

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var (
	sanitize = []string{"-O1", "-fsanitize=address,undefined", "-lcrypto"}

	vendor   = unhex("547d0d746d3a5a9296624881afd9407b")
	class    = unhex("9251dc23fd9d503f94c4bfb95f3167b1")
	device   = unhex("0123456789abcdef0000000000000000")
	operator = ed25519.NewKeyFromSeed(bytes.Repeat([]byte{1}, 32))
	second   = ed25519.NewKeyFromSeed(bytes.Repeat([]byte{2}, 32))
	tenant   = ed25519.NewKeyFromSeed(bytes.Repeat([]byte{3}, 32))
)

func unhex(s string) []byte {
	b, err := hex.DecodeString(s)
	if err != nil {
		panic(err)
	}
	return b
}

func public(k ed25519.PrivateKey) []byte { return k.Public().(ed25519.PublicKey) }

func keyID(k []byte) []byte {
	sum := sha256.Sum256(k)
	return sum[:8]
}

// skip says why, or fails when that is not acceptable.
func skip(t *testing.T, err error) {
	t.Helper()
	if os.Getenv("REQUIRE_RIOT") == "1" {
		t.Fatal("REQUIRE_RIOT=1, but ", err)
	}
	fmt.Printf("SKIP: %s: %v\n", t.Name(), err)
	t.SkipNow()
}

// gate asks the gate everything at once and returns its answers.
func gate(t *testing.T, records ...[]byte) []string {
	t.Helper()
	cc, err := find([]string{"gcc", "clang", "clang-16", "clang-19"}, sanitize...)
	if err != nil {
		skip(t, err)
	}
	exe, err := build(t.TempDir(), cc, "gate", sanitize...)
	require.NoError(t, err)
	cmd := exec.Command(exe)
	cmd.Stdin = bytes.NewReader(bytes.Join(records, nil))
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	require.NoError(t, err, "%s", stderr.String())
	return strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
}

func operators(keys ...[]byte) []byte {
	return record('d', append([][]byte{vendor, class, device}, keys...)...)
}

func good() envelope {
	return envelope{sequence: 7, size: 100, parts: []string{"fc", "sampler", "0"}, url: "coap://[2001:db8::1]/a.fc",
		vendor: vendor, class: class, digest: bytes.Repeat([]byte{9}, 32), key: operator}
}

// TestVectors takes what RIOT's suit-tool made, see testdata/make.
func TestVectors(t *testing.T) {
	key, err := os.ReadFile("testdata/operator.hex")
	require.NoError(t, err)
	ask := [][]byte{operators(unhex(strings.TrimSpace(string(key))))}
	for _, name := range []string{"install", "bound", "revoked"} {
		b, err := os.ReadFile(filepath.Join("testdata", name+".suit"))
		require.NoError(t, err)
		ask = append(ask, record('m', b))
	}
	assert.Equal(t, []string{
		"0 0 fc/sampler/0 1 100 coap://[2001:db8::1]/average.fc sampler 0 0",
		"0 0 fc/sampler/12 4294967295 100 coap://[2001:db8::1]/average.fc sampler 12 1",
		"0 0 fc/revoked 1700000000 100 coap://h/r - 0 0",
	}, gate(t, ask...))
}

// TestFlips flips each bit of an envelope of RIOT's and of an image signature.
func TestFlips(t *testing.T) {
	key, err := os.ReadFile("testdata/operator.hex")
	require.NoError(t, err)
	envelope, err := os.ReadFile("testdata/bound.suit")
	require.NoError(t, err)
	digest := bytes.Repeat([]byte{5}, 32)
	signature := imageSignature(tenant, digest)

	ask := [][]byte{operators(unhex(strings.TrimSpace(string(key))))}
	for i := range 8 * len(envelope) {
		b := bytes.Clone(envelope)
		b[i/8] ^= 1 << (i % 8)
		ask = append(ask, record('m', b))
	}
	image := bytes.Join([][]byte{digest, public(tenant), signature}, nil)
	for i := range 8 * len(image) {
		b := bytes.Clone(image)
		b[i/8] ^= 1 << (i % 8)
		ask = append(ask, record('i', b))
	}
	ask = append(ask, record('m', envelope), record('i', image))

	answers := gate(t, ask...)
	require.Len(t, answers, len(ask)-1)
	codes := map[string]int{}
	for i, a := range answers[:len(answers)-2] {
		code, _, _ := strings.Cut(a, " ")
		assert.NotEqual(t, "0", code, "bit %d is of no importance", i)
		codes[code]++
	}
	t.Logf("refused: %v", codes)
	assert.Equal(t, "0 0 fc/sampler/12 4294967295 100 coap://[2001:db8::1]/average.fc sampler 12 1", answers[len(answers)-2])
	assert.Equal(t, "0", answers[len(answers)-1])
}

// TestCutOff wants every beginning of an envelope to be refused, and anything behind it.
func TestCutOff(t *testing.T) {
	b := good().encode()
	ask := [][]byte{operators(public(operator))}
	for n := range b {
		ask = append(ask, record('m', b[:n]))
	}
	ask = append(ask, record('m', b, []byte{0}))
	for i, a := range gate(t, ask...) {
		code, where, _ := strings.Cut(a, " ")
		assert.Contains(t, []string{"4005", "4011"}, code, "the first %d of %d bytes: %s", i, len(b), a)
		assert.NotEmpty(t, where)
	}
}

func TestRefusals(t *testing.T) {
	with := func(change func(*envelope)) []byte {
		e := good()
		change(&e)
		return e.encode()
	}
	parts := func(p ...string) []byte { return with(func(e *envelope) { e.parts = p }) }
	replace := func(old, new string) []byte {
		return with(func(e *envelope) {
			e.mangle = func(m []byte) []byte {
				if n := bytes.Count(m, unhex(old)); n != 1 {
					panic(fmt.Sprintf("%s is there %d times", old, n))
				}
				return bytes.Replace(m, unhex(old), unhex(new), 1)
			}
		})
	}
	long := strings.Repeat("x", 63-len(".fc..0"))
	longest := "coap://h/" + strings.Repeat("u", 127-9)
	image := sha256.Sum256([]byte("an image"))
	gone := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{4}, 32))

	ask := [][]byte{operators(public(operator), public(second), public(gone)), record('x', keyID(public(gone)))}
	var names, want []string
	for _, c := range []struct {
		name, code string
		envelope   []byte
	}{
		{"as it should be", "0", good().encode()},
		{"for this device", "0", parts("fc", "sampler", "0", "0123456789abcdef")},
		{"removal", "0", with(func(e *envelope) { e.size = 0 })},
		{"revocation", "0", parts("fc", "revoked")},
		{"revocation on this device", "0", parts("fc", "revoked", "0123456789abcdef")},
		{"a hook that is called revoked", "0", parts("fc", "revoked", "0")},
		{"hook of five pieces", "0", parts("fc", "a", "b", "c", "d", "e", "0", "0123456789abcdef")},
		{"second operator", "0", with(func(e *envelope) { e.key = second })},
		{"longest name", "0", parts("fc", long, "0")},
		{"longest URL", "0", with(func(e *envelope) { e.url = longest })},
		{"last slot", "0", parts("fc", "sampler", "254")},

		{"tenant as operator", "4006", with(func(e *envelope) { e.key = tenant })},
		{"digest of another manifest", "4006", with(func(e *envelope) { e.payload = append([]byte{0x82, 2, 0x58, 32}, image[:]...) })},
		{"image signature as manifest signature", "4006", with(func(e *envelope) { e.aad = "femtocontainer image v1" })},
		{"sha-256 of COSE in place of SUIT's", "4006", with(func(e *envelope) { e.payload = append([]byte{0x82, 0x2f, 0x58, 32}, image[:]...) })},
		{"revoked operator", "4007", with(func(e *envelope) { e.key = gone })},
		{"wrong vendor", "4008", with(func(e *envelope) { e.vendor = class })},
		{"wrong class", "4009", with(func(e *envelope) { e.class = vendor })},
		{"another device", "4010", parts("fc", "sampler", "0", "0123456789abcdee")},

		{"no parts", "4011", parts()},
		{"one part", "4011", parts("fc")},
		{"no slot", "4011", parts("fc", "sampler")},
		{"not fc", "4011", parts("fd", "sampler", "0")},
		{"nine parts", "4011", parts("fc", "a", "b", "c", "d", "e", "f", "0", "0123456789abcdef")},
		{"a device where the slot has to be", "4011", parts("fc", "a", "b", "0123456789abcdef")},
		{"empty part", "4011", parts("fc", "", "0")},
		{"slot with a leading zero", "4011", parts("fc", "sampler", "00")},
		{"slot above all", "4011", parts("fc", "sampler", "255")},
		{"slot of many digits", "4011", parts("fc", "sampler", "4294967296")},
		{"slot is no number", "4011", parts("fc", "sampler", "0x1")},
		{"device in capitals", "4011", parts("fc", "sampler", "0", "0123456789ABCDEF")},
		{"device is not hex", "4011", parts("fc", "sampler", "0", "0123456789abcdeg")},
		{"device with a hyphen", "4011", parts("fc", "sampler", "0", "0123456789abcde-")},
		{"two devices", "4011", parts("fc", "revoked", "0123456789abcdef", "0123456789abcdef")},
		{"capital in a name", "4011", parts("fc", "Sampler", "0")},
		{"slash in a name", "4011", parts("fc", "a/b", "0")},
		{"dot in a name", "4011", parts("fc", "a.b", "0")},
		{"zero in a name", "4011", parts("fc", "a\x00b", "0")},
		{"name one too long", "4011", parts("fc", long+"x", "0")},
		{"a part of 300", "4011", parts("fc", strings.Repeat("y", 300), "0")},
		{"name of text", "4011", with(func(e *envelope) { e.components = append([]byte{0x81, 0x83, 0x62}, "fcAaA0"...) })},
		{"deep nesting as name", "4011", with(func(e *envelope) { e.components = append([]byte{0x81}, bytes.Repeat([]byte{0x81}, 2000)...) })},
		{"deep nesting of tags", "4011", with(func(e *envelope) { e.components = append([]byte{0x81}, bytes.Repeat([]byte{0xc1}, 2000)...) })},

		{"two components", "4005", with(func(e *envelope) {
			e.components = bytes.Join([][]byte{{0x82}, identifier(e.parts...), identifier("fc", "sampler", "1")}, nil)
		})},
		{"no component", "4005", with(func(e *envelope) { e.components = []byte{0x80} })},
		{"endless array", "4005", with(func(e *envelope) { e.components = append(append([]byte{0x9f}, identifier(e.parts...)...), 0xff) })},
		{"empty URL", "4005", with(func(e *envelope) { e.url = "" })},
		{"URL of 128", "4005", with(func(e *envelope) { e.url = longest + "u" })},
		{"URL of 5000", "4005", with(func(e *envelope) { e.url = "coap://" + strings.Repeat("u", 5000) })},
		{"URL with a zero", "4005", with(func(e *envelope) { e.url = "coap://h/a\x00b" })},
		{"URL with a space", "4005", with(func(e *envelope) { e.url = "coap://h/a b" })},
		{"URL of another scheme", "4005", with(func(e *envelope) { e.url = "file:///etc/passwd" })},
		{"RIOT's mock transport", "4005", with(func(e *envelope) { e.url = "test://x" })},
		{"short digest", "4005", with(func(e *envelope) { e.digest = e.digest[:31] })},
		{"long digest", "4005", with(func(e *envelope) { e.digest = append(e.digest, 0) })},
		{"short vendor", "4005", with(func(e *envelope) { e.vendor = vendor[:15] })},
		{"short class", "4005", with(func(e *envelope) { e.class = class[:1] })},
		{"manifest version 2", "4005", replace("a50101", "a50102")},
		{"size of 8 bytes", "4005", replace("0e1864", "0e1b0000000000000064")},
		{"size not in the shortest form", "4005", replace("0e1864", "0e190064")},
		{"size missing", "4005", replace("0e1864", "")},
		{"negative size", "4005", replace("0e1864", "0e3864")},
		{"boolean component index", "4005", replace("8614a401", "880cf514a401")},
		{"an unknown parameter", "4005", replace("0e1864", "0e1864181800")},
		{"a condition left out", "4005", replace("010f020f", "010f")},
		{"validate says more", "4005", replace("0a4382030f", "0a4584030f010f")},
		{"run sequence in install", "4005", replace("1502030f", "1502030f1800")},
		{"key of COSE_Sign1's header", "4005", with(func(e *envelope) { e.protected = []byte{0xa1, 1, 0x26} })},
		{"algorithm in two bytes", "4005", with(func(e *envelope) { e.protected = []byte{0xa1, 1, 0x38, 0x07} })},
		{"nothing", "4005", nil},
		{"tag 107", "4005", append([]byte{0xd8, 107}, good().encode()...)},
		{"deep nesting", "4005", bytes.Repeat([]byte{0x81}, 600)},
		{"deep nesting of byte strings", "4005", bytes.Repeat([]byte{0x5b}, 600)},
	} {
		ask = append(ask, record('m', c.envelope))
		names = append(names, c.name)
		want = append(want, c.code)
	}
	answers := gate(t, ask...)
	require.Len(t, answers, len(want))
	for i, answer := range answers {
		t.Run(names[i], func(t *testing.T) {
			code, _, _ := strings.Cut(answer, " ")
			assert.Equal(t, want[i], code, answer)
		})
	}
}

func TestImageSignature(t *testing.T) {
	digest := bytes.Repeat([]byte{5}, 32)
	of := func(key ed25519.PrivateKey, signature []byte) []byte {
		return record('i', digest, public(key), signature)
	}
	signature := imageSignature(tenant, digest)
	// a signature that would do for a manifest: no external_aad
	plain := bytes.Join([][]byte{{0x84}, tstr("Signature1"), signature[2:16], {0x40}, bstr([]byte{0x82, 0x2f}, bstr(digest))}, nil)
	manifests := append(bytes.Clone(signature[:20]), ed25519.Sign(tenant, plain)...)

	assert.Equal(t, []string{"0", "4018", "4018", "4018", "4018", "4018", "4018"}, gate(t,
		of(tenant, signature),
		of(operator, signature), // another key
		of(tenant, nil),
		of(tenant, append(bytes.Clone(signature), 0)),
		of(tenant, signature[1:]), // no tag
		of(tenant, manifests),
		of(tenant, imageSignature(tenant, vendor)), // another digest
	))
}

func TestRevocations(t *testing.T) {
	list := func(n int) []byte {
		return append(head(4, uint32(n)), bytes.Repeat(bstr(keyID(public(tenant))), n)...)
	}
	assert.Equal(t, []string{"1 0", "32 0", "0 2", "0 1", "0 10", "0 10", "0 1", "0 0", "0 0"}, gate(t,
		record('r', list(1)), record('r', list(32)), record('r', list(33)), record('r', list(0)),
		record('r', list(1), []byte{0}), record('r', list(2)[:10]),
		record('r', []byte{0x81, 0x49}, make([]byte, 9)),
		record('r', []byte{0x9f, 0xff}), record('r', nil),
	))
}
