// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package link

import (
	"errors"

	"github.com/femtocontainer/femtocontainer/femto/diag"
	"github.com/femtocontainer/femtocontainer/femto/image"
	"github.com/femtocontainer/femtocontainer/femto/isa"
)

// DefaultDepth is the number of frames that a recursive program gets.
const DefaultDepth = 8

// Options are what a link is told. The zero value links without system calls.
type Options struct {
	// Resolve finds the number of a system call by its C name.
	Resolve func(name string) (id uint16, ok bool)

	// Entries names the entry points in the order they shall have; nil takes
	// the rule in the package comment.
	Entries []string

	// Stack is the frame size in bytes, instead of the one that the objects
	// note. 0 takes theirs, and 512 where they have none.
	Stack int

	// Depth is the number of frames that may be live at once, instead of the
	// computed one. 0 computes it, and takes DefaultDepth for a recursion.
	Depth int
}

func (o *Options) check() error {
	switch {
	case o.Stack < 0 || o.Stack > isa.MaxFrame || o.Stack%8 != 0:
		return diag.New(diag.BadOption, "stack frame of %d bytes is not a multiple of 8 up to %d", o.Stack, isa.MaxFrame)
	case o.Depth < 0 || o.Depth > isa.MaxDepth:
		return diag.New(diag.BadOption, "call depth %d is not in 1..%d", o.Depth, isa.MaxDepth)
	}
	return nil
}

// An Input is one object file.
type Input struct {
	Name string // for messages
	ELF  []byte
}

// Output is a linked program.
type Output struct {
	Image    *image.Image
	Source   *SourceMap
	Warnings []*diag.Error
}

// Object links one object file. Every error is a *diag.Error.
func Object(elf []byte, opts Options) (*Output, error) {
	return Objects([]Input{{Name: "object", ELF: elf}}, opts)
}

// Objects links several object files into one image.
func Objects(inputs []Input, opts Options) (*Output, error) {
	if err := opts.check(); err != nil {
		return nil, err
	}
	l := &linker{opts: opts}
	for _, in := range inputs {
		o, err := readObject(in.Name, in.ELF)
		if err != nil {
			return nil, err
		}
		l.objects = append(l.objects, o)
		if o.lineError != nil {
			l.warn(diag.NoSourceLines, "%s: %v", in.Name, o.lineError)
		}
	}
	for _, step := range []func() error{
		l.collectSymbols, l.refuseFunctionAddresses, l.chooseEntries, l.followReferences, l.layOut, l.relocate, l.boundStack,
	} {
		if err := step(); err != nil {
			var e *diag.Error
			if errors.As(err, &e) && e.File == "" && len(inputs) == 1 {
				e.File = inputs[0].Name
			}
			return nil, err
		}
	}
	return &Output{Image: &l.image, Source: l.sourceMap(), Warnings: l.warnings}, nil
}

// A linker is one link under way. Its steps are in Objects, in order.
type linker struct {
	opts     Options
	objects  []*object
	warnings []*diag.Error

	globals map[string]place // what a name stands for
	entries []*function

	functions []*function     // reachable, in the order of the text
	used      []*section      // data sections that are referred to, in order of discovery
	helpers   map[uint16]bool // imported system calls

	image image.Image
}

func (l *linker) warn(code diag.Code, format string, args ...any) {
	l.warnings = append(l.warnings, diag.New(code, format, args...))
}
