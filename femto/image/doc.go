// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

// Package image is the container image format: what the linker writes, the
// tenant signs, and the device loads. docs/image-format.md is its
// specification; vectors are in testdata.
//
//	b, err := img.Encode()
//	img, err := image.Decode(b)
//
// The format stores lengths and no offsets, so sections can neither overlap
// nor leave gaps, and every valid image has exactly one encoding: Decode
// accepts b if and only if Encode of the result gives b back.
// Decode checks structure; whether the text may run is package verify's matter.
package image
