// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package main

import (
	"debug/elf"
	"fmt"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

const (
	runtimeBoard = "nucleo-f411re" // a Cortex-M4 that QEMU can run
	ramApp       = "tests/riot/ram"
	ramLimit     = 1 << 10
)

// A ramRow is the static RAM of one object of the runtime.
type ramRow struct {
	Object     string `json:"object"`
	Runtime    int    `json:"runtime"`
	Containers int    `json:"containers,omitempty"` // what each container has, times their number
	Stacks     int    `json:"stacks,omitempty"`     // of threads
	Store      int    `json:"store,omitempty"`      // what the quotas of key-value stores give
}

// What the limit does not count, by symbol.
var (
	stackSymbol = regexp.MustCompile(`_stacks?$`)
	storeSymbol = regexp.MustCompile(`^_(entries|bytes)$`)
	poolSymbol  = regexp.MustCompile(`^femto_pool$`)
)

// runtimeRAM adds up the variables of the runtime.
func (b *bench) runtimeRAM(o options) error {
	riot, ok := b.wantRIOT("runtime", o)
	if !ok {
		return nil
	}
	b.progress.step("size: RAM of the runtime")
	dir, err := b.makeRIOT(ramApp, "runtime-objects", runtimeBoard, riot)
	if err != nil {
		return err
	}
	for _, module := range []string{"femtocontainer", "femtocontainer_contrib", "application"} {
		objects, err := filepath.Glob(filepath.Join(dir, module, "*.o"))
		if err != nil {
			return err
		}
		if len(objects) == 0 {
			return fmt.Errorf("%s: no objects of %s", ramApp, module)
		}
		for _, object := range objects {
			r, err := ramOf(object)
			if err != nil {
				return err
			}
			if r.Object = strings.TrimSuffix(filepath.Base(object), ".o"); module == "application" {
				r.Object = "hooks that the application declares"
			}
			if r.Runtime+r.Containers+r.Stacks+r.Store > 0 {
				b.report.RAM = append(b.report.RAM, r)
			}
		}
	}
	return nil
}

// ramOf reads an object in which each variable has a section of its own.
func ramOf(object string) (r ramRow, err error) {
	f, err := elf.Open(object)
	if err != nil {
		return r, err
	}
	defer f.Close()
	for _, s := range f.Sections {
		// RIOT's constant lists across files (.roxfa) look writable, and are in flash
		if s.Flags&elf.SHF_ALLOC == 0 || s.Flags&elf.SHF_WRITE == 0 || strings.HasPrefix(s.Name, ".roxfa") {
			continue
		}
		name := s.Name[strings.LastIndexByte(s.Name, '.')+1:]
		to := &r.Runtime
		switch {
		case stackSymbol.MatchString(name):
			to = &r.Stacks
		case storeSymbol.MatchString(name):
			to = &r.Store
		case poolSymbol.MatchString(name):
			to = &r.Containers
		}
		*to += int(s.Size)
	}
	return r, nil
}

func (r *report) ram() float64 {
	sum := 0
	for _, row := range r.RAM {
		sum += row.Runtime
	}
	if sum == 0 {
		return notMeasured
	}
	return float64(sum)
}

// hookGoals are the limits of the runtime.
func (r *report) hookGoals() []goal {
	return []goal{
		atMost("hook without containers, Cortex-M4, instructions", 20, r.riot(costTest, "empty hook"), "%.0f"),
		atMost("hook with a container that returns at once, Cortex-M4, instructions", 250, r.riot(costTest, "hook with a container that returns at once"), "%.0f"),
		atMost("attaching a container, against verifying it", 2, r.riot(costTest, "attach")/r.riot(costTest, "verify"), "%.2fx"),
		atMost("RAM of the runtime for a container, Cortex-M4, bytes", 96, r.riot(costTest, "container"), "%.0f"),
		static(atMost("static RAM of the runtime, Cortex-M4, bytes", ramLimit, r.ram(), "%.0f")),
	}
}

func (b *bench) costSection() *section {
	s := &section{id: "hooks", title: "Hooks: Cortex-M4, instructions", head: []string{"what", "instructions"}}
	for _, row := range b.report.RIOT {
		if row.Test == costTest && row.What != "container" {
			s.add(row.What, strconv.Itoa(row.Value))
		}
	}
	return s
}

func (b *bench) runtimeRAMSection() *section {
	s := &section{id: "runtime-ram", title: "Static RAM of the runtime: Cortex-M4 (" + runtimeBoard + "), bytes",
		head: []string{"object", "runtime", "containers", "thread stacks", "stores"}}
	var sum ramRow
	row := func(r ramRow) {
		s.add(r.Object, strconv.Itoa(r.Runtime), strconv.Itoa(r.Containers), strconv.Itoa(r.Stacks), strconv.Itoa(r.Store))
	}
	for _, r := range b.report.RAM {
		row(r)
		sum.Runtime, sum.Containers, sum.Stacks, sum.Store =
			sum.Runtime+r.Runtime, sum.Containers+r.Containers, sum.Stacks+r.Stacks, sum.Store+r.Store
	}
	if sum.Object = "all"; sum.Runtime > 0 {
		row(sum)
	}
	s.notes = []string{"variables of tests/riot/ram, which has every system call and one hook of each kind, and neither deployment nor files; the limit is on the first column: " +
		"a container has a limit of its own, and stacks and stores are what the contract and the engine ask for"}
	return s
}
