// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package link

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/femtocontainer/femtocontainer/femto/diag"
	"github.com/femtocontainer/femtocontainer/femto/image"
)

func kept(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile("testdata/objects/" + name + ".o")
	require.NoError(t, err)
	return b
}

// try links bytes from a stranger: a good image or a *diag.Error, nothing else.
func try(t testing.TB, b []byte) error {
	t.Helper()
	out, err := Object(b, Options{Resolve: testCalls})
	if err != nil {
		require.IsType(t, &diag.Error{}, err)
		return err
	}
	e, err := out.Image.Encode()
	if err != nil {
		require.IsType(t, &diag.Error{}, err)
		return err
	}
	_, err = image.Decode(e)
	require.NoError(t, err)
	return nil
}

func TestEveryTruncationIsRefused(t *testing.T) {
	for _, name := range []string{"data-clang-19", "data-gcc-12"} {
		b := kept(t, name)
		require.NoError(t, try(t, b))
		for n := range b {
			require.Error(t, try(t, b[:n]), "%s: %d of %d bytes", name, n, len(b))
		}
	}
}

func TestNoise(t *testing.T) {
	noise := make([]byte, 16<<20)
	rand.NewChaCha8([32]byte{}).Read(noise)
	assert.Equal(t, diag.BadObject, errorCode(try(t, noise)))
	b := kept(t, "data-clang-19")
	assert.Equal(t, diag.BadObject, errorCode(try(t, append(b[:64:64], noise...))), "an ELF header and noise")
	assert.Equal(t, diag.BadObject, errorCode(try(t, append([]byte(elf.ELFMAG), noise...))))
	assert.Equal(t, diag.BadObject, errorCode(try(t, make([]byte, maxObject+1))))
	assert.Equal(t, diag.BadObject, errorCode(try(t, nil)))
}

// TestEveryWord puts every word of an object, lengths and offsets among them, at
// the values that break careless arithmetic.
func TestEveryWord(t *testing.T) {
	le := binary.LittleEndian
	for _, name := range []string{"data-gcc-12", "invalid_undefined-clang-19"} {
		genuine := kept(t, name)
		for at := 0; at+8 <= len(genuine); at += 4 {
			for _, v := range []uint64{0, 1, 1<<31 - 1, 1 << 31, 1<<32 - 1, 1<<63 - 1, 1 << 63, 1<<64 - 1, 1<<64 - 16} {
				b := bytes.Clone(genuine)
				le.PutUint64(b[at:], v)
				_ = try(t, b)
				b = bytes.Clone(genuine)
				le.PutUint32(b[at:], uint32(v))
				_ = try(t, b)
			}
		}
	}
}

// header describes a section to elfFile.
type header struct {
	name                string
	typ                 elf.SectionType
	flags               elf.SectionFlag
	data                []byte
	size, offset, align uint64 // when not those of data
	link, info          uint32
}

// elfFile makes an object of sections that start with number 1. .shstrtab is
// added.
func elfFile(sections ...header) []byte {
	names := []byte{0}
	var body bytes.Buffer
	sections = append([]header{{}}, sections...)
	sections = append(sections, header{name: ".shstrtab", typ: elf.SHT_STRTAB})
	var table []elf.Section64
	for i, s := range sections {
		if i == len(sections)-1 {
			s.data = append(names, s.name+"\x00"...)
		}
		h := elf.Section64{
			Name: uint32(len(names)), Type: uint32(s.typ), Flags: uint64(s.flags), Off: uint64(64 + body.Len()), Size: uint64(len(s.data)),
			Link: s.link, Info: s.info, Addralign: s.align,
		}
		if i == 0 {
			h.Name = 0
		} else {
			names = append(names, s.name+"\x00"...)
		}
		if s.size != 0 {
			h.Size = s.size
		}
		if s.offset != 0 {
			h.Off = s.offset
		}
		body.Write(s.data)
		table = append(table, h)
	}
	var out bytes.Buffer
	h := elf.Header64{
		Type: uint16(elf.ET_REL), Machine: uint16(elf.EM_BPF), Version: 1, Ehsize: 64, Shentsize: 64,
		Shoff: uint64(64 + body.Len()), Shnum: uint16(len(table)), Shstrndx: uint16(len(table) - 1),
	}
	copy(h.Ident[:], "\x7fELF\x02\x01\x01")
	_ = binary.Write(&out, binary.LittleEndian, h)
	out.Write(body.Bytes())
	_ = binary.Write(&out, binary.LittleEndian, table)
	return out.Bytes()
}

