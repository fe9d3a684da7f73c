// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package main

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/femtocontainer/femtocontainer/femto/contract"
	"github.com/femtocontainer/femtocontainer/femto/cose"
	"github.com/femtocontainer/femtocontainer/femto/diag"
)

func keygenCmd(u *ui) *cobra.Command {
	var header, psk string
	cmd := &cobra.Command{
		Use:   "keygen [KEY.pem...] [-o KEY.pem]",
		Short: "make a key to sign with, or show keys",
		Long: `Keygen makes an Ed25519 key. KEY.pem gets the private key (PKCS#8, as openssl
genpkey writes it), for its owner only, and KEY.pem.pub the public one. It never
replaces a file. Instead of making a key it shows those that are given.

Tenants sign images with their key, operators sign manifests. The public key is
printed in the forms that a contract, which knows the tenants, and a firmware,
which knows its operators, take. Whoever has the private key is the tenant or
the operator.

With --psk it makes the pre-shared key of a device instead, which lets its owner
trigger updates: a file with IDENTITY:HEX, 16 random bytes.`,
		Example: `  femto keygen -o acme.pem
  femto keygen operator.pem spare.pem --header public_key.h
  femto keygen --psk kitchen -o kitchen.psk`,
		GroupID:           groupDeploy,
		Args:              cobra.ArbitraryArgs,
		ValidArgsFunction: files("pem", "pub"),
	}
	out := outputFileFlag(cmd, "`FILE` that gets the new private key")
	cmd.Flags().StringVar(&header, "header", "", "`FILE` that gets the public keys as C, as RIOT's public_key.h has them")
	cmd.Flags().StringVar(&psk, "psk", "", "make a pre-shared key with this `IDENTITY`")
	cmd.RunE = action(func(ctx context.Context, args []string) error {
		if psk != "" {
			if len(args) > 0 || header != "" {
				return usagef("--psk goes with -o only")
			}
			return u.makePSK(out, psk)
		}
		if (len(args) == 0) == (out.file == "") {
			return usagef("either keys to show, or -o FILE for a new one")
		}
		var keys []keyView
		if len(args) == 0 {
			key, err := u.makeKey(out.file)
			if err != nil {
				return err
			}
			keys = append(keys, newKeyView(out.file, key))
		}
		for _, name := range args {
			key, err := readPublicKey(name)
			if err != nil {
				return err
			}
			keys = append(keys, newKeyView(name, key))
		}
		if header != "" {
			if err := distinct(header, append(args, out.file)...); err != nil {
				return err
			}
			if err := u.write(header, keyHeader(keys)); err != nil {
				return err
			}
		}
		if u.json {
			u.object(struct {
				Keys []keyView `json:"keys"`
			}{keys})
			return nil
		}
		for _, k := range keys {
			u.printf("%s\n  key id    %s\n  contract  keys = [\"%s\"]\n  C         {\n%s  },\n", printable(k.File), k.ID, k.Public, indent(k.C, "    "))
		}
		return nil
	})
	return cmd
}

// A keyView is a public key as keygen shows it, and as docs/cli.md has it.
type keyView struct {
	File   string `json:"file"`
	ID     string `json:"key_id"`
	Public string `json:"public"`
	C      string `json:"c"`
}

func newKeyView(name string, key ed25519.PublicKey) keyView {
	var c strings.Builder
	for i, b := range key {
		end := " "
		if i%8 == 7 {
			end = "\n"
		}
		fmt.Fprintf(&c, "0x%02x,%s", b, end)
	}
	return keyView{File: name, ID: cose.ID(key).String(), Public: hex.EncodeToString(key), C: c.String()}
}

func indent(text, by string) string {
	return by + strings.ReplaceAll(strings.TrimSuffix(text, "\n"), "\n", "\n"+by) + "\n"
}

// keyHeader is what RIOT's sys/suit includes as public_key.h.
func keyHeader(keys []keyView) []byte {
	var b strings.Builder
	b.WriteString("/* made by femto keygen */\nconst uint8_t public_key[][32] = {\n")
	for _, k := range keys {
		fmt.Fprintf(&b, "    { /* key id %s */\n%s    },\n", k.ID, indent(k.C, "        "))
	}
	b.WriteString("};\n")
	return []byte(b.String())
}

func (u *ui) makeKey(name string) (ed25519.PublicKey, error) {
	if name == stdio {
		return nil, usagef("a private key goes to a file of its own")
	}
	if _, err := os.Lstat(name + ".pub"); err == nil {
		return nil, exists(name + ".pub")
	}
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	text, err := cose.MarshalKey(private)
	if err != nil {
		return nil, err
	}
	publicText, err := cose.MarshalPublicKey(public)
	if err != nil {
		return nil, err
	}
	if err := u.writeSecret(name, text); err != nil {
		return nil, err
	}
	return public, u.write(name+".pub", publicText)
}

func (u *ui) makePSK(out *output, identity string) error {
	if out.file == "" || out.file == stdio {
		return usagef("where to? add -o FILE")
	}
	if err := checkIdentity(identity); err != nil {
		return err
	}
	var key [16]byte
	// other tools take keys as an argument, where a zero would be the end of it
	for rand.Read(key[:]); bytes.IndexByte(key[:], 0) >= 0; {
		rand.Read(key[:])
	}
	if err := u.writeSecret(out.file, fmt.Appendf(nil, "%s:%x\n", identity, key)); err != nil {
		return err
	}
	if u.json {
		u.object(struct {
			Output   string `json:"output"`
			Identity string `json:"identity"`
		}{out.file, identity})
		return nil
	}
	u.note("%s: 16 bytes for %q", out.file, identity)
	return nil
}

// checkIdentity is what is common to all who know pre-shared keys.
func checkIdentity(s string) error {
	if s == "" || len(s) > 64 || strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' || r == ':' }) {
		return usagef("an identity is up to 64 characters of ASCII without : and space")
	}
	return nil
}

func exists(name string) error { return &fs.PathError{Op: "create", Path: name, Err: fs.ErrExist} }

// writeSecret makes a file that only its owner can use, and never replaces one.
// It appears complete or not at all.
func (u *ui) writeSecret(name string, b []byte) error {
	f, err := os.CreateTemp(filepath.Dir(name), ".femto-") // mode 0600
	if err != nil {
		return err
	}
	temp := f.Name()
	u.temp.Store(&temp)
	defer func() {
		u.temp.Store(nil)
		os.Remove(temp)
	}()
	_, err = f.Write(b)
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return err
	}
	if err := os.Link(temp, name); errors.Is(err, fs.ErrExist) {
		return exists(name)
	} else if err != nil {
		return err
	}
	return nil
}

// readPublicKey reads a public key in the forms that a contract takes, or the
// public part of a private one.
func readPublicKey(s string) (ed25519.PublicKey, error) {
	if strings.HasSuffix(s, ".pem") {
		if text, err := os.ReadFile(s); err == nil && strings.Contains(string(text), "PRIVATE KEY") {
			key, err := cose.ReadKey(s)
			if err != nil {
				return nil, err
			}
			return key.Public().(ed25519.PublicKey), nil
		}
	}
	key, err := contract.PublicKey(s, os.ReadFile)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
		return nil, err
	}
	if err != nil {
		return nil, diag.New(diag.ContractBadKey, "%q: %v", s, err)
	}
	return key[:], nil
}

func readPublicKeys(list []string) ([]ed25519.PublicKey, error) {
	var keys []ed25519.PublicKey
	for _, s := range list {
		key, err := readPublicKey(s)
		if err != nil {
			return nil, err
		}
		keys = append(keys, key)
	}
	return keys, nil
}
