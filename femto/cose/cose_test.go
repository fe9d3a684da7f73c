// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package cose

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/femtocontainer/femtocontainer/femto/diag"
	"github.com/femtocontainer/femtocontainer/femto/image"
)

var update = flag.Bool("update", false, "write testdata from the definitions in this file")

// The keys of tests 1 and 2 in RFC 8032, section 7.1, which everybody has.
var (
	tenant = rfc8032("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
	other  = rfc8032("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb")
)

func rfc8032(seed string) ed25519.PrivateKey {
	b, err := hex.DecodeString(seed)
	if err != nil {
		panic(err)
	}
	return ed25519.NewKeyFromSeed(b)
}

func public(key ed25519.PrivateKey) ed25519.PublicKey { return key.Public().(ed25519.PublicKey) }

func unsigned(t testing.TB) []byte {
	img := &image.Image{
		Depth: 1, Entries: []image.Entry{{Name: "main"}},
		Text: []byte{0xb7, 0, 0, 0, 42, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0}, // r0 = 42; exit
	}
	b, err := img.Encode()
	require.NoError(t, err)
	return b
}

func signed(t testing.TB) []byte {
	b, err := Sign(unsigned(t), tenant)
	require.NoError(t, err)
	return b
}

func assertCode(t *testing.T, want diag.Code, err error) {
	t.Helper()
	var e *diag.Error
	require.ErrorAs(t, err, &e)
	assert.Equal(t, want, e.Code, "%v", e)
}

// TestVector: testdata/signed.fc is for other implementations.
func TestVector(t *testing.T) {
	have := signed(t)
	if *update {
		require.NoError(t, os.MkdirAll("testdata", 0o777))
		require.NoError(t, os.WriteFile("testdata/signed.fc", have, 0o666))
	}
	want, err := os.ReadFile("testdata/signed.fc")
	require.NoError(t, err)
	assert.Equal(t, want, have)
	require.NoError(t, Verify(want, public(tenant)))
	id, err := Signer(want)
	require.NoError(t, err)
	assert.Equal(t, "21fe31dfa154a261", id.String(), "sha256sum of the 32 bytes of the public key")
}

// TestBytes puts the signature together by hand, from docs/deployment.md and
// with the standard library only.
func TestBytes(t *testing.T) {
	img := signed(t)
	part := img[:len(img)-SignatureSize]
	assert.EqualValues(t, []byte{SignatureSize, 0}, part[8:10], "sig_len belongs to what is signed")
	sum := sha256.Sum256(part)
	id := sha256.Sum256(public(tenant))

	protected := append([]byte{0xa2, 0x01, 0x27, 0x04, 0x48}, id[:8]...)
	structure := append([]byte("\x84\x6aSignature1\x4d"), protected...)
	structure = append(structure, "\x57femtocontainer image v1\x58\x24\x82\x2f\x58\x20"...)
	structure = append(structure, sum[:]...)

	want := append([]byte{0xd2, 0x84, 0x4d}, protected...)
	want = append(want, 0xa0, 0xf6, 0x58, 0x40)
	want = append(want, ed25519.Sign(tenant, structure)...)
	assert.Equal(t, want, img[len(part):])
	assert.LessOrEqual(t, SignatureSize, 90)
}

func TestSignAgain(t *testing.T) {
	again, err := Sign(signed(t), tenant)
	require.NoError(t, err)
	assert.Equal(t, signed(t), again, "a signature takes the place of the one before")
	over, err := Sign(signed(t), other)
	require.NoError(t, err)
	require.NoError(t, Verify(over, public(tenant), public(other)))
	assertCode(t, diag.UnknownKey, Verify(over, public(tenant)))
}

func TestRefusals(t *testing.T) {
	assertCode(t, diag.Unsigned, Verify(unsigned(t), public(tenant)))
	assertCode(t, diag.UnknownKey, Verify(signed(t)))
	assertCode(t, diag.Truncated, Verify(nil, public(tenant)))
	_, err := Sign([]byte("no image"), tenant)
	assertCode(t, diag.Truncated, err)

	// A signature of another length: the format does not mind, a device does.
	decoded, err := image.Decode(unsigned(t))
	require.NoError(t, err)
	decoded.Signature = []byte{0xd2, 0x84, 0x40, 0xa0, 0x40, 0x40}
	img, err := decoded.Encode()
	require.NoError(t, err)
	assertCode(t, diag.ImageSignature, Verify(img, public(tenant)))
}

// TestEveryBit: a change of any bit of a signed image is found.
func TestEveryBit(t *testing.T) {
	img := signed(t)
	for i := range 8 * len(img) {
		b := bytes.Clone(img)
		b[i/8] ^= 1 << (i % 8)
		require.Error(t, Verify(b, public(tenant), public(other)), "bit %d of byte %d", i%8, i/8)
	}
}

// TestNoOtherEncoding: what other COSE_Sign1 say the same is refused, so that a
// device does not need to read them.
func TestNoOtherEncoding(t *testing.T) {
	decoded, err := image.Decode(signed(t))
	require.NoError(t, err)
	for why, change := range map[string]func(b []byte) []byte{
		"without a tag":         func(b []byte) []byte { return b[1:] },
		"another tag":           func(b []byte) []byte { b[0] = 0xd1; return b },
		"longer length":         func(b []byte) []byte { return append([]byte{0xd2, 0x98, 0x04}, b[2:]...) },
		"payload there":         func(b []byte) []byte { b[atID+IDSize+1] = 0x40; return b },
		"undefined as payload":  func(b []byte) []byte { b[atID+IDSize+1] = 0xf7; return b },
		"something unprotected": func(b []byte) []byte { b[atID+IDSize] = 0xa1; return b },
		"one byte more":         func(b []byte) []byte { return append(b, 0) },
	} {
		decoded.Signature = change(bytes.Clone(decoded.Signature))
		img, err := decoded.Encode()
		require.NoError(t, err)
		err = Verify(img, public(tenant))
		assertCode(t, diag.ImageSignature, err)
		decoded, err = image.Decode(signed(t))
		require.NoError(t, err, why)
	}
}

func TestKeys(t *testing.T) {
	text, err := MarshalKey(tenant)
	require.NoError(t, err)
	key, err := ParseKey(text)
	require.NoError(t, err)
	assert.True(t, key.Equal(tenant))
	publicText, err := MarshalPublicKey(public(tenant))
	require.NoError(t, err)

	for why, text := range map[string][]byte{
		"empty":           nil,
		"not PEM":         []byte("hello"),
		"a public key":    publicText,
		"two keys":        append(bytes.Clone(text), text...),
		"another block":   bytes.ReplaceAll(text, []byte("PRIVATE"), []byte("EC PRIVATE")),
		"encrypted":       bytes.ReplaceAll(text, []byte("PRIVATE"), []byte("ENCRYPTED PRIVATE")),
		"damaged":         bytes.Replace(text, []byte("MC4CAQA"), []byte("MC4CAQX"), 1),
		"for another use": []byte("-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VuBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n-----END PRIVATE KEY-----\n"), // X25519
	} {
		_, err := ParseKey(text)
		assertCode(t, diag.BadKeyFile, err)
		_ = why
	}
}

func TestPermissions(t *testing.T) {
	text, err := MarshalKey(tenant)
	require.NoError(t, err)
	name := filepath.Join(t.TempDir(), "key.pem")
	require.NoError(t, os.WriteFile(name, text, 0o600))
	_, err = ReadKey(name)
	require.NoError(t, err)
	for _, mode := range []os.FileMode{0o640, 0o604, 0o620, 0o602, 0o610, 0o644} {
		require.NoError(t, os.Chmod(name, mode))
		_, err = ReadKey(name)
		assertCode(t, diag.OpenKeyFile, err)
	}
	require.NoError(t, os.WriteFile(name, make([]byte, maxKeyFile+1), 0o600))
	require.NoError(t, os.Chmod(name, 0o600))
	_, err = ReadKey(name)
	assertCode(t, diag.BadKeyFile, err)
	_, err = ReadKey(filepath.Join(t.TempDir(), "none"))
	assert.ErrorIs(t, err, os.ErrNotExist)
}

// TestOpenSSL reads a key that openssl made, and the other way round.
func TestOpenSSL(t *testing.T) {
	openssl, err := exec.LookPath("openssl")
	if err != nil {
		fmt.Printf("SKIP: %s: openssl is not installed\n", t.Name())
		t.SkipNow()
	}
	name := filepath.Join(t.TempDir(), "key.pem")
	require.NoError(t, exec.Command(openssl, "genpkey", "-algorithm", "ed25519", "-out", name).Run())
	require.NoError(t, os.Chmod(name, 0o600))
	key, err := ReadKey(name)
	require.NoError(t, err)
	ours, err := MarshalPublicKey(public(key))
	require.NoError(t, err)
	theirs, err := exec.Command(openssl, "pkey", "-in", name, "-pubout").Output()
	require.NoError(t, err)
	assert.Equal(t, string(theirs), string(ours))
}

func TestParseID(t *testing.T) {
	id, err := ParseID(ID(public(tenant)).String())
	require.NoError(t, err)
	assert.Equal(t, ID(public(tenant)), id)
	for _, bad := range []string{"", "21fe31dfa154a2", "21fe31dfa154a26g", "21fe31dfa154a26100"} {
		_, err := ParseID(bad)
		assert.Error(t, err, "%q", bad)
	}
}

// FuzzVerify: nothing but the vector verifies, and nothing panics.
func FuzzVerify(f *testing.F) {
	want := signed(f)
	f.Add(want)
	f.Add(unsigned(f))
	f.Fuzz(func(t *testing.T, b []byte) {
		_, _ = Signer(b)
		if Verify(b, public(tenant)) == nil && !bytes.Equal(b, want) {
			t.Fatalf("%x verifies", b)
		}
	})
}

func FuzzParseKey(f *testing.F) {
	text, err := MarshalKey(tenant)
	require.NoError(f, err)
	f.Add(text)
	f.Fuzz(func(t *testing.T, text []byte) {
		key, err := ParseKey(text)
		if err != nil {
			return
		}
		again, err := MarshalKey(key)
		require.NoError(t, err)
		back, err := ParseKey(again)
		require.NoError(t, err)
		require.True(t, back.Equal(key))
	})
}
