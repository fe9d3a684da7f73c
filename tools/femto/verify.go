// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/femtocontainer/femtocontainer/femto/image"
)

// maxOffences is how many offences are worth reading about.
const maxOffences = 20

func verifyCmd(u *ui) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "verify IN.fc",
		Short: "say whether a device would accept an image",
		Long: `Verify checks an image as a device does before it runs it, with the same rules
and the same codes, and says why it refuses. It lists up to 20 offences; a
device reports the first one.

With a contract it also says whether the tenant's images may make these system
calls on that hook. Without one, all of them are granted.`,
		Example: `  femto verify increment.fc
  femto verify average.fc --contract building.toml --tenant acme --hook sampler`,
		GroupID:           groupUse,
		Args:              one("image"),
		ValidArgsFunction: files("fc"),
	}
	outputFlag(cmd)
	permission := permissionFlags(cmd)
	cmd.RunE = action(func(ctx context.Context, args []string) error {
		asked, err := permission.asked()
		if err != nil {
			return err
		}
		p, err := u.readProgram(ctx, args[0])
		if err != nil {
			return err
		}
		if err := p.offences(); err != nil {
			return err
		}
		if asked {
			if err := permission.refuses(ctx, u, p); err != nil {
				return err
			}
		}
		if u.json {
			u.object(struct {
				Errors []jsonError `json:"errors"`
			}{[]jsonError{}})
			return nil
		}
		u.note("%s is accepted: %s", title(args[0]), summary(p.img))
		return nil
	})
	return cmd
}

// summary is an image in a few words.
func summary(img *image.Image) string {
	return fmt.Sprintf("%s of text, %s, %s", plural(len(img.Text)/8, "slot"), plural(len(img.Entries), "entry point"), plural(len(img.Helpers), "helper"))
}

func plural(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return fmt.Sprintf("%d %s", n, what)
}
