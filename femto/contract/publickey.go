// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package contract

import (
	"crypto/ed25519"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"
)

// KeySize is the length of an Ed25519 public key.
const KeySize = ed25519.PublicKeySize

// PublicKey reads a key in one of the forms that Keys documents.
func PublicKey(s string, readFile func(string) ([]byte, error)) (key [KeySize]byte, err error) {
	var b []byte
	switch {
	case strings.HasSuffix(s, ".pem"), strings.HasSuffix(s, ".pem.pub"):
		if readFile == nil {
			return key, errors.New("a file cannot be read here")
		}
		text, err := readFile(s)
		if err != nil {
			return key, err
		}
		if b, err = fromPEM(text); err != nil {
			return key, fmt.Errorf("%s %w", s, err)
		}
	case len(s) == hex.EncodedLen(KeySize):
		if b, err = hex.DecodeString(s); err != nil {
			return key, fmt.Errorf("64 characters that are not hex digits")
		}
	default:
		plain := strings.NewReplacer("-", "+", "_", "/").Replace(strings.TrimRight(s, "="))
		b, err = base64.RawStdEncoding.Strict().DecodeString(plain)
		if err != nil || len(b) != KeySize || strings.ContainsAny(s, "\r\n") {
			return key, errors.New("neither 64 hex digits, nor base64 of 32 bytes, nor the name of a .pem file")
		}
	}
	copy(key[:], b)
	return key, checkPoint(key)
}

func fromPEM(text []byte) ([]byte, error) {
	block, rest := pem.Decode(text)
	switch {
	case block == nil:
		return nil, errors.New("is not a PEM file")
	case strings.Contains(block.Type, "PRIVATE"):
		return nil, errors.New("has a private key, which has no place near a firmware; openssl pkey -pubout prints the public one")
	case len(strings.TrimSpace(string(rest))) > 0:
		return nil, errors.New("has more than one key")
	}
	any, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return nil, errors.New("has no public key")
	}
	key, ok := any.(ed25519.PublicKey)
	if !ok {
		return nil, errors.New("has a key that is not for Ed25519")
	}
	return key, nil
}

// checkPoint refuses 32 bytes that are not a usable point of the curve: half
// of all mistyped keys are none, and with a point of small order anybody can
// sign.
func checkPoint(key [KeySize]byte) error {
	le := key
	slices.Reverse(le[:])
	le[0] &= 0x7f
	y := new(big.Int).SetBytes(le[:])
	p := new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 255), big.NewInt(19))
	if y.Cmp(p) >= 0 {
		return errors.New("not the canonical form of a point of the curve")
	}
	// -x² + y² = 1 + d x² y², so x² = (y² - 1) / (d y² + 1), d = -121665/121666.
	d := new(big.Int).Mul(big.NewInt(-121665), new(big.Int).ModInverse(big.NewInt(121666), p))
	yy := new(big.Int).Mul(y, y)
	den := new(big.Int).Mul(d, yy)
	den.Add(den, big.NewInt(1)).Mod(den, p)
	xx := new(big.Int).Sub(yy, big.NewInt(1))
	xx.Mul(xx, den.ModInverse(den, p)).Mod(xx, p)
	if big.Jacobi(xx, p) < 0 {
		return errors.New("not a point of the curve; is a character wrong?")
	}
	// The order divides 8 if doubling three times leads to y = 1. The y of
	// twice a point is (y² + x²) / (1 - d x² y²).
	for range 3 {
		dxy := new(big.Int).Mul(d, new(big.Int).Mul(xx, yy))
		den := new(big.Int).Sub(big.NewInt(1), dxy)
		den.Mod(den, p)
		y.Add(yy, xx).Mul(y, den.ModInverse(den, p)).Mod(y, p)
		yy.Mul(y, y)
		den.Mul(d, yy)
		den.Add(den, big.NewInt(1)).Mod(den, p)
		xx.Sub(yy, big.NewInt(1))
		xx.Mul(xx, den.ModInverse(den, p)).Mod(xx, p)
	}
	if y.Cmp(big.NewInt(1)) == 0 {
		return errors.New("a point of small order, for which anybody can sign")
	}
	return nil
}
