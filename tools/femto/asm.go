// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package main

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/femtocontainer/femtocontainer/femto/asm"
	"github.com/femtocontainer/femtocontainer/femto/link"
	"github.com/femtocontainer/femtocontainer/femto/sysapi"
)

func asmCmd(u *ui) *cobra.Command {
	var unchecked bool
	cmd := &cobra.Command{
		Use:   "asm IN.s -o OUT.fc",
		Short: "assemble an image",
		Long: `Asm assembles an image from text in the syntax of LLVM's BPF assembler, and
verifies it. It reads uBPF's mnemonics too. Beyond instructions there are

    label:                         a place in the text or in data
    call printf                    a system call by name, or a local function
    .entry label, "name", "uuid"   an entry point; the last two may be absent
    .frame 64, .depth 2            bytes of stack in a frame, frames at once
    .rodata, .data, .bss, .text    where the following belongs
    .byte, .long, .quad, .asciz    data; .quad makes a slot in .text

and r1 = label ll for the address of data. Without .entry the first instruction
is the entry point main.`,
		Example:           `  femto asm blink.s -o blink.fc`,
		GroupID:           groupMake,
		Args:              one("assembly file"),
		ValidArgsFunction: files("s"),
	}
	out := outputFileFlag(cmd, "`FILE` that gets the image")
	cmd.Flags().BoolVar(&unchecked, "unchecked", false, "write the image even if a device would refuse it")
	cmd.RunE = action(func(ctx context.Context, args []string) error {
		path, err := out.path(args...)
		if err != nil {
			return err
		}
		src, err := u.read(ctx, args[0])
		if err != nil {
			return err
		}
		p, err := asm.Parse(title(args[0]), string(src), asmOptions)
		if err != nil {
			return err
		}
		made := &link.Output{Image: p.Image, Source: asmSource(p, title(args[0]), string(src))}
		if unchecked {
			return u.deliverUnchecked(path, made)
		}
		return u.deliver(path, made)
	})
	return cmd
}

// asmOptions name the system calls.
var asmOptions = asm.Options{
	HelperID: resolve,
	HelperName: func(id uint16) string {
		if call := sysapi.ByID[id]; call != nil {
			return call.Name
		}
		return ""
	},
}

// asmSource is the source map of an assembled program. Its labels take the
// place of functions, so that dis prints them again.
func asmSource(p *asm.Program, name, src string) *link.SourceMap {
	sum := sha256.Sum256(p.Image.Text)
	m := &link.SourceMap{Version: 1, Text: hex.EncodeToString(sum[:]), Functions: []link.Function{}, Lines: []link.Line{}}
	lines := strings.Split(src, "\n")
	last := 0
	for slot, number := range p.Lines {
		if number == last {
			continue
		}
		last = number
		ln := link.Line{Slot: uint32(slot), File: name, Number: number}
		if number >= 1 && number <= len(lines) {
			ln.Source = strings.TrimSpace(lines[number-1])
		}
		m.Lines = append(m.Lines, ln)
	}
	names := slices.SortedFunc(maps.Keys(p.Labels), func(x, y string) int {
		return cmp.Or(cmp.Compare(p.Labels[x], p.Labels[y]), cmp.Compare(x, y))
	})
	for i, name := range names {
		end := len(p.Lines)
		if i+1 < len(names) {
			end = p.Labels[names[i+1]]
		}
		m.Functions = append(m.Functions, link.Function{Name: name, Slot: uint32(p.Labels[name]), Slots: uint32(end - p.Labels[name])})
	}
	return m
}
