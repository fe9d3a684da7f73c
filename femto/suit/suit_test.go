// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package suit

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	femtocose "github.com/femtocontainer/femtocontainer/femto/cose"
	"github.com/femtocontainer/femtocontainer/femto/diag"
)

func sample() *Manifest {
	m := &Manifest{
		Sequence: 41, Component: Slot("timer", 0).For(device), Vendor: vendor,
		Class: ClassID(vendor, "ota native64"), URL: "coap://[2001:db8::1]/timer.fc",
	}
	if err := m.Of([]byte("some file\n")); err != nil {
		panic(err)
	}
	return m
}

func sign(t testing.TB, m *Manifest, p Profile) []byte {
	b, err := m.Sign(p, operator)
	require.NoError(t, err)
	return b
}

func assertCode(t *testing.T, want diag.Code, err error) {
	t.Helper()
	var e *diag.Error
	require.ErrorAs(t, err, &e)
	assert.Equal(t, want, e.Code, "%v", e)
}

func profiles(t *testing.T, f func(t *testing.T, p Profile)) {
	for _, p := range []Profile{RIOT09, Draft34} {
		t.Run(p.String(), func(t *testing.T) { f(t, p) })
	}
}

// TestPublishedIDs: UUIDs that RIOT's build has for its own boards.
func TestPublishedIDs(t *testing.T) {
	assert.Equal(t, "547d0d74-6d3a-5a92-9662-4881afd9407b", VendorID("riot-os.org").String())
	assert.Equal(t, "9251dc23-fd9d-503f-94c4-bfb95f3167b1", ClassID(VendorID("riot-os.org"), "native64").String())
}

// TestPublishedDigest: the manifest of example 1 (appendix B.2) in
// draft-ietf-suit-manifest has the digest that the draft gives.
func TestPublishedDigest(t *testing.T) {
	m := &Manifest{
		Sequence: 1, Component: Component{"\x00"},
		Vendor: uuid.MustParse("fa6b4a53-d5ad-5fdf-be9d-e663e4d41ffe"),
		Class:  uuid.MustParse("1492af14-2569-5e48-bf42-9b2d51f2ab45"),
		Size:   34768, URL: "http://example.com/file.bin",
	}
	_, err := hex.Decode(m.Digest[:], []byte("00112233445566778899aabbccddeeff0123456789abcdeffedcba9876543210"))
	require.NoError(t, err)
	signed, err := Draft34.encode(m)
	require.NoError(t, err)
	digest, err := Draft34.digest(signed)
	require.NoError(t, err)
	assert.Equal(t, "822f5820"+"1f2e7acca0dc2786f2fe4eb947f50873a6a3cfaa98866c5b02e621f42074daf2", hex.EncodeToString(digest))
}

func TestBothProfiles(t *testing.T) {
	profiles(t, func(t *testing.T, p Profile) {
		e, err := Decode(sign(t, sample(), p))
		require.NoError(t, err)
		assert.Equal(t, p, e.Profile)
		assert.Equal(t, *sample(), e.Manifest)
		assert.Equal(t, 1, e.Signatures())
		by, err := e.Verify(public(tenant), public(operator))
		require.NoError(t, err)
		assert.Equal(t, public(operator), by)
		_, err = e.Verify(public(tenant))
		assertCode(t, diag.ManifestSignature, err)
	})
}

// TestSize: what a device needs a buffer for.
func TestSize(t *testing.T) {
	m := sample()
	m.Sequence, m.Size, m.URL = math.MaxUint16, math.MaxUint16, "coap://"+strings.Repeat("h", 60-7)
	assert.LessOrEqual(t, len(sign(t, m, RIOT09)), 330)
	m.Sequence, m.Size, m.URL = math.MaxUint32, math.MaxUint32, "coap://"+strings.Repeat("h", MaxURL-7)
	m.Component = Slot("abcdefgh", 0).For(device)
	require.NoError(t, m.Component.Check(MaxJoined))
	assert.LessOrEqual(t, len(sign(t, m, RIOT09)), 408, "the greatest that a device takes")
}

