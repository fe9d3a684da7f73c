// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/femtocontainer/femtocontainer/femto/cose"
	"github.com/femtocontainer/femtocontainer/femto/deploy/deploytest"
	"github.com/femtocontainer/femtocontainer/femto/diag"
)

// device [CODE]: a device in Go, that $DEVICE and $OPEN are the URLs of, with
// and without DTLS, and the key files that go with it. It refuses each job with
// CODE.
func startDevice(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) > 1 {
		ts.Fatalf("usage: device [code]")
	}
	p, stop, err := deploytest.Start("[::1]:0", "[::1]:0", func(p *deploytest.Peer) {
		if len(args) == 1 {
			p.Refuse, _ = diag.Parse(args[0])
		}
	})
	ts.Check(err)
	ts.Defer(stop)
	ts.Setenv("DEVICE", p.Secure)
	ts.Setenv("OPEN", p.Plain)
	ts.Check(keyFiles(ts.MkAbs(".")))
}

// keyFiles writes the keys of a peer.
func keyFiles(dir string) error {
	tenant, err := cose.MarshalKey(deploytest.Tenant)
	if err != nil {
		return err
	}
	operator, err := cose.MarshalKey(deploytest.Operator)
	if err != nil {
		return err
	}
	psk := fmt.Appendf(nil, "%s:%x\n", deploytest.PSK.Identity, deploytest.PSK.Key)
	for name, b := range map[string][]byte{"tenant.pem": tenant, "operator.pem": operator, "kitchen.psk": psk} {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// serving runs femto serve in dir, and gives its address.
func serving(t *testing.T, dir string) string {
	cmd := femto(t, "serve", dir, "--listen", "[::1]:0", "-o", "json")
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		cmd.Process.Signal(os.Interrupt)
		rest, _ := io.ReadAll(out)
		assert.NoError(t, cmd.Wait(), "ends well when it is interrupted: %s", rest)
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	var v listeningView
	require.NoError(t, json.Unmarshal([]byte(line), &v))
	go io.Copy(io.Discard, out)
	return fmt.Sprintf("[::1]:%d", v.Port)
}

// tool finds a program, or says what is missing.
func tool(t *testing.T, name, debian string) string {
	path, err := exec.LookPath(name)
	if err != nil {
		fmt.Printf("SKIP: %s: %s is not installed (Debian: %s)\n", t.Name(), name, debian)
		t.SkipNow()
	}
	return path
}

func testFile(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i*i>>8 ^ i)
	}
	return b
}

// TestServeLibcoap: a client that is not ours reads files of all sizes in
// blocks of all sizes.
func TestServeLibcoap(t *testing.T) {
	client := tool(t, "coap-client-notls", "libcoap3-bin")
	dir := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(dir, "sub"), 0o777))
	secret := filepath.Join(t.TempDir(), "secret")
	require.NoError(t, os.WriteFile(secret, []byte("secret"), 0o666))
	require.NoError(t, os.Symlink(secret, filepath.Join(dir, "link")))
	sizes := []int{1, 15, 16, 17, 63, 64, 65, 1023, 1024, 1025, 3000}
	for _, n := range sizes {
		require.NoError(t, os.WriteFile(filepath.Join(dir, "sub", fmt.Sprint(n)), testFile(n), 0o666))
	}
	address := serving(t, dir)
	get := func(path string, args ...string) ([]byte, string) {
		out := filepath.Join(t.TempDir(), "out")
		cmd := exec.Command(client, append(args, "-B", "20", "-o", out, "coap://"+address+"/"+path)...)
		said, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s", said)
		b, _ := os.ReadFile(out)
		return b, string(said)
	}
	for _, n := range sizes {
		for _, block := range []string{"16", "64", "256", "1024"} {
			if n > 1024 && block == "16" {
				continue // the same again, often
			}
			b, said := get(fmt.Sprint("sub/", n), "-b", block)
			require.True(t, bytes.Equal(testFile(n), b), "%d bytes in blocks of %s: %s", n, block, said)
		}
	}
	for _, path := range []string{"nothing", "sub", "link", "../secret", "%2e%2e/secret", "", "sub/16/x"} {
		b, said := get(path)
		assert.Contains(t, said, "4.04", path)
		assert.NotContains(t, string(b), "secret")
	}
	require.NoError(t, os.WriteFile(filepath.Join(dir, "operator.pem"), []byte("secret"), 0o600))
	b, said := get("operator.pem") // which only its owner may read
	assert.Contains(t, said, "4.03")
	assert.NotContains(t, string(b), "secret")
	_, said = get("sub/16", "-m", "put", "-e", "x")
	assert.Contains(t, said, "4.05")
	b, _ = get("sub/16")
	assert.Equal(t, testFile(16), b, "it reads only")
}

