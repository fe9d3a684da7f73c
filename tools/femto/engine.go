// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package main

import (
	"strings"

	"github.com/femtocontainer/femtocontainer/femto/diag"
	"github.com/femtocontainer/femtocontainer/femto/vm"
)

// A machine is an instance of an image in one of the engines.
type machine interface {
	vm.Memory
	Start(entry uint32, ctx []byte, writable bool)
	Resume(fuel uint32) vm.Result
}

// An engine is one way to run an image.
type engine struct {
	name string
	open func(*program, host) (machine, error)
}

// A host is the other side of a run.
type host struct {
	call  func(mem vm.Memory, id uint16, args [5]uint64, room uint32) (r0 uint64, price uint32, fault diag.Code)
	trace func(vm.Memory, vm.Step) // nil, and only for the reference interpreter
}

// engines has the reference interpreter, and, where femto was built with cgo,
// the engines of the C core.
var engines = append([]engine{{
	name: "vm",
	open: func(p *program, h host) (machine, error) {
		opts := vm.Options{Call: h.call}
		var m *vm.VM
		if h.trace != nil {
			opts.Trace = func(s vm.Step) { h.trace(m, s) }
		}
		var err error
		m, err = vm.New(p.img, opts)
		return m, err
	},
}}, coreEngines...)

func engineNames() []string {
	var names []string
	for _, e := range engines {
		names = append(names, e.name)
	}
	return names
}

func findEngine(name string) (engine, error) {
	for _, e := range engines {
		if e.name == name {
			return e, nil
		}
	}
	return engine{}, usagef("there is no engine %s in this femto, only %s", name, strings.Join(engineNames(), ", "))
}