// TestEveryBit: a change of any bit is found, by the decoder or the signature.
func TestEveryBit(t *testing.T) {
	profiles(t, func(t *testing.T, p Profile) {
		b := sign(t, sample(), p)
		for i := range 8 * len(b) {
			changed := bytes.Clone(b)
			changed[i/8] ^= 1 << (i % 8)
			e, err := Decode(changed)
			if err == nil {
				_, err = e.Verify(public(operator))
			}
			require.Error(t, err, "bit %d of byte %d", i%8, i/8)
		}
		for n := range b {
			_, err := Decode(b[:n])
			require.Error(t, err, "%d bytes of %d", n, len(b))
		}
		_, err := Decode(append(b, 0))
		require.Error(t, err)
	})
}

// TestImageSignature: the signature of an image, put into an envelope, is not
// one of the manifest, even with the same key over the same digest.
func TestImageSignature(t *testing.T) {
	signed, err := RIOT09.encode(sample())
	require.NoError(t, err)
	digest, err := RIOT09.digest(signed)
	require.NoError(t, err)
	img := append([]byte("\x7fFC\x01\x30\x00\x00\x00\x00\x00\x00\x00\x01\x01\x00\x00\x08"), make([]byte, 31)...)
	copy(img[40:], "\x95")
	withSignature, err := femtocose.Sign(img, operator)
	require.NoError(t, err)
	block := withSignature[len(img):]
	b, err := RIOT09.envelope(signed, digest, [][]byte{block})
	require.NoError(t, err)
	_, err = Decode(b)
	assertCode(t, diag.BadEnvelope, err)
}

// TestOtherShapes: what says the same otherwise, or something else, is refused.
func TestOtherShapes(t *testing.T) {
	good := sign(t, sample(), RIOT09)
	replace := func(from, to string) []byte {
		a, err := hex.DecodeString(strings.ReplaceAll(from, " ", ""))
		require.NoError(t, err)
		b, err := hex.DecodeString(strings.ReplaceAll(to, " ", ""))
		require.NoError(t, err)
		require.Equal(t, 1, bytes.Count(good, a), from)
		require.Equal(t, len(a), len(b))
		return bytes.Replace(good, a, b, 1)
	}
	for why, b := range map[string][]byte{
		"nothing":               nil,
		"no map":                {0x80},
		"empty map":             {0xa0},
		"nested arrays":         bytes.Repeat([]byte{0x81}, 1000),
		"nested byte strings":   bytes.Repeat([]byte{0x59, 0xff, 0xff}, 1000),
		"indefinite length":     append([]byte{0xbf}, append(good[1:len(good):len(good)], 0xff)...),
		"too long":              make([]byte, MaxEnvelope+1),
		"another tag":           append([]byte{0xd8, 0x6a}, good...),
		"the tag of draft 34":   append([]byte{0xd8, 0x6b}, good...),
		"another version":       replace("a5 01 01 02", "a5 01 02 02"),
		"no such condition":     replace("01 0f 02 0f", "01 0f 04 0f"),
		"another report policy": replace("15 02 03 0f", "15 01 03 0f"),
		"another key":           replace("0a 43 82 03 0f", "0b 43 82 03 0f"),
		"a digest of SHA-384":   replace("03 58 24 82 02 58 20", "03 58 24 82 03 58 20"),
	} {
		t.Run(why, func(t *testing.T) {
			_, err := Decode(b)
			assertCode(t, diag.BadEnvelope, err)
		})
	}
}

func TestRefusals(t *testing.T) {
	for why, c := range map[string]struct {
		change func(*Manifest)
		want   diag.Code
	}{
		"sequence 0":       {func(m *Manifest) { m.Sequence = 0 }, diag.OldSequence},
		"no component":     {func(m *Manifest) { m.Component = nil }, diag.BadComponent},
		"empty part":       {func(m *Manifest) { m.Component[1] = "" }, diag.BadComponent},
		"upper case":       {func(m *Manifest) { m.Component[1] = "Timer" }, diag.BadComponent},
		"dot":              {func(m *Manifest) { m.Component[1] = "a.b" }, diag.BadComponent},
		"slash":            {func(m *Manifest) { m.Component[1] = "a/b" }, diag.BadComponent},
		"zero byte":        {func(m *Manifest) { m.Component[1] = "a\x00" }, diag.BadComponent},
		"long component":   {func(m *Manifest) { m.Component[1] = strings.Repeat("a", 255) }, diag.BadComponent},
		"no URL":           {func(m *Manifest) { m.URL = "" }, diag.BadURL},
		"another scheme":   {func(m *Manifest) { m.URL = "http://example.org/a" }, diag.BadURL},
		"no host":          {func(m *Manifest) { m.URL = "coap:///a" }, diag.BadURL},
		"long URL":         {func(m *Manifest) { m.URL = "coap://" + strings.Repeat("a", 121) }, diag.BadURL},
		"space in the URL": {func(m *Manifest) { m.URL = "coap://a/b c" }, diag.BadURL},
		"UTF-8 in the URL": {func(m *Manifest) { m.URL = "coap://a/ü" }, diag.BadURL},
	} {
		t.Run(why, func(t *testing.T) {
			m := sample()
			c.change(m)
			_, err := m.Sign(RIOT09, operator)
			assertCode(t, c.want, err)
			// The decoder refuses it as well, whoever signed.
			signed, err := RIOT09.encode(m)
			require.NoError(t, err)
			digest, err := RIOT09.digest(signed)
			require.NoError(t, err)
			b, err := RIOT09.envelope(signed, digest, [][]byte{{}})
			require.NoError(t, err)
			_, err = Decode(b)
			require.Error(t, err)
		})
	}
}

