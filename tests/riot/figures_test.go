// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package riot

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/femtocontainer/femtocontainer/femto/cose"
	deployment "github.com/femtocontainer/femtocontainer/femto/deploy"
	container "github.com/femtocontainer/femtocontainer/femto/image"
	"github.com/femtocontainer/femtocontainer/femto/suit"
	"github.com/femtocontainer/femtocontainer/femto/transport"
)

var figures = flag.String("figures", "", "append what is measured to `FILE`, a JSON object a line, for tests/bench")

// figure tells what was measured: bytes, instructions, microseconds.
func figure(t *testing.T, what string, value int) {
	t.Helper()
	t.Logf("%s: %d", what, value)
	if *figures == "" {
		return
	}
	line, err := json.Marshal(struct {
		Test  string `json:"test"`
		What  string `json:"what"`
		Value int    `json:"value"`
	}{t.Name(), what, value})
	require.NoError(t, err)
	f, err := os.OpenFile(*figures, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	require.NoError(t, err)
	_, err = f.Write(append(line, '\n'))
	require.NoError(t, err)
	require.NoError(t, f.Close())
}

// m4 is a Cortex-M4 on which each instruction takes the same time, 1<<shift ns.
func m4(shift int) place {
	p := places[3]
	p.args = append([]string{"-icount", fmt.Sprintf("shift=%d,align=off,sleep=off", shift)}, p.args...)
	return p
}

var counted32 = regexp.MustCompile(`(?m)^([a-z0-9][^:\n]*): (\d+) (?:instructions|bytes)`)

// measured reads what a firmware printed that counts, and keeps it.
func measured(t *testing.T, output string) map[string]int {
	t.Helper()
	values := map[string]int{}
	for _, m := range counted32.FindAllStringSubmatch(output, -1) {
		n, err := strconv.Atoi(m[2])
		require.NoError(t, err)
		values[m[1]] = n
		figure(t, m[1], n)
	}
	return values
}

// TestCost counts what hooks cost on a Cortex-M4, in instructions.
func TestCost(t *testing.T) {
	term := m4(6).start(t, testApplication("cost", "nucleo-f411re", "fast"))
	term.expect(runTimeout, "empty hook: ", "the end")
	cost := measured(t, term.output())
	for _, what := range []string{"empty hook", "hook with a container that returns at once", "enqueue", "verify", "attach", "container"} {
		require.Contains(t, cost, what)
	}
	assert.LessOrEqual(t, cost["empty hook"], 20)
	assert.LessOrEqual(t, cost["hook with a container that returns at once"], 250)
	assert.LessOrEqual(t, cost["attach"], 2*cost["verify"])
	assert.LessOrEqual(t, cost["container"], 96)
}

// sized is a container of the example ota that does what it did, with so many bytes: of
// text, as far as its name lets, that is never reached and has to be verified.
func sized(t *testing.T, update string, size int, key ed25519.PrivateKey) []byte {
	t.Helper()
	img, err := container.Decode(otaImage(t, update, nil))
	require.NoError(t, err)
	b, err := img.Encode()
	require.NoError(t, err)
	missing := size - cose.SignatureSize - len(b)
	require.GreaterOrEqual(t, missing, 8)
	text := img.Text
	for at := 0; at < missing/8-1; at++ {
		slot := at * 8 % (len(text) - 8)
		img.Text = append(slices.Clip(img.Text), text[slot:slot+8]...)
	}
	img.Text = append(slices.Clip(img.Text), text[len(text)-8:]...) // exit
	img.Entries[0].Name += strings.Repeat("_", missing%8)
	b, err = img.Encode()
	require.NoError(t, err)
	b, err = cose.Sign(b, key)
	require.NoError(t, err)
	require.Len(t, b, size)
	return b
}

// TestRecheck counts what a device does at its start for each container that is installed, on
// a Cortex-M4, in instructions: its record is read, its signature checked, its text verified.
func TestRecheck(t *testing.T) {
	var memory bytes.Buffer
	sizes := []int{512, 1024, 2048}
	for _, size := range sizes {
		memory.Write(sized(t, "twice", size, acmeKey))
	}
	memory.Write(make([]byte, 8))
	file := filepath.Join(t.TempDir(), "images")
	require.NoError(t, os.WriteFile(file, memory.Bytes(), 0o644))

	p := m4(0)
	p.args = append([]string{"-device", "loader,force-raw=on,addr=0x08080000,file=" + file}, p.args...)
	term := p.start(t, testApplication("recheck", "nucleo-f411re", "fast"))
	term.expect(runTimeout, "the end: 0")
	const attached = "slot: state 1\n"
	require.Equal(t, len(sizes), strings.Count(term.output(), attached), term.output())
	cost := measured(t, term.output())
	for _, size := range sizes {
		part := func(name string) int { return cost[fmt.Sprintf("%d bytes, %s", size, name)] }
		for _, name := range []string{"signature", "hashes", "verifier", "store", "rest"} {
			assert.Positive(t, part(name), "%d bytes: %s", size, name)
		}
		assert.Greater(t, part("all"), part("signature"))
	}
	assert.Greater(t, cost["2048 bytes, verifier"], cost["1024 bytes, verifier"])
	assert.Greater(t, cost["2048 bytes, hashes"], cost["1024 bytes, hashes"])
}

var installs = flag.Int("installs", 3, "installs of TestInstallTime")

// TestInstallTime replaces a container of 1 KiB over an ideal link to native64, again and again, and
// tells the medians, in microseconds, of what passes from the trigger to the new container's first
// activation.
func TestInstallTime(t *testing.T) {
	needNetwork(t)
	n := newNodeOf(t, example("ota", "native64", "fast"), "time", "tap0") // as it ships
	n.connect()
	tenant, err := cose.ReadKey(n.key("acme.pem"))
	require.NoError(t, err)
	operator, err := cose.ReadKey(n.key("operator.pem"))
	require.NoError(t, err)
	psk, err := transport.ReadPSK(n.key("device.psk"))
	require.NoError(t, err)
	versions := []struct {
		image   []byte
		reading string
	}{{sized(t, "twice", 1024, tenant), "reading: 42\n"}, {sized(t, "thrice", 1024, tenant), "reading: 63\n"}}

	parts := []string{"trigger answered", "manifest fetched and checked", "image fetched", "image checked, stored and attached", "until the next reading"}
	took := make([][]time.Duration, len(parts)+1)
	within(t, n.namespace, func() error {
		ctx, cancel := context.WithTimeout(t.Context(), runTimeout)
		defer cancel()
		c, err := deployment.Dial(ctx, "coaps://[fd00:fc::2]", psk)
		if err != nil {
			return err
		}
		defer c.Close()
		for i := range *installs + 1 {
			v := versions[i%2]
			printed := n.watch("suit: fc/filter/0: done", v.reading)
			moments := make([]time.Time, 4, len(parts)+1) // made, taken, asked for the image, sent its last block
			job := deployment.Job{Component: suit.Slot("filter", 0), File: v.image, Key: operator, Wait: true, Report: func(e deployment.Event) {
				switch now := time.Now(); {
				case e.Step == deployment.Made:
					moments[0] = now
				case e.Step == deployment.Taken:
					moments[1] = now
				case e.Step == deployment.Fetching:
					if moments[2].IsZero() {
						moments[2] = now
					}
					moments[3] = now
				}
			}}
			if _, err := job.Run(ctx, c); err != nil {
				return err
			}
			moments = append(moments, <-printed...)
			if slices.ContainsFunc(moments, time.Time.IsZero) {
				return fmt.Errorf("install %d: %v", i, moments)
			}
			if i == 0 {
				continue // it replaces nothing, and looks for its neighbour first
			}
			for part := range parts {
				took[part] = append(took[part], moments[part+1].Sub(moments[part]))
			}
			took[len(parts)] = append(took[len(parts)], moments[len(parts)].Sub(moments[0]))
		}
		return nil
	})
	for i, what := range append(parts, "all") {
		slices.Sort(took[i])
		figure(t, what, int(took[i][len(took[i])/2].Microseconds()))
	}
	t.Logf("%d installs took %v to %v", *installs, took[len(parts)][0], took[len(parts)][*installs-1])
}

// watch tells when the device printed each of the texts, from now on.
func (n *node) watch(texts ...string) <-chan []time.Time {
	log, err := os.Open(filepath.Join(n.dir, "device.log"))
	require.NoError(n.t, err)
	_, err = log.Seek(0, io.SeekEnd)
	require.NoError(n.t, err)
	times := make(chan []time.Time, 1)
	go func() {
		defer log.Close()
		var printed []byte
		at := make([]time.Time, len(texts))
		for end := time.Now().Add(runTimeout); time.Now().Before(end) && slices.ContainsFunc(at, time.Time.IsZero); time.Sleep(time.Millisecond) {
			more, _ := io.ReadAll(log)
			printed = append(printed, more...)
			for i, text := range texts {
				if at[i].IsZero() && bytes.Contains(printed, []byte(text)) {
					at[i] = time.Now()
				}
			}
		}
		times <- at
	}()
	return times
}
