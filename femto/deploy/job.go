// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package deploy

import (
	"bytes"
	"cmp"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"fmt"
	"math"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/plgd-dev/go-coap/v3/message/codes"

	"github.com/femtocontainer/femtocontainer/femto/cose"
	"github.com/femtocontainer/femtocontainer/femto/diag"
	"github.com/femtocontainer/femtocontainer/femto/suit"
	"github.com/femtocontainer/femtocontainer/femto/transport"
)

// A Job is one change of one device.
type Job struct {
	Component suit.Component     // which slot, or suit.Revoked(); not yet bound to the device
	File      []byte             // signed image, list of revoked keys, or nothing: remove what is there
	Key       ed25519.PrivateKey // of the operator

	Sequence uint32 // 0: the one after the device's, for revocations the seconds since 1970
	Unbound  bool   // the manifest would do for all devices of the class
	Wait     bool   // until the device has decided; else until it has the file

	// Listen is where the files are served: HOST:PORT, where the device can
	// reach the host. Either may be missing: the address that the device sees
	// this machine under, and a free port.
	Listen string

	// Report is told how the job goes, unless it is nil. It is not called by
	// two goroutines at once.
	Report func(Event)
}

// An Event is a step of a job.
type Event struct {
	Step     Step
	Manifest *suit.Manifest // made; from Made on
	Bytes    int            // of the manifest, with Made
	Job      uint32         // number on the device; from Taken on
	Received int            // bytes of the file, with Fetching
	State    State          // of the device, with Working
}

// A Step is what an Event is about.
type Step uint8

const (
	Made     Step = iota // the manifest is ready
	Taken                // the device has taken the job
	Fetching             // it fetches the file
	Working              // it does something else
)

// A Result is how a job ended well.
type Result struct {
	Unchanged bool // the device had the image already
	Manifest  *suit.Manifest
	Job       uint32
	Slot      Slot // afterwards; empty without Wait and for revoked keys
}

// How often a device is asked how it goes.
const (
	firstPoll = 100 * time.Millisecond
	lastPoll  = time.Second
)

// attempts is how often a device is sent for the files, if it has found them once: a bad
// link may lose all repetitions of one packet.
const attempts = 4

// Run does the job. It ends early when ctx does.
func (j *Job) Run(ctx context.Context, c *Client) (*Result, error) {
	// The device would refuse the trigger. But before that, whoever forges its
	// answers would have a manifest with, say, its last sequence number.
	if !c.secure {
		return nil, diag.New(diag.NotAuthenticated, "a device is changed over DTLS only").
			WithHint("use coaps:// and --psk FILE")
	}
	info, err := c.Info(ctx)
	if err != nil {
		return nil, err
	}
	status, err := c.Status(ctx)
	if err != nil {
		return nil, err
	}
	slot := status.slot(j.Component)
	if j.unchanged(&slot, status) {
		return &Result{Unchanged: true, Slot: slot}, nil
	}
	if err := j.check(info, status); err != nil {
		return nil, err
	}
	m, err := j.manifest(info, &slot)
	if err != nil {
		return nil, err
	}
	r := &run{Job: j, c: c, m: m}
	return r.do(ctx)
}

// unchanged reports whether the device is already as it shall be.
func (j *Job) unchanged(slot *Slot, status *Status) bool {
	if j.revokes() {
		ids, err := suit.DecodeRevocation(j.File)
		return err == nil && !slices.ContainsFunc(ids, func(id cose.KeyID) bool { return !slices.Contains(status.Revoked, id) })
	}
	if len(j.File) == 0 {
		return slot.State == 0 || slot.State == Removed
	}
	sum := sha256.Sum256(j.File)
	return slot.State == Attached && bytes.Equal(slot.Digest, sum[:])
}

func (j *Job) revokes() bool { return slices.Equal(j.Component, suit.Revoked()) }

