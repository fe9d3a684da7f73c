// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/femtocontainer/femtocontainer/femto/asm"
	"github.com/femtocontainer/femtocontainer/femto/link"
)

func disCmd(u *ui) *cobra.Command {
	var source bool
	cmd := &cobra.Command{
		Use:   "dis IN.fc",
		Short: "disassemble an image",
		Long: `Dis prints an image as text from which femto asm makes the same image again,
but for a signature.

With --source it prints a listing instead: slot numbers, instructions, and the
source lines that they were made from, if IN.fc.map is there.`,
		Example:           `  femto dis increment.fc --source`,
		GroupID:           groupUse,
		Args:              one("image"),
		ValidArgsFunction: files("fc"),
	}
	outputFlag(cmd)
	cmd.Flags().BoolVar(&source, "source", false, "print a listing with slot numbers and source lines")
	cmd.RunE = action(func(ctx context.Context, args []string) error {
		p, err := u.readProgram(ctx, args[0])
		if err != nil {
			return err
		}
		if source && p.source == nil {
			u.note("there are no source lines for %s", title(p.name))
		}
		switch {
		case u.json:
			u.object(p.listingJSON())
		case source:
			p.listing(u)
		default:
			u.printf("%s", asm.Print(p.img, p.asmOptions()))
		}
		return nil
	})
	return cmd
}

// asmOptions name the system calls and the functions.
func (p *program) asmOptions() asm.Options {
	opts := asmOptions
	if p.source != nil {
		starts := map[int]string{}
		for _, f := range p.source.Functions {
			starts[int(f.Slot)] = f.Name
		}
		opts.Symbol = func(slot int) string { return starts[slot] }
	}
	return opts
}

// disassemble is the instruction at pc, for messages.
func (p *program) disassemble(pc int) string { return asm.Insn(p.img.Text, pc, asmOptions) }

// listing prints instructions by slot, under the source lines they come from.
func (p *program) listing(u *ui) {
	var last link.Line
	for _, l := range asm.Disassemble(p.img, p.asmOptions()) {
		for _, label := range l.Labels {
			u.printf("%s:\n", label)
		}
		if ln, ok := p.source.Line(l.Slot); ok && (ln.File != last.File || ln.Number != last.Number) {
			last = ln
			u.line("%8s; %s", "", printable(fmt.Sprintf("%s:%d  %s", ln.File, ln.Number, strings.TrimSpace(ln.Source))))
		}
		u.line("%6d  %s", l.Slot, l.Text)
	}
}

func (p *program) listingJSON() any {
	type instruction struct {
		Slot   int      `json:"slot"`
		Labels []string `json:"labels"`
		Text   string   `json:"text"`
		File   string   `json:"file,omitempty"`
		Line   int      `json:"line,omitempty"`
	}
	list := []instruction{}
	for _, l := range asm.Disassemble(p.img, p.asmOptions()) {
		in := instruction{Slot: l.Slot, Labels: append([]string{}, l.Labels...), Text: l.Text}
		in.File, in.Line = p.source.Position(l.Slot)
		list = append(list, in)
	}
	return struct {
		Instructions []instruction `json:"instructions"`
	}{list}
}
