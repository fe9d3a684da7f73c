// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

// Package kconfig compares riotpkg/femtocontainer/Kconfig with what it is about:
// the C files, which have the same defaults for firmware that does not use
// Kconfig, the modules of the makefiles, and the documents.
//
//	go test ./tests/kconfig
package kconfig
