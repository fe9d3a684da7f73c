// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package suit

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"

	"github.com/fxamacker/cbor/v2"
	"github.com/google/uuid"
	"github.com/veraison/go-cose"

	femtocose "github.com/femtocontainer/femtocontainer/femto/cose"
	"github.com/femtocontainer/femtocontainer/femto/diag"
)

// MaxEnvelope is the longest envelope that Decode reads, in bytes.
const MaxEnvelope = 4096

// maxSignatures is how many signatures an envelope can have.
var maxSignatures = [...]int{RIOT09: 1, Draft34: 8}

// decoding refuses what one encoding cannot have.
var decoding = func() cbor.DecMode {
	mode, err := cbor.DecOptions{
		DupMapKey:         cbor.DupMapKeyEnforcedAPF,
		IndefLength:       cbor.IndefLengthForbidden,
		ExtraReturnErrors: cbor.ExtraDecErrorUnknownField,
		MaxNestedLevels:   6,
		MaxArrayElements:  64,
		MaxMapPairs:       16,
	}.DecMode()
	if err != nil {
		panic(err) // the options contradict each other
	}
	return mode
}()

// An Envelope is a manifest and its signatures.
type Envelope struct {
	Profile  Profile
	Manifest Manifest

	digest []byte   // what the signatures are about
	blocks [][]byte // COSE_Sign1 each
}

// Signatures is how many there are.
func (e *Envelope) Signatures() int { return len(e.blocks) }

func bad(format string, args ...any) error { return diag.New(diag.BadEnvelope, format, args...) }

// Decode reads an envelope of either profile. It does not verify signatures.
func Decode(b []byte) (*Envelope, error) {
	if len(b) > MaxEnvelope {
		return nil, bad("%d bytes are more than the %d of the longest manifest", len(b), MaxEnvelope)
	}
	e := &Envelope{Profile: RIOT09}
	content := b
	if len(b) > 0 && b[0]>>5 == 6 { // a tag
		var tag cbor.RawTag
		if err := decoding.Unmarshal(b, &tag); err != nil || tag.Number != envelopeTag {
			return nil, bad("it is CBOR with another tag than %d, or none at all", envelopeTag)
		}
		e.Profile, content = Draft34, tag.Content
	}
	var outer envelope
	if err := decoding.Unmarshal(content, &outer); err != nil {
		return nil, bad("no envelope: %v", err)
	}
	if err := decoding.Unmarshal(outer.Wrapper, &e.blocks); err != nil {
		return nil, bad("no list of signatures: %v", err)
	}
	if err := e.Profile.decode(outer.Manifest, &e.Manifest); err != nil {
		return nil, err
	}
	if err := e.Manifest.check(); err != nil {
		return nil, err
	}
	signed, err := encoding.Marshal(outer.Manifest)
	if err != nil {
		return nil, err
	}
	if e.digest, err = e.Profile.digest(signed); err != nil {
		return nil, err
	}
	if e.Profile == Draft34 {
		if len(e.blocks) == 0 || !bytes.Equal(e.blocks[0], e.digest) {
			return nil, bad("the digest is not that of the manifest")
		}
		e.blocks = e.blocks[1:]
	}
	if most := maxSignatures[e.Profile]; len(e.blocks) == 0 || len(e.blocks) > most {
		return nil, bad("%d signatures, not 1 to %d", len(e.blocks), most)
	}
	for _, block := range e.blocks {
		if err := e.checkBlock(block); err != nil {
			return nil, err
		}
	}
	return e, e.oneEncoding(b)
}

// checkBlock decides about the form of a signature.
func (e *Envelope) checkBlock(block []byte) error {
	var msg cose.Sign1Message
	if err := msg.UnmarshalCBOR(block); err != nil {
		return bad("a signature is not a COSE_Sign1: %v", err)
	}
	if e.Profile == Draft34 {
		if msg.Payload != nil {
			return bad("a signature has a payload of its own")
		}
		return nil // any algorithm and key id
	}
	if !bytes.Equal(msg.Payload, e.digest) {
		return bad("a signature is about something else than the digest of the manifest")
	}
	msg = cose.Sign1Message{Payload: e.digest, Signature: msg.Signature}
	msg.Headers.Protected = cose.ProtectedHeader{cose.HeaderLabelAlgorithm: cose.AlgorithmEdDSA}
	again, err := msg.MarshalCBOR()
	if err != nil {
		return err
	}
	if len(msg.Signature) != ed25519.SignatureSize || !bytes.Equal(again, block) {
		return bad("a signature is not the one form that devices take")
	}
	return nil
}

