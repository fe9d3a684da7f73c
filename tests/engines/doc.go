// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

// Package engines gives the tests every interpreter under one interface: the
// reference ("vm") and each engine of the C core, by its name in cbridge.
//
//	for _, name := range engines.Names() {
//		m, err := engines.New(name, image, engines.Options{})
//		...
//		m.Close()
//	}
package engines
