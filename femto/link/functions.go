// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package link

import (
	"cmp"
	"debug/elf"
	"encoding/binary"
	"slices"
	"sort"

	"github.com/femtocontainer/femtocontainer/femto/diag"
)

// findFunctions cuts code sections at their symbols.
func (o *object) findFunctions() error {
	for _, s := range o.symbols {
		sec := o.section(s)
		if sec == nil || sec.kind != code {
			continue
		}
		// Assembly often leaves out .type. A local symbol without a type is a
		// label within a function.
		typ, global := elf.ST_TYPE(s.Info), elf.ST_BIND(s.Info) != elf.STB_LOCAL
		if typ != elf.STT_FUNC && (typ != elf.STT_NOTYPE || !global) {
			continue
		}
		if s.Value%8 != 0 || s.Size%8 != 0 || s.Size > sec.size-s.Value {
			return o.badFunction(s.Name, "function %s at offset %d, %d bytes long, is not a stretch of instructions of section %s", s.Name, s.Value, s.Size, sec.name)
		}
		sec.functions = append(sec.functions, &function{
			name: s.Name, names: []string{s.Name}, section: sec, start: s.Value, end: s.Value + s.Size, global: global, stack: -1,
		})
	}
	for _, sec := range o.sections {
		if sec == nil || sec.kind != code {
			continue
		}
		slices.SortStableFunc(sec.functions, func(x, y *function) int { return cmp.Compare(x.start, y.start) })
		sec.functions = mergeAliases(sec.functions)
		for i, f := range sec.functions {
			next := sec.size
			if i+1 < len(sec.functions) {
				next = sec.functions[i+1].start
			}
			if f.end > next {
				return o.badFunction(f.name, "function %s overlaps function %s", f.name, sec.functions[i+1].name)
			}
			if f.end == f.start {
				f.end = next // assembly without .size
			}
		}
	}
	return nil
}

// mergeAliases makes one function of the symbols with the same start.
func mergeAliases(sorted []*function) []*function {
	var out []*function
	for _, f := range sorted {
		if len(out) == 0 || out[len(out)-1].start != f.start {
			out = append(out, f)
			continue
		}
		last := out[len(out)-1]
		if f.global && !last.global {
			last.name = f.name
		}
		last.names = append(last.names, f.name)
		last.global = last.global || f.global
		last.end = max(last.end, f.end)
	}
	return out
}

func (o *object) badFunction(name, format string, args ...any) *diag.Error {
	e := diag.New(diag.BadFunction, format, args...).
		WithHint("in assembly, declare it with .type %s,@function and .size %s, .-%s", name, name, name)
	e.File = o.name
	return e
}

// functionAt finds the function that begins at off, or nil.
func (s *section) functionAt(off uint64) *function {
	i := sort.Search(len(s.functions), func(i int) bool { return s.functions[i].start >= off })
	if i < len(s.functions) && s.functions[i].start == off {
		return s.functions[i]
	}
	return nil
}

// readStackSizes reads the records that -fstack-size-section makes: for each
// function a relocated address of 8 bytes and the size as ULEB128.
func (o *object) readStackSizes(f *elf.File, b []byte) error {
	for i, s := range f.Sections {
		if s.Name != ".stack_sizes" || s.Type != elf.SHT_PROGBITS {
			continue
		}
		relocs := map[uint64]reloc{}
		for _, r := range f.Sections {
			if r.Type != elf.SHT_REL || int(r.Info) != i {
				continue
			}
			list, err := o.relocations(r, b)
			if err != nil {
				return err
			}
			for _, r := range list {
				relocs[r.off] = r
			}
		}
		if err := o.stackSizes(bytesOf(s, b), relocs); err != nil {
			return err
		}
	}
	return nil
}

func (o *object) stackSizes(raw []byte, relocs map[uint64]reloc) error {
	for at := 0; at < len(raw); {
		if len(raw)-at < 8 {
			return o.bad(".stack_sizes is cut off")
		}
		r, ok := relocs[uint64(at)]
		if !ok {
			return o.bad(".stack_sizes has no relocation at offset %d", at)
		}
		size, n := binary.Uvarint(raw[at+8:])
		if n <= 0 {
			return o.bad(".stack_sizes has a malformed number at offset %d", at+8)
		}
		sec := o.section(r.sym)
		off := r.sym.Value + uint64(o.addend(r, int64(binary.LittleEndian.Uint64(raw[at:]))))
		at += 8 + n
		if sec == nil || sec.kind != code {
			continue
		}
		f := sec.functionAt(off)
		if f == nil {
			return o.bad(".stack_sizes names offset %d of section %s, where no function begins", off, sec.name)
		}
		f.stack = int(min(size, 1<<30))
	}
	return nil
}
