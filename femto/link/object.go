// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package link

import (
	"bytes"
	"cmp"
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/cilium/ebpf/btf"

	"github.com/femtocontainer/femtocontainer/femto/diag"
	"github.com/femtocontainer/femtocontainer/femto/isa"
)

// Bounds that no honest object comes near. They keep the memory that a hostile
// one can ask for within a small multiple of its size; a name, for instance, is
// copied for each symbol that has it.
const (
	maxObject  = 64 << 20 // bytes
	maxSymbols = 1 << 16
	maxName    = 1 << 10 // bytes of a symbol's or section's name
)

// An object is one ELF file, as far as the linker cares.
type object struct {
	name      string
	sections  []*section // by ELF index; nil for sections that play no part
	symbols   []elf.Symbol
	sums      bool  // made by binutils before 2.41, see addend
	lineError error // why there are no source lines
}

type sectionKind uint8

const (
	code sectionKind = iota
	data
	bss
	rodata
	unsupported // allocated, but of a kind that containers do not have
)

// A section holds code or data.
type section struct {
	object *object
	name   string
	kind   sectionKind
	data   []byte // nil for bss
	size   uint64
	align  uint64
	relocs []reloc // by offset

	functions []*function // code: by start
	lines     []btf.LineOffset

	used bool   // data: something reachable refers to it
	addr uint32 // data: guest address
}

// A reloc asks for the address of a symbol to be filled in.
type reloc struct {
	off  uint64
	typ  uint32
	name string
	sym  elf.Symbol
}

// A function is a stretch of a code section between symbols.
type function struct {
	name       string
	names      []string // aliases, name included
	section    *section
	start, end uint64 // bytes within the section
	global     bool
	stack      int // bytes of its frame, or -1 when the object does not say

	reachable bool
	refs      []reference
	slot      uint32 // where it is in the image's text
	slots     uint32
}

// bad is an error about the file as such.
func (o *object) bad(format string, args ...any) *diag.Error {
	e := diag.New(diag.BadObject, format, args...)
	e.File = o.name
	return e
}

func readObject(name string, b []byte) (o *object, err error) {
	o = &object{name: name}
	// debug/elf is known to panic on some damaged files, which is why
	// cilium/ebpf does the same.
	defer func() {
		if r := recover(); r != nil {
			err = o.bad("the ELF structure is damaged: %v", r)
		}
	}()
	f, err := o.open(b)
	if err != nil {
		return nil, err
	}
	if err := o.readSections(f, b); err != nil {
		return nil, err
	}
	if err := o.readSymbols(f); err != nil {
		return nil, err
	}
	if err := o.readRelocations(f, b); err != nil {
		return nil, err
	}
	if err := o.findFunctions(); err != nil {
		return nil, err
	}
	if err := o.readStackSizes(f, b); err != nil {
		return nil, err
	}
	o.readLines(b)
	return o, nil
}

// open decides whether b is an object that can be linked at all.
func (o *object) open(b []byte) (*elf.File, error) {
	if len(b) > maxObject {
		return nil, o.bad("%d bytes are more than an object has", len(b))
	}
	if !bytes.HasPrefix(b, []byte(elf.ELFMAG)) {
		return nil, o.bad("not an ELF file")
	}
	f, err := elf.NewFile(bytes.NewReader(b))
	switch {
	case err != nil:
		return nil, o.bad("the ELF structure is damaged: %v", err)
	case f.Machine != elf.EM_BPF:
		return nil, o.bad("made for %v, not for BPF", f.Machine).WithHint("compile with clang -target bpfel, or with femto build")
	case f.Class != elf.ELFCLASS64 || f.Data != elf.ELFDATA2LSB:
		return nil, o.bad("not 64 bits and little endian").WithHint("compile with -target bpfel")
	case f.Type != elf.ET_REL:
		return nil, o.bad("not a relocatable object (%v)", f.Type).WithHint("compile with -c")
	}
	var total uint64
	for _, s := range f.Sections {
		switch {
		case s.Flags&elf.SHF_COMPRESSED != 0:
			return nil, o.bad("section %s is compressed", printable(s.Name)).WithHint("compile without -gz")
		case s.Type == elf.SHT_NOBITS || s.Type == elf.SHT_NULL:
			continue
		case s.Offset > uint64(len(b)) || s.FileSize > uint64(len(b))-s.Offset:
			return nil, o.bad("section %s goes past the end of the file", printable(s.Name))
		}
		if s.Type == elf.SHT_STRTAB && longestString(bytesOf(s, b)) > maxName {
			return nil, o.bad("a name is longer than %d bytes", maxName)
		}
		if s.Type == elf.SHT_SYMTAB && s.FileSize/elf.Sym64Size > maxSymbols {
			return nil, o.bad("%d symbols are more than an object has", s.FileSize/elf.Sym64Size)
		}
		total += s.FileSize // no overflow: at most 2^16 times maxObject
	}
	if total > uint64(len(b)) {
		return nil, o.bad("sections overlap")
	}
	return f, nil
}

