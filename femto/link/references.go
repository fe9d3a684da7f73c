// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package link

import (
	"debug/elf"
	"encoding/binary"
	"sort"
	"strings"

	"github.com/femtocontainer/femtocontainer/femto/diag"
	"github.com/femtocontainer/femtocontainer/femto/image"
	"github.com/femtocontainer/femtocontainer/femto/isa"
)

// Relocation types. clang and binutils since 2.41 agree on the first column;
// gcc-bpf 12 comes with binutils 2.40, which numbers those in data differently.
const (
	relNone   = 0
	relWide   = 1  // R_BPF_64_64: both immediates of a wide instruction
	relAbs64  = 2  // R_BPF_64_ABS64
	relAbs32  = 3  // R_BPF_64_ABS32
	relNoDyld = 4  // R_BPF_64_NODYLD32
	relCall   = 10 // R_BPF_64_32: immediate of a call
	relGNU32  = 11 // R_BPF_DATA_32
	relGNU64  = 12 // R_BPF_DATA_64
)

// addend is what r adds to its symbol; field is what stands at the place.
// binutils 2.40 stores symbol + addend there for symbols that are neither a
// section's nor common, and does so in bytes even for calls, where the addend
// (-1) counts slots.
func (o *object) addend(r reloc, field int64) int64 {
	if o.sums && o.section(r.sym) != nil && elf.ST_TYPE(r.sym.Info) != elf.STT_SECTION {
		return field - int64(r.sym.Value)
	}
	return field
}

// A reference is an instruction that needs an address.
type reference struct {
	index  uint32 // slot within the function
	callee *function
	target *section // with off: a wide instruction loads its address
	off    uint32
	helper uint16
}

const (
	opcodeWide  = 0x18
	opcodeCall  = 0x85
	opcodeCallX = 0x8d

	srcHelper = 0
	srcLocal  = 1
)

func (f *function) code() []byte { return f.section.data[f.start:f.end] }

// fail is an error about the instruction at off in f's section, with the C line
// when it is known.
func (f *function) fail(code diag.Code, off uint64, format string, args ...any) *diag.Error {
	e := diag.New(code, format, args...)
	e.File = f.section.object.name
	if ln := f.section.lineAt(f, off/8); ln != nil {
		if file, number := position(ln); number != 0 {
			e.File, e.Line = file, number
		}
	}
	return e
}

// relocs is the part of the section's relocations that lies in f.
func (f *function) relocs() []reloc {
	all := f.section.relocs
	from := sort.Search(len(all), func(i int) bool { return all[i].off >= f.start })
	to := sort.Search(len(all), func(i int) bool { return all[i].off >= f.end })
	return all[from:max(from, to)]
}

// scan lists what f's instructions refer to. On an error it still gives what it
// found before.
func (l *linker) scan(f *function) ([]reference, error) {
	var refs []reference
	text, relocs := f.code(), f.relocs()
	for at := uint64(0); at < uint64(len(text)); {
		off := f.start + at
		in := isa.Decode(binary.LittleEndian.Uint64(text[at:]))
		width := uint64(8)
		if in.Opcode == opcodeWide {
			width = 16
		}
		if at+width > uint64(len(text)) {
			return refs, f.fail(diag.BadFunction, off, "function %s ends within a wide instruction", f.name)
		}
		var rel *reloc
		if len(relocs) > 0 && relocs[0].off < off+width {
			rel, relocs = &relocs[0], relocs[1:]
			if rel.off != off {
				return refs, f.fail(diag.BadRelocation, off, "relocation of %s is not at the beginning of an instruction", rel.name)
			}
		}
		ref, err := l.reference(f, in, off, rel)
		if err != nil {
			return refs, err
		}
		if ref != (reference{}) {
			ref.index = uint32(at / 8)
			refs = append(refs, ref)
		}
		if d, ok := jumpDistance(in); ok {
			if t := int64(at)/8 + 1 + int64(d); t < 0 || t >= int64(len(text))/8 {
				return refs, f.fail(diag.BadFunction, off, "function %s jumps out of itself", f.name)
			}
		}
		at += width
	}
	return refs, nil
}

