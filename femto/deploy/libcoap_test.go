// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package deploy_test

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	. "github.com/femtocontainer/femtocontainer/femto/deploy"
	"github.com/femtocontainer/femtocontainer/femto/deploy/deploytest"
	"github.com/femtocontainer/femtocontainer/femto/diag"
	"github.com/femtocontainer/femtocontainer/femto/suit"
)

// libcoap finds one of its programs, or says what is missing.
func libcoap(t *testing.T, name string) string {
	path, err := exec.LookPath(name)
	if err != nil {
		fmt.Printf("SKIP: %s: %s is not installed (Debian: libcoap3-bin)\n", t.Name(), name)
		t.SkipNow()
	}
	return path
}

// TestLibcoapClient: a client that is not ours brings an image onto a device,
// as docs/deployment.md says how.
func TestLibcoapClient(t *testing.T) {
	client := libcoap(t, "coap-client-openssl")
	p := deploytest.New(t, nil)
	img := deploytest.Signed(t, 300)
	server, err := Listen("[::1]:0")
	require.NoError(t, err)
	defer server.Close()
	base := "coap://[::1]:" + strconv.Itoa(server.Port())
	m := suit.Manifest{
		Sequence: 9, Component: suit.Slot("timer", 0), Vendor: p.Info.Vendor, Class: p.Info.Class, URL: base + "/a.fc",
	}
	require.NoError(t, m.Of(img))
	manifest, err := m.Sign(suit.RIOT09, deploytest.Operator)
	require.NoError(t, err)
	server.Serve(Map{"a.fc": NewFile(img), "a.suit": NewFile(manifest)}, nil)

	trigger := func(url string, args ...string) {
		args = append(args, "-B", "10", "-m", "post", "-e", base+"/a.suit", url+TriggerPath)
		out, err := exec.Command(client, args...).CombinedOutput()
		require.NoError(t, err, "%s", out)
	}
	trigger(p.Plain)
	assert.Zero(t, p.Status.Job)
	trigger(p.Secure, "-u", deploytest.PSK.Identity, "-k", string(deploytest.PSK.Key))
	p.Jobs.Wait()
	require.Len(t, p.Status.Slots, 1)
	assert.EqualValues(t, 9, p.Status.Slots[0].Sequence)
}

// TestLibcoapServer: our client and a DTLS server that is not ours understand
// each other, and it is seen that the server is no device.
func TestLibcoapServer(t *testing.T) {
	program := libcoap(t, "coap-server-openssl")
	l, err := net.ListenPacket("udp", "[::1]:0") // two ports that are probably free
	require.NoError(t, err)
	port := l.LocalAddr().(*net.UDPAddr).Port
	l.Close()
	log, err := os.Create(filepath.Join(t.TempDir(), "log"))
	require.NoError(t, err)
	defer log.Close()
	cmd := exec.Command(program, "-A", "::1", "-p", strconv.Itoa(port), "-k", string(deploytest.PSK.Key))
	cmd.Stdout, cmd.Stderr = log, log
	require.NoError(t, cmd.Start())
	defer func() {
		cmd.Process.Kill()
		cmd.Wait()
	}()
	var c *Client
	for range 20 { // until it listens
		if c, err = Dial(within(t, 5*time.Second), "coaps://[::1]:"+strconv.Itoa(port+1), deploytest.PSK); err == nil {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	require.NoError(t, err)
	defer c.Close()
	_, err = c.Info(within(t, 5*time.Second))
	e := assertCode(t, diag.BadAnswer, err)
	assert.True(t, strings.HasSuffix(e.Msg, "with 4.04"), e.Msg)
}