// oneEncoding refuses b unless it is what encoding e gives.
func (e *Envelope) oneEncoding(b []byte) error {
	signed, err := e.Profile.encode(&e.Manifest)
	if err != nil {
		return err
	}
	again, err := e.Profile.envelope(signed, e.digest, e.blocks)
	if err != nil {
		return err
	}
	if !bytes.Equal(again, b) {
		return bad("it has another order, other commands or longer encodings than a manifest of the profile %s", e.Profile)
	}
	return nil
}

// decode reads the manifest without the header of its byte string. What it
// does not look at, such as the numbers of the commands, oneEncoding finds.
func (p Profile) decode(b []byte, m *Manifest) error {
	var outer manifest09
	var err error
	if p == Draft34 {
		var newer manifest34
		err = decoding.Unmarshal(b, &newer)
		outer = manifest09(newer)
	} else {
		err = decoding.Unmarshal(b, &outer)
	}
	if err != nil {
		return bad("no manifest of the profile %s: %v", p, err)
	}
	var (
		shared   common
		sequence commonSequence
		install  installSequence
		image    digest
	)
	for _, part := range []struct {
		name string
		b    *[]byte // filled in by the parts before
		to   any
	}{
		{"common part", &outer.Common, &shared},
		{"common sequence", &shared.Sequence, &sequence},
		{"install sequence", &outer.Install, &install},
		{"digest of the image", &sequence.Parameters.Digest, &image},
	} {
		if err := decoding.Unmarshal(*part.b, part.to); err != nil {
			return bad("no %s: %v", part.name, err)
		}
	}
	if n := len(shared.Components); n != 1 {
		return bad("%d components instead of one", n)
	}
	m.Component = nil
	for _, part := range shared.Components[0] {
		m.Component = append(m.Component, string(part))
	}
	m.Sequence, m.Size, m.URL = outer.Sequence, sequence.Parameters.Size, install.Parameters.URI
	if m.Vendor, err = uuid.FromBytes(sequence.Parameters.Vendor); err != nil {
		return bad("the vendor has %d bytes, not 16", len(sequence.Parameters.Vendor))
	}
	if m.Class, err = uuid.FromBytes(sequence.Parameters.Class); err != nil {
		return bad("the class has %d bytes, not 16", len(sequence.Parameters.Class))
	}
	if len(image.Bytes) != sha256.Size {
		return bad("a digest of %d bytes, not %d", len(image.Bytes), sha256.Size)
	}
	m.Digest = [sha256.Size]byte(image.Bytes)
	return nil
}

// Verify returns which of the keys made a signature. Signatures with other
// algorithms than EdDSA do not count.
func (e *Envelope) Verify(keys ...ed25519.PublicKey) (ed25519.PublicKey, error) {
	for _, block := range e.blocks {
		for _, key := range keys {
			var msg cose.Sign1Message
			if err := msg.UnmarshalCBOR(block); err != nil {
				return nil, err
			}
			verifier, err := cose.NewVerifier(cose.AlgorithmEdDSA, key)
			if err != nil {
				return nil, err
			}
			msg.Payload = e.digest
			if msg.Verify(nil, verifier) == nil {
				return key, nil
			}
		}
	}
	return nil, diag.New(diag.ManifestSignature, "the manifest is signed by none of the operators")
}

// MaxRevoked is how many keys one manifest can revoke.
const MaxRevoked = 32

// Revocation is the file for a manifest that revokes keys.
func Revocation(ids []femtocose.KeyID) ([]byte, error) {
	if len(ids) == 0 || len(ids) > MaxRevoked {
		return nil, diag.New(diag.BadRevocation, "%d keys; 1 to %d can be revoked at once", len(ids), MaxRevoked)
	}
	list := make([][]byte, len(ids))
	for i, id := range ids {
		list[i] = bytes.Clone(id[:])
	}
	return encoding.Marshal(list)
}

// DecodeRevocation reads what Revocation writes, and nothing else.
func DecodeRevocation(b []byte) ([]femtocose.KeyID, error) {
	var list [][]byte
	if err := decoding.Unmarshal(b, &list); err != nil {
		return nil, diag.New(diag.BadRevocation, "no list of keys: %v", err)
	}
	ids := make([]femtocose.KeyID, len(list))
	for i, id := range list {
		if len(id) != femtocose.IDSize {
			return nil, diag.New(diag.BadRevocation, "a key id of %d bytes, not %d", len(id), femtocose.IDSize)
		}
		ids[i] = femtocose.KeyID(id)
	}
	again, err := Revocation(ids)
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(again, b) {
		return nil, diag.New(diag.BadRevocation, "the list is not in its shortest form")
	}
	return ids, nil
}
