// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package deploy_test

import (
	"context"
	"crypto/sha256"
	"math"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/plgd-dev/go-coap/v3/net/blockwise"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/femtocontainer/femtocontainer/femto/cose"
	. "github.com/femtocontainer/femtocontainer/femto/deploy"
	"github.com/femtocontainer/femtocontainer/femto/deploy/deploytest"
	"github.com/femtocontainer/femtocontainer/femto/diag"
	"github.com/femtocontainer/femtocontainer/femto/suit"
	"github.com/femtocontainer/femtocontainer/femto/transport"
)

func assertCode(t *testing.T, want diag.Code, err error) *diag.Error {
	t.Helper()
	var e *diag.Error
	require.ErrorAs(t, err, &e)
	assert.Equal(t, want, e.Code, "%v", e)
	return e
}

func within(t *testing.T, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), d)
	t.Cleanup(cancel)
	return ctx
}

// run does a job on a peer that behaves as change makes it.
func runJob(t *testing.T, j *Job, change func(*deploytest.Peer)) (*Result, *deploytest.Peer, error) {
	p := deploytest.New(t, change)
	ctx := within(t, 30*time.Second)
	c, err := Dial(ctx, p.Secure, deploytest.PSK)
	require.NoError(t, err)
	defer c.Close()
	j.Key = deploytest.Operator
	if j.Component == nil {
		j.Component = suit.Slot("timer", 0)
	}
	result, err := j.Run(ctx, c)
	return result, p, err
}

func TestInstall(t *testing.T) {
	var events []Event
	img := deploytest.Signed(t, 1000)
	j := &Job{File: img, Wait: true, Report: func(e Event) { events = append(events, e) }}
	result, p, err := runJob(t, j, nil)
	require.NoError(t, err)
	sum := sha256.Sum256(img)
	assert.Equal(t, Slot{
		Component: "fc/timer/0", Sequence: 1, State: Attached, Digest: sum[:], Size: 1000, Signer: cose.ID(deploytest.Public(deploytest.Tenant)),
	}, result.Slot)
	assert.EqualValues(t, 1, result.Job)

	assert.Equal(t, Made, events[0].Step)
	assert.LessOrEqual(t, events[0].Bytes, 330)
	assert.Equal(t, "5f2c0e1a9b3d4c77", events[0].Manifest.Component.Device(), "bound unless told otherwise")
	received := 0
	for _, e := range events {
		if e.Step == Fetching {
			received = max(received, e.Received)
		}
	}
	assert.Equal(t, 1000, received)

	// Once more: it is there already.
	ctx := within(t, 30*time.Second)
	c, err := Dial(ctx, p.Secure, deploytest.PSK)
	require.NoError(t, err)
	defer c.Close()
	again, err := j.Run(ctx, c)
	require.NoError(t, err)
	assert.True(t, again.Unchanged)
	assert.EqualValues(t, 1, p.Status.Job, "no second job")

	// Another image replaces it, with the next number; then it is removed.
	j.File = deploytest.Signed(t, 999)
	other, err := j.Run(ctx, c)
	require.NoError(t, err)
	assert.EqualValues(t, 2, other.Slot.Sequence)
	j.File = nil
	removed, err := j.Run(ctx, c)
	require.NoError(t, err)
	assert.Equal(t, Slot{Component: "fc/timer/0", Sequence: 3, State: Removed}, removed.Slot)
	removed, err = j.Run(ctx, c)
	require.NoError(t, err)
	assert.True(t, removed.Unchanged)

	log, err := c.Log(ctx)
	require.NoError(t, err)
	assert.Len(t, log, 3)
	assert.Equal(t, "fc/timer/0", log[2].Component)
}

func TestEmptyAndOddSizes(t *testing.T) {
	for _, szx := range []blockwise.SZX{blockwise.SZX16, blockwise.SZX32, blockwise.SZX1024} {
		for _, n := range []int{256, 1023, 1024, 1025} {
			_, _, err := runJob(t, &Job{File: deploytest.Signed(t, n), Wait: true}, func(p *deploytest.Peer) { p.BlockSize = szx })
			require.NoError(t, err, "%d bytes", n)
		}
	}
}

