// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package riot

import (
	"encoding/hex"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/femtocontainer/femtocontainer/tests/cddl"
)

// needNetwork skips unless there can be network namespaces with tap devices.
func needNetwork(t *testing.T, programs ...string) {
	t.Helper()
	need(t, append(programs, "ip", "setsid")...)
	if os.Getuid() != 0 {
		skip(t, "network namespaces are root's")
	}
	if f, err := os.OpenFile("/dev/net/tun", os.O_RDWR, 0); err != nil {
		skip(t, "no tap devices: %v", err)
	} else {
		f.Close()
	}
}

// TestUpdateTutorial does what tutorial 4 says; see TestTutorials.
func TestUpdateTutorial(t *testing.T) {
	need(t, "git", "make", "gcc", "strings")
	needNetwork(t, "coap-client-notls", "coap-client-gnutls", "coap-server-notls")
	name := namespaceOf("tutorial")
	t.Cleanup(func() { endNetwork(name) })
	followAs(t, filepath.Join(root, "docs", "tutorial-4-update.md"), "", func(script string) string {
		return tutorialNamespace.ReplaceAllString(script, "${1}"+name)
	})
}

// tutorialNamespace is where the tutorial names its network.
var tutorialNamespace = regexp.MustCompile(`(ip (?:netns (?:add|exec|pids|delete)|-n) )femto\b`)

// A node is the example ota on a network of its own, with keys of its own, under sanitizers. (The
// one of TestUpdateTutorial is as it ships.)
type node struct {
	t         *testing.T
	namespace string
	dir       string
	app       string // copy of the example
	elf       string
	tap       string // that the device opens
	device    *exec.Cmd
}

func newNode(t *testing.T, what string) *node {
	n := newNodeAt(t, what, "tap0")
	n.connect()
	return n
}

// connect gives it an ideal link, and starts it.
func (n *node) connect() {
	n.must("ip", "-n", n.namespace, "tuntap", "add", "dev", "tap0", "mode", "tap")
	n.begin()
}

// newNodeAt is a node that does not run yet, and whose link, to tap0, is still to come.
func newNodeAt(t *testing.T, what, tap string) *node {
	t.Helper()
	return newNodeOf(t, otaExample("native64", "sanitized", sanitizedEnv...), what, tap)
}

// newNodeOf is the same with a build of the example.
func newNodeOf(t *testing.T, app application, what, tap string) *node {
	t.Helper()
	name := namespaceOf(what)
	n := &node{t: t, namespace: name, tap: tap, dir: t.TempDir(), app: filepath.Join(root, "riotpkg/examples/ota")}
	otaBuild.Lock()
	defer otaBuild.Unlock()
	makeKeys(t)
	if !otaBuilt[app.variant] {
		app.build(t)
		otaBuilt[app.variant] = true
	}
	n.elf = app.elf()

	t.Cleanup(func() { endNetwork(name); n.noReport() })
	n.must("ip", "netns", "add", name)
	n.must("ip", "-n", name, "link", "set", "lo", "up")
	return n
}

var (
	otaBuild sync.Mutex
	otaBuilt = map[string]bool{}
)

// makeKeys makes what the example is built with.
func makeKeys(t *testing.T) {
	t.Helper()
	keys := filepath.Join(root, "riotpkg/examples/ota/keys")
	require.NoError(t, os.MkdirAll(keys, 0o700))
	make := func(file string, args ...string) {
		file = filepath.Join(keys, file)
		if _, err := os.Stat(file); err != nil {
			out, err := command(t, root, os.Environ(), femto, append(args, "-o", file)...)
			require.NoError(t, err, out)
		}
	}
	for _, k := range []string{"operator", "acme", "guest"} {
		make(k+".pem", "keygen")
	}
	make("device.psk", "keygen", "--psk", "operator")
}

func otaExample(board, variant string, env ...string) application {
	return application{dir: "riotpkg/examples/ota", board: board, variant: variant, env: env}
}

func (n *node) begin() {
	n.must("ip", "-n", n.namespace, "address", "add", "fd00:fc::1/64", "dev", "tap0", "nodad")
	n.must("ip", "-n", n.namespace, "link", "set", "tap0", "up")
	n.boot()
}

func (n *node) boot() {
	log, err := os.Create(filepath.Join(n.dir, "device.log"))
	require.NoError(n.t, err)
	defer log.Close()
	n.device = exec.Command("ip", "netns", "exec", n.namespace, n.elf, "--id=1", n.tap)
	n.device.Dir, n.device.Env = n.dir, sanitizerEnv()
	n.device.Stdout, n.device.Stderr = log, log
	n.device.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	require.NoError(n.t, n.device.Start())
	n.printed("reading: ")
}

// noReport fails the test when a sanitizer has ended the device.
func (n *node) noReport() {
	n.t.Helper()
	out, _ := os.ReadFile(filepath.Join(n.dir, "device.log"))
	if sanitizerReport.Match(out) {
		n.t.Errorf("%s", out)
	}
}

var sanitizerReport = regexp.MustCompile(`AddressSanitizer|runtime error: `)

// printed waits until the device has printed the text.
func (n *node) printed(text string) {
	n.t.Helper()
	var out []byte
	for end := time.Now().Add(runTimeout); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		out, _ = os.ReadFile(filepath.Join(n.dir, "device.log"))
		if strings.Contains(string(out), text) {
			return
		}
	}
	n.t.Fatalf("the device did not print %q, but\n%s", text, out)
}

func (n *node) must(name string, args ...string) string {
	n.t.Helper()
	out, err := command(n.t, n.dir, os.Environ(), name, args...)
	require.NoError(n.t, err, "%s %v: %s", name, args, out)
	return out
}

