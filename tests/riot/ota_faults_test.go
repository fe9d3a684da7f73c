// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package riot

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var links = flag.Int("links", 1, "bad links of TestLossyLink")

// TestLossyLink installs a container over links that lose a tenth of all packets in
// both directions, each of which takes 50 ms: it always completes.
func TestLossyLink(t *testing.T) {
	t.Parallel() // it waits, most of the time
	needNetwork(t)
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	var nodes []*node
	var all []*link
	for i := range *links { // one after the other, because they share keys and a build
		n := newNodeAt(t, fmt.Sprint("loss", i), "dev0")
		for _, args := range [][]string{{"tuntap", "add", "dev", "dev0", "mode", "tap"}, {"link", "set", "dev0", "addrgenmode", "none"},
			{"link", "set", "dev0", "up"}} {
			n.must("ip", append([]string{"-n", n.namespace}, args...)...)
		}
		l := &link{part: 0.1, delay: 50 * time.Millisecond, random: rand.New(rand.NewPCG(seed, uint64(i)))}
		l.join(t, n.namespace, "dev0")
		n.begin()
		nodes, all = append(nodes, n), append(all, l)
	}
	image := nodes[0].signed("twice", "acme")
	type outcome struct {
		out  string
		err  error
		took time.Duration
	}
	outcomes := make([]outcome, *links)
	var ends sync.WaitGroup
	for i, n := range nodes { // at once, since they mostly wait
		ends.Go(func() {
			start := time.Now()
			out, err := n.deploying(image).CombinedOutput()
			outcomes[i] = outcome{string(out), err, time.Since(start)}
		})
	}
	ends.Wait()
	for i, o := range outcomes {
		passed, lost := all[i].counts()
		t.Logf("%.1f s, %d packets passed, %d lost", o.took.Seconds(), passed, lost)
		require.NoError(t, o.err, o.out)
		nodes[i].printed("reading: 42")
		assert.Positive(t, lost)
	}
}

// deploying is a command that installs an image in the first slot of the hook filter.
func (n *node) deploying(image string) *exec.Cmd {
	cmd := exec.Command("ip", "netns", "exec", n.namespace, femto, "deploy", image, "--to", "coaps://[fd00:fc::2]",
		"--psk", n.key("device.psk"), "--key", n.key("operator.pem"), "--hook", "filter", "--slot", "0", "--wait", "--timeout", "10m")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	return cmd
}

var kills = flag.Int("kills", 4, "of the device while it installs over CoAP")

// TestKills replaces a container over CoAP again and again, and ends the device's
// process at any time. It boots with the container that was there before or with the
// one that was to come, and its record says which.
func TestKills(t *testing.T) {
	t.Parallel()
	needNetwork(t)
	n := newNode(t, "kills")
	seed := uint64(time.Now().UnixNano())
	dice := rand.New(rand.NewPCG(seed, 1))
	t.Logf("seed %d", seed)

	type version struct{ image, reading, digest string }
	versions := []version{{image: n.signed("twice", "acme"), reading: "reading: 42"}, {image: n.signed("thrice", "acme"), reading: "reading: 63"}}
	var longest time.Duration
	for i := range versions {
		start := time.Now()
		out, err := n.deploy(versions[i].image, "filter", 0)
		require.NoError(t, err, out)
		longest = time.Since(start) // of a replacement
		n.printed(versions[i].reading)
		_, versions[i].digest = n.slot(t)
	}
	require.NotEqual(t, versions[0].digest, versions[1].digest)

	sequence, _ := n.slot(t)
	current, replaced := 1, 0
	for range *kills {
		next := 1 - current
		deploy := n.deploying(versions[next].image)
		require.NoError(t, deploy.Start())
		time.Sleep(time.Duration(dice.Int64N(int64(longest))))
		n.kill()
		_ = syscall.Kill(-deploy.Process.Pid, syscall.SIGKILL)
		_ = deploy.Wait()

		n.boot()
		n.printed("suit: fc/filter/0: attached") // while it boots, it has not looked yet
		now, digest := n.slot(t)
		if now == sequence {
			assert.Equal(t, versions[current].digest, digest, "the old number")
		} else {
			assert.Equal(t, sequence+1, now)
			assert.Equal(t, versions[next].digest, digest, "the new number")
			sequence, current = now, next
			replaced++
		}
		n.printed(versions[current].reading)
	}
	t.Logf("%d kills in replacements that take %v, %d of which were complete", *kills, longest.Round(time.Millisecond), replaced)
	if *kills >= 50 {
		assert.Positive(t, replaced)
		assert.Less(t, replaced, *kills)
	}

	// One who deploys is told, although the device has forgotten the session.
	deploy := n.deploying(versions[1-current].image)
	var out bytes.Buffer
	deploy.Stdout, deploy.Stderr = &out, &out
	require.NoError(t, deploy.Start())
	time.Sleep(longest / 2)
	n.kill()
	n.boot()
	start := time.Now()
	alarm := time.AfterFunc(150*time.Second, func() { _ = deploy.Process.Kill() })
	err := deploy.Wait()
	require.True(t, alarm.Stop(), "no end after 150 s: %s", &out)
	t.Logf("%.1f s after the device was killed: %s", time.Since(start).Seconds(), &out)
	if err != nil {
		assert.Contains(t, out.String(), "the device was restarted")
		text, err := n.deploy(versions[1-current].image, "filter", 0)
		require.NoError(t, err, text)
	}
	n.printed(versions[1-current].reading)
}

// kill ends the device, as a power cut would.
func (n *node) kill() {
	_ = syscall.Kill(-n.device.Process.Pid, syscall.SIGKILL) // and native's child
	_ = n.device.Wait()
	n.noReport()
}

// slot is the sequence number and digest of the first slot of the hook filter.
func (n *node) slot(t *testing.T) (sequence uint32, digest string) {
	t.Helper()
	out, err := n.in(femto, "device", "slots", "--to", "coap://[fd00:fc::2]", "-o", "json")
	require.NoError(t, err, out)
	var answer struct {
		Slots []struct {
			Component, State, Digest string
			Sequence                 uint32
		}
	}
	require.NoError(t, json.Unmarshal([]byte(out), &answer), out)
	for _, s := range answer.Slots {
		if s.Component == "fc/filter/0" {
			require.Equal(t, "attached", s.State)
			return s.Sequence, s.Digest
		}
	}
	t.Fatalf("nothing in the slot: %s", out)
	return 0, ""
}
