// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

//go:build cgo

package main

import (
	"maps"
	"slices"

	"github.com/femtocontainer/femtocontainer/cbridge"
)

// coreEngines are the C interpreters, as a device has them.
var coreEngines = func() (list []engine) {
	byNumber := func(x, y string) int { return int(cbridge.Engines[x]) - int(cbridge.Engines[y]) }
	for _, name := range slices.SortedFunc(maps.Keys(cbridge.Engines), byNumber) {
		list = append(list, engine{name, func(p *program, h host) (machine, error) {
			return cbridge.New(p.bytes, cbridge.Options{Engine: cbridge.Engines[name], Call: h.call})
		}})
	}
	return list
}()