func TestComponents(t *testing.T) {
	assert.Equal(t, "fc/timer/0", Slot("timer", 0).String())
	assert.Equal(t, ".fc.timer.0.5f2c0e1a9b3d4c77", Slot("timer", 0).For(device).Joined())
	assert.Equal(t, "5f2c0e1a9b3d4c77", Slot("timer", 0).For(device).Device())
	assert.Equal(t, Slot("timer", 0), Slot("timer", 0).For(device).Base())
	assert.Equal(t, "5f2c0e1a9b3d4c77", Revoked().For(device).Device())
	assert.Equal(t, Revoked(), Revoked().For(device).Base())
	assert.Empty(t, Slot("timer", 0).Device())

	shared := Slot("timer", 0)
	_ = append(shared, "x")
	a, b := shared.For(device), shared.For(uuid.UUID{})
	assert.NotEqual(t, a, b, "binding does not write into the array of another")

	for _, good := range []string{"fc/timer/0", "fc/a-b/255", "fc/revoked", "fc/revoked/0011223344556677", "fc/t/0/0011223344556677",
		"fc/coap/average/0", "fc/timer/0/0", "fc/a/b/c/d/e/0/0011223344556677"} {
		c, err := ParseComponent(good)
		require.NoError(t, err)
		assert.Equal(t, good, c.String())
	}
	for _, bad := range []string{
		"", "fc", "fc/", "fc/timer", "fd/timer/0", "fc/timer/", "fc/timer/00", "fc/timer/256", "fc/timer/-1", "fc/timer/x", "fc/Timer/0",
		"fc/timer/0/001122334455667g", "fc/timer/0/00112233445566AA", "fc/revoked/0", "fc/revoked/a/0", "ram/0", "fc/coap//0", "fc/coap/average",
		"fc/a/b/0011223344556677", "fc/a/b/c/d/e/f/0/0011223344556677", "fc/a/b/c/d/e/f/g/0",
	} {
		_, err := ParseComponent(bad)
		assertCode(t, diag.BadComponent, err)
	}
	assert.Equal(t, Component{"fc", "coap", "average", "2"}, Slot("coap/average", 2))
	require.NoError(t, Slot("abcdefgh", 0).For(device).Check(MaxJoined))
	err := Slot("abcdefghi", 0).For(device).Check(MaxJoined)
	assertCode(t, diag.BadComponent, err)
	assert.Equal(t, "bound to a device, it can have a hook of 8 characters here", err.(*diag.Error).Hint)
	require.NoError(t, Slot("abcdefghi", 0).For(device).Check(MaxJoined+1))
}

