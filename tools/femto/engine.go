// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package main

import (
	"strings"

	"github.com/femtocontainer/femtocontainer/femto/vm"
)

// An engineKind is one way to run an image.
type engineKind struct {
	name string
	open func(*program) (machine, error)
}

var engines = []engineKind{
	{"vm", func(p *program) (machine, error) {
		m, err := vm.New(p.img, vm.Options{})
		if err != nil {
			return nil, err
		}
		return m, nil
	}},
}

func engineNames() string {
	var names []string
	for _, e := range engines {
		names = append(names, e.name)
	}
	return strings.Join(names, ", ")
}

func findEngine(name string) (engineKind, error) {
	for _, e := range engines {
		if e.name == name {
			return e, nil
		}
	}
	return engineKind{}, usagef("there is no engine %s, only %s", name, engineNames())
}