// jumpDistance is how many slots a jump skips; calls are not jumps.
func jumpDistance(in isa.Insn) (int32, bool) {
	row := isa.Lookup(in)
	if row == nil || row.Kind != isa.Jump {
		return 0, false
	}
	return row.Target(in)
}

// reference is what one instruction refers to, if anything.
func (l *linker) reference(f *function, in isa.Insn, off uint64, rel *reloc) (reference, error) {
	var none reference
	switch {
	case in.Opcode == opcodeCallX:
		return none, f.fail(diag.IndirectCall, off, "function %s calls through a pointer", f.name).
			WithHint("call the function by name; use a switch where the choice is made at run time")
	case rel == nil && in.Opcode == opcodeCall && in.Src == srcLocal:
		return l.localCall(f, f.section, int64(off)+8+8*int64(in.Imm), off)
	case rel == nil && in.Opcode == opcodeCall && in.Src == srcHelper && in.Imm > 0 && in.Imm <= 0xffff:
		// Called by number, as kernel headers declare helpers.
		return reference{helper: uint16(in.Imm)}, nil
	case rel == nil:
		return none, nil
	case in.Opcode == opcodeCall && rel.typ == relCall:
		return l.call(f, in, off, rel)
	case in.Opcode == opcodeWide && rel.typ == relWide:
		return l.load(f, in, off, rel)
	}
	return none, f.fail(diag.BadRelocation, off, "relocation of type %d for %s at an instruction with opcode 0x%02x", rel.typ, rel.name, in.Opcode)
}

func (l *linker) call(f *function, in isa.Insn, off uint64, rel *reloc) (reference, error) {
	o := f.section.object
	p := l.lookup(o, rel.sym)
	// The immediate counts slots from the next instruction, so that -1 is the
	// symbol itself.
	distance := (o.addend(*rel, int64(in.Imm)) + 1) * 8
	switch {
	case p.function != nil && distance == 0:
		return reference{callee: p.function}, nil
	case p.function != nil:
		return reference{}, f.fail(diag.BadFunction, off, "%s calls into the middle of %s", f.name, rel.name)
	case p.helper != 0 && distance == 0:
		return reference{helper: p.helper}, nil
	case p.section != nil && p.section.kind == code:
		return l.localCall(f, p.section, int64(p.off)+distance, off)
	case p.section != nil:
		return reference{}, f.fail(diag.BadRelocation, off, "function %s calls %s, which is data", f.name, rel.name)
	}
	return reference{}, f.undefined(off, rel)
}

// localCall is a call of what stands at byte target of sec.
func (l *linker) localCall(f *function, sec *section, target int64, off uint64) (reference, error) {
	if target >= 0 {
		if callee := sec.functionAt(uint64(target)); callee != nil {
			return reference{callee: callee}, nil
		}
	}
	return reference{}, f.fail(diag.BadFunction, off, "function %s calls offset %d of section %s, where no function begins", f.name, target, sec.name)
}

func (l *linker) load(f *function, in isa.Insn, off uint64, rel *reloc) (reference, error) {
	o := f.section.object
	p := l.lookup(o, rel.sym)
	// A guest address has 32 bits, so the second immediate does not matter.
	at := p.off + uint64(o.addend(*rel, int64(in.Imm)))
	switch {
	case p.helper != 0 || p.function != nil || p.section != nil && p.section.kind == code:
		return reference{}, f.fail(diag.FunctionAddress, off, "function %s takes the address of function %s", f.name, functionName(p, at, rel)).
			WithHint("call the function by name; use a switch where the choice is made at run time")
	case p.section == nil:
		return reference{}, f.undefined(off, rel)
	case p.section.kind == unsupported:
		return reference{}, f.fail(diag.UnsupportedSection, off, "function %s uses %s in section %s", f.name, rel.name, p.section.name).
			WithHint("containers have no BPF maps and no thread-local data; use plain variables or the key-value system calls")
	}
	return reference{target: p.section, off: uint32(at)}, nil
}

// functionName is the name of the function at offset at of p.
func functionName(p place, at uint64, rel *reloc) string {
	if p.section != nil {
		if f := p.section.functionAt(at); f != nil {
			return f.name
		}
	}
	return rel.name
}

