// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package contract

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestPublicKeyForms(t *testing.T) {
	for range 20 {
		pub, _, err := ed25519.GenerateKey(rand.Reader)
		require.NoError(t, err)
		der, err := x509.MarshalPKIXPublicKey(pub)
		require.NoError(t, err)
		file := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
		for _, s := range []string{hex.EncodeToString(pub), strings.ToUpper(hex.EncodeToString(pub)), base64.StdEncoding.EncodeToString(pub),
			base64.RawStdEncoding.EncodeToString(pub), base64.URLEncoding.EncodeToString(pub), base64.RawURLEncoding.EncodeToString(pub), "keys/a.pem"} {
			key, err := PublicKey(s, func(path string) ([]byte, error) {
				assert.Equal(t, "keys/a.pem", path)
				return file, nil
			})
			require.NoError(t, err, s)
			assert.Equal(t, []byte(pub), key[:], s)
		}
	}
}

func TestPEMRefused(t *testing.T) {
	other, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	der, err := x509.MarshalPKIXPublicKey(&other.PublicKey)
	require.NoError(t, err)
	block := func(typ string, b []byte) string { return string(pem.EncodeToMemory(&pem.Block{Type: typ, Bytes: b})) }
	for want, text := range map[string]string{
		"not a PEM file":    "hello",
		"private key":       block("PRIVATE KEY", []byte{1}),
		"has no public key": block("PUBLIC KEY", []byte{1}),
		"not for Ed25519":   block("PUBLIC KEY", der),
		"more than one key": block("PUBLIC KEY", der) + block("PUBLIC KEY", der),
	} {
		_, err := PublicKey("a.pem", func(string) ([]byte, error) { return []byte(text), nil })
		assert.ErrorContains(t, err, want)
	}
	_, err = PublicKey("a.pem", nil)
	assert.ErrorContains(t, err, "cannot be read")
}

// The eight points of small order, and other encodings of theirs.
func TestSmallOrder(t *testing.T) {
	for _, s := range []string{
		"0100000000000000000000000000000000000000000000000000000000000000",
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"0000000000000000000000000000000000000000000000000000000000000000",
		"0000000000000000000000000000000000000000000000000000000000000080",
		"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
		"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
		"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
		"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
	} {
		_, err := PublicKey(s, nil)
		assert.ErrorContains(t, err, "small order", s)
	}
	for _, s := range []string{
		"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
	} {
		_, err := PublicKey(s, nil)
		assert.ErrorContains(t, err, "canonical", s)
	}
}
