// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

// Package cddl checks CBOR against docs/*.cddl, for tests: what devices and femto
// send is what these files say.
//
//	schema, err := cddl.Load("../../docs/deployment.cddl")
//	...
//	err = schema.Check("status", body)
//
// It reads as much of CDDL (RFC 8610) as these files use: rules for types and
// groups, maps, arrays, choices, ranges, occurrences, tags, &(...), and .size,
// .regexp and .cbor. What it does not know is an error when the file is loaded.
// Keys that a map does not list are refused, and so is every encoding but the
// shortest, with ascending keys and definite lengths.
package cddl
