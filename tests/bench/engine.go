// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package main

import (
	"path/filepath"
	"strings"
)

// coreDir holds the generated C core.
const coreDir = "riotpkg/femtocontainer/core"

// An engine is a way to build the core.
type engine struct {
	name  string
	flags []string
}

var engines = []engine{
	{name: "small", flags: []string{"-DFEMTO_ENGINE_SMALL"}},
	{name: "fast", flags: []string{"-DFEMTO_ENGINE_FAST"}},
}

// optimisation levels, -Os first: it is what RIOT builds with, and what the
// goals are about.
var levels = []string{"Os", "O2"}

// systemCalls is the prefix of the core's system-call stubs. A host links those
// it offers; loader, verifier and engine run without them.
const systemCalls = "femto_sys"

// coreSources are loader, verifier and the engine e: every file of the core but
// the other engines' (femto_small*.c, femto_fast*.c) and the system calls.
// Nothing, if e has no file of its own.
func (b *bench) coreSources(e engine) ([]string, error) {
	files, err := filepath.Glob(filepath.Join(b.module, coreDir, "*.c"))
	if err != nil {
		return nil, err
	}
	var sources []string
	own := false
	for _, f := range files {
		if strings.HasPrefix(filepath.Base(f), systemCalls) {
			continue
		}
		of := ""
		for _, other := range engines {
			if strings.HasPrefix(filepath.Base(f), "femto_"+other.name) {
				of = other.name
			}
		}
		if of == "" || of == e.name {
			sources = append(sources, f)
			own = own || of == e.name
		}
	}
	if !own {
		b.skipLine("SKIP engine " + e.name + ": " + coreDir + "/femto_" + e.name + ".c is not there")
		return nil, nil
	}
	return sources, nil
}

func (b *bench) workloadSources() []string {
	var sources []string
	for _, w := range workloads {
		sources = append(sources, filepath.Join("workloads", w.name+".c"))
	}
	return sources
}

// subjects are all programs to run on a target.
func (b *bench) subjects() ([]subject, error) {
	var subjects []subject
	for _, opt := range levels {
		subjects = append(subjects, subject{engine: "native", opt: opt,
			sources: append([]string{"firmware/native.c"}, b.workloadSources()...)})
	}
	for _, e := range engines {
		core, err := b.coreSources(e)
		if err != nil {
			return nil, err
		}
		for _, opt := range levels {
			if core != nil {
				subjects = append(subjects, subject{engine: e.name, opt: opt,
					flags:   append([]string{"-I", filepath.Join(b.module, coreDir)}, e.flags...),
					sources: append([]string{"firmware/container.c"}, core...)})
			}
		}
	}
	return subjects, nil
}