func TestRevoke(t *testing.T) {
	list, err := suit.Revocation([]cose.KeyID{cose.ID(deploytest.Public(deploytest.Tenant))})
	require.NoError(t, err)
	j := &Job{Component: suit.Revoked(), File: list, Wait: true}
	_, p, err := runJob(t, j, nil)
	require.NoError(t, err)
	ctx := within(t, 30*time.Second)
	c, err := Dial(ctx, p.Secure, deploytest.PSK)
	require.NoError(t, err)
	defer c.Close()
	again, err := j.Run(ctx, c)
	require.NoError(t, err)
	assert.True(t, again.Unchanged)
	// Another key, with a number that is not newer; then with one that is.
	list, err = suit.Revocation([]cose.KeyID{{1}})
	require.NoError(t, err)
	other := &Job{Component: suit.Revoked(), File: list, Key: deploytest.Operator, Wait: true, Sequence: 1}
	_, err = other.Run(ctx, c)
	assertCode(t, diag.OldSequence, err)
	other.Sequence = 1<<32 - 1
	_, err = other.Run(ctx, c)
	require.NoError(t, err)
	assert.Len(t, p.Status.Revoked, 2)
	// What the tenant signed is not even offered any more.
	_, err = (&Job{Component: suit.Slot("timer", 0), File: deploytest.Signed(t, 200), Key: deploytest.Operator, Wait: true}).Run(ctx, c)
	assertCode(t, diag.KeyRevoked, err)
	assert.EqualValues(t, 3, p.Status.Job)
}

// TestLastOperator: what leaves a device with no operator for ever takes more than a slip.
func TestLastOperator(t *testing.T) {
	own := cose.ID(deploytest.Public(deploytest.Operator))
	other := cose.KeyID{2}
	revoke := func(operators []cose.KeyID, ids ...cose.KeyID) error {
		list, err := suit.Revocation(ids)
		require.NoError(t, err)
		_, _, err = runJob(t, &Job{Component: suit.Revoked(), File: list, Wait: true}, func(p *deploytest.Peer) { p.Info.Operators = operators })
		return err
	}
	assertCode(t, diag.BadRevocation, revoke([]cose.KeyID{own}, own))
	assertCode(t, diag.BadRevocation, revoke([]cose.KeyID{own, other}, other, own))
	require.NoError(t, revoke([]cose.KeyID{own, other}, own))
	require.NoError(t, revoke([]cose.KeyID{own, other}, other, cose.KeyID{3}))
}

// TestPieces: the name of a hook may have slashes.
func TestPieces(t *testing.T) {
	with := func(p *deploytest.Peer) {
		p.Info.MaxName, p.Info.Hooks = 63, []Hook{{Name: "coap/average", Slots: 2}}
	}
	result, _, err := runJob(t, &Job{File: deploytest.Signed(t, 200), Component: suit.Slot("coap/average", 1), Wait: true}, with)
	require.NoError(t, err)
	assert.Equal(t, "fc/coap/average/1", result.Slot.Component)
	_, _, err = runJob(t, &Job{File: deploytest.Signed(t, 200), Component: suit.Slot("coap/average", 2)}, with)
	assertCode(t, diag.UnknownSlot, err)
	_, _, err = runJob(t, &Job{File: deploytest.Signed(t, 200), Component: suit.Slot("coap", 1)}, with)
	assertCode(t, diag.UnknownHook, err)
}

func TestUnbound(t *testing.T) {
	result, _, err := runJob(t, &Job{File: deploytest.Signed(t, 200), Unbound: true, Wait: true}, nil)
	require.NoError(t, err)
	assert.Empty(t, result.Manifest.Component.Device())
}

// TestWithoutWaiting: the files are there until the device has them, whichever packet is lost
// on the way.
func TestWithoutWaiting(t *testing.T) {
	for lost := range 2 { // the request, or the answer, which is all of the file
		t.Run(strconv.Itoa(lost), func(t *testing.T) {
			t.Parallel()
			result, p, err := runJob(t, &Job{File: deploytest.Signed(t, 500)}, func(p *deploytest.Peer) {
				fetches := 0
				p.BlockSize = blockwise.SZX1024
				p.Via = func(server string) string {
					fetches++
					image, passed := fetches == 2, 0
					return deploytest.Relay(t, server, func(int) bool { passed++; return image && passed == lost+1 }, 0)
				}
			})
			require.NoError(t, err)
			assert.EqualValues(t, 1, result.Job)
			p.Jobs.Wait()
			assert.Len(t, p.Status.Slots, 1)
		})
	}
}

