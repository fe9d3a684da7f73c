// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package suit

import (
	"crypto/ed25519"
	"crypto/sha256"
	"math"
	"strings"

	"github.com/google/uuid"
	"github.com/veraison/go-cose"

	"github.com/femtocontainer/femtocontainer/femto/diag"
)

// MaxURL is how many characters a URL may have.
const MaxURL = 127

// Nothing is the digest of an image that is to be removed.
var Nothing = sha256.Sum256(nil)

// A Manifest says what a device has to do.
type Manifest struct {
	Sequence  uint32 // greater than the one of the manifest before
	Component Component
	Vendor    uuid.UUID // whose devices ...
	Class     uuid.UUID // ... and which of them
	Digest    [sha256.Size]byte
	Size      uint32 // of the file, in bytes; 0: remove what is there
	URL       string // where the file is
}

// Of sets digest and size to those of file.
func (m *Manifest) Of(file []byte) error {
	if uint64(len(file)) > math.MaxUint32 {
		return diag.New(diag.TooLong, "a file of %d bytes is more than a manifest can say", len(file))
	}
	m.Digest, m.Size = sha256.Sum256(file), uint32(len(file))
	return nil
}

// Removes reports whether m is there to remove an image.
func (m *Manifest) Removes() bool { return m.Size == 0 && m.Digest == Nothing }

func (m *Manifest) check() error {
	if m.Sequence == 0 {
		return diag.New(diag.OldSequence, "a sequence number of 0 is never newer than another")
	}
	if err := m.Component.check(); err != nil {
		return err
	}
	return CheckURL(m.URL)
}

// CheckURL refuses URLs that no device follows.
func CheckURL(url string) error {
	rest, ok := strings.CutPrefix(url, "coap://")
	if !ok {
		rest, ok = strings.CutPrefix(url, "coaps://")
	}
	switch {
	case !ok:
		return diag.New(diag.BadURL, "the URL %q does not begin with coap:// or coaps://", url)
	case rest == "" || rest[0] == '/':
		return diag.New(diag.BadURL, "the URL %q has no host", url)
	case len(url) > MaxURL:
		return diag.New(diag.BadURL, "the URL has %d characters; devices take %d", len(url), MaxURL)
	}
	for _, c := range []byte(url) {
		if c <= ' ' || c > '~' {
			return diag.New(diag.BadURL, "the URL %q has a character outside graphic ASCII", url)
		}
	}
	return nil
}

// Sign is m as an envelope.
func (m *Manifest) Sign(p Profile, key ed25519.PrivateKey) ([]byte, error) {
	if err := m.check(); err != nil {
		return nil, err
	}
	signed, err := p.encode(m)
	if err != nil {
		return nil, err
	}
	digest, err := p.digest(signed)
	if err != nil {
		return nil, err
	}
	signer, err := cose.NewSigner(cose.AlgorithmEdDSA, key)
	if err != nil {
		return nil, err
	}
	msg := cose.NewSign1Message()
	msg.Headers.Protected.SetAlgorithm(cose.AlgorithmEdDSA)
	msg.Payload = digest
	if err := msg.Sign(nil, nil, signer); err != nil {
		return nil, err
	}
	if p == Draft34 {
		msg.Payload = nil // the wrapper has it
	}
	block, err := msg.MarshalCBOR()
	if err != nil {
		return nil, err
	}
	return p.envelope(signed, digest, [][]byte{block})
}
