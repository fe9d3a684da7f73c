// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package main

import (
	"context"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"github.com/femtocontainer/femtocontainer/femto/deploy"
	"github.com/femtocontainer/femtocontainer/femto/suit"
)

func deployCmd(u *ui) *cobra.Command {
	f := &deployFlags{}
	var hook string
	var slot int
	var wait bool
	cmd := &cobra.Command{
		Use:   "deploy IN.fc --to URL --hook NAME --slot N",
		Short: "install an image on a device over the network",
		Long: `Deploy installs a signed image on a running device. It asks the device who it is,
makes the operator's manifest for it, serves both by CoAP, tells the device where
they are, and with --wait follows it until it has decided. What the slot held
before runs on until that moment, and stays when the device refuses.

A device that has the image already is left alone. One that refuses gives its
reason, and femto ends with status 1.

The address is coaps://HOST, since a device obeys only those who know its
pre-shared key (--psk). It fetches from this machine: --serve says under which
address, when the one that reaches the device will not do.`,
		Example: `  femto deploy average.signed.fc --to coaps://[2001:db8::2] --psk kitchen.psk \
      --key operator.pem --hook sampler --slot 0 --wait`,
		GroupID:           groupDeploy,
		Args:              one("image"),
		ValidArgsFunction: files("fc"),
	}
	f.add(cmd, deployTimeout)
	f.addOperator(cmd)
	linesFlag(cmd)
	slotFlags(cmd, &hook, &slot)
	cmd.Flags().BoolVar(&wait, "wait", false, "wait until the device has decided, not only until it has the image")
	cmd.RunE = action(func(ctx context.Context, args []string) error {
		if hook == "" {
			return usagef("which hook? add --hook NAME")
		}
		img, err := u.readSigned(ctx, args[0])
		if err != nil {
			return err
		}
		return f.run(ctx, u, &deploy.Job{Component: suit.Slot(hook, slot), File: img, Wait: wait})
	})
	return cmd
}

func slotFlags(cmd *cobra.Command, hook *string, slot *int) {
	cmd.Flags().StringVar(hook, "hook", "", "`NAME` of the hook")
	cmd.Flags().IntVar(slot, "slot", 0, "`N`umber of the hook's slot")
	complete(cmd, "hook")
	complete(cmd, "slot")
}

const deployTimeout = 2 * time.Minute

// deployFlags say which device, and in whose name.
type deployFlags struct {
	deviceFlags
	key      string
	serve    string
	sequence uint32
	unbound  bool
}

// addOperator has those of commands that change it.
func (f *deployFlags) addOperator(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.key, "key", "", "private key of the operator: `KEY.pem`")
	flags.StringVar(&f.serve, "serve", "", "`HOST:PORT` where the device finds this machine; either may be missing")
	flags.Uint32Var(&f.sequence, "sequence", 0, "sequence number `N` of the manifest (default: after the device's)")
	flags.BoolVar(&f.unbound, "unbound", false, "make the manifest for all devices of the class, not for this one only")
	complete(cmd, "serve")
	complete(cmd, "sequence")
}

// dial connects to the device; the context that it returns ends in time.
func (f *deployFlags) dial(ctx context.Context) (context.Context, *deploy.Client, func(), error) {
	psk, err := f.check()
	if err != nil {
		return nil, nil, nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, f.timeout)
	c, err := deploy.Dial(ctx, f.to, psk)
	if err != nil {
		cancel()
		return nil, nil, nil, err
	}
	return ctx, c, func() { c.Close(); cancel() }, nil
}

