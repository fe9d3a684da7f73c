// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package main

import (
	"context"
	"encoding/hex"
	"strings"

	"github.com/spf13/cobra"

	"github.com/femtocontainer/femtocontainer/femto/cose"
	"github.com/femtocontainer/femtocontainer/femto/deploy"
	"github.com/femtocontainer/femtocontainer/femto/suit"
)

// deploymentCmds are the commands of femto device about what is installed.
func deploymentCmds(u *ui) []*cobra.Command {
	return []*cobra.Command{deviceSlotsCmd(u), deviceLogCmd(u), deviceRmCmd(u), deviceRevokeCmd(u)}
}

func deviceSlotsCmd(u *ui) *cobra.Command {
	var f deployFlags
	cmd := &cobra.Command{
		Use:   "slots --to URL",
		Short: "say who a device is, what is installed, and what has room",
		Long: `Slots shows who a device is for those who sign manifests for it, which hooks take
containers from the network, what is installed, and how the last job went.`,
		Example:           `  femto device slots --to coap://[2001:db8::2]`,
		Args:              none,
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	f.add(cmd, deployTimeout)
	outputFlag(cmd)
	cmd.RunE = action(func(ctx context.Context, _ []string) error {
		ctx, c, done, err := f.dial(ctx)
		if err != nil {
			return err
		}
		defer done()
		info, err := c.Info(ctx)
		if err != nil {
			return err
		}
		status, err := c.Status(ctx)
		if err != nil {
			return err
		}
		v := newSlotsView(info, status)
		if u.json {
			u.object(v)
		} else {
			v.print(u)
		}
		return nil
	})
	return cmd
}

func deviceLogCmd(u *ui) *cobra.Command {
	var f deployFlags
	cmd := &cobra.Command{
		Use:   "log --to URL",
		Short: "show how a device's last jobs ended",
		Long: `Log shows the jobs that the device still knows since its boot, oldest first: the
second in which each ended, its slot and sequence number, and what the device
said.`,
		Example:           `  femto device log --to coap://[2001:db8::2]`,
		Args:              none,
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	f.add(cmd, deployTimeout)
	outputFlag(cmd)
	cmd.RunE = action(func(ctx context.Context, _ []string) error {
		ctx, c, done, err := f.dial(ctx)
		if err != nil {
			return err
		}
		defer done()
		log, err := c.Log(ctx)
		if err != nil {
			return err
		}
		list := []verdictView{}
		for i := range log {
			list = append(list, newVerdictView(&log[i]))
		}
		if u.json {
			u.object(struct {
				Log []verdictView `json:"log"`
			}{list})
			return nil
		}
		for _, v := range list {
			u.line("%8d s  job %-4d %s", v.Seconds, v.Job, v.words())
		}
		return nil
	})
	return cmd
}

func deviceRmCmd(u *ui) *cobra.Command {
	f := &deployFlags{}
	var hook string
	var slot int
	cmd := &cobra.Command{
		Use:   "rm --to URL --hook NAME --slot N",
		Short: "remove what is installed in a slot",
		Long: `Rm stops the container of a slot and removes its image. It takes the operator's
key, since a removal is a signed manifest like an installation.`,
		Example: `  femto device rm --to coaps://[2001:db8::2] --psk kitchen.psk --key operator.pem \
      --hook sampler --slot 0`,
		Args:              none,
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	f.add(cmd, deployTimeout)
	f.addOperator(cmd)
	linesFlag(cmd)
	slotFlags(cmd, &hook, &slot)
	cmd.RunE = action(func(ctx context.Context, _ []string) error {
		if hook == "" {
			return usagef("which hook? add --hook NAME")
		}
		return f.run(ctx, u, &deploy.Job{Component: suit.Slot(hook, slot), Wait: true})
	})
	return cmd
}

func deviceRevokeCmd(u *ui) *cobra.Command {
	f := &deployFlags{}
	cmd := &cobra.Command{
		Use:   "revoke ID... --to URL",
		Short: "make a device trust keys no more",
		Long: `Revoke adds keys of tenants or operators to those that the device does not trust
any more, by their key ids, which femto keygen KEY.pem prints. It is for ever, or
until the device gets another firmware. Containers that a revoked key signed are
detached at once.`,
		Example: `  femto device revoke 21fe31dfa154a261 --to coaps://[2001:db8::2] --psk kitchen.psk \
      --key operator.pem`,
		Args:              some("key id"),
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	f.add(cmd, deployTimeout)
	f.addOperator(cmd)
	linesFlag(cmd)
	cmd.RunE = action(func(ctx context.Context, args []string) error {
		list, err := revocation(args)
		if err != nil {
			return err
		}
		return f.run(ctx, u, &deploy.Job{Component: suit.Revoked(), File: list, Wait: true})
	})
	return cmd
}

// slotsView and those below are as docs/cli.md has them.
type slotsView struct {
	Device    string       `json:"device"`
	Vendor    string       `json:"vendor"`
	Class     string       `json:"class"`
	ClassName string       `json:"class_name"`
	Operators []string     `json:"operators"`
	MaxImage  uint32       `json:"max_image"`
	MaxName   int          `json:"max_name"`
	Hooks     []roomView   `json:"hooks"`
	Slots     []slotView   `json:"slots"`
	Revoked   []string     `json:"revoked"`
	State     string       `json:"state"`
	Last      *verdictView `json:"last"`
}

type roomView struct {
	Name  string `json:"name"`
	Slots int    `json:"slots"`
}

type slotView struct {
	Component string `json:"component"`
	State     string `json:"state"`
	Sequence  uint32 `json:"sequence"`
	Size      uint32 `json:"size,omitempty"`
	Digest    string `json:"digest,omitempty"`
	SignedBy  string `json:"signed_by,omitempty"`
	Reason    string `json:"reason,omitempty"`
}

type verdictView struct {
	Job       uint32      `json:"job"`
	Component string      `json:"component,omitempty"`
	Sequence  uint32      `json:"sequence,omitempty"`
	Seconds   uint32      `json:"seconds"`
	Errors    []jsonError `json:"errors"`
}

func newVerdictView(v *deploy.Verdict) verdictView {
	view := verdictView{Job: v.Job, Component: v.Component, Sequence: v.Sequence, Seconds: v.Seconds, Errors: []jsonError{}}
	if err := v.Err(); err != nil {
		view.Errors = jsonErrors([]error{err})
	}
	return view
}

func (v *verdictView) words() string {
	what := "done"
	if len(v.Errors) > 0 {
		what = v.Errors[0].Code + ": " + v.Errors[0].Message
	}
	if v.Component == "" {
		return what
	}
	return strings.Join([]string{v.Component, what}, "  ")
}

func newSlotsView(info *deploy.Info, status *deploy.Status) slotsView {
	v := slotsView{
		Device: info.Device.String(), Vendor: info.Vendor.String(), Class: info.Class.String(), ClassName: info.ClassName,
		Operators: idStrings(info.Operators), MaxImage: info.MaxImage, MaxName: info.MaxName, Hooks: []roomView{}, Slots: []slotView{},
		Revoked: idStrings(status.Revoked), State: status.State.String(),
	}
	for _, h := range info.Hooks {
		v.Hooks = append(v.Hooks, roomView{h.Name, h.Slots})
	}
	for _, s := range status.Slots {
		one := slotView{
			Component: s.Component, State: s.State.String(), Sequence: s.Sequence, Size: s.Size, Digest: hex.EncodeToString(s.Digest),
		}
		if s.Signer != (cose.KeyID{}) {
			one.SignedBy = s.Signer.String()
		}
		if s.Code != 0 {
			one.Reason = (&deploy.Verdict{Code: s.Code, Where: s.Where}).Err().Error()
		}
		v.Slots = append(v.Slots, one)
	}
	if status.Last != nil {
		last := newVerdictView(status.Last)
		v.Last = &last
	}
	return v
}

func idStrings(ids []cose.KeyID) []string {
	list := []string{}
	for _, id := range ids {
		list = append(list, id.String())
	}
	return list
}

func (v *slotsView) print(u *ui) {
	u.line("%-10s %s", "device", v.Device)
	u.line("%-10s %s (%s)", "class", v.Class, printable(v.ClassName))
	u.line("%-10s %s", "vendor", v.Vendor)
	u.line("%-10s %s", "operators", strings.Join(v.Operators, ", "))
	if len(v.Revoked) > 0 {
		u.line("%-10s %s", "revoked", strings.Join(v.Revoked, ", "))
	}
	u.line("%-10s up to %s", "images", plural(int(v.MaxImage), "byte"))
	for _, h := range v.Hooks {
		u.line("%-10s %s, %s", "hook", h.Name, plural(h.Slots, "slot"))
	}
	for _, s := range v.Slots {
		u.line("%-10s %s, number %d: %s", "slot", s.Component, s.Sequence, s.State)
		if s.Digest != "" {
			u.line("%-10s %s, key %s, sha256 %s", "", plural(int(s.Size), "byte"), s.SignedBy, s.Digest)
		}
		if s.Reason != "" {
			u.line("%-10s %s", "", s.Reason)
		}
	}
	u.line("%-10s %s", "job", v.State)
	if v.Last != nil {
		u.line("%-10s job %d: %s", "last", v.Last.Job, v.Last.words())
	}
}
