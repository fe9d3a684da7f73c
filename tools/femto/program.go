// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/femtocontainer/femtocontainer/femto/image"
	"github.com/femtocontainer/femtocontainer/femto/link"
	"github.com/femtocontainer/femtocontainer/femto/sysapi"
	"github.com/femtocontainer/femtocontainer/femto/verify"
)

// A program is an image and what is known about it.
type program struct {
	name   string // of the file
	bytes  []byte
	img    *image.Image
	source *link.SourceMap // nil when there is none
}

// readProgram reads an image, unverified, and the source map beside it.
func (u *ui) readProgram(ctx context.Context, name string) (*program, error) {
	b, err := u.read(ctx, name)
	if err != nil {
		return nil, err
	}
	img, err := image.Decode(b)
	if err != nil {
		return nil, locate(err, name)
	}
	p := &program{name: name, bytes: b, img: img}
	if name == stdio {
		return p, nil
	}
	text, err := u.read(ctx, name+link.SourceSuffix)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return p, nil
	case ctx.Err() != nil:
		return nil, err
	case err == nil:
		p.source, err = link.DecodeSourceMap(text, img)
	}
	if err != nil {
		// The map only helps people, so the command goes on without it.
		u.note("no source lines: %s: %v", name+link.SourceSuffix, err)
	}
	return p, nil
}

// offences joins everything the verifier has against the program.
func (p *program) offences() error {
	found := verify.All(p.img, verify.Options{Source: p.source.Position, Disassemble: p.disassemble}, maxOffences+1)
	var errs []error
	for _, e := range found {
		errs = append(errs, locate(e, p.name))
	}
	if len(errs) > maxOffences {
		errs = append(errs[:maxOffences], fmt.Errorf("%s has more than %d offences", title(p.name), maxOffences))
	}
	return errors.Join(errs...)
}

// resolve finds the number of a system call.
func resolve(name string) (uint16, bool) {
	if call := sysapi.ByName[name]; call != nil {
		return call.ID, true
	}
	return 0, false
}

// writeProgram writes an image, and its source map beside it when that is a
// regular file.
func (u *ui) writeProgram(name string, img *image.Image, source *link.SourceMap) error {
	b, err := img.Encode()
	if err != nil {
		return locate(err, name)
	}
	if name != stdio && source != nil {
		t, err := findTarget(name)
		if err != nil {
			return err
		}
		text, err := source.Encode()
		if err != nil {
			return err
		}
		if !t.special {
			if err := u.write(name+link.SourceSuffix, text); err != nil {
				return err
			}
		}
	}
	return u.write(name, b)
}