// bytesOf is the section's part of the file. open has checked the bounds.
func bytesOf(s *elf.Section, b []byte) []byte {
	return b[s.Offset : s.Offset+s.FileSize : s.Offset+s.FileSize]
}

func longestString(table []byte) (longest int) {
	for s := range bytes.SplitSeq(table, []byte{0}) {
		longest = max(longest, len(s))
	}
	return longest
}

// printable escapes what is not graphic ASCII, so that names from damaged files
// do no harm to terminals. Different names stay different.
func printable(name string) string {
	q := strconv.QuoteToASCII(name)
	return q[1 : len(q)-1]
}

// gccMajor finds the version in a .comment section such as "GCC: (12.2.0-14) 12.2.0".
// gcc-bpf before 13 comes with binutils before 2.41. Relocations with the numbers
// of these are the other sign of them.
var gccMajor = regexp.MustCompile(`GCC: \([^)]*\) (\d+)\.`)

func (o *object) readSections(f *elf.File, b []byte) error {
	o.sections = make([]*section, len(f.Sections))
	codeSize := uint64(0)
	for i, s := range f.Sections {
		if s.Name == ".comment" && s.Type == elf.SHT_PROGBITS {
			if m := gccMajor.FindSubmatch(bytesOf(s, b)); m != nil {
				major, err := strconv.Atoi(string(m[1]))
				o.sums = err == nil && major < 13
			}
		}
		if s.Flags&elf.SHF_ALLOC == 0 || s.Name == ".eh_frame" {
			continue
		}
		sec := &section{object: o, name: printable(s.Name), size: s.Size, align: max(s.Addralign, 1)}
		if sec.align&(sec.align-1) != 0 {
			return o.bad("alignment %d of section %s is not a power of two", s.Addralign, sec.name)
		}
		switch {
		case s.Flags&elf.SHF_TLS != 0 || strings.HasPrefix(s.Name, ".maps") || strings.HasPrefix(s.Name, "maps"):
			sec.kind = unsupported
		case s.Flags&elf.SHF_EXECINSTR != 0 && s.Type == elf.SHT_PROGBITS:
			sec.kind = code
			if s.Size%8 != 0 {
				return o.bad("section %s of %d bytes is not a whole number of instructions", sec.name, s.Size)
			}
			if codeSize += s.Size; codeSize > isa.MaxSegment {
				return sec.fail(diag.SectionTooLong, "%d bytes of code; an image has at most %d", codeSize, isa.MaxSegment)
			}
		case s.Type == elf.SHT_NOBITS:
			sec.kind = bss
		case s.Type == elf.SHT_PROGBITS && s.Flags&elf.SHF_WRITE != 0,
			s.Type == elf.SHT_INIT_ARRAY, s.Type == elf.SHT_FINI_ARRAY, s.Type == elf.SHT_PREINIT_ARRAY:
			sec.kind = data
		case s.Type == elf.SHT_PROGBITS:
			sec.kind = rodata
		default:
			sec.kind = unsupported
		}
		if sec.kind != bss && s.Type != elf.SHT_NOBITS {
			sec.data = bytesOf(s, b)
		}
		o.sections[i] = sec
	}
	return nil
}