// check refuses what the device would refuse, before it costs it energy.
func (j *Job) check(info *Info, status *Status) error {
	operator := cose.ID(j.Key.Public().(ed25519.PublicKey))
	if slices.Contains(status.Revoked, operator) {
		return diag.New(diag.OperatorRevoked, "operator's key %s is revoked on the device", operator)
	}
	if !slices.Contains(info.Operators, operator) {
		return diag.New(diag.ManifestSignature, "key %s is none of the operators' that the device knows", operator)
	}
	if uint64(len(j.File)) > uint64(info.MaxImage) {
		return diag.New(diag.TooLong, "%d bytes; the device has room for %d", len(j.File), info.MaxImage)
	}
	if err := j.component(info).Check(info.MaxName); err != nil {
		return err
	}
	if j.revokes() {
		return j.checkRevocation(info, status)
	}
	last := len(j.Component) - 1
	name, slot := strings.Join(j.Component[1:last], "/"), j.Component[last]
	hook := slices.IndexFunc(info.Hooks, func(h Hook) bool { return h.Name == name })
	if hook < 0 {
		var names []string
		for _, h := range info.Hooks {
			names = append(names, h.Name)
		}
		e := diag.New(diag.UnknownHook, "the device has no hook %q that takes containers from the network", name)
		if len(names) > 0 {
			e = e.WithHint("it has %s", strings.Join(names, ", "))
		}
		return e
	}
	if n, err := strconv.Atoi(slot); err != nil || n >= info.Hooks[hook].Slots {
		return diag.New(diag.UnknownSlot, "hook %q has no slot %s; it has %d, from 0", name, slot, info.Hooks[hook].Slots)
	}
	if len(j.File) == 0 {
		return nil
	}
	signer, err := cose.Signer(j.File)
	if err != nil {
		return err
	}
	if slices.Contains(status.Revoked, signer) {
		return diag.New(diag.KeyRevoked, "the image is signed with key %s, which is revoked on the device", signer)
	}
	return nil
}

// checkRevocation refuses what would leave the device with no operator, for ever. Whoever means
// that can make the manifest by itself.
func (j *Job) checkRevocation(info *Info, status *Status) error {
	ids, err := suit.DecodeRevocation(j.File)
	if err != nil {
		return err
	}
	gone := append(ids, status.Revoked...)
	if !slices.ContainsFunc(info.Operators, func(id cose.KeyID) bool { return !slices.Contains(gone, id) }) {
		return diag.New(diag.BadRevocation, "no operator's key would be left, and only another firmware could change that").
			WithHint("femto manifest --revoke does not ask")
	}
	return nil
}

func (j *Job) component(info *Info) suit.Component {
	if j.Unbound {
		return j.Component
	}
	return j.Component.For(info.Device)
}

func (j *Job) manifest(info *Info, slot *Slot) (*suit.Manifest, error) {
	m := &suit.Manifest{
		Sequence: j.Sequence, Component: j.component(info),
		Vendor: info.Vendor, Class: info.Class,
	}
	switch {
	case m.Sequence == 0 && j.revokes():
		m.Sequence = uint32(time.Now().Unix()) // no device says which number it has
	case m.Sequence == 0 && slot.Sequence == math.MaxUint32:
		return nil, diag.New(diag.OldSequence, "the device has used up the sequence numbers of %s", j.Component)
	case m.Sequence == 0:
		m.Sequence = slot.Sequence + 1
	}
	return m, m.Of(j.File)
}

// A run is a job under way.
type run struct {
	*Job
	c *Client
	m *suit.Manifest

	mu  sync.Mutex // of Report, and:
	job uint32

	reached atomic.Bool // the device has asked for a file
}

func (r *run) report(e Event) {
	if r.Report == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	e.Manifest, e.Job = r.m, r.job
	r.Report(e)
}

// do serves the files, triggers, and waits.
func (r *run) do(ctx context.Context) (*Result, error) {
	host, port, err := r.address()
	if err != nil {
		return nil, err
	}
	server, err := Listen(net.JoinHostPort(bindable(host), port))
	if err != nil {
		return nil, err
	}
	defer server.Close()
	fileName := fmt.Sprintf("%x.fc", r.m.Digest[:4])
	base := "coap://" + net.JoinHostPort(host, strconv.Itoa(server.Port())) + "/"
	r.m.URL = base + fileName
	manifest, err := r.m.Sign(suit.RIOT09, r.Key)
	if err != nil {
		return nil, err
	}
	// A name of its own for each attempt: a device takes a repeated URL for a
	// repeated message.
	manifestName := fmt.Sprintf("%x.suit", NewFile(manifest).etag[:4])
	r.report(Event{Step: Made, Bytes: len(manifest)})
	server.Serve(Map{fileName: NewFile(r.File), manifestName: NewFile(manifest)}, func(req Request) {
		if req.Code != codes.Content {
			return
		}
		r.reached.Store(true)
		if req.Path != fileName {
			return
		}
		r.report(Event{Step: Fetching, Received: req.Sent})
	})

	var lost error
	for range attempts {
		if err := r.trigger(ctx, base+manifestName); err != nil {
			return nil, cmp.Or(lost, err)
		}
		result, err := r.follow(ctx)
		switch {
		case codeOf(err) == diag.FetchFailed && r.reached.Load():
			lost = err
		case err != nil && ctx.Err() != nil:
			return nil, cmp.Or(lost, err)
		default:
			return result, err
		}
	}
	return nil, lost
}

