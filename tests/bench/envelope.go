// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package main

import (
	"bytes"
	"crypto/ed25519"
	"strings"

	"github.com/google/uuid"

	"github.com/femtocontainer/femtocontainer/femto/cose"
	"github.com/femtocontainer/femtocontainer/femto/suit"
)

// envelopeSize is the length of a manifest for a slot of one device, with a URL of 60
// characters, for the largest number and image of 16 bits.
func envelopeSize() float64 {
	vendor := suit.VendorID("riot-os.org")
	m := suit.Manifest{Sequence: 65535, Size: 65535, Component: suit.Slot("timer", 0).For(uuid.UUID{1}), Vendor: vendor,
		Class: suit.ClassID(vendor, "ota-native64"), URL: "coap://" + strings.Repeat("u", 60-len("coap://"))}
	b, err := m.Sign(suit.RIOT09, ed25519.NewKeyFromSeed(bytes.Repeat([]byte{1}, ed25519.SeedSize)))
	if err != nil {
		return notMeasured
	}
	return float64(len(b))
}

// envelopeGoals are decided when the sizes of deployment are.
func (r *report) envelopeGoals() []goal {
	envelope, signature := notMeasured, notMeasured
	if len(r.Deployment) > 0 {
		envelope, signature = envelopeSize(), cose.SignatureSize
	}
	return []goal{
		static(atMost("deployment: envelope, one component of one device, URL of 60 characters, bytes", 330, envelope, "%.0f")),
		static(atMost("deployment: image signature, bytes", 90, signature, "%.0f")),
	}
}
