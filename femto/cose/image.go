// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package cose

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"

	"github.com/fxamacker/cbor/v2"
	"github.com/veraison/go-cose"

	"github.com/femtocontainer/femtocontainer/femto/diag"
	"github.com/femtocontainer/femtocontainer/femto/image"
)

const (
	// SignatureSize is the length of an image's signature in bytes.
	SignatureSize = 84

	// externalAAD separates signatures of images from all others.
	externalAAD = "femtocontainer image v1"

	// sha256ID is SHA-256 among COSE's algorithms (RFC 9054).
	sha256ID = -16

	// What comes before the key id, and between it and the signature.
	beforeID = "\xd2\x84\x4d\xa2\x01\x27\x04\x48"
	afterID  = "\xa0\xf6\x58\x40"

	atID = len(beforeID)
)

// IDSize is the length of a key id in bytes.
const IDSize = 8

// A KeyID names a public key: the first bytes of its SHA-256.
type KeyID [IDSize]byte

// ID is the id of a public key.
func ID(key ed25519.PublicKey) KeyID {
	sum := sha256.Sum256(key)
	return KeyID(sum[:IDSize])
}

func (id KeyID) String() string { return hex.EncodeToString(id[:]) }

// ParseID reads a key id as String prints it.
func ParseID(s string) (id KeyID, err error) {
	b, err := hex.DecodeString(s)
	if err != nil || len(b) != IDSize {
		return id, errors.New("a key id is 16 hex digits")
	}
	return KeyID(b), nil
}

var encoding = func() cbor.EncMode {
	mode, err := cbor.CoreDetEncOptions().EncMode()
	if err != nil {
		panic(err) // the options contradict each other
	}
	return mode
}()

// payload is what is signed: the digest of the signed part.
func payload(part []byte) ([]byte, error) {
	sum := sha256.Sum256(part)
	return encoding.Marshal([]any{sha256ID, sum[:]})
}

// Sign returns img with a signature, in place of the one that it may have.
func Sign(img []byte, key ed25519.PrivateKey) ([]byte, error) {
	if _, err := image.Decode(img); err != nil {
		return nil, err
	}
	total := binary.LittleEndian.Uint32(img[4:])
	part := bytes.Clone(img[:total])
	binary.LittleEndian.PutUint16(part[8:], SignatureSize)

	content, err := payload(part)
	if err != nil {
		return nil, err
	}
	signer, err := cose.NewSigner(cose.AlgorithmEdDSA, key)
	if err != nil {
		return nil, err
	}
	id := ID(key.Public().(ed25519.PublicKey))
	msg := cose.NewSign1Message()
	msg.Headers.Protected = cose.ProtectedHeader{
		cose.HeaderLabelAlgorithm: cose.AlgorithmEdDSA,
		cose.HeaderLabelKeyID:     id[:],
	}
	msg.Payload = content
	if err := msg.Sign(nil, []byte(externalAAD), signer); err != nil {
		return nil, err
	}
	msg.Payload = nil // everybody can compute it
	signature, err := msg.MarshalCBOR()
	if err != nil {
		return nil, err
	}
	return append(part, signature...), nil
}

// split takes an image apart and checks everything of the signature that is
// the same for all.
func split(img []byte) (part, signature []byte, err error) {
	decoded, err := image.Decode(img)
	if err != nil {
		return nil, nil, err
	}
	signature = decoded.Signature
	switch {
	case len(signature) == 0:
		return nil, nil, diag.New(diag.Unsigned, "the image is not signed").WithHint("femto sign signs it")
	case len(signature) != SignatureSize:
		return nil, nil, diag.New(diag.ImageSignature, "the signature has %d bytes, not %d", len(signature), SignatureSize)
	case string(signature[:atID]) != beforeID || string(signature[atID+IDSize:][:len(afterID)]) != afterID:
		return nil, nil, diag.New(diag.ImageSignature, "the signature is not the one form of COSE_Sign1 that devices take")
	}
	return img[:len(img)-len(signature)], signature, nil
}

// Signer is the id of the key that img says it was signed with. Only Verify
// knows whether that is true.
func Signer(img []byte) (KeyID, error) {
	_, signature, err := split(img)
	if err != nil {
		return KeyID{}, err
	}
	return KeyID(signature[atID:][:IDSize]), nil
}

// Verify is nil when img was signed with one of the keys.
func Verify(img []byte, keys ...ed25519.PublicKey) error {
	part, signature, err := split(img)
	if err != nil {
		return err
	}
	id := KeyID(signature[atID:][:IDSize])
	content, err := payload(part)
	if err != nil {
		return err
	}
	for _, key := range keys {
		if ID(key) != id {
			continue
		}
		var msg cose.Sign1Message
		if err := msg.UnmarshalCBOR(signature); err != nil {
			return diag.New(diag.ImageSignature, "the signature is not a COSE_Sign1: %v", err)
		}
		verifier, err := cose.NewVerifier(cose.AlgorithmEdDSA, key)
		if err != nil {
			return err
		}
		msg.Payload = content
		if err := msg.Verify([]byte(externalAAD), verifier); err != nil {
			return diag.New(diag.ImageSignature, "the signature of key %s does not verify", id).
				WithHint("the image was changed after it was signed")
		}
		return nil
	}
	return diag.New(diag.UnknownKey, "the image is signed with key %s", id)
}