// TestRefusals: the device's reason is the error.
func TestRefusals(t *testing.T) {
	where := uint32(12)
	for _, code := range []diag.Code{diag.WrongDigest, diag.BadManifest, diag.StorageFull, diag.TenantRefused} {
		_, _, err := runJob(t, &Job{File: deploytest.Signed(t, 200), Wait: true}, func(p *deploytest.Peer) { p.Refuse, p.Where = code, &where })
		e := assertCode(t, code, err)
		assert.Contains(t, e.Msg, "the device refuses: "+code.Short())
	}
	_, _, err := runJob(t, &Job{File: deploytest.Signed(t, 200), Wait: true}, func(p *deploytest.Peer) { p.Refuse, p.Where = diag.BadManifest, &where })
	assert.Contains(t, err.Error(), "at byte 12 of the manifest")
	_, _, err = runJob(t, &Job{File: deploytest.Signed(t, 200), Wait: true}, func(p *deploytest.Peer) { p.Refuse, p.Where = diag.BadTarget, &where })
	assert.Equal(t, 12, assertCode(t, diag.BadTarget, err).PC)
	_, _, err = runJob(t, &Job{File: deploytest.Signed(t, 200), Wait: true}, func(p *deploytest.Peer) { p.Refuse = 4999 })
	assertCode(t, 4999, err)
	_, _, err = runJob(t, &Job{File: deploytest.Signed(t, 200), Wait: true}, func(p *deploytest.Peer) { p.Keep, p.Why = Waiting, diag.AttachRefused })
	assertCode(t, diag.AttachRefused, err)
	_, _, err = runJob(t, &Job{File: deploytest.Signed(t, 200), Wait: true, Sequence: 5}, func(p *deploytest.Peer) {
		p.Status.Slots = []Slot{{Component: "fc/timer/0", Sequence: 5, State: Removed}}
	})
	assert.Contains(t, assertCode(t, diag.OldSequence, err).Msg, "it has done number 5")
}

// TestRepeatedTrigger: the second job is refused since the first was done, and
// that is no failure.
func TestRepeatedTrigger(t *testing.T) {
	result, p, err := runJob(t, &Job{File: deploytest.Signed(t, 200), Wait: true}, func(p *deploytest.Peer) { p.Twice = true })
	require.NoError(t, err)
	assert.Equal(t, Attached, result.Slot.State)
	p.Jobs.Wait()
	// or came too late to fetch anything
	assert.Contains(t, []diag.Code{diag.OldSequence, diag.FetchFailed}, p.Status.Last.Code)
	// When the first one failed, its own reason counts.
	_, _, err = runJob(t, &Job{File: deploytest.Signed(t, 200), Wait: true}, func(p *deploytest.Peer) { p.Twice, p.Refuse = true, diag.StorageFull })
	assertCode(t, diag.StorageFull, err)
}

// TestFetchedAgain: a device that did not get the files is sent for them again, but not for ever,
// and not if it never found the way.
func TestFetchedAgain(t *testing.T) {
	result, _, err := runJob(t, &Job{File: deploytest.Signed(t, 200), Wait: true}, func(p *deploytest.Peer) { p.Lose = 2 })
	require.NoError(t, err)
	assert.EqualValues(t, 3, result.Job)
	_, p, err := runJob(t, &Job{File: deploytest.Signed(t, 200), Wait: true}, func(p *deploytest.Peer) { p.Lose = math.MaxInt })
	assertCode(t, diag.FetchFailed, err)
	p.Jobs.Wait()
	assert.EqualValues(t, 4, p.Status.Job)
	_, p, err = runJob(t, &Job{File: deploytest.Signed(t, 200), Wait: true}, func(p *deploytest.Peer) { p.Via = func(string) string { return "[::1]:1" } })
	assertCode(t, diag.FetchFailed, err)
	p.Jobs.Wait()
	assert.EqualValues(t, 1, p.Status.Job)
}

