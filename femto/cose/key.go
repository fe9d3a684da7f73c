// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package cose

import (
	"bytes"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/pem"
	"io"
	"os"
	"runtime"

	"github.com/femtocontainer/femtocontainer/femto/diag"
)

const (
	privateBlock = "PRIVATE KEY" // PKCS#8, RFC 5958
	publicBlock  = "PUBLIC KEY"  // SubjectPublicKeyInfo, RFC 8410

	maxKeyFile = 16 << 10 // bytes
)

// MarshalKey is the key as a PKCS#8 PEM file.
func MarshalKey(key ed25519.PrivateKey) ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: privateBlock, Bytes: der}), nil
}

// MarshalPublicKey is the key as a PEM file that a contract takes.
func MarshalPublicKey(key ed25519.PublicKey) ([]byte, error) {
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		return nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: publicBlock, Bytes: der}), nil
}

// ParseKey reads a PKCS#8 PEM file.
func ParseKey(text []byte) (ed25519.PrivateKey, error) {
	block, rest := pem.Decode(text)
	switch {
	case block == nil:
		return nil, diag.New(diag.BadKeyFile, "it is not a PEM file").WithHint("femto keygen makes a key")
	case block.Type == "ENCRYPTED PRIVATE KEY":
		return nil, diag.New(diag.BadKeyFile, "the key is encrypted").WithHint("openssl pkey -in FILE -out KEY.pem decrypts it")
	case block.Type == publicBlock:
		return nil, diag.New(diag.BadKeyFile, "it has a public key, and signing takes the private one")
	case block.Type != privateBlock:
		return nil, diag.New(diag.BadKeyFile, "it has a block %q, not %q", block.Type, privateBlock)
	case len(bytes.TrimSpace(rest)) > 0:
		return nil, diag.New(diag.BadKeyFile, "something follows the key")
	}
	any, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, diag.New(diag.BadKeyFile, "it has no PKCS#8 key")
	}
	key, ok := any.(ed25519.PrivateKey)
	if !ok {
		return nil, diag.New(diag.BadKeyFile, "the key is not for Ed25519")
	}
	return key, nil
}

// ReadKey reads a key file that nobody but its owner can read or write.
func ReadKey(name string) (ed25519.PrivateKey, error) {
	text, err := ReadSecret(name)
	if err != nil {
		return nil, err
	}
	key, err := ParseKey(text)
	if d, ok := err.(*diag.Error); ok {
		d.File = name
	}
	return key, err
}

// ReadSecret reads a small file that nobody but its owner can read or write.
func ReadSecret(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return nil, err
	}
	// Windows has no such permissions to check.
	if mode := st.Mode(); mode.IsRegular() && mode.Perm()&0o077 != 0 && runtime.GOOS != "windows" {
		e := diag.New(diag.OpenKeyFile, "others than its owner can use the file: mode %04o", mode.Perm()).
			WithHint("chmod 600 %s", name)
		e.File = name
		return nil, e
	}
	b, err := io.ReadAll(io.LimitReader(f, maxKeyFile+1))
	if err == nil && len(b) > maxKeyFile {
		e := diag.New(diag.BadKeyFile, "more than %d bytes are no key", maxKeyFile)
		e.File = name
		return nil, e
	}
	return b, err
}