func (f *function) undefined(off uint64, rel *reloc) *diag.Error {
	if rel.sym.Section == elf.SHN_ABS {
		return f.fail(diag.BadRelocation, off, "function %s uses the absolute symbol %s", f.name, rel.name)
	}
	e := f.fail(diag.UndefinedSymbol, off, "function %s uses %s, which nothing defines and which is not a system call", f.name, rel.name)
	if strings.HasPrefix(rel.name, "__") {
		return e.WithHint("the compiler calls its own library for operations that BPF lacks, such as signed division in gcc: rewrite the operation")
	}
	return e.WithHint("define it, link the object that has it, or check its spelling against <femto.h>")
}

// refuseFunctionAddresses looks through all data, whether or not anything refers
// to it: a table of functions that silently vanished would be a puzzle.
func (l *linker) refuseFunctionAddresses() error {
	for _, o := range l.objects {
		for _, sec := range o.sections {
			if sec == nil || sec.kind == code || sec.kind == bss {
				continue
			}
			for i := range sec.relocs {
				rel := &sec.relocs[i]
				p := l.lookup(o, rel.sym)
				if p.helper == 0 && p.function == nil && (p.section == nil || p.section.kind != code) {
					continue
				}
				at := p.off
				if v, ok := sec.field(*rel); ok {
					at += uint64(o.addend(*rel, v))
				}
				return sec.fail(diag.FunctionAddress, "section %s holds the address of function %s at offset %d", sec.name, functionName(p, at, rel), rel.off).
					WithHint("call the function by name; use a switch where the choice is made at run time")
			}
		}
	}
	return nil
}

func (s *section) fail(code diag.Code, format string, args ...any) *diag.Error {
	e := diag.New(code, format, args...)
	e.File = s.object.name
	return e
}

// field is what stands at the place of a relocation in data.
func (s *section) field(r reloc) (v int64, ok bool) {
	rest := uint64(len(s.data)) - min(r.off, uint64(len(s.data)))
	switch {
	case (r.typ == relAbs64 || r.typ == relGNU64) && rest >= 8:
		return int64(binary.LittleEndian.Uint64(s.data[r.off:])), true
	case (r.typ == relAbs32 || r.typ == relNoDyld || r.typ == relGNU32) && rest >= 4:
		return int64(int32(binary.LittleEndian.Uint32(s.data[r.off:]))), true
	}
	return 0, false
}

// followReferences finds what the entry points reach: functions, the data these
// refer to, and the data that data refers to.
func (l *linker) followReferences() error {
	l.helpers = map[uint16]bool{}
	var todo []*function
	reach := func(f *function) {
		if !f.reachable {
			f.reachable = true
			todo = append(todo, f)
		}
	}
	for _, f := range l.entries {
		reach(f)
	}
	for len(todo) > 0 {
		f := todo[0]
		todo = todo[1:]
		refs, err := l.scan(f)
		if err != nil {
			return err
		}
		f.refs = refs
		for _, r := range refs {
			switch {
			case r.callee != nil:
				reach(r.callee)
			case r.target != nil:
				if err := l.use(r.target); err != nil {
					return err
				}
			default:
				l.helpers[r.helper] = true
			}
		}
	}
	if len(l.helpers) > image.MaxHelpers {
		return diag.New(diag.TooMany, "%d different system calls; an image imports at most %d", len(l.helpers), image.MaxHelpers)
	}
	return nil
}

// use marks a data section and what its pointers lead to.
func (l *linker) use(first *section) error {
	todo := []*section{first}
	for len(todo) > 0 {
		sec := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if sec.used {
			continue
		}
		sec.used = true
		l.used = append(l.used, sec)
		for i := range sec.relocs {
			rel := &sec.relocs[i]
			if _, ok := sec.field(*rel); !ok {
				return sec.fail(diag.BadRelocation, "relocation of type %d for %s at offset %d of section %s", rel.typ, rel.name, rel.off, sec.name)
			}
			p := l.lookup(sec.object, rel.sym)
			switch {
			case p.section == nil:
				return sec.fail(diag.UndefinedSymbol, "section %s points to %s at offset %d, which nothing defines", sec.name, rel.name, rel.off)
			case p.section.kind == unsupported:
				return sec.fail(diag.UnsupportedSection, "section %s points to %s in section %s", sec.name, rel.name, p.section.name)
			}
			todo = append(todo, p.section)
		}
	}
	return nil
}
