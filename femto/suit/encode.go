// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package suit

import (
	"crypto/sha256"

	"github.com/fxamacker/cbor/v2"
)

// What is the same in both profiles: commands, and the report policy that
// stands behind each of them.
const (
	conditionVendor   = 1
	conditionClass    = 2
	conditionImage    = 3
	setParameters     = 19 // RIOT09 only
	overrideParameter = 20
	fetch             = 21
	policyAll         = 15
	policyFailure     = 2

	envelopeTag = 107 // Draft34 only
)

// numbers are those in which the profiles differ.
type numbers struct {
	sha256  int
	install uint // the command that gives the URL
}

var numbersOf = [...]numbers{RIOT09: {2, setParameters}, Draft34: {-16, overrideParameter}}

// The structures of an envelope. Of those with toarray, RFC 9052 and SUIT
// number the elements by their position.
type (
	envelope struct {
		Wrapper  []byte `cbor:"2,keyasint"`
		Manifest []byte `cbor:"3,keyasint"`
	}
	// manifest09 and manifest34 differ in their tags only, and are converted
	// into each other.
	manifest09 struct {
		Version  uint   `cbor:"1,keyasint"`
		Sequence uint32 `cbor:"2,keyasint"`
		Common   []byte `cbor:"3,keyasint"`
		Install  []byte `cbor:"9,keyasint"`
		Validate []byte `cbor:"10,keyasint"`
	}
	manifest34 struct {
		Version  uint   `cbor:"1,keyasint"`
		Sequence uint32 `cbor:"2,keyasint"`
		Common   []byte `cbor:"3,keyasint"`
		Install  []byte `cbor:"20,keyasint"`
		Validate []byte `cbor:"7,keyasint"`
	}
	common struct {
		Components [][][]byte `cbor:"2,keyasint"`
		Sequence   []byte     `cbor:"4,keyasint"`
	}
	commonSequence struct {
		_            struct{} `cbor:",toarray"`
		Override     uint
		Parameters   parameters
		Vendor       uint
		VendorPolicy uint
		Class        uint
		ClassPolicy  uint
	}
	parameters struct {
		Vendor []byte `cbor:"1,keyasint"`
		Class  []byte `cbor:"2,keyasint"`
		Digest []byte `cbor:"3,keyasint"`
		Size   uint32 `cbor:"14,keyasint"`
	}
	digest struct {
		_         struct{} `cbor:",toarray"`
		Algorithm int
		Bytes     []byte
	}
	installSequence struct {
		_           struct{} `cbor:",toarray"`
		Set         uint
		Parameters  uri
		Fetch       uint
		FetchPolicy uint
		Image       uint
		ImagePolicy uint
	}
	uri struct {
		URI string `cbor:"21,keyasint"`
	}
	validateSequence struct {
		_      struct{} `cbor:",toarray"`
		Image  uint
		Policy uint
	}
)

var encoding = func() cbor.EncMode {
	mode, err := cbor.CoreDetEncOptions().EncMode()
	if err != nil {
		panic(err) // the options contradict each other
	}
	return mode
}()

// An encoder nests encodings; after an error it does nothing.
type encoder struct{ err error }

func (e *encoder) bytes(v any) []byte {
	if e.err != nil {
		return nil
	}
	var b []byte
	b, e.err = encoding.Marshal(v)
	return b
}

// encode is the manifest as field 3 of the envelope has it, with the header of
// its byte string, which is signed too.
func (p Profile) encode(m *Manifest) ([]byte, error) {
	n := numbersOf[p]
	var parts [][]byte
	for _, part := range m.Component {
		parts = append(parts, []byte(part))
	}
	var e encoder
	out := manifest09{
		Version:  1,
		Sequence: m.Sequence,
		Common: e.bytes(common{
			Components: [][][]byte{parts},
			Sequence: e.bytes(commonSequence{
				Override: overrideParameter,
				Parameters: parameters{
					Vendor: m.Vendor[:], Class: m.Class[:],
					Digest: e.bytes(digest{Algorithm: n.sha256, Bytes: m.Digest[:]}),
					Size:   m.Size,
				},
				Vendor: conditionVendor, VendorPolicy: policyAll,
				Class: conditionClass, ClassPolicy: policyAll,
			}),
		}),
		Install: e.bytes(installSequence{
			Set: n.install, Parameters: uri{m.URL},
			Fetch: fetch, FetchPolicy: policyFailure,
			Image: conditionImage, ImagePolicy: policyAll,
		}),
		Validate: e.bytes(validateSequence{Image: conditionImage, Policy: policyAll}),
	}
	var inner []byte
	if p == Draft34 {
		inner = e.bytes(manifest34(out))
	} else {
		inner = e.bytes(out)
	}
	return e.bytes(inner), e.err
}

// digest is what the signatures are about.
func (p Profile) digest(signed []byte) ([]byte, error) {
	sum := sha256.Sum256(signed)
	return encoding.Marshal(digest{Algorithm: numbersOf[p].sha256, Bytes: sum[:]})
}

// envelope puts the parts together. In Draft34 the digest stands before the
// signatures, in RIOT09 it is in each of them.
func (p Profile) envelope(signed, digest []byte, blocks [][]byte) ([]byte, error) {
	wrapper := blocks
	if p == Draft34 {
		wrapper = append([][]byte{digest}, blocks...)
	}
	var e encoder
	out := envelope{Wrapper: e.bytes(wrapper)}
	if e.err == nil {
		e.err = decoding.Unmarshal(signed, &out.Manifest)
	}
	if p == Draft34 {
		return e.bytes(cbor.Tag{Number: envelopeTag, Content: out}), e.err
	}
	return e.bytes(out), e.err
}
