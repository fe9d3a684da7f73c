// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

//go:build !cgo

package main

// coreEngines is empty: the C core needs a C compiler.
var coreEngines []engine
