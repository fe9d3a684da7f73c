// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/femtocontainer/femtocontainer/femto/link"
	"github.com/femtocontainer/femtocontainer/femto/opt"
)

func linkCmd(u *ui) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "link OBJ.o... -o OUT.fc",
		Short: "make an image of objects that a C compiler made",
		Long: `Link makes an image of objects that clang -target bpf -c or bpf-gcc -c made, and
verifies it. What no entry point can reach is left out.

Entry points are the global functions in sections of their own, as SEC("name")
makes them, or else every global function that no function calls.

OUT.fc.map, beside the image, tells the other commands the source lines.

The header femto.h is in the folder riotpkg/femtocontainer/include/container of
the sources of femto; build has a copy in itself.`,
		Example: `  clang -target bpf -mcpu=v3 -O2 -g -ffreestanding -fno-builtin \
      -fstack-size-section -c blink.c -o blink.o
  femto link blink.o -o blink.fc`,
		GroupID:           groupMake,
		Args:              some("object"),
		ValidArgsFunction: files("o"),
	}
	out := outputFileFlag(cmd, "`FILE` that gets the image")
	opts := linkFlags(cmd)
	cmd.RunE = action(func(ctx context.Context, args []string) error {
		path, err := out.path(args...)
		if err != nil {
			return err
		}
		var inputs []link.Input
		for _, name := range args {
			b, err := u.read(ctx, name)
			if err != nil {
				return err
			}
			inputs = append(inputs, link.Input{Name: title(name), ELF: b})
		}
		linked, err := link.Objects(inputs, *opts)
		if err != nil {
			return err
		}
		return u.deliver(path, linked)
	})
	return cmd
}

// linkFlags are the flags of commands that link.
func linkFlags(cmd *cobra.Command) *link.Options {
	opts := &link.Options{Resolve: resolve}
	flags := cmd.Flags()
	flags.StringSliceVar(&opts.Entries, "entry", nil, "entry points in this order, instead of all: `NAME,...`")
	flags.IntVar(&opts.Stack, "stack", 0, "frame size in bytes, instead of what the compiler noted: `N`")
	flags.IntVar(&opts.Depth, "depth", 0, "frames that may be live at once, instead of the longest chain of calls: `N`")
	for _, name := range []string{"entry", "stack", "depth"} {
		complete(cmd, name)
	}
	return opts
}

// deliver verifies a new image and writes it.
func (u *ui) deliver(path string, linked *link.Output) error {
	p := &program{name: path, img: linked.Image, source: linked.Source}
	if err := p.offences(); err != nil {
		return err
	}
	return u.deliverUnchecked(path, linked)
}

func (u *ui) deliverUnchecked(path string, linked *link.Output) error {
	p := &program{name: path, img: linked.Image, source: linked.Source}
	if err := u.writeProgram(path, p.img, p.source); err != nil {
		return err
	}
	v := newView(p.img)
	if u.json {
		warnings := []error{}
		for _, w := range linked.Warnings {
			warnings = append(warnings, w)
		}
		u.object(struct {
			Output    string      `json:"output"`
			Image     view        `json:"image"`
			Warnings  []jsonError `json:"warnings"`
			Optimiser *opt.Stats  `json:"optimiser,omitempty"`
		}{path, v, jsonErrors(warnings), u.optimiser})
		return nil
	}
	for _, w := range linked.Warnings {
		u.warn(w)
	}
	u.note("%s: %d bytes, %s", path, v.Size, summary(p.img))
	return nil
}