// run does a job and tells how it goes.
func (f *deployFlags) run(ctx context.Context, u *ui, job *deploy.Job) error {
	key, err := signingKey(f.key)
	if err != nil {
		return err
	}
	ctx, c, done, err := f.dial(ctx)
	if err != nil {
		return err
	}
	defer done()
	job.Key, job.Sequence, job.Unbound, job.Listen = key, f.sequence, f.unbound, f.serve
	began := time.Now()
	shown := u.newShow(len(job.File))
	job.Report = shown.event
	result, err := job.Run(ctx, c)
	shown.end()
	if err != nil {
		return err
	}
	v := newResultView(job, result)
	u.newLines().put(v, "%s: %s in %s", job.Component, v.words(), time.Since(began).Round(time.Millisecond))
	return nil
}

// A show is a job as people or programs follow it.
type show struct {
	*lines
	bar      *mpb.Progress
	progress *mpb.Bar
	size     int
	received int
}

func (u *ui) newShow(size int) *show {
	s := &show{lines: u.newLines(), size: size}
	if u.errTerminal && !u.json && size > 0 {
		s.bar = mpb.New(mpb.WithOutput(u.err), mpb.WithWidth(40))
		s.progress = s.bar.AddBar(int64(size),
			mpb.PrependDecorators(decor.Name("fetched "), decor.CountersNoUnit("%d/%d bytes")),
			mpb.AppendDecorators(decor.Percentage()))
	}
	return s
}

func (s *show) event(e deploy.Event) {
	switch e.Step {
	case deploy.Made:
		s.put(struct {
			Event    string       `json:"event"`
			Manifest manifestView `json:"manifest"`
		}{"manifest", newManifestView(e.Manifest, suit.RIOT09, e.Bytes)}, "")
	case deploy.Taken:
		s.put(stepView{Event: "taken", Job: e.Job}, "")
	case deploy.Working:
		s.put(stepView{Event: "working", Job: e.Job, State: e.State.String()}, "")
	case deploy.Fetching:
		if e.Received <= s.received {
			return // a repetition
		}
		s.received = e.Received
		if s.progress != nil {
			s.progress.SetCurrent(int64(e.Received))
		}
		s.put(fetchingView{"fetching", e.Received, s.size}, "")
	}
}

func (s *show) end() {
	s.lines.end()
	if s.bar != nil {
		s.progress.Abort(false)
		s.bar.Wait()
	}
}

// stepView, fetchingView and resultView are lines that deploy prints, as
// docs/cli.md has them.
type stepView struct {
	Event string `json:"event"`
	Job   uint32 `json:"job"`
	State string `json:"state,omitempty"`
}

type fetchingView struct {
	Event    string `json:"event"`
	Received int    `json:"received"`
	Size     int    `json:"size"`
}

type resultView struct {
	Event     string `json:"event"`
	Component string `json:"component"`
	Sequence  uint32 `json:"sequence"`
	State     string `json:"state,omitempty"`
	Digest    string `json:"digest,omitempty"`
	Job       uint32 `json:"job,omitempty"`
}

func newResultView(job *deploy.Job, r *deploy.Result) resultView {
	v := resultView{
		Event: "fetched", Component: job.Component.String(), Sequence: r.Slot.Sequence, Job: r.Job,
		Digest: hex.EncodeToString(r.Slot.Digest),
	}
	if r.Manifest != nil {
		v.Sequence = r.Manifest.Sequence
	}
	if r.Slot.State != 0 {
		v.State = r.Slot.State.String()
	}
	switch {
	case r.Unchanged:
		v.Event = "unchanged"
	case !job.Wait:
	case job.Component.String() == suit.Revoked().String():
		v.Event = "revoked"
	case len(job.File) == 0:
		v.Event = "removed"
	default:
		v.Event = "installed"
	}
	return v
}

func (v *resultView) words() string {
	switch v.Event {
	case "unchanged":
		return "nothing to do, the device is already as it shall be; found"
	case "fetched":
		return fmt.Sprintf("the device has the file, job %d; done", v.Job)
	case "installed":
		return fmt.Sprintf("installed and %s, number %d,", v.State, v.Sequence)
	}
	return fmt.Sprintf("%s, number %d,", v.Event, v.Sequence)
}
