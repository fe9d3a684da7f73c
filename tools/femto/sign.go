// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package main

import (
	"context"
	"crypto/ed25519"

	"github.com/spf13/cobra"

	"github.com/femtocontainer/femtocontainer/femto/cose"
	"github.com/femtocontainer/femtocontainer/femto/image"
)

func signCmd(u *ui) *cobra.Command {
	var keyFile string
	cmd := &cobra.Command{
		Use:   "sign IN.fc --key KEY.pem -o OUT.fc",
		Short: "sign an image as a tenant",
		Long: `Sign verifies an image and puts a tenant's signature behind it, in place of the
one that it may have: 84 bytes, COSE_Sign1 with Ed25519. A device runs an image
only if a key of a tenant in its contract signed it.

femto inspect --key checks the signature.`,
		Example:           `  femto sign average.fc --key acme.pem -o average.signed.fc`,
		GroupID:           groupDeploy,
		Args:              one("image"),
		ValidArgsFunction: files("fc"),
	}
	out := outputFileFlag(cmd, "`FILE` that gets the signed image")
	cmd.Flags().StringVar(&keyFile, "key", "", "private key of the tenant: `KEY.pem`")
	cmd.RunE = action(func(ctx context.Context, args []string) error {
		path, err := out.path(keyFile)
		if err != nil {
			return err
		}
		key, err := signingKey(keyFile)
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
		signed, err := cose.Sign(p.bytes, key)
		if err != nil {
			return locate(err, args[0])
		}
		if p.img, err = image.Decode(signed); err != nil {
			return err
		}
		if err := u.writeProgram(path, p.img, p.source); err != nil {
			return err
		}
		id := cose.ID(key.Public().(ed25519.PublicKey))
		if u.json {
			u.object(struct {
				Output string `json:"output"`
				ID     string `json:"key_id"`
				Image  view   `json:"image"`
			}{path, id.String(), newView(p.img)})
			return nil
		}
		u.note("%s: %d bytes, signed with key %s", path, len(signed), id)
		return nil
	})
	return cmd
}

func signingKey(name string) (ed25519.PrivateKey, error) {
	if name == "" {
		return nil, usagef("whose key? add --key KEY.pem")
	}
	return cose.ReadKey(name)
}