func symbols(list ...elf.Sym64) (b []byte) {
	var out bytes.Buffer
	_ = binary.Write(&out, binary.LittleEndian, append([]elf.Sym64{{}}, list...))
	return out.Bytes()
}

func rels(list ...elf.Rel64) []byte {
	var out bytes.Buffer
	_ = binary.Write(&out, binary.LittleEndian, list)
	return out.Bytes()
}

// program is a well-formed object: function f, whose text is given, in section 1,
// its relocations in 2, symbol table 3, strings 4; more sections from 5.
func program(text []byte, relocs []byte, more ...header) []byte {
	return elfFile(append([]header{
		{name: ".text", typ: elf.SHT_PROGBITS, flags: elf.SHF_ALLOC | elf.SHF_EXECINSTR, data: text, align: 8},
		{name: ".rel.text", typ: elf.SHT_REL, data: relocs, link: 3, info: 1},
		{name: ".symtab", typ: elf.SHT_SYMTAB, link: 4, data: symbols(
			elf.Sym64{Name: 1, Info: byte(elf.STB_GLOBAL)<<4 | byte(elf.STT_FUNC), Shndx: 1, Size: uint64(len(text))},
			elf.Sym64{Info: byte(elf.STT_SECTION), Shndx: 5},
			elf.Sym64{Info: byte(elf.STT_SECTION), Shndx: 1},
			elf.Sym64{Name: 3, Info: byte(elf.STB_GLOBAL) << 4, Shndx: uint16(elf.SHN_ABS), Value: 5},
			elf.Sym64{Name: 5, Info: byte(elf.STB_GLOBAL) << 4, Shndx: uint16(elf.SHN_COMMON), Value: 4, Size: 4},
		)},
		{name: ".strtab", typ: elf.SHT_STRTAB, data: []byte("\x00f\x00a\x00c\x00")},
	}, more...)...)
}

const (
	symFunction = 1 + iota
	symData     // section 5
	symText
	symAbsolute
	symCommon
)

func text(slots ...uint64) (b []byte) {
	for _, s := range slots {
		b = binary.LittleEndian.AppendUint64(b, s)
	}
	return b
}

func rel(off uint64, symbol, typ uint32) elf.Rel64 {
	return elf.Rel64{Off: off, Info: uint64(symbol)<<32 | uint64(typ)}
}

const (
	exit  = 0x95
	callF = 0x1085 | 0xffffffff<<32
	wide  = 0x18
)

