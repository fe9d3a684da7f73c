// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package main

import (
	"context"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/femtocontainer/femtocontainer/femto/link"
	"github.com/femtocontainer/femtocontainer/femto/opt"
	"github.com/femtocontainer/femtocontainer/femto/sysapi"
)

func buildCmd(u *ui) *cobra.Command {
	var (
		opts     link.BuildOptions
		cflags   string
		optimise bool
		stats    bool
	)
	cmd := &cobra.Command{
		Use:   "build SRC.c... -o OUT.fc",
		Short: "compile C, link it, and verify the image",
		Long: `Build compiles C with clang, links it, and verifies the image. The sources
include femto.h for the system calls, which comes with femto. Assembly (.s, .S,
for clang) and objects (.o) may be among them.

Entry points are the global functions in sections of their own, as SEC("name")
makes them, or else every global function that no function calls. What no entry
point can reach is left out.

What the compiler left to shorten is shortened after linking; -O=false leaves it
as it is. The result, the memory, system calls and faults stay the same, the
fuel becomes less.

OUT.fc.map, beside the image, tells the other commands the source lines.`,
		Example: `  femto build increment.c -o increment.fc
  femto build main.c filter.c -D WINDOW=10 -o average.fc`,
		GroupID:           groupMake,
		Args:              some("C source"),
		ValidArgsFunction: files("c"),
	}
	out := outputFileFlag(cmd, "`FILE` that gets the image")
	linkOptions := linkFlags(cmd)
	flags := cmd.Flags()
	flags.StringArrayVarP(&opts.Include, "include", "I", nil, "look for headers in `DIR`")
	flags.StringArrayVarP(&opts.Define, "define", "D", nil, "define a macro: `NAME[=VALUE]`")
	flags.StringVar(&cflags, "cflags", "", "more `FLAGS` for clang, separated by spaces")
	flags.StringVar(&opts.Clang, "clang", "", "the `COMPILER` (default: the first of clang, clang-30, ..., clang-14)")
	flags.StringVar(&opts.CPU, "mcpu", "", "`VERSION` of the instruction set, v1 to v4 (default: v4 where clang has it, else v3)")
	flags.StringVar(&opts.DepFile, "deps", "", "`FILE` that gets make rules: OUT.fc depends on the sources and headers")
	flags.BoolVarP(&optimise, "optimise", "O", true, "shorten the linked program; -O=false: do not")
	flags.BoolVar(&stats, "stats", false, "print what each pass of the optimiser did")
	complete(cmd, "mcpu", "v1", "v2", "v3", "v4")
	cmd.SetFlagErrorFunc(func(_ *cobra.Command, err error) error {
		return usagef("%v; flags of clang, such as -O1, go into --cflags", err)
	})
	cmd.RunE = action(func(ctx context.Context, args []string) error {
		path, err := out.path(args...)
		if err != nil {
			return err
		}
		switch {
		case stats && !optimise:
			return usagef("--stats is about the optimiser, which -O=false leaves out")
		case stats && path == stdio:
			return usagef("standard output cannot take both the file and --stats")
		}
		for i, name := range args {
			switch filepath.Ext(name) {
			case ".c", ".s", ".S", ".o":
			default:
				return usagef("%s is not a file that build knows, by its name; those end in .c, .s, .S or .o", title(name))
			}
			if strings.HasPrefix(name, "-") {
				args[i] = "./" + name // clang would take it for an option
			}
		}
		opts.Options = *linkOptions
		opts.Header = string(sysapi.Header())
		opts.Flags = strings.Fields(cflags)
		opts.DepTarget = path
		linked, err := link.Build(ctx, args, opts)
		if err != nil {
			return err
		}
		if !optimise {
			return u.deliver(path, linked)
		}
		p := &program{name: path, img: linked.Image, source: linked.Source}
		if err := p.offences(); err != nil {
			return err
		}
		did, err := opt.Linked(linked)
		if err != nil {
			return err
		}
		if !stats {
			return u.deliver(path, linked)
		}
		return u.deliverOptimised(path, linked, did)
	})
	return cmd
}

// deliverOptimised is deliver, and tells what each pass did.
func (u *ui) deliverOptimised(path string, linked *link.Output, stats *opt.Stats) error {
	u.optimiser = stats
	if err := u.deliver(path, linked); err != nil || u.json {
		return err
	}
	u.line("%-12s %9s %15s", "pass", "rewrites", "slots removed")
	for _, p := range stats.Passes {
		u.line("%-12s %9d %15d", p.Name, p.Changed, p.Removed)
	}
	u.line("text: %d slots, now %d", stats.Before, stats.After)
	return nil
}