func TestBusy(t *testing.T) {
	_, _, err := runJob(t, &Job{File: deploytest.Signed(t, 200), Wait: true}, func(p *deploytest.Peer) { p.Busy = 1 })
	require.NoError(t, err)

	p := deploytest.New(t, func(p *deploytest.Peer) { p.Busy = math.MaxInt })
	ctx := within(t, 1500*time.Millisecond)
	c, err := Dial(ctx, p.Secure, deploytest.PSK)
	require.NoError(t, err)
	defer c.Close()
	_, err = (&Job{Component: suit.Slot("timer", 0), File: deploytest.Signed(t, 200), Key: deploytest.Operator, Wait: true}).Run(ctx, c)
	assertCode(t, diag.Busy, err)
}

func TestNoVerdict(t *testing.T) {
	_, _, err := runJob(t, &Job{File: deploytest.Signed(t, 200), Wait: true}, func(p *deploytest.Peer) { p.Restart = true })
	assertCode(t, diag.NoVerdict, err)
	_, _, err = runJob(t, &Job{File: deploytest.Signed(t, 200), Wait: true}, func(p *deploytest.Peer) { p.Pretend = true })
	assertCode(t, diag.BadAnswer, err)
}

// TestRefusedHere: what the device would refuse does not cost it a job.
func TestRefusedHere(t *testing.T) {
	for why, c := range map[string]struct {
		want   diag.Code
		job    Job
		change func(*deploytest.Peer)
	}{
		"too long":         {diag.TooLong, Job{File: deploytest.Signed(t, 1000)}, func(p *deploytest.Peer) { p.Info.MaxImage = 999 }},
		"unknown hook":     {diag.UnknownHook, Job{File: deploytest.Signed(t, 200), Component: suit.Slot("tiemr", 0)}, nil},
		"unknown slot":     {diag.UnknownSlot, Job{File: deploytest.Signed(t, 200), Component: suit.Slot("timer", 2)}, nil},
		"long name":        {diag.BadComponent, Job{File: deploytest.Signed(t, 200), Component: suit.Slot("thermometer", 0)}, nil},
		"unsigned":         {diag.Unsigned, Job{File: deploytest.Signed(t, 200)[:0:0]}, nil},
		"another operator": {diag.ManifestSignature, Job{File: deploytest.Signed(t, 200)}, func(p *deploytest.Peer) { p.Info.Operators = []cose.KeyID{{1}} }},
		"revoked operator": {diag.OperatorRevoked, Job{File: deploytest.Signed(t, 200)}, func(p *deploytest.Peer) {
			p.Status.Revoked = []cose.KeyID{cose.ID(deploytest.Public(deploytest.Operator))}
		}},
		"no more numbers": {diag.OldSequence, Job{File: deploytest.Signed(t, 200)}, func(p *deploytest.Peer) {
			p.Status.Slots = []Slot{{Component: "fc/timer/0", Sequence: math.MaxUint32, State: Removed}}
		}},
	} {
		t.Run(why, func(t *testing.T) {
			if why == "unsigned" {
				img := deploytest.Signed(t, 200)
				img = img[:len(img)-cose.SignatureSize]
				img[8] = 0
				c.job.File = img
			}
			_, p, err := runJob(t, &c.job, c.change)
			assertCode(t, c.want, err)
			assert.Zero(t, p.Status.Job)
		})
	}
}

// TestLossyLink: a tenth of all packets is lost, on all legs, DTLS included.
func TestLossyLink(t *testing.T) {
	t.Parallel()
	p := deploytest.New(t, func(p *deploytest.Peer) {
		p.BlockSize = blockwise.SZX256
		p.Via = func(server string) string {
			return deploytest.Relay(t, server, deploytest.Loss(0.1, 2), 20*time.Millisecond)
		}
	})
	ctx := within(t, 4*time.Minute)
	_, address, err := transport.Address(p.Secure)
	require.NoError(t, err)
	c, err := Dial(ctx, "coaps://"+deploytest.Relay(t, address, deploytest.Loss(0.1, 1), 20*time.Millisecond), deploytest.PSK)
	require.NoError(t, err)
	defer c.Close()
	result, err := (&Job{Component: suit.Slot("timer", 0), File: deploytest.Signed(t, 1000), Key: deploytest.Operator, Wait: true}).Run(ctx, c)
	require.NoError(t, err)
	assert.Equal(t, Attached, result.Slot.State)
}

