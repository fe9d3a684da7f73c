// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package prove

import (
	"fmt"
	"path/filepath"
	"slices"
	"sync"

	"github.com/femtocontainer/femtocontainer/femto/prove/cir"
)

// coreDir is where the proved text lies, below the root of the repository.
const coreDir = "riotpkg/femtocontainer/core"

// A variant is one text that the preprocessor can make of a file, in one data
// model. Each one that a supported build selects is proved; what none of them
// covers cannot be selected (docs/proofs.md lists which build takes which).
type variant struct {
	Name   string
	Model  cir.Model
	Macros []string
	Engine string // "" where the engine makes no difference
	names  loopNames
	regs   bool // the register form of the fast engine
}

// gnu is what gcc and clang define, the compilers that are supported, on the
// CPUs that are: little-endian ones.
var gnu = []string{"__GNUC__=12", "__BYTE_ORDER__=1234", "__ORDER_LITTLE_ENDIAN__=1234"}

func variants(base string, macros ...string) []variant {
	var out []variant
	for _, m := range []cir.Model{cir.ILP32, cir.LP64} {
		out = append(out, variant{Name: base + m.Name, Model: m, Macros: slices.Concat(gnu, macros)})
	}
	return out
}

// engines are the forms of both engines. What selects the register form is in
// femto_fast.h; everything else takes the loop.
func engines() []variant {
	var out []variant
	for _, v := range variants("small-") {
		v.Engine, v.names = "small", loopNames{"pc", "bound"}
		out = append(out, v)
	}
	for _, v := range variants("fast-", "FEMTO_ENGINE_FAST=1", "FEMTO_FAST_LOOP=1") {
		v.Engine, v.names = "fast", loopNames{"PC", "BOUND"}
		out = append(out, v)
	}
	for _, cpu := range []struct {
		name   string
		model  cir.Model
		macros []string
	}{
		{"thumb2", cir.ILP32, []string{"__thumb2__=1"}},
		{"rv32", cir.ILP32, []string{"__riscv=1"}},
		{"rv64", cir.LP64, []string{"__riscv=1"}}, // and, but for names of registers, the one for tests on x86-64
	} {
		out = append(out, variant{Name: "fast-regs-" + cpu.name, Engine: "fast", Model: cpu.model, regs: true,
			Macros: slices.Concat(gnu, []string{"FEMTO_ENGINE_FAST=1", "__OPTIMIZE__=1"}, cpu.macros)})
	}
	return out
}

// A library reads each file once per variant.
type library struct {
	coreFiles []string
	root      string
	mu        sync.Mutex
	units     map[string]*cir.Unit
}

// core reads every file of the core but the system calls. A function that two
// files have is looked for in the caller's file first.
func (l *library) core(v variant) ([]*cir.Unit, error) {
	l.mu.Lock()
	if l.coreFiles == nil {
		files, err := filepath.Glob(filepath.Join(l.root, coreDir, "*.c"))
		if err != nil || len(files) == 0 {
			l.mu.Unlock()
			return nil, fmt.Errorf("no C files in %s", filepath.Join(l.root, coreDir))
		}
		for _, f := range files {
			if base := filepath.Base(f); base != "femto_sys.c" {
				l.coreFiles = append(l.coreFiles, base)
			}
		}
	}
	files := l.coreFiles
	l.mu.Unlock()
	return l.load(v, files...)
}

// named is the unit that defines a function.
func named(units []*cir.Unit, fn string) (*cir.Unit, error) {
	for _, u := range units {
		if u.Funcs[fn] != nil {
			return u, nil
		}
	}
	return nil, fmt.Errorf("no file of the core defines %s", fn)
}

func (l *library) load(v variant, files ...string) ([]*cir.Unit, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.units == nil {
		l.units = make(map[string]*cir.Unit)
	}
	var out []*cir.Unit
	for _, f := range files {
		key := v.Name + " " + f
		u, ok := l.units[key]
		if !ok {
			var err error
			if u, err = cir.Load(v.Model, v.Macros, filepath.Join(l.root, coreDir, f)); err != nil {
				return nil, err
			}
			l.units[key] = u
		}
		out = append(out, u)
	}
	return out, nil
}
