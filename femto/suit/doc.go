// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

// Package suit is the manifest with which an operator tells devices to install
// an image, to remove one, or to revoke keys: a SUIT envelope of one shape.
//
//	m := suit.Manifest{
//		Sequence:  1,
//		Component: suit.Slot("timer", 0).For(device),
//		Vendor:    suit.VendorID("riot-os.org"), Class: suit.ClassID(vendor, "ota native64"),
//		URL:       "coap://[2001:db8::1]/timer.fc",
//	}
//	m.Of(img)
//	envelope, err := m.Sign(suit.RIOT09, key)
//	e, err := suit.Decode(envelope)
//	by, err := e.Verify(operator)
//
// There are two profiles. Devices take RIOT09, draft-ietf-suit-manifest-09 as
// RIOT 2026.07 reads it. Draft34 is the later draft that precedes the RFC, for
// tools and devices to come. docs/deployment.md gives the bytes.
//
// A manifest has one encoding: Decode accepts b if and only if encoding the
// result, with the signatures that it has, gives b back. It reads nothing but
// this shape; manifests for other purposes need other tools.
package suit
