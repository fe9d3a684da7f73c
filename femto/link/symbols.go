// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package link

import (
	"debug/elf"
	"slices"
	"strings"

	"github.com/femtocontainer/femtocontainer/femto/diag"
	"github.com/femtocontainer/femtocontainer/femto/image"
)

// A place is what a symbol stands for: a function, a position in a data
// section, or a system call. At most one of the three is set; none means that
// nothing defines it.
type place struct {
	function *function
	section  *section
	off      uint64 // within section
	helper   uint16

	object *object // that defines it
	weak   bool
}

// collectSymbols decides what each global name stands for: a strong definition,
// else a common block, else a weak definition.
func (l *linker) collectSymbols() error {
	l.globals = map[string]place{}
	commons := map[string]*section{}
	for _, o := range l.objects {
		for _, s := range o.symbols {
			if elf.ST_BIND(s.Info) == elf.STB_LOCAL {
				continue
			}
			if s.Section == elf.SHN_COMMON {
				if err := l.addCommon(commons, o, s); err != nil {
					return err
				}
				continue
			}
			p := o.defined(s)
			if p.object == nil {
				continue
			}
			old, again := l.globals[s.Name]
			switch {
			case !again || old.weak && !p.weak:
				l.globals[s.Name] = p
			case p.weak: // the first one wins
			default:
				e := diag.New(diag.DuplicateSymbol, "%s is defined in %s and in %s", s.Name, old.object.name, o.name).
					WithHint("make one of them static, or rename it")
				e.File = o.name
				return e
			}
		}
	}
	for name, block := range commons {
		if p, ok := l.globals[name]; !ok || p.weak {
			l.globals[name] = place{section: block, object: block.object}
		}
	}
	return nil
}

// addCommon merges tentative definitions (int x; with -fcommon): the largest
// size and alignment win. A common symbol's value is its alignment.
func (l *linker) addCommon(commons map[string]*section, o *object, s elf.Symbol) error {
	align := max(s.Value, 1)
	if align&(align-1) != 0 {
		return o.bad("alignment %d of common symbol %s is not a power of two", s.Value, s.Name)
	}
	block := commons[s.Name]
	if block == nil {
		block = &section{object: o, name: "COMMON " + s.Name, kind: bss}
		commons[s.Name] = block
	}
	block.size, block.align = max(block.size, s.Size), max(block.align, align)
	return nil
}

// defined is what s stands for if o defines it.
func (o *object) defined(s elf.Symbol) place {
	sec := o.section(s)
	if sec == nil {
		return place{}
	}
	p := place{section: sec, off: s.Value, object: o, weak: elf.ST_BIND(s.Info) == elf.STB_WEAK}
	if sec.kind == code && elf.ST_TYPE(s.Info) != elf.STT_SECTION {
		if f := sec.functionAt(s.Value); f != nil {
			p.function, p.section = f, nil
		}
	}
	return p
}

// lookup is what s, as o refers to it, stands for.
func (l *linker) lookup(o *object, s elf.Symbol) place {
	if elf.ST_BIND(s.Info) != elf.STB_LOCAL {
		if p, ok := l.globals[s.Name]; ok {
			return p
		}
		if s.Section == elf.SHN_UNDEF && l.opts.Resolve != nil {
			if id, ok := l.opts.Resolve(s.Name); ok {
				return place{helper: id}
			}
		}
		return place{}
	}
	return o.defined(s)
}

// chooseEntries applies the rule of the package comment, or Options.Entries.
func (l *linker) chooseEntries() error {
	var programs, uncalled []*function
	called := l.calledFunctions()
	for _, o := range l.objects {
		for _, sec := range o.sections {
			if sec == nil || sec.kind != code {
				continue
			}
			plain := sec.name == ".text" || strings.HasPrefix(sec.name, ".text.")
			for _, f := range sec.functions {
				switch {
				case !f.global || l.globals[f.name].function != f: // a weak one that lost
				case !plain:
					programs = append(programs, f)
				case !called[f]:
					uncalled = append(uncalled, f)
				}
			}
		}
	}
	switch {
	case l.opts.Entries != nil:
		for i, name := range l.opts.Entries {
			f := l.globals[name].function
			if slices.Contains(l.opts.Entries[:i], name) {
				return diag.New(diag.NoEntry, "entry point %s is named twice", name)
			}
			if f == nil {
				return diag.New(diag.NoEntry, "there is no global function %q", name).
					WithHint("it may be static, or the compiler may have removed it")
			}
			l.entries = append(l.entries, f)
		}
	case len(programs) > 0:
		l.entries = programs
		l.warnLeftOut(uncalled)
	default:
		l.entries = uncalled
	}
	if len(l.entries) == 0 {
		return diag.New(diag.NoEntry, "no function can serve as entry point").
			WithHint("an entry point is a global function that no other calls; name it with --entry if others do")
	}
	if len(l.entries) > image.MaxEntries {
		return diag.New(diag.TooMany, "%d entry points; an image has at most %d", len(l.entries), image.MaxEntries).
			WithHint("name the entry points with --entry, or make the other functions static")
	}
	return nil
}

// warnLeftOut tells of functions that the first SEC of a program turned from
// entry points into code that nothing reaches.
func (l *linker) warnLeftOut(functions []*function) {
	var names []string
	for _, f := range functions {
		names = append(names, f.name)
	}
	if len(names) > 0 {
		l.warn(diag.NotAnEntry, "%s: left out, since functions with SEC are the entry points and none calls it", strings.Join(names, ", "))
	}
}

// calledFunctions is the set of functions that another one calls.
func (l *linker) calledFunctions() map[*function]bool {
	called := map[*function]bool{}
	for _, o := range l.objects {
		for _, sec := range o.sections {
			if sec == nil || sec.kind != code {
				continue
			}
			for _, f := range sec.functions {
				// Only calls matter here; errors in functions that nothing
				// reaches are nobody's concern.
				refs, _ := l.scan(f)
				for _, r := range refs {
					if r.callee != nil && r.callee != f {
						called[r.callee] = true
					}
				}
			}
		}
	}
	return called
}