// TestDamage: objects that no compiler writes, each broken in one way.
func TestDamage(t *testing.T) {
	data := header{name: ".data", typ: elf.SHT_PROGBITS, flags: elf.SHF_ALLOC | elf.SHF_WRITE, data: make([]byte, 16), align: 8}
	with := func(h header, change func(*header)) header { change(&h); return h }
	load := text(wide, 0, exit)
	loadData := rels(rel(0, symData, relWide))
	require.NoError(t, try(t, program(load, loadData, data)))

	for name, c := range map[string]struct {
		b    []byte
		want diag.Code
	}{
		"alignment no power of two":      {program(load, loadData, with(data, func(h *header) { h.align = 24 })), diag.BadObject},
		"alignment huge":                 {program(load, loadData, with(data, func(h *header) { h.align = 1 << 63 }), data), 0}, // offset 0 suits it
		"two alignments huge":            {program(text(wide, 0, wide, 0, exit), rels(rel(0, symData, relWide), rel(16, symCommon, relWide)), with(data, func(h *header) { h.align = 1 << 63 })), 0},
		"section past the end":           {program(load, loadData, with(data, func(h *header) { h.size = 1 << 40 })), diag.BadObject},
		"section offset wraps":           {program(load, loadData, with(data, func(h *header) { h.offset, h.size = 1<<64-8, 16 })), diag.BadObject},
		"sections overlap":               {program(load, loadData, with(data, func(h *header) { h.offset, h.size = 64, 700 })), diag.BadObject},
		"bss huge":                       {program(load, loadData, with(data, func(h *header) { h.typ, h.data, h.size = elf.SHT_NOBITS, nil, 1<<62 })), diag.SectionTooLong},
		"bss too long":                   {program(load, loadData, with(data, func(h *header) { h.typ, h.data, h.size = elf.SHT_NOBITS, nil, 1<<24-7 })), diag.SectionTooLong},
		"bss as long as can be":          {program(load, loadData, with(data, func(h *header) { h.typ, h.data, h.size = elf.SHT_NOBITS, nil, 1<<24-8 })), 0},
		"bss with relocations":           {program(load, loadData, with(data, func(h *header) { h.typ, h.data, h.size = elf.SHT_NOBITS, nil, 16 }), header{name: ".rel.bss", typ: elf.SHT_REL, link: 3, info: 5, data: rels(rel(0, symData, relAbs64))}), diag.BadRelocation},
		"compressed":                     {program(load, loadData, with(data, func(h *header) { h.flags |= elf.SHF_COMPRESSED; h.data = make([]byte, 64) })), diag.BadObject},
		"thread-local":                   {program(load, loadData, with(data, func(h *header) { h.flags |= elf.SHF_TLS })), diag.UnsupportedSection},
		"text of 12 bytes":               {program(load[:12], nil, data), diag.BadObject},
		"half a wide instruction":        {program(text(exit, wide), nil, data), diag.BadFunction},
		"relocation in a second slot":    {program(load, rels(rel(8, symData, relWide)), data), diag.BadRelocation},
		"relocation within a slot":       {program(load, rels(rel(4, symData, relWide)), data), diag.BadRelocation},
		"relocation of an exit":          {program(load, rels(rel(16, symData, relWide)), data), diag.BadRelocation},
		"relocation twice":               {program(load, rels(rel(0, symData, relWide), rel(0, symData, relWide)), data), diag.BadObject},
		"relocation type unknown":        {program(load, rels(rel(0, symData, 99)), data), diag.BadRelocation},
		"relocation of no symbol":        {program(load, rels(rel(0, 0, relWide)), data), diag.BadObject},
		"relocation of symbol 99":        {program(load, rels(rel(0, 99, relWide)), data), diag.BadObject},
		"relocation table cut":           {program(load, loadData[:15], data), diag.BadObject},
		"relocations with addends":       {program(load, nil, data, header{name: ".rela.text", typ: elf.SHT_RELA, link: 3, info: 1, data: make([]byte, 24)}), diag.BadObject},
		"relocation past the data":       {program(load, loadData, data, header{name: ".rel.data", typ: elf.SHT_REL, link: 3, info: 5, data: rels(rel(9, symData, relAbs64))}), diag.BadRelocation},
		"relocation far past the data":   {program(load, loadData, data, header{name: ".rel.data", typ: elf.SHT_REL, link: 3, info: 5, data: rels(rel(1<<64-4, symData, relAbs64))}), diag.BadRelocation},
		"address of code":                {program(load, rels(rel(0, symText, relWide)), data), diag.FunctionAddress},
		"absolute symbol":                {program(load, rels(rel(0, symAbsolute, relWide)), data), diag.BadRelocation},
		"pointer to an absolute symbol":  {program(load, loadData, data, header{name: ".rel.data", typ: elf.SHT_REL, link: 3, info: 5, data: rels(rel(0, symAbsolute, relAbs64))}), diag.UndefinedSymbol},
		"call of data":                   {program(text(callF, exit), rels(rel(0, symData, relCall)), data), diag.BadRelocation},
		"call past the function":         {program(text(0x1085, exit), rels(rel(0, symFunction, relCall)), data), diag.BadFunction},
		"call out of the section":        {program(text(0x1085|1000<<32, exit), nil, data), diag.BadFunction},
		"call before the section":        {program(text(0x1085|0x80000000<<32, exit), nil, data), diag.BadFunction},
		"call of data without relocs":    {program(text(callF, exit), nil, data), 0}, // -1: f calls itself
		"jump out of the function":       {program(text(5|100<<16, exit), nil, data), diag.BadFunction},
		"jump before the function":       {program(text(5|0xff00<<16, exit), nil, data), diag.BadFunction},
		"stack sizes without relocation": {program(load, loadData, data, header{name: ".stack_sizes", typ: elf.SHT_PROGBITS, data: make([]byte, 9)}), diag.BadObject},
		"stack sizes cut":                {program(load, loadData, data, header{name: ".stack_sizes", typ: elf.SHT_PROGBITS, data: make([]byte, 8)}, header{name: ".rel.stack_sizes", typ: elf.SHT_REL, link: 3, info: 6, data: rels(rel(0, symText, relAbs64))}), diag.BadObject},
		"stack size of nothing":          {program(load, loadData, data, header{name: ".stack_sizes", typ: elf.SHT_PROGBITS, data: []byte{8, 0, 0, 0, 0, 0, 0, 0, 1}}, header{name: ".rel.stack_sizes", typ: elf.SHT_REL, link: 3, info: 6, data: rels(rel(0, symText, relAbs64))}), diag.BadObject},
		"stack size beyond 64 bits":      {program(load, loadData, data, header{name: ".stack_sizes", typ: elf.SHT_PROGBITS, data: append(make([]byte, 8), bytes.Repeat([]byte{0xff}, 11)...)}, header{name: ".rel.stack_sizes", typ: elf.SHT_REL, link: 3, info: 6, data: rels(rel(0, symText, relAbs64))}), diag.BadObject},
		"stack size huge":                {program(load, loadData, data, header{name: ".stack_sizes", typ: elf.SHT_PROGBITS, data: append(make([]byte, 8), 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1)}, header{name: ".rel.stack_sizes", typ: elf.SHT_REL, link: 3, info: 6, data: rels(rel(0, symText, relAbs64))}), diag.StackTooLarge},
		"a long name":                    {program(load, loadData, data, header{name: ".more", typ: elf.SHT_STRTAB, data: bytes.Repeat([]byte{'x'}, maxName+1)}), diag.BadObject},
		"damaged BTF":                    {program(load, loadData, data, header{name: ".BTF", typ: elf.SHT_PROGBITS, data: []byte("\x9f\xeb\x01\x00\xff\xff\xff\xff")}), 0},
		"too much code":                  {program(make([]byte, 1<<24), nil), diag.SectionTooLong},
		"no symbol table":                {elfFile(header{name: ".text", typ: elf.SHT_PROGBITS, flags: elf.SHF_ALLOC | elf.SHF_EXECINSTR, data: text(exit)}), diag.BadObject},
	} {
		t.Run(name, func(t *testing.T) { assert.Equal(t, c.want, errorCode(try(t, c.b)), "%v", try(t, c.b)) })
	}
}