// TestStuckHandshake: a handshake that leads nowhere is followed by another.
func TestStuckHandshake(t *testing.T) {
	t.Parallel()
	_, address, err := transport.Address(deploytest.New(t, nil).Secure)
	require.NoError(t, err)
	began := time.Now()
	link := deploytest.Relay(t, address, func(client int) bool {
		assert.Zero(t, client, "tinydtls knows what to drop by the port")
		return time.Since(began) < 4*time.Second
	}, 0)
	c, err := Dial(within(t, 20*time.Second), "coaps://"+link, deploytest.PSK)
	require.NoError(t, err)
	c.Close()
}

// TestAuthentication: nothing changes without the pre-shared key.
func TestAuthentication(t *testing.T) {
	p := deploytest.New(t, nil)
	ctx := within(t, 20*time.Second)
	open, err := Dial(ctx, p.Plain, nil)
	require.NoError(t, err)
	defer open.Close()
	_, err = open.Status(ctx)
	require.NoError(t, err, "reading is open")
	_, err = (&Job{Component: suit.Slot("timer", 0), File: deploytest.Signed(t, 200), Key: deploytest.Operator}).Run(ctx, open)
	assertCode(t, diag.NotAuthenticated, err)
	_, _, err = open.Trigger(ctx, "coap://[::1]/a.suit")
	assert.Contains(t, assertCode(t, diag.NotAuthenticated, err).Msg, "the device refuses")
	assert.Zero(t, p.Status.Job)

	_, err = Dial(ctx, p.Secure, nil)
	assertCode(t, diag.NotAdmitted, err)
	_, err = Dial(ctx, p.Secure, &transport.PSK{Identity: "nobody", Key: deploytest.PSK.Key})
	assert.Error(t, err)
	short := within(t, 2*time.Second)
	_, err = Dial(short, p.Secure, &transport.PSK{Identity: deploytest.PSK.Identity, Key: []byte("another key 1234")})
	assert.Error(t, err)
}

func TestNobodyThere(t *testing.T) {
	ctx := within(t, time.Second)
	c, err := Dial(ctx, "coap://[::1]:9", nil)
	require.NoError(t, err)
	defer c.Close()
	_, err = c.Info(ctx)
	assertCode(t, diag.NoAnswer, err)
	_, err = Dial(within(t, time.Second), "coaps://[::1]:9", deploytest.PSK)
	assertCode(t, diag.NoAnswer, err)
}

// TestChangingAnswer: blocks of different answers are not mixed.
func TestChangingAnswer(t *testing.T) {
	p := deploytest.New(t, func(p *deploytest.Peer) { p.Volatile = true })
	ctx := within(t, 20*time.Second)
	c, err := Dial(ctx, p.Plain, nil)
	require.NoError(t, err)
	defer c.Close()
	_, err = c.Info(ctx)
	assert.Contains(t, assertCode(t, diag.BadAnswer, err).Msg, "changes faster than it can be read")
}

// TestEndlessAnswer: an answer is read up to a length, whatever a device says.
func TestEndlessAnswer(t *testing.T) {
	p := deploytest.New(t, func(p *deploytest.Peer) {
		p.BlockSize, p.Info.ClassName = blockwise.SZX1024, strings.Repeat("x", 1<<20)
	})
	ctx := within(t, 20*time.Second)
	c, err := Dial(ctx, p.Plain, nil)
	require.NoError(t, err)
	defer c.Close()
	_, err = c.Info(ctx)
	assert.Contains(t, assertCode(t, diag.BadAnswer, err).Msg, "more than 65536 bytes")
}

func TestBecomesShorter(t *testing.T) {
	p := deploytest.New(t, func(p *deploytest.Peer) { p.BlockSize = blockwise.SZX1024; p.Shorter = true })
	ctx := within(t, 20*time.Second)
	c, err := Dial(ctx, p.Plain, nil)
	require.NoError(t, err)
	defer c.Close()
	info, err := c.Info(ctx)
	require.NoError(t, err)
	assert.Equal(t, p.Info.Class, info.Class)
}