func TestRemoval(t *testing.T) {
	m := sample()
	assert.False(t, m.Removes())
	require.NoError(t, m.Of(nil))
	assert.True(t, m.Removes())
	assert.Equal(t, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", fmt.Sprintf("%x", m.Digest))
}

func TestRevocation(t *testing.T) {
	ids := []femtocose.KeyID{{1}, {2}, femtocose.ID(public(tenant))}
	b, err := Revocation(ids)
	require.NoError(t, err)
	assert.Equal(t, "83480100000000000000480200000000000000"+"4821fe31dfa154a261", hex.EncodeToString(b))
	back, err := DecodeRevocation(b)
	require.NoError(t, err)
	assert.Equal(t, ids, back)
	for _, n := range []int{0, MaxRevoked + 1} {
		_, err := Revocation(make([]femtocose.KeyID, n))
		assertCode(t, diag.BadRevocation, err)
	}
	for _, bad := range []string{"", "80", "f6", "8147" + "01020304050607", "8149" + "010203040506070809", "9801" + "480102030405060708", "81480102030405060708" + "00", "8168" + "6162636465666768", "9f48" + "0102030405060708" + "ff"} {
		b, err := hex.DecodeString(bad)
		require.NoError(t, err)
		_, err = DecodeRevocation(b)
		assertCode(t, diag.BadRevocation, err)
	}
}

// TestRandom: what is encoded is decoded, whatever it says.
func TestRandom(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := Profile(rapid.IntRange(0, 1).Draw(t, "profile"))
		m := &Manifest{
			Sequence:  rapid.Uint32Min(1).Draw(t, "sequence"),
			Component: Slot(rapid.StringMatching(`[a-z0-9-]{1,9}(/[a-z0-9-]{1,4}){0,2}`).Draw(t, "hook"), rapid.IntRange(0, 255).Draw(t, "slot")),
			Size:      rapid.Uint32().Draw(t, "size"),
			URL:       "coap://" + rapid.StringMatching(`[!-.0-~]{1,120}`).Draw(t, "url"),
		}
		for _, b := range [][]byte{m.Vendor[:], m.Class[:], m.Digest[:]} {
			copy(b, rapid.SliceOfN(rapid.Byte(), len(b), len(b)).Draw(t, "bytes"))
		}
		if rapid.Bool().Draw(t, "bound") {
			m.Component = m.Component.For(device)
		}
		b, err := m.Sign(p, operator)
		require.NoError(t, err)
		e, err := Decode(b)
		require.NoError(t, err)
		require.Equal(t, *m, e.Manifest)
		_, err = e.Verify(public(operator))
		require.NoError(t, err)
	})
}

// TestOpenSSL has the signature checked by somebody else.
func TestOpenSSL(t *testing.T) {
	openssl, err := exec.LookPath("openssl")
	if err != nil {
		fmt.Printf("SKIP: %s: openssl is not installed\n", t.Name())
		t.SkipNow()
	}
	b := sign(t, sample(), RIOT09)
	// 2: bstr([bstr(18([h'a10127', {}, bstr(payload), bstr(signature)]))])
	start := bytes.Index(b, []byte{0xd2, 0x84, 0x43, 0xa1, 0x01, 0x27, 0xa0, 0x58, 0x24})
	require.Positive(t, start)
	payload := b[start+9:][:36]
	signature := b[start+9+36+2:][:64]
	structure := append([]byte("\x84\x6aSignature1\x43\xa1\x01\x27\x40\x58\x24"), payload...)
	dir := t.TempDir()
	for name, content := range map[string][]byte{"signature": signature, "structure": structure} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), content, 0o666))
	}
	out, err := exec.Command(openssl, "pkeyutl", "-verify", "-rawin", "-inkey", "testdata/operator.pem",
		"-sigfile", dir+"/signature", "-in", dir+"/structure").CombinedOutput()
	require.NoError(t, err, "%s", out)
}

// FuzzDecode: one encoding, and no panic.
func FuzzDecode(f *testing.F) {
	f.Add(sign(f, sample(), RIOT09))
	f.Add(sign(f, sample(), Draft34))
	f.Fuzz(func(t *testing.T, b []byte) {
		e, err := Decode(b)
		if err != nil {
			require.IsType(t, &diag.Error{}, err)
			return
		}
		signed, err := e.Profile.encode(&e.Manifest)
		require.NoError(t, err)
		again, err := e.Profile.envelope(signed, e.digest, e.blocks)
		require.NoError(t, err)
		require.Equal(t, b, again)
		_, _ = e.Verify(public(operator))
	})
}

func FuzzDecodeRevocation(f *testing.F) {
	b, err := Revocation([]femtocose.KeyID{{1}, {2}})
	require.NoError(f, err)
	f.Add(b)
	f.Fuzz(func(t *testing.T, b []byte) {
		ids, err := DecodeRevocation(b)
		if err != nil {
			return
		}
		again, err := Revocation(ids)
		require.NoError(t, err)
		require.Equal(t, b, again)
	})
}

func FuzzParseComponent(f *testing.F) {
	f.Add("fc/timer/0/0011223344556677")
	f.Fuzz(func(t *testing.T, s string) {
		c, err := ParseComponent(s)
		if err != nil {
			return
		}
		require.Equal(t, s, c.String())
		require.NoError(t, c.check())
	})
}
