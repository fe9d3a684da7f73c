// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package main

import (
	"context"
	"encoding/hex"
	"fmt"
	"math"
	"slices"
	"time"

	uuids "github.com/google/uuid"
	"github.com/spf13/cobra"

	"github.com/femtocontainer/femtocontainer/femto/cose"
	"github.com/femtocontainer/femtocontainer/femto/suit"
)

func manifestCmd(u *ui) *cobra.Command {
	var f manifestFlags
	cmd := &cobra.Command{
		Use:   "manifest [IN.fc] -o OUT.suit",
		Short: "tell devices, as their operator, to install an image",
		Long: `Manifest makes a signed SUIT manifest, which tells a device to fetch a signed
image from --url and to install it in a slot of a hook, or with --remove to
empty the slot, or with --revoke to trust keys no more. femto deploy does all of
this for one device that is reachable; use manifest where it is not, or for many.

--vendor and --class say which devices; femto device slots prints theirs, and
--device binds the manifest to one of them. A device takes a manifest only if
--sequence is greater than that of the one before for the same slot.`,
		Example: `  femto manifest average.signed.fc --key operator.pem --hook sampler --slot 0 \
      --class "sensor nrf52840dk" --url coap://[2001:db8::1]/average.fc -o average.suit
  femto manifest --remove --hook sampler --slot 0 --key operator.pem \
      --class "sensor nrf52840dk" --url coap://[2001:db8::1]/- -o remove.suit
  femto manifest --revoke 21fe31dfa154a261 --list revoked --key operator.pem \
      --class "sensor nrf52840dk" --url coap://[2001:db8::1]/revoked -o revoke.suit`,
		GroupID:           groupDeploy,
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: files("fc"),
	}
	out := outputFileFlag(cmd, "`FILE` that gets the manifest")
	flags := cmd.Flags()
	flags.StringVar(&f.key, "key", "", "private key of the operator: `KEY.pem`")
	flags.StringVar(&f.hook, "hook", "", "`NAME` of the hook")
	flags.IntVar(&f.slot, "slot", 0, "`N`umber of the hook's slot")
	flags.StringVar(&f.url, "url", "", "coap `URL` that the device fetches the image from")
	flags.StringVar(&f.vendor, "vendor", "riot-os.org", "`DOMAIN` of the vendor, or its UUID")
	flags.StringVar(&f.class, "class", "", "`NAME` of the class of devices (product and board), or its UUID")
	flags.StringVar(&f.device, "device", "", "`UUID` of the one device that it is for (default: all of the class)")
	flags.Uint32Var(&f.sequence, "sequence", 0, "sequence number `N` (default: seconds since 1970)")
	flags.BoolVar(&f.remove, "remove", false, "empty the slot")
	flags.StringSliceVar(&f.revoke, "revoke", nil, "revoke these keys: `ID,...`")
	flags.StringVar(&f.list, "list", "", "`FILE` that gets what --url has to serve for --revoke")
	flags.StringVar(&f.profile, "profile", suit.RIOT09.String(), "`VERSION` of SUIT: riot-09, which devices take, or draft-34")
	complete(cmd, "profile", suit.Profiles...)
	cmd.RunE = action(func(ctx context.Context, args []string) error {
		inputs := append(args, f.key)
		path, err := out.path(inputs...)
		if err != nil {
			return err
		}
		if err := distinct(f.list, inputs...); err != nil {
			return err
		}
		profile, err := suit.ParseProfile(f.profile)
		if err != nil {
			return usagef("%v", err)
		}
		key, err := signingKey(f.key)
		if err != nil {
			return err
		}
		m, list, err := f.manifest(ctx, u, args)
		if err != nil {
			return err
		}
		b, err := m.Sign(profile, key)
		if err != nil {
			return err
		}
		if f.list != "" {
			if err := u.write(f.list, list); err != nil {
				return err
			}
		}
		if err := u.write(path, b); err != nil {
			return err
		}
		if u.json {
			u.object(struct {
				Output   string       `json:"output"`
				Manifest manifestView `json:"manifest"`
			}{path, newManifestView(m, profile, len(b))})
			return nil
		}
		u.note("%s: %d bytes, %s", path, len(b), what(m))
		return nil
	})
	return cmd
}

type manifestFlags struct {
	key, hook, url, vendor, class, device, profile, list string
	slot                                                 int
	sequence                                             uint32
	remove                                               bool
	revoke                                               []string
}

