// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package main

import (
	"debug/elf"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// sizeAll compiles the core at -Os for every target and engine and reads the
// objects.
func (b *bench) sizeAll(o options) error {
	for _, t := range targets {
		if !o.wantTarget(t.name) {
			continue
		}
		if missing := missingTools(t.cc[0]); missing != nil {
			b.skip(t.title+" (size)", missing, t.apt)
			continue
		}
		b.report.Tools[t.cc[0]] = version(t.cc[0])
		for _, e := range engines {
			if !o.wantEngine(e.name) {
				continue
			}
			core, err := b.coreSources(e)
			if err != nil {
				return err
			}
			if core == nil {
				continue
			}
			b.progress.step("size: %s, %s", t.title, e.name)
			if err := b.sizeOf(t, e, core); err != nil {
				return err
			}
		}
	}
	return nil
}

func (b *bench) sizeOf(t target, e engine, core []string) error {
	dir, err := os.MkdirTemp(b.dir, "size-")
	if err != nil {
		return err
	}
	flags := append([]string{"-Os", "-std=gnu11", "-Wall", "-Wextra", "-DNDEBUG", "-fcallgraph-info=su",
		"-I", filepath.Join(b.module, coreDir)}, e.flags...)
	objects, err := b.compile(t, flags, append([]string{"firmware/sizes.c"}, core...), dir)
	if err != nil {
		return err
	}
	size := sizeRow{Target: t.name, Engine: e.name, Objects: map[string]int{}}
	var graph callGraph
	for _, obj := range objects {
		f, err := elf.Open(obj)
		if err != nil {
			return err
		}
		name := strings.TrimSuffix(filepath.Base(obj), ".o")
		if name == "sizes" {
			size.Instance, size.VM, err = structSizes(f)
		} else {
			size.Objects[name] = readOnlyBytes(f)
			size.Text += size.Objects[name]
			size.Static += writableBytes(f)
		}
		f.Close()
		if err != nil {
			return err
		}
		if err := graph.readFile(strings.TrimSuffix(obj, ".o") + ".ci"); err != nil {
			return err
		}
	}
	b.report.Sizes = append(b.report.Sizes, size)

	header, err := os.ReadFile(filepath.Join(b.module, coreDir, "femto_core.h"))
	if err != nil {
		return err
	}
	bytes, path, outside, err := graph.deepest("femto_resume", declarations(header))
	if err != nil {
		return fmt.Errorf("%s, %s: %w", t.name, e.name, err)
	}
	b.report.Stacks = append(b.report.Stacks, stackRow{Target: t.name, Engine: e.name, Frames: bytes, Path: path, Outside: outside})
	return nil
}

func (g *callGraph) readFile(name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := g.read(f); err != nil {
		return fmt.Errorf("%s: %w", filepath.Base(name), err)
	}
	return nil
}

// readOnlyBytes counts what goes to flash and stays there, as size(1) does.
func readOnlyBytes(f *elf.File) int {
	n := 0
	for _, s := range f.Sections {
		if s.Flags&elf.SHF_ALLOC != 0 && s.Flags&elf.SHF_WRITE == 0 && s.Type != elf.SHT_NOBITS {
			n += int(s.Size)
		}
	}
	return n
}

func writableBytes(f *elf.File) int {
	n := 0
	for _, s := range f.Sections {
		if s.Flags&elf.SHF_ALLOC != 0 && s.Flags&elf.SHF_WRITE != 0 {
			n += int(s.Size)
		}
	}
	return n
}

// structSizes reads the arrays of firmware/sizes.c, whose lengths are the sizes.
func structSizes(f *elf.File) (instance, vm int, err error) {
	symbols, err := f.Symbols()
	if err != nil {
		return 0, 0, err
	}
	for _, s := range symbols {
		switch s.Name {
		case "size_of_instance":
			instance = int(s.Size)
		case "size_of_vm":
			vm = int(s.Size)
		}
	}
	if instance == 0 || vm == 0 {
		return 0, 0, fmt.Errorf("sizes.c: symbols not found")
	}
	return instance, vm, nil
}
