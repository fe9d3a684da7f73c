// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/femtocontainer/femtocontainer/femto/convert"
	"github.com/femtocontainer/femtocontainer/femto/link"
)

func convertCmd(u *ui) *cobra.Command {
	var opts convert.Options
	cmd := &cobra.Command{
		Use:   "convert OLD.bin -o OUT.fc",
		Short: "make an image of a file of the earlier rBPF format",
		Long: `Convert makes an image of a file that the tools of the first Femto-Container
wrote, and verifies it. The instructions LDDWD and LDDWR become loads of final
addresses; system calls keep their numbers.

The old format has no frame size and no call depth. A frame gets 512 bytes, and
one may be live at once, or 8 where there are local calls.`,
		Example:           `  femto convert increment.bin -o increment.fc`,
		GroupID:           groupMake,
		Args:              one("file"),
		ValidArgsFunction: files("bin", "rbf"),
	}
	out := outputFileFlag(cmd, "`FILE` that gets the image")
	flags := cmd.Flags()
	flags.IntVar(&opts.Stack, "stack", 0, "frame size in bytes: `N` (default 512)")
	flags.IntVar(&opts.Depth, "depth", 0, "frames that may be live at once: `N`")
	complete(cmd, "stack")
	complete(cmd, "depth")
	cmd.RunE = action(func(ctx context.Context, args []string) error {
		path, err := out.path(args...)
		if err != nil {
			return err
		}
		old, err := u.read(ctx, args[0])
		if err != nil {
			return err
		}
		img, warnings, err := convert.RBPF(old, opts)
		if err != nil {
			return locate(err, args[0])
		}
		return u.deliver(path, &link.Output{Image: img, Warnings: warnings})
	})
	return cmd
}