// manifest makes what the flags say, and the list of revoked keys.
func (f *manifestFlags) manifest(ctx context.Context, u *ui, args []string) (*suit.Manifest, []byte, error) {
	ways := len(args)
	if f.remove {
		ways++
	}
	if len(f.revoke) > 0 {
		ways++
	}
	switch {
	case ways != 1:
		return nil, nil, usagef("one of an image, --remove and --revoke")
	case f.url == "":
		return nil, nil, usagef("from where? add --url URL")
	case f.class == "":
		return nil, nil, usagef("which devices? add --class NAME")
	case (f.list != "") != (len(f.revoke) > 0):
		return nil, nil, usagef("--revoke and --list go together")
	case len(f.revoke) == 0 && f.hook == "":
		return nil, nil, usagef("which hook? add --hook NAME")
	}
	m := &suit.Manifest{URL: f.url, Sequence: f.sequence}
	if m.Sequence == 0 {
		m.Sequence = uint32(min(time.Now().Unix(), math.MaxUint32))
	}
	m.Vendor = idOr(f.vendor, suit.VendorID)
	m.Class = idOr(f.class, func(name string) uuids.UUID { return suit.ClassID(m.Vendor, name) })

	var file []byte
	var err error
	m.Component = suit.Slot(f.hook, f.slot)
	switch {
	case len(f.revoke) > 0:
		m.Component = suit.Revoked()
		if file, err = revocation(f.revoke); err != nil {
			return nil, nil, err
		}
	case len(args) > 0:
		if file, err = u.readSigned(ctx, args[0]); err != nil {
			return nil, nil, err
		}
	}
	if f.device != "" {
		id, err := uuids.Parse(f.device)
		if err != nil {
			return nil, nil, usagef("%q is no UUID of a device", f.device)
		}
		m.Component = m.Component.For(id)
	}
	if err := m.Component.Check(suit.MaxJoined); err != nil {
		return nil, nil, err
	}
	return m, file, m.Of(file)
}

// idOr is s if that is a UUID, or else what the name stands for.
func idOr(s string, of func(string) uuids.UUID) uuids.UUID {
	if id, err := uuids.Parse(s); err == nil && len(s) == 36 {
		return id
	}
	return of(s)
}

func revocation(list []string) ([]byte, error) {
	var ids []cose.KeyID
	for _, s := range list {
		id, err := cose.ParseID(s)
		if err != nil {
			return nil, usagef("%q: %v; femto keygen KEY.pem prints a key's", s, err)
		}
		if !slices.Contains(ids, id) { // it would take a place twice, for ever
			ids = append(ids, id)
		}
	}
	return suit.Revocation(ids)
}

// readSigned reads an image that a device could take: verified and signed.
func (u *ui) readSigned(ctx context.Context, name string) ([]byte, error) {
	p, err := u.readProgram(ctx, name)
	if err != nil {
		return nil, err
	}
	if err := p.offences(); err != nil {
		return nil, err
	}
	if _, err := cose.Signer(p.bytes); err != nil {
		return nil, locate(err, name)
	}
	return p.bytes, nil
}

// what a manifest does, in a few words.
func what(m *suit.Manifest) string {
	target := m.Component.Base().String()
	if d := m.Component.Device(); d != "" {
		target += " of device " + d
	}
	switch {
	case m.Removes():
		return "empties " + target
	case m.Component.Base().String() == suit.Revoked().String():
		return "adds to " + target
	}
	return fmt.Sprintf("%s for %s", plural(int(m.Size), "byte"), target)
}

// A manifestView is a manifest as inspect shows it, and as docs/cli.md has it.
type manifestView struct {
	Profile   string `json:"profile"`
	Size      int    `json:"size"`
	Sequence  uint32 `json:"sequence"`
	Component string `json:"component"`
	Device    string `json:"device,omitempty"`
	Vendor    string `json:"vendor"`
	Class     string `json:"class"`
	FileSize  uint32 `json:"file_size"`
	Digest    string `json:"digest"`
	URL       string `json:"url"`
	Removes   bool   `json:"removes"`
	SignedBy  string `json:"signed_by,omitempty"`
}

func newManifestView(m *suit.Manifest, p suit.Profile, size int) manifestView {
	return manifestView{
		Profile: p.String(), Size: size, Sequence: m.Sequence,
		Component: m.Component.Base().String(), Device: m.Component.Device(),
		Vendor: m.Vendor.String(), Class: m.Class.String(),
		FileSize: m.Size, Digest: hex.EncodeToString(m.Digest[:]), URL: m.URL, Removes: m.Removes(),
	}
}

func (v *manifestView) print(u *ui) {
	u.printf("\n")
	u.line("  %-10s %d", "sequence", v.Sequence)
	u.line("  %-10s %s", "component", v.Component)
	if v.Device != "" {
		u.line("  %-10s %s", "device", v.Device)
	} else {
		u.line("  %-10s %s", "device", "all of the class")
	}
	u.line("  %-10s %s", "vendor", v.Vendor)
	u.line("  %-10s %s", "class", v.Class)
	if v.Removes {
		u.line("  %-10s %s", "image", "none: the slot is emptied")
	} else {
		u.line("  %-10s %s, sha256 %s", "image", plural(int(v.FileSize), "byte"), v.Digest)
	}
	u.line("  %-10s %s", "url", v.URL)
	if v.SignedBy != "" {
		u.line("  %-10s %s, which verifies", "signed by", v.SignedBy)
	} else {
		u.line("  %-10s %s", "signed", "not checked; --key checks")
	}
}