// TestOverlappingFunctions: symbols whose sizes go into the next function.
func TestOverlappingFunctions(t *testing.T) {
	function := func(value, size uint64) elf.Sym64 {
		return elf.Sym64{Name: 1, Info: byte(elf.STT_FUNC), Shndx: 1, Value: value, Size: size}
	}
	for _, c := range []struct {
		first, second elf.Sym64
		want          diag.Code
	}{
		{function(0, 8), function(8, 8), diag.NoEntry}, // both are local
		{function(0, 16), function(8, 8), diag.BadFunction},
		{function(0, 24), function(8, 8), diag.BadFunction},
		{function(0, 8), function(8, 1<<64-8), diag.BadFunction},
		{function(0, 12), function(8, 8), diag.BadFunction},
		{function(4, 8), function(8, 8), diag.BadFunction},
		{function(24, 0), function(8, 8), diag.BadObject},
	} {
		b := elfFile(
			header{name: ".text", typ: elf.SHT_PROGBITS, flags: elf.SHF_ALLOC | elf.SHF_EXECINSTR, data: text(exit, exit)},
			header{name: ".symtab", typ: elf.SHT_SYMTAB, link: 3, data: symbols(c.first, c.second)},
			header{name: ".strtab", typ: elf.SHT_STRTAB, data: []byte("\x00f\x00")},
		)
		assert.Equal(t, c.want, errorCode(try(t, b)), "%+v: %v", c, try(t, b))
	}
}

// TestPointersOf32Bits: not what C makes, but assembly can.
func TestPointersOf32Bits(t *testing.T) {
	for _, typ := range []uint32{relAbs32, relNoDyld, relGNU32} {
		b := program(text(wide, 0, exit), rels(rel(0, symData, relWide)),
			header{name: ".data", typ: elf.SHT_PROGBITS, flags: elf.SHF_ALLOC | elf.SHF_WRITE, data: []byte{1, 2, 3, 4, 8, 0, 0, 0, 9}},
			header{name: ".rel.data", typ: elf.SHT_REL, link: 3, info: 5, data: rels(rel(4, symData, typ))})
		out, err := Object(b, Options{})
		require.NoError(t, err)
		assert.Equal(t, []byte{1, 2, 3, 4, 8, 0, 0, 2, 9}, out.Image.Data)
	}
}

