// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package riot

import (
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestReplace brings both containers of the example sensor to a device by the
// network, and replaces both while they run.
func TestReplace(t *testing.T) {
	need(t, "coap-client-notls")
	app := application{dir: "tests/riot/replace", board: "native64", variant: "fast", env: []string{"USEMODULE=femtocontainer_fast"}}
	app.build(t)
	n := newNetwork(t)
	home := t.TempDir()
	inHome := func(name string) string { return filepath.Join(home, name) }
	for name, key := range map[string]byte{"operator.pem": 1, "acme.pem": 3} { // as in deploy/keys
		der, err := x509.MarshalPKCS8PrivateKey(testKey(key))
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(inHome(name), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600))
	}
	require.NoError(t, os.WriteFile(inHome("test.psk"), []byte("test:7369787465656e2062797465732e2e2e\n"), 0o600))

	run := func(args ...string) string {
		t.Helper()
		out, err := n.command("timeout", append([]string{"-k", "1", "150", femto}, args...)...).CombinedOutput()
		require.NoError(t, err, "femto %s: %s", strings.Join(args, " "), out)
		return string(out)
	}
	deploy := func(source, hook string) {
		t.Helper()
		name := strings.TrimSuffix(filepath.Base(source), ".c")
		run("build", filepath.Join(root, source), "-o", inHome(name+".fc"), "--cflags", "-I"+filepath.Join(root, "riotpkg/examples/sensor"))
		run("sign", inHome(name+".fc"), "--key", inHome("acme.pem"), "-o", inHome(name+".signed.fc"))
		run("deploy", inHome(name+".signed.fc"), "--to", "coaps://["+theirAddress+"]", "--psk", inHome("test.psk"),
			"--key", inHome("operator.pem"), "--hook", hook, "--slot", "0", "--wait")
	}
	answers := func(want string) {
		t.Helper()
		have := ""
		for range 50 {
			if have = n.coap("/average"); have == want {
				return
			}
			time.Sleep(100 * time.Millisecond)
		}
		assert.Equal(t, want, have)
	}

	term := openTerminal(t, home, nil, "ip", "netns", "exec", n.name, app.elf(), "tap0")
	term.expect(runTimeout, "start: 0\n")
	n.reach(t)
	assert.Equal(t, "5.03", n.coap("/average"), "nobody to answer")

	deploy("riotpkg/examples/sensor/containers/respond.c", "coap-average")
	assert.Equal(t, "5.03", n.coap("/average"), "the container says that there is no average yet")
	deploy("riotpkg/examples/sensor/containers/average.c", "sampler")
	answers("20.50")
	deploy("tests/riot/replace/updates/doubled.c", "sampler")
	answers("41.00")
	deploy("tests/riot/replace/updates/respond2.c", "coap-average")
	answers("41.00 C")

	list := run("device", "list", "--to", "coap://["+theirAddress+"]")
	assert.Regexp(t, `(?m)^ +\d+ +\S+ +acme +sampler +running$`, list)
	assert.Regexp(t, `(?m)^ +\d+ +\S+ +acme +coap-average +attached$`, list)
	assert.Equal(t, 3, strings.Count(list, "\n"), "the old ones are gone: %s", list)
}