// TestServeLossy: a tenth of all packets is lost, and nothing of the file.
func TestServeLossy(t *testing.T) {
	client := tool(t, "coap-client-notls", "libcoap3-bin")
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "file"), testFile(2000), 0o666))
	link := deploytest.Relay(t, serving(t, dir), deploytest.Loss(0.1, 1), 20*time.Millisecond)
	out := filepath.Join(dir, "out")
	said, err := exec.Command(client, "-m", "get", "-b", "256", "-B", "120", "-o", out, "coap://"+link+"/file").CombinedOutput()
	require.NoError(t, err, "%s", said)
	b, err := os.ReadFile(out)
	require.NoError(t, err)
	assert.True(t, bytes.Equal(testFile(2000), b))
}

var (
	consoleBlock = regexp.MustCompile("(?s)```console\n(.*?)```")
	duration     = regexp.MustCompile(`in [0-9.]+m?s`)
)

// TestDeploymentPage does what docs/deployment.md shows, on a device in Go.
func TestDeploymentPage(t *testing.T) {
	page, err := os.ReadFile(filepath.Join(docsDir, "deployment.md"))
	require.NoError(t, err)
	p := deploytest.New(t, nil)
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "average.fc"), deploytest.Signed(t, 300), 0o666))
	made := false
	n := 0
	for _, block := range consoleBlock.FindAllSubmatch(page, -1) {
		for _, step := range strings.Split(string(block[1]), "$ ")[1:] {
			line, want, _ := strings.Cut(step, "\n")
			line = strings.ReplaceAll(line, "coaps://[2001:db8::2]", p.Secure)
			line = strings.ReplaceAll(line, "coap://[2001:db8::2]", p.Plain)
			args := strings.Fields(strings.ReplaceAll(line, `"ota native64"`, p.Info.Class.String()))
			require.Equal(t, "femto", args[0])
			if args[1] != "keygen" && !made { // with the keys that the device knows instead of the new ones
				made = true
				require.NoError(t, keyFiles(dir))
				require.NoError(t, os.Rename(filepath.Join(dir, "tenant.pem"), filepath.Join(dir, "acme.pem")))
			}
			cmd := femto(t, args[1:]...)
			cmd.Dir = dir
			said, err := cmd.CombinedOutput()
			require.NoError(t, err, "%s: %s", line, said)
			if want != "" {
				assert.Equal(t, duration.ReplaceAllString(want, ""), duration.ReplaceAllString(string(said), ""), line)
			}
			n++
		}
	}
	assert.GreaterOrEqual(t, n, 10, "steps on the page")
}

func TestProgressOnTerminals(t *testing.T) {
	p := deploytest.New(t, nil)
	cmd := femto(t, "deploy", "s.fc", "--to", p.Secure, "--psk", "kitchen.psk", "--key", "operator.pem", "--hook", "timer", "--wait")
	require.NoError(t, keyFiles(cmd.Dir))
	require.NoError(t, os.WriteFile(filepath.Join(cmd.Dir, "s.fc"), deploytest.Signed(t, 3000), 0o666))
	shown := onTerminal(t, cmd)
	assert.Contains(t, shown, "3000/3000 bytes")
	assert.Contains(t, shown, "fc/timer/0: installed and attached, number 1")
	assert.Equal(t, exitOK, cmd.ProcessState.ExitCode())
}