// TestForeignObjects: objects for other machines, and files that are linked
// already.
func TestForeignObjects(t *testing.T) {
	for at, v := range map[int]byte{
		4:  byte(elf.ELFCLASS32),
		5:  byte(elf.ELFDATA2MSB),
		16: byte(elf.ET_EXEC),
		18: byte(elf.EM_X86_64),
	} {
		b := kept(t, "data-clang-19")
		b[at] = v
		assert.Equal(t, diag.BadObject, errorCode(try(t, b)), "byte %d", at)
	}
}

// TestMemory: what a hostile object costs stays in proportion to its size. The
// names of symbols are copied for each symbol, so many symbols that share one
// long name would otherwise cost gigabytes; sections that overlap likewise.
func TestMemory(t *testing.T) {
	long := append([]byte{0}, append(bytes.Repeat([]byte{'x'}, 1<<20), 0)...)
	var list []elf.Sym64
	for range 1 << 15 {
		list = append(list, elf.Sym64{Name: 1, Info: byte(elf.STB_GLOBAL) << 4})
	}
	names := elfFile(
		header{name: ".symtab", typ: elf.SHT_SYMTAB, link: 2, data: symbols(list...)},
		header{name: ".strtab", typ: elf.SHT_STRTAB, data: long},
	)
	overlapping := make([]header, 1000)
	for i := range overlapping {
		overlapping[i] = header{name: ".data", typ: elf.SHT_PROGBITS, flags: elf.SHF_ALLOC, offset: 64, size: 1 << 20}
	}
	overlapping[0].data = make([]byte, 1<<20)
	callF64 := uint64(callF) // a function that calls itself all the time
	chain := make([]byte, 0, 1<<20)
	for i := range uint64(1 << 17) {
		chain = append(chain, text(callF64-i<<32)...)
	}
	for name, b := range map[string][]byte{
		"names": names, "overlap": elfFile(overlapping...), "chain": program(append(chain, text(exit)...), nil),
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_ = try(t, b)
		runtime.ReadMemStats(&after)
		assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(64<<20), "%s of %d bytes", name, len(b))
	}
}

// TestLongChain: a call graph as deep as an object can hold does not exhaust the
// stack of the linker itself.
func TestLongChain(t *testing.T) {
	const n = 60_000
	var code []byte
	var list []elf.Sym64
	for i := range n {
		code = append(code, text(0x1085|1<<32, exit)...) // calls what follows
		list = append(list, elf.Sym64{Name: 1, Info: byte(elf.STB_LOCAL)<<4 | byte(elf.STT_FUNC), Shndx: 1, Value: uint64(16 * i), Size: 16})
	}
	code = append(code, text(exit)...)
	list = append(list, elf.Sym64{Name: 1, Info: byte(elf.STT_FUNC), Shndx: 1, Value: 16 * n, Size: 8})
	list[0].Info, list[0].Name = byte(elf.STB_GLOBAL)<<4|byte(elf.STT_FUNC), 3
	b := elfFile(
		header{name: ".text", typ: elf.SHT_PROGBITS, flags: elf.SHF_ALLOC | elf.SHF_EXECINSTR, data: code},
		header{name: ".symtab", typ: elf.SHT_SYMTAB, link: 3, data: symbols(list...)},
		header{name: ".strtab", typ: elf.SHT_STRTAB, data: []byte("\x00f\x00e\x00")},
	)
	err := try(t, b)
	assert.Equal(t, diag.CallsTooDeep, errorCode(err))
	assert.ErrorContains(t, err, "60001 frames")
}

func FuzzObject(f *testing.F) {
	objects, err := filepath.Glob("testdata/objects/*.o")
	require.NoError(f, err)
	for _, name := range objects {
		b, err := os.ReadFile(name)
		require.NoError(f, err)
		f.Add(b)
	}
	f.Add(program(text(wide, 0, exit), rels(rel(0, symData, relWide)),
		header{name: ".data", typ: elf.SHT_PROGBITS, flags: elf.SHF_ALLOC | elf.SHF_WRITE, data: make([]byte, 16), align: 8}))
	f.Fuzz(func(t *testing.T, b []byte) { _ = try(t, b) })
}
