// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

//go:generate go run ../../tools/femtogen

// Package cgen prints the C core of femtocontainer, that is loader, verifier
// and engines, from the instruction table.
//
//	files, err := cgen.Files()
//	text := files["core/femto_small.c"]
//
// The templates read as C. What is a fact about an instruction, the format or
// a diagnostic, opcode numbers, field rules, effects, sizes, codes, does not
// stand in them but is filled in: effects are terms of the table printed by
// package bv, the rest is computed here. Where several instructions share
// code, the generator checks the sharing against the table and refuses to
// print what it cannot justify.
//
// The output depends on nothing but the tables and the templates, so that
// `go generate ./...` reproduces the files that are checked in.
//
// Not here: whether the C is right. Package prove decides that about the text
// itself, without this package.
package cgen