func (o *object) readSymbols(f *elf.File) error {
	symbols, err := f.Symbols()
	if err != nil {
		return o.bad("the symbol table cannot be read: %v", err)
	}
	for i := range symbols {
		s := &symbols[i]
		s.Name = printable(s.Name)
		if s.Section == elf.SHN_XINDEX {
			return o.bad("too many sections")
		}
		if sec := o.section(*s); sec != nil && s.Value > sec.size {
			return o.bad("symbol %s lies past the end of section %s", s.Name, sec.name)
		}
	}
	o.symbols = symbols
	return nil
}

// section is the one that s is defined in, or nil: undefined, common, absolute,
// or in a section that plays no part.
func (o *object) section(s elf.Symbol) *section {
	if s.Section == elf.SHN_UNDEF || int(s.Section) >= len(o.sections) {
		return nil
	}
	return o.sections[s.Section]
}

const relSize = 16 // bytes of an Elf64_Rel

func (o *object) readRelocations(f *elf.File, b []byte) error {
	for _, s := range f.Sections {
		if s.Type != elf.SHT_REL && s.Type != elf.SHT_RELA || s.Info == 0 || int(s.Info) >= len(o.sections) {
			continue
		}
		sec := o.sections[s.Info]
		if sec == nil {
			continue
		}
		rels, err := o.relocations(s, b)
		if err != nil {
			return err
		}
		sec.relocs = append(sec.relocs, rels...)
	}
	for _, sec := range o.sections {
		if sec == nil {
			continue
		}
		slices.SortStableFunc(sec.relocs, func(x, y reloc) int { return cmp.Compare(x.off, y.off) })
		for i := 1; i < len(sec.relocs); i++ {
			if sec.relocs[i].off == sec.relocs[i-1].off {
				return o.bad("two relocations at offset %d of section %s", sec.relocs[i].off, sec.name)
			}
		}
	}
	return nil
}

func (o *object) relocations(s *elf.Section, b []byte) ([]reloc, error) {
	raw := bytesOf(s, b)
	if s.Type == elf.SHT_RELA {
		return nil, o.bad("relocations with addends (%s) are not used for BPF", printable(s.Name))
	}
	if len(raw)%relSize != 0 {
		return nil, o.bad("the size of %s is not a multiple of %d", printable(s.Name), relSize)
	}
	rels := make([]reloc, 0, len(raw)/relSize)
	for ; len(raw) > 0; raw = raw[relSize:] {
		off, info := binary.LittleEndian.Uint64(raw), binary.LittleEndian.Uint64(raw[8:])
		sym, typ := info>>32, uint32(info)
		if typ == relNone {
			continue
		}
		if typ == relGNU32 || typ == relGNU64 {
			o.sums = true
		}
		if sym == 0 || sym > uint64(len(o.symbols)) {
			return nil, o.bad("%s refers to symbol %d, which does not exist", printable(s.Name), sym)
		}
		symbol := o.symbols[sym-1] // Symbols leaves out number 0
		rels = append(rels, reloc{off: off, typ: typ, name: o.symbolName(symbol), sym: symbol})
	}
	return rels, nil
}

// symbolName is what people call s; a section's symbol has no name itself.
func (o *object) symbolName(s elf.Symbol) string {
	if s.Name != "" {
		return s.Name
	}
	if sec := o.section(s); sec != nil {
		return sec.name
	}
	return "without a name"
}

// readLines reads BTF line information, which is a convenience: without it
// diagnostics have no C lines, and nothing else changes.
func (o *object) readLines(b []byte) {
	defer func() {
		if r := recover(); r != nil {
			o.lineError = fmt.Errorf("the BTF cannot be read: %v", r)
		}
	}()
	_, ext, err := btf.LoadSpecAndExtInfosFromReader(bytes.NewReader(b))
	switch {
	case errors.Is(err, btf.ErrNotFound) || err == nil && ext == nil:
		return // assembly, gcc, or compiled without -g
	case err != nil:
		o.lineError = fmt.Errorf("the BTF cannot be read: %w", err)
		return
	}
	seen := map[string]*section{}
	for _, sec := range o.sections {
		if sec == nil || sec.kind != code || sec.size == 0 {
			continue
		}
		if twin := seen[sec.name]; twin != nil {
			twin.lines = nil // BTF names sections, so these lines may be either's
			continue
		}
		seen[sec.name] = sec
		sec.lines = ext.Lines[sec.name]
	}
}