// in runs a program on the device's network.
func (n *node) in(name string, args ...string) (string, error) {
	return command(n.t, n.dir, os.Environ(), "ip", append([]string{"netns", "exec", n.namespace, name}, args...)...)
}

func (n *node) key(name string) string { return filepath.Join(n.app, "keys", name) }

// signed is the path of a container of the example, signed by a tenant.
func (n *node) signed(update, tenant string) string {
	out := filepath.Join(n.dir, update+"."+tenant+".fc")
	n.must(femto, "build", filepath.Join(n.app, "updates", update+".c"), "-o", out+".unsigned", "--cflags", "-I"+n.app)
	n.must(femto, "sign", out+".unsigned", "--key", n.key(tenant+".pem"), "-o", out)
	return out
}

func (n *node) deploy(image, hook string, slot int) (string, error) {
	return n.in(femto, "deploy", image, "--to", "coaps://[fd00:fc::2]", "--psk", n.key("device.psk"),
		"--key", n.key("operator.pem"), "--hook", hook, "--slot", fmt.Sprint(slot), "--wait")
}

// TestOverTheNetwork installs by CoAP, over a good link and a bad one, and has
// strangers try to get in by CoAP.
func TestOverTheNetwork(t *testing.T) {
	needNetwork(t, "tc", "coap-client-notls", "coap-client-gnutls")
	n := newNode(t, "ota")

	start := time.Now()
	out, err := n.deploy(n.signed("twice", "acme"), "filter", 0)
	require.NoError(t, err, out)
	n.printed("reading: 42")
	t.Logf("first install: %v", time.Since(start))

	t.Run("unauthenticated trigger", func(t *testing.T) {
		out, err := n.in("coap-client-notls", "-m", "post", "-e", "coap://[fd00:fc::1]/x", "coap://[fd00:fc::2]/fc/suit/trigger")
		require.NoError(t, err, out)
		assert.Contains(t, out, "4.01")
	})
	t.Run("wrong pre-shared key", func(t *testing.T) {
		out, _ := n.in("coap-client-gnutls", "-B", "3", "-m", "post", "-u", "operator", "-k", "0x00112233445566778899aabbccddeeff",
			"-e", "coap://[fd00:fc::1]/x", "coaps://[fd00:fc::2]/fc/suit/trigger")
		assert.NotContains(t, out, "2.04")
	})
	t.Run("trigger in blocks", func(t *testing.T) { // of which the first would be half a URL
		psk, err := os.ReadFile(n.key("device.psk"))
		require.NoError(t, err)
		_, digits, _ := strings.Cut(strings.TrimSpace(string(psk)), ":")
		key, err := hex.DecodeString(digits)
		require.NoError(t, err)
		out, _ := n.in("coap-client-gnutls", "-B", "10", "-b", "16", "-m", "post", "-u", "operator", "-k", string(key),
			"-e", "coap://[fd00:fc::1]/half-of-it-and-the-other", "coaps://[fd00:fc::2]/fc/suit/trigger")
		assert.Contains(t, out, "4.02")
	})
	t.Run("trigger flood", func(t *testing.T) {
		for i := range 200 {
			out, err := n.in("coap-client-notls", "-N", "-B", "1", "-m", "post", "-e", strings.Repeat("x", i%100), "coap://[fd00:fc::2]/fc/suit/trigger")
			require.NoError(t, err, out)
		}
	})
	t.Run("malformed requests", func(t *testing.T) {
		for _, method := range []string{"get", "put", "delete", "fetch", "patch"} {
			n.in("coap-client-notls", "-B", "2", "-m", method, "-e", strings.Repeat("\x81", 60), "coap://[fd00:fc::2]/fc/suit/trigger")
			n.in("coap-client-notls", "-B", "2", "-m", method, "-b", "70000,16", "coap://[fd00:fc::2]/fc/suit/status")
		}
	})
	t.Run("empty datagrams", func(t *testing.T) { // RIOT keeps their packets for good
		for _, port := range []int{5683, 5684} {
			conn := dialIn(t, n.namespace, nil, &net.UDPAddr{IP: net.ParseIP("fd00:fc::2"), Port: port})
			defer conn.Close()
			for range 200 {
				_, err := conn.Write(nil)
				require.NoError(t, err)
				time.Sleep(time.Millisecond)
			}
		}
	})
	log, err := os.ReadFile(filepath.Join(n.dir, "device.log"))
	require.NoError(t, err)
	assert.Equal(t, 1, strings.Count(string(log), "suit: verifying manifest signature"), "one job, and not more")

	t.Run("the operator after all that", func(t *testing.T) {
		out, err := n.deploy(n.signed("limit", "guest"), "alarm", 0)
		require.NoError(t, err, out)
		assert.Contains(t, out, "fc/alarm/0: installed and attached")
	})

	t.Run("schema", func(t *testing.T) {
		schema, err := cddl.Load(filepath.Join(root, "docs", "deployment.cddl"))
		require.NoError(t, err)
		for _, rule := range []string{"device", "status", "log"} {
			assert.NoError(t, schema.Check(rule, body(t, n.namespace, "coap://[fd00:fc::2]/fc/suit/"+rule)))
		}
	})

	t.Run("link that loses a tenth", func(t *testing.T) {
		out, err := n.in("tc", "qdisc", "add", "dev", "tap0", "root", "netem", "loss", "10%", "delay", "50ms")
		if strings.Contains(out, "qdisc kind is unknown") {
			fmt.Printf("SKIP (optional): %s: this kernel has no netem\n", t.Name())
			t.Skip()
		}
		require.NoError(t, err, out)
		start := time.Now()
		out, err = n.deploy(n.signed("thrice", "acme"), "filter", 0)
		require.NoError(t, err, out)
		n.printed("reading: 63")
		t.Logf("%v", time.Since(start))
	})
}
