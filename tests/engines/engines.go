// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package engines

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/femtocontainer/femtocontainer/cbridge"
	"github.com/femtocontainer/femtocontainer/femto/diag"
	"github.com/femtocontainer/femtocontainer/femto/image"
	"github.com/femtocontainer/femtocontainer/femto/vm"
)

// Reference is the name of the interpreter that evaluates the table.
const Reference = "vm"

// Options are the host's side of an instance, as in vm.Options.
type Options struct {
	Call    func(mem vm.Memory, id uint16, args [5]uint64, room uint32) (r0 uint64, price uint32, fault diag.Code)
	Granted []uint16
	Trace   func(vm.Step) // the reference only
}

// A Machine is an instance of an image in one of the engines.
type Machine interface {
	vm.Memory
	Start(entry uint32, ctx []byte, writable bool)
	Grant(segment uint32, b []byte, writable bool) error
	Resume(fuel uint32) vm.Result
	Run(entry uint32, ctx []byte, fuel uint32) vm.Result
	Reset()
	Stack() []byte
	Data() []byte
	Close()
}

// Names lists the engines, the reference first.
func Names() []string {
	return append([]string{Reference}, slices.Sorted(maps.Keys(cbridge.Engines))...)
}

// New makes an instance of an encoded image.
func New(engine string, img []byte, opts Options) (Machine, error) {
	if engine == Reference {
		decoded, err := image.Decode(img)
		if err != nil {
			return nil, err
		}
		m, err := vm.New(decoded, vm.Options{Call: opts.Call, Granted: opts.Granted, Trace: opts.Trace})
		if err != nil {
			return nil, err
		}
		return reference{m}, nil
	}
	e, ok := cbridge.Engines[engine]
	if !ok {
		return nil, fmt.Errorf("there is no engine %q, only %s", engine, strings.Join(Names(), ", "))
	}
	return cbridge.New(img, cbridge.Options{Engine: e, Call: opts.Call, Granted: opts.Granted})
}

type reference struct{ *vm.VM }

func (reference) Close() {}
