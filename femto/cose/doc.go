// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

// Package cose signs container images and keeps the keys for it.
//
//	key, err := cose.ReadKey("acme.pem")
//	signed, err := cose.Sign(unsigned, key)
//	err = cose.Verify(signed, public)
//
// A signature is one COSE_Sign1 (RFC 9052) with EdDSA over Ed25519 (RFC 9053)
// behind the image, SignatureSize bytes, always the same ones but for key id and
// signature; docs/deployment.md has them. What it signs is the digest of the
// image, so that a device can hash as it reads, and says that it is an image
// of ours, so that the signature is worth nothing elsewhere.
//
// Verify accepts nothing but this one encoding. Whether the image itself is
// well-formed is package image's matter, whose key it is package contract's.
//
// Keys are PKCS#8 PEM files as openssl genpkey writes them, not encrypted and
// readable by their owner only, or they are refused.
package cose
