// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package link

import (
	"cmp"
	"encoding/binary"
	"maps"
	"slices"
	"strings"

	"github.com/femtocontainer/femtocontainer/femto/diag"
	"github.com/femtocontainer/femtocontainer/femto/image"
	"github.com/femtocontainer/femtocontainer/femto/isa"
)

// A segment is filled from its beginning.
type segment struct {
	number uint32
	size   uint64
}

// place puts sec at the next address that suits its alignment.
func (s *segment) place(sec *section) error {
	// Both are at most 2^63, and size at most MaxSegment, so nothing wraps.
	at := (s.size + sec.align - 1) &^ (sec.align - 1)
	if at > isa.MaxSegment || sec.size > isa.MaxSegment-at {
		return sec.fail(diag.SectionTooLong, "section %s of %d bytes, aligned to %d, does not fit segment %d, which has %d bytes", sec.name, sec.size, sec.align, s.number, isa.MaxSegment)
	}
	sec.addr = isa.SegmentBase(s.number) + uint32(at)
	s.size = at + sec.size
	return nil
}

// layOut gives every reachable function its slot and every section in use its
// address, in the order of the inputs.
func (l *linker) layOut() error {
	slot := uint32(0)
	for _, o := range l.objects {
		for _, sec := range o.sections {
			if sec == nil || sec.kind != code {
				continue
			}
			for _, f := range sec.functions {
				if !f.reachable {
					continue
				}
				f.slot, f.slots = slot, uint32(f.end-f.start)/8
				if f.openEnded() {
					f.slots++
				}
				if slot += f.slots; slot > isa.MaxSegment/8 {
					return diag.New(diag.SectionTooLong, "the functions are longer than %d bytes", isa.MaxSegment)
				}
				l.functions = append(l.functions, f)
			}
		}
	}

	variables, constants := segment{number: isa.SegData}, segment{number: isa.SegROData}
	dataEnd := uint64(0)
	for _, kind := range []sectionKind{data, bss} {
		for _, sec := range l.inUse(kind) {
			if err := variables.place(sec); err != nil {
				return err
			}
		}
		if kind == data {
			dataEnd = variables.size
		}
	}
	for _, sec := range l.inUse(rodata) {
		if err := constants.place(sec); err != nil {
			return err
		}
	}
	l.image.Text = make([]byte, 8*slot)
	l.image.Data = make([]byte, dataEnd)
	l.image.BSS = uint32(variables.size - dataEnd)
	l.image.ROData = make([]byte, constants.size)
	return nil
}

// inUse lists sections in the order of the inputs, common symbols last by name.
func (l *linker) inUse(kind sectionKind) (list []*section) {
	for _, o := range l.objects {
		for _, sec := range o.sections {
			if sec != nil && sec.used && sec.kind == kind {
				list = append(list, sec)
			}
		}
	}
	var blocks []*section
	for _, sec := range l.used {
		if sec.kind == kind && strings.HasPrefix(sec.name, "COMMON ") {
			blocks = append(blocks, sec)
		}
	}
	slices.SortFunc(blocks, func(x, y *section) int { return cmp.Compare(x.name, y.name) })
	return append(list, blocks...)
}

// openEnded reports whether control can run past the last instruction. Compilers
// leave out the exit after a call that does not return and where behaviour is
// undefined; what came next in the object does not come next in the image, so
// such functions get an exit.
func (f *function) openEnded() bool {
	text := f.code()
	var last isa.Insn
	for len(text) >= 8 {
		last = isa.Decode(binary.LittleEndian.Uint64(text))
		width := 8
		if last.Opcode == opcodeWide {
			width = 16
		}
		text = text[min(width, len(text)):]
	}
	row := isa.Lookup(last)
	return row == nil || !row.EndsRun()
}

// relocate writes text and data, with every address filled in.
func (l *linker) relocate() error {
	le := binary.LittleEndian
	for _, f := range l.functions {
		text := l.image.Text[8*f.slot : 8*(f.slot+f.slots)]
		if n := copy(text, f.code()); n < len(text) {
			le.PutUint64(text[n:], uint64(isa.ByName("exit").Opcode))
		}
		for _, r := range f.refs {
			at := text[8*r.index:]
			in := isa.Decode(le.Uint64(at))
			switch {
			case r.callee != nil:
				in.Src, in.Imm = srcLocal, int32(r.callee.slot)-int32(f.slot+r.index+1)
			case r.target != nil:
				in.Src, in.Imm = 0, int32(r.target.addr+r.off)
				le.PutUint32(at[12:], 0) // a guest address has 32 bits
			default:
				in.Src, in.Imm = srcHelper, int32(r.helper)
			}
			le.PutUint64(at, in.Slot())
		}
	}
	for _, sec := range l.used {
		if err := l.relocateData(sec); err != nil {
			return err
		}
	}
	l.image.Helpers = slices.Sorted(maps.Keys(l.helpers))
	for _, f := range l.entries {
		e, err := f.entry(l.opts.Entries, len(l.image.Entries))
		if err != nil {
			return err
		}
		l.image.Entries = append(l.image.Entries, e)
	}
	return nil
}

func (l *linker) relocateData(sec *section) error {
	le := binary.LittleEndian
	var segment []byte
	switch sec.kind {
	case data:
		segment = l.image.Data
	case rodata:
		segment = l.image.ROData
	default:
		return nil
	}
	at := segment[sec.addr&(1<<isa.SegmentBits-1):][:sec.size]
	copy(at, sec.data)
	for _, rel := range sec.relocs {
		v, _ := sec.field(rel) // use has checked
		p := l.lookup(sec.object, rel.sym)
		addr := p.section.addr + uint32(p.off) + uint32(sec.object.addend(rel, v))
		if rel.typ == relAbs64 || rel.typ == relGNU64 {
			le.PutUint64(at[rel.off:], uint64(addr))
		} else {
			le.PutUint32(at[rel.off:], addr)
		}
	}
	return nil
}

// hookPrefix begins the name of a section whose functions want a hook.
const hookPrefix = "hook/"

// entry is f as entry point number i.
func (f *function) entry(asked []string, i int) (image.Entry, error) {
	e := image.Entry{Name: f.name, Slot: f.slot}
	if asked != nil {
		e.Name = asked[i] // perhaps an alias
	}
	if len(e.Name) > image.MaxName {
		return e, diag.New(diag.NoEntry, "the name of entry point %.20s... has %d characters; at most %d fit", e.Name, len(e.Name), image.MaxName)
	}
	if hook, ok := strings.CutPrefix(f.section.name, hookPrefix); ok {
		id, err := image.Hook(hook)
		if err != nil {
			return e, f.section.fail(diag.BadHook, "section %s: %v", f.section.name, err)
		}
		e.Hook = &id
	}
	return e, nil
}
