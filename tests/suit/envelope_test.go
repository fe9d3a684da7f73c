// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package suit

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
)

// An envelope is put together here byte by byte, so that everything about it
// can be wrong.
type envelope struct {
	sequence, size uint32
	parts          []string
	url            string
	vendor, class  []byte
	digest         []byte
	key            ed25519.PrivateKey

	components []byte // in place of what parts say
	mangle     func(manifest []byte) []byte
	payload    []byte // of the COSE_Sign1, in place of the pair of 2 and digest
	protected  []byte // in place of h'a10127'
	aad        string
}

func head(major byte, n uint32) []byte {
	major <<= 5
	switch {
	case n < 24:
		return []byte{major | byte(n)}
	case n < 1<<8:
		return []byte{major | 24, byte(n)}
	case n < 1<<16:
		return []byte{major | 25, byte(n >> 8), byte(n)}
	}
	return binary.BigEndian.AppendUint32([]byte{major | 26}, n)
}

func bstr(b ...[]byte) []byte {
	all := bytes.Join(b, nil)
	return append(head(2, uint32(len(all))), all...)
}

func tstr(s string) []byte { return append(head(3, uint32(len(s))), s...) }

func identifier(parts ...string) []byte {
	b := head(4, uint32(len(parts)))
	for _, p := range parts {
		b = append(b, bstr([]byte(p))...)
	}
	return b
}

func (e envelope) encode() []byte {
	components := e.components
	if components == nil {
		components = append([]byte{0x81}, identifier(e.parts...)...)
	}
	common := bstr([]byte{0xa2, 2}, components, []byte{4}, bstr(
		[]byte{0x86, 20, 0xa4, 1}, bstr(e.vendor), []byte{2}, bstr(e.class),
		[]byte{3}, bstr([]byte{0x82, 2}, bstr(e.digest)), []byte{14}, head(0, e.size),
		[]byte{1, 15, 2, 15}))
	install := bstr([]byte{0x86, 19, 0xa1, 21}, tstr(e.url), []byte{21, 2, 3, 15})
	manifest := bytes.Join([][]byte{{0xa5, 1, 1, 2}, head(0, e.sequence), {3}, common, {9}, install,
		{10}, bstr([]byte{0x82, 3, 15})}, nil)
	if e.mangle != nil {
		manifest = e.mangle(manifest)
	}
	field := bstr(manifest)

	payload, protected := e.payload, e.protected
	if payload == nil {
		sum := sha256.Sum256(field)
		payload = append([]byte{0x82, 2}, bstr(sum[:])...)
	}
	if protected == nil {
		protected = []byte{0xa1, 1, 0x27}
	}
	signed := bytes.Join([][]byte{{0x84}, tstr("Signature1"), bstr(protected), bstr([]byte(e.aad)), bstr(payload)}, nil)
	sign1 := bytes.Join([][]byte{{0xd2, 0x84}, bstr(protected), {0xa0}, bstr(payload),
		bstr(ed25519.Sign(e.key, signed))}, nil)
	return bytes.Join([][]byte{{0xa2, 2}, bstr([]byte{0x81}, bstr(sign1)), {3}, field}, nil)
}

// imageSignature is the COSE_Sign1 over the digest of an image's signed part.
func imageSignature(key ed25519.PrivateKey, digest []byte) []byte {
	id := sha256.Sum256(key.Public().(ed25519.PublicKey))
	protected := append([]byte{0xa2, 1, 0x27, 4}, bstr(id[:8])...)
	signed := bytes.Join([][]byte{{0x84}, tstr("Signature1"), bstr(protected),
		bstr([]byte("femtocontainer image v1")), bstr([]byte{0x82, 0x2f}, bstr(digest))}, nil)
	return bytes.Join([][]byte{{0xd2, 0x84}, bstr(protected), {0xa0, 0xf6}, bstr(ed25519.Sign(key, signed))}, nil)
}

// A record is one request to the driver.
func record(kind byte, b ...[]byte) []byte {
	all := bytes.Join(b, nil)
	return append(binary.LittleEndian.AppendUint32([]byte{kind}, uint32(len(all))), all...)
}