// trigger has the device begin, when it is not busy any more.
func (r *run) trigger(ctx context.Context, url string) error {
	for {
		job, wait, err := r.c.Trigger(ctx, url)
		if wait > 0 && sleep(ctx, wait) == nil {
			continue
		}
		if err != nil {
			return err
		}
		r.mu.Lock()
		r.job = job
		r.mu.Unlock()
		r.report(Event{Step: Taken})
		return nil
	}
}

// address is the host that the device finds the files under, and the port, 0
// for any.
func (r *run) address() (host, port string, err error) {
	port = "0"
	if r.Listen != "" {
		if host, port, err = net.SplitHostPort(r.Listen); err != nil {
			return "", "", diag.New(diag.NotServed, "%q is not HOST:PORT", r.Listen)
		}
		if port == "" {
			port = "0"
		}
	}
	if host == "" {
		ip := r.c.LocalIP()
		if ip == nil || ip.IsUnspecified() {
			return "", "", diag.New(diag.NotServed, "it is not known under which address the device sees this machine").
				WithHint("say it with --serve HOST:PORT")
		}
		host = ip.String()
	}
	return host, port, nil
}

// bindable is host if it is an address of this machine, and else all of them:
// behind an address translation the device needs another address than ours.
func bindable(host string) string {
	if ip := net.ParseIP(host); ip != nil && !ip.IsLinkLocalUnicast() {
		if l, err := net.ListenUDP("udp", &net.UDPAddr{IP: ip}); err == nil {
			l.Close()
			return host
		}
	}
	return ""
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// follow asks until the device has decided. An answer that does not come is no
// verdict: on a bad link the next one may, until ctx ends.
func (r *run) follow(ctx context.Context) (*Result, error) {
	poll := firstPoll
	last := Event{Step: Taken}
	var silent error
	for {
		status, err := r.c.Status(ctx)
		switch {
		case err == nil:
			silent = nil
			if result, err := r.verdict(ctx, status); result != nil || err != nil {
				return result, err
			}
			// That all of the file was sent does not mean that it has come.
			if !r.Wait && status.Job == r.job && status.State == Installing {
				return &Result{Manifest: r.m, Job: r.job}, nil
			}
			if now := (Event{Step: Working, State: status.State}); now != last && status.Job == r.job {
				r.report(now)
				last = now
			}
		case ctx.Err() != nil:
			return nil, r.noVerdict(silent)
		case !isNoAnswer(err):
			return nil, err
		default:
			silent = err
		}
		select {
		case <-ctx.Done():
			return nil, r.noVerdict(silent)
		case <-time.After(poll):
		}
		poll = min(2*poll, lastPoll)
	}
}

// codeOf is 0 for errors without a code.
func codeOf(err error) diag.Code {
	var d *diag.Error
	if errors.As(err, &d) {
		return d.Code
	}
	return 0
}

func isNoAnswer(err error) bool { return codeOf(err) == diag.NoAnswer }

func (r *run) noVerdict(silent error) error {
	e := diag.New(diag.NoVerdict, "the device has taken job %d, and not said in time how it ended", r.job)
	if silent != nil {
		e.Msg += fmt.Sprintf(" (%v)", silent)
	}
	return e.WithHint("femto device slots shows what it has; --timeout gives it more time")
}

// verdict is nil as long as there is none. The slot decides before verdicts do:
// a repeated trigger may have led to a second job, which is refused since the
// first was done.
func (r *run) verdict(ctx context.Context, status *Status) (*Result, error) {
	done := &Result{Manifest: r.m, Job: r.job}
	if slot := status.slot(r.Component); !r.revokes() && slot.holds(r.m) {
		if slot.State == Waiting || slot.State == Refused {
			if slot.Code != 0 {
				return nil, transport.Refused(slot.Code, slot.Where)
			}
		}
		done.Slot = slot
		return done, nil
	}
	if r.revokes() && r.unchanged(nil, status) {
		return done, nil
	}
	if status.Job < r.job {
		return nil, diag.New(diag.NoVerdict, "the device was restarted, and does not have what job %d was to bring", r.job).
			WithHint("deploy again")
	}
	own := status.Last
	if own == nil || own.Job < r.job {
		return nil, nil
	}
	if own.Job > r.job {
		log, err := r.c.Log(ctx)
		if err != nil {
			if isNoAnswer(err) && ctx.Err() == nil {
				return nil, nil
			}
			return nil, err
		}
		i := slices.IndexFunc(log, func(v Verdict) bool { return v.Job == r.job })
		if i < 0 {
			return nil, diag.New(diag.NoVerdict, "the device has done other jobs since, and forgot how job %d ended", r.job)
		}
		own = &log[i]
	}
	if err := own.Err(); err != nil {
		return nil, err
	}
	if status.Job == own.Job && status.State == Idle {
		return nil, diag.New(diag.BadAnswer, "the device says that job %d is done, and does not have what it was to bring", r.job)
	}
	return done, nil // and was replaced since
}
