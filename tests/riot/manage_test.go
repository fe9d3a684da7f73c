// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package riot

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/fxamacker/cbor/v2"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/femtocontainer/femtocontainer/tests/cddl"
)

// A managed device is tests/riot/manage on a network of its own, under sanitizers.
type managed struct {
	*network
	term *terminal
	psk  string // file with the key
}

const managedKey = "0123456789abcdef"

func newManaged(t *testing.T) *managed {
	need(t, "coap-client-notls", "coap-client-openssl")
	app := application{dir: "tests/riot/manage", board: "native64", variant: "asan", env: []string{sanitize}}
	app.build(t)
	n := newNetwork(t)
	m := &managed{n, n.boot(app.elf(), "ready 0 0\n"), filepath.Join(t.TempDir(), "psk")}
	require.NoError(t, os.WriteFile(m.psk, fmt.Appendf(nil, "operator:%x\n", managedKey), 0o600))
	return m
}

// device runs femto device over CoAPs.
func (m *managed) device(args ...string) (string, error) {
	args = append([]string{"-k", "1", "60", femto, "device"}, append(args, "--to", "coaps://["+theirAddress+"]", "--psk", m.psk)...)
	out, err := m.command("timeout", args...).CombinedOutput()
	return string(out), err
}

func (m *managed) try(name string, args ...string) (string, error) {
	out, err := m.command(name, args...).CombinedOutput()
	return string(out), err
}

func (m *managed) done(t *testing.T, want string, args ...string) {
	t.Helper()
	out, err := m.device(args...)
	require.NoError(t, err, "%v: %s", args, out)
	assert.Contains(t, out, want)
}

func (m *managed) refused(t *testing.T, want string, args ...string) {
	t.Helper()
	out, err := m.device(args...)
	assert.Error(t, err, "%v: %s", args, out)
	assert.Contains(t, out, want)
}

// typed is what a shell command of the device prints, up to the next prompt. What is
// typed meanwhile would be echoed into it.
func (m *managed) typed(line string) string {
	m.t.Helper()
	before := len(m.term.output())
	m.term.typeLine(line)
	for stop := time.Now().Add(runTimeout); ; time.Sleep(5 * time.Millisecond) {
		_, out, _ := strings.Cut(m.term.output()[before:], line)
		if out, _, ended := strings.Cut(out, "\n> "); ended {
			return strings.TrimSpace(out)
		}
		if time.Now().After(stop) {
			m.t.Fatalf("%q did not end, but the device printed\n%s", line, tail(m.term.output(), 30))
		}
	}
}

var listed = regexp.MustCompile(`(?m)^(?:> )?( *\d+ \w+ +\w+ +[\w-]+ +\w+|(?:local|tenant|global) +\d+ +\d+ +\d+ \w*)`)

// state is all that requests can change: containers without their counters, and
// what is in stores.
func (m *managed) state() (lines []string) {
	for _, line := range listed.FindAllStringSubmatch(m.typed("fc list")+"\n"+m.typed("fc kv"), -1) {
		lines = append(lines, strings.Join(strings.Fields(line[1]), " "))
	}
	return lines
}

// openssl asks with libcoap's client over DTLS, and plain without. Payload is
// what a request has.
func (m *managed) openssl(key string, payload []byte) string {
	return m.libcoap(payload, "coap-client-openssl", "-u", "operator", "-k", key, "coaps://["+theirAddress+"]/fc/manage")
}

func (m *managed) plain(payload []byte, method string) string {
	return m.libcoap(payload, "coap-client-notls", "-m", method, "coap://["+theirAddress+"]/fc/manage")
}

func (m *managed) libcoap(payload []byte, client string, args ...string) string {
	m.t.Helper()
	file := filepath.Join(m.t.TempDir(), "payload")
	require.NoError(m.t, os.WriteFile(file, payload, 0o600))
	args = append([]string{"-k", "1", "30", client, "-B", "10", "-m", "post", "-t", "60", "-f", file}, args...)
	out, _ := m.command("timeout", args...).CombinedOutput()
	return string(out)
}

func request(t *testing.T, items ...any) []byte {
	b, err := cbor.Marshal(items)
	require.NoError(t, err)
	return b
}

// TestManage changes what containers do and what is in stores over CoAPs, as the
// operator and as those who would like to be.
func TestManage(t *testing.T) {
	m := newManaged(t)
	t.Run("operator", func(t *testing.T) { testOperator(t, m) })
	t.Run("reading", func(t *testing.T) {
		m.done(t, "attached", "list")
		m.done(t, "container 1, sleeper", "info", "1")
		m.done(t, "native64, RIOT ", "info")
		m.done(t, "ACTIVATIONS", "stats")
	})
	t.Run("schema", func(t *testing.T) { testSchema(t, m) })
	t.Run("libcoap", func(t *testing.T) {
		assert.Empty(t, m.openssl(managedKey, request(t, 5, 3, 255, 9, []byte("libcoap"), false)))
		assert.Contains(t, m.typed("fc kv"), "global     0          9     7 6c6962636f6170")
		assert.Empty(t, m.openssl(managedKey, request(t, 6, 3, 255, 9)))
		assert.NotContains(t, m.typed("fc kv"), "6c6962636f6170")
		assert.Contains(t, m.openssl(managedKey, request(t, 6, 3, 255, 9)), "4.04")
	})
	t.Run("strangers", func(t *testing.T) { testStrangers(t, m) })
	t.Run("half-open handshakes", func(t *testing.T) { testHalfOpen(t, m) })
	t.Run("malformed", func(t *testing.T) { testMalformed(t, m) })
	t.Run("blocks", func(t *testing.T) { testBlocks(t, m) })
	t.Run("replay", func(t *testing.T) { testReplay(t, m) })
	out := m.term.output()
	assert.NotContains(t, out, "runtime error")
	assert.NotContains(t, out, "AddressSanitizer")
}

// TestNeedsDTLS compiles what all resources that change something are linked with,
// without gcoap_dtls. (The other headers are not there; the first error counts.)
func TestNeedsDTLS(t *testing.T) {
	need(t, "gcc")
	source := filepath.Join(root, "riotpkg/femtocontainer/contrib/operator.c")
	const complaint = "it needs gcoap_dtls"
	out, err := command(t, t.TempDir(), os.Environ(), "gcc", "-E", source)
	assert.Error(t, err)
	assert.Contains(t, out, complaint)
	out, _ = command(t, t.TempDir(), os.Environ(), "gcc", "-E", "-DMODULE_GCOAP_DTLS", source)
	assert.NotContains(t, out, complaint)
	for _, file := range []string{"suit_coap.c", "manage.c"} { // hence not without it
		b, err := os.ReadFile(filepath.Join(filepath.Dir(source), file))
		require.NoError(t, err)
		assert.Contains(t, string(b), "!femto_operator_asks(")
	}
}

func testOperator(t *testing.T, m *managed) {
	m.refused(t, "FC2040", "attach", "7", "reading")
	m.refused(t, "FC2041", "attach", "0", "absent")
	m.refused(t, "FC2041", "attach", "0", "nothing")
	m.refused(t, "FC2046", "detach", "0")
	m.done(t, "container 0: attached to reading", "attach", "0", "reading")
	m.refused(t, "FC2046", "attach", "0", "reading")
	m.refused(t, "FC2025", "attach", "2", "reading")
	assert.Contains(t, m.typed("reading"), "reading 1")
	assert.Contains(t, m.typed("reading"), "reading 2")

	m.done(t, "store of container 0: key 1 set", "store", "set", "1", "3", "--container", "0")
	m.done(t, "store of tenant acme: key 1 set", "store", "set", "1", "4", "--tenant", "acme", "--keep")
	m.done(t, "store of all: key 1 set", "store", "set", "1", "5", "--global", "--tenant", "acme")
	assert.Contains(t, m.typed("reading"), "reading 5433", "the container sees them")
	m.refused(t, "FC4032", "store", "set", "2", "3", "--container", "0") // acme has 3 entries
	m.done(t, "", "store", "delete", "1", "--tenant", "acme")
	m.refused(t, "FC4031", "store", "delete", "1", "--tenant", "acme")
	assert.Contains(t, m.typed("reading"), "reading 5034")
	m.refused(t, "FC4030", "store", "set", "2", "3", "--container", "9")
	m.refused(t, "no tenant \"nobody\"", "store", "set", "2", "3", "--tenant", "nobody")
	m.refused(t, "FC4033", "store", "set", "2", "hex:"+strings.Repeat("00", 65), "--container", "0")
	m.refused(t, "64 bytes at most", "store", "set", "2", "hex:"+strings.Repeat("00", 65), "--container", "0")
	m.done(t, "", "store", "set", "8", "1", "--global")
	m.done(t, "", "store", "set", "9", "hex:", "--global")
	m.refused(t, "FC4032", "store", "set", "10", "1", "--global") // the firmware has 2
	m.done(t, "", "store", "delete", "8", "--global")
	m.done(t, "", "store", "delete", "9", "--global")

	m.done(t, "container 0: running", "run", "0")
	assert.Contains(t, m.typed("reading"), "reading 5031", "with its initial data")
	m.refused(t, "FC2046", "stop", "0") // it has no thread
	m.done(t, "container 0: detached", "detach", "0")
	assert.Contains(t, m.typed("reading"), "reading -1", "nobody answers")
	m.done(t, "", "attach", "0", "reading")

	m.done(t, "", "attach", "1", "service")
	assert.Regexp(t, `1 sleeper +acme +service +running`, m.typed("fc list"))
	m.done(t, "container 1: stopped", "stop", "1")
	assert.Regexp(t, `1 sleeper +acme +service +ended`, m.typed("fc list"))
	m.refused(t, "FC2046", "stop", "1")
	m.done(t, "", "run", "1")
	assert.Regexp(t, `1 sleeper +acme +service +running`, m.typed("fc list"))
}

// testSchema compares what the device tells with docs/*.cddl.
func testSchema(t *testing.T, m *managed) {
	schema, err := cddl.Load(filepath.Join(root, "docs", "device-views.cddl"))
	require.NoError(t, err)
	for path, rule := range map[string]string{
		"device": "device", "contract": "contract", "containers": "containers", "containers/0": "container", "stats/device": "device-stats",
		"stats/containers/0": "container-stats", "stats/hooks/0": "hook-stats", "stats/tenants/0": "tenant-stats",
	} {
		assert.NoError(t, schema.Check(rule, body(t, m.name, "coap://["+theirAddress+"]/fc/"+path)), path)
	}
	schema, err = cddl.Load(filepath.Join(root, "docs", "deployment.cddl"))
	require.NoError(t, err)
	conn := m.dialFrom(nil, 5683)
	defer conn.Close()
	answer := make([]byte, 64)
	for range 20 { // it may get lost on a busy machine
		_, err = conn.Write([]byte("\x40\x02\x12\x34\xb2fc\x06manage"))
		require.NoError(t, err)
		require.NoError(t, conn.SetReadDeadline(time.Now().Add(time.Second)))
		n, err := conn.Read(answer)
		if err == nil {
			answer = answer[:n]
			break
		}
	}
	_, refusal, _ := bytes.Cut(answer, []byte{0xff})
	assert.NoError(t, schema.Check("refusal", refusal), "%x", answer)
}

// body is the payload of an answer that libcoap's client gets in a namespace.
func body(t *testing.T, namespace, url string, args ...string) []byte {
	t.Helper()
	file := filepath.Join(t.TempDir(), "body")
	args = append([]string{"netns", "exec", namespace, "timeout", "-k", "1", "30", "coap-client-notls", "-B", "20", "-o", file}, append(args, url)...)
	out, err := exec.Command("ip", args...).CombinedOutput()
	require.NoError(t, err, "%s", out)
	b, err := os.ReadFile(file)
	require.NoError(t, err, "%s", out)
	return b
}

// everything is one request of each kind that would change something.
func everything(t *testing.T) [][]byte {
	return [][]byte{
		request(t, 1, 2, "reading"), request(t, 2, 0), request(t, 3, 0), request(t, 4, 1),
		request(t, 5, 1, 0, 1, []byte("1234"), false), request(t, 6, 1, 0, 1),
	}
}

// testStrangers has those without the key try each request.
func testStrangers(t *testing.T, m *managed) {
	before := m.state()
	require.Contains(t, before, "0 sum acme reading attached")
	require.Len(t, before, 5)
	for i, r := range everything(t) {
		out := m.plain(r, "post")
		assert.Contains(t, out, "4.01", "request %d over plain CoAP", i)
		for _, method := range []string{"get", "put", "delete", "fetch", "patch", "ipatch"} {
			assert.Contains(t, m.plain(r, method), "4.0", "%s over plain CoAP", method)
		}
	}
	out := m.libcoap(everything(t)[1], "coap-client-openssl", "-B", "3", "-u", "operator", "-k", "0123456789abcdeg", "coaps://["+theirAddress+"]/fc/manage")
	assert.NotContains(t, out, "2.04")
	out, err := m.try("timeout", "-k", "1", "60", femto, "device", "detach", "0", "--timeout", "3s",
		"--to", "coap://["+theirAddress+"]")
	assert.Error(t, err)
	assert.Contains(t, out, "FC4028")
	wrong := filepath.Join(t.TempDir(), "wrong")
	for _, line := range []string{"operator:00112233445566778899aabbccddeeff\n", "nobody:" + hex.EncodeToString([]byte(managedKey)) + "\n"} {
		require.NoError(t, os.WriteFile(wrong, []byte(line), 0o600))
		out, err := m.try("timeout", "-k", "1", "60", femto, "device", "detach", "0", "--timeout", "3s",
			"--to", "coaps://["+theirAddress+"]", "--psk", wrong)
		assert.Error(t, err, "%s", out)
	}
	assert.Equal(t, before, m.state())
	m.done(t, "attached", "list") // the operator still gets in
}

// A client of DTLS that is up to no good: it can go no further than the server's
// first flight, which everybody can.
type halfOpen struct {
	t      *testing.T
	conn   net.Conn
	record uint16
}

// send sends a handshake message in a record of its own, of epoch 0.
func (h *halfOpen) send(kind byte, sequence uint16, body []byte) {
	h.t.Helper()
	n := len(body)
	b := []byte{22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, byte(h.record >> 8), byte(h.record), byte((n + 12) >> 8), byte(n + 12),
		kind, 0, byte(n >> 8), byte(n), byte(sequence >> 8), byte(sequence), 0, 0, 0, 0, byte(n >> 8), byte(n)}
	h.record++
	_, err := h.conn.Write(append(b, body...))
	require.NoError(h.t, err)
}

func clientHello(cookie []byte) []byte {
	b := append([]byte{0xfe, 0xfd}, make([]byte, 32)...) // version, random
	b = append(append(b, 0, byte(len(cookie))), cookie...)
	return append(b, 0, 2, 0xc0, 0xa8, 1, 0, // TLS_PSK_WITH_AES_128_CCM_8, no compression
		0, 9, 0, 0x17, 0, 0, 0xff, 1, 0, 1, 0) // extended master secret, renegotiation
}

// begin begins a handshake, and returns whether the server went along with it.
func (h *halfOpen) begin() bool {
	h.t.Helper()
	answer := make([]byte, 512)
	hello, sequence := clientHello(nil), uint16(0)
	for range 40 { // packets may get lost on a busy machine
		h.send(1, sequence, hello)
		require.NoError(h.t, h.conn.SetReadDeadline(time.Now().Add(time.Second)))
		switch n, err := h.conn.Read(answer); {
		case err != nil || n < 14 || answer[0] != 22:
		case answer[13] == 3 && n > 28: // HelloVerifyRequest
			hello, sequence = clientHello(answer[28:28+int(answer[27])]), 1
		case answer[13] == 2: // ServerHello
			return true
		}
	}
	return false
}

// testHalfOpen has strangers begin handshakes, from one address and from many,
// and leave it at that, or go on wrongly. The operator gets in at once.
func testHalfOpen(t *testing.T, m *managed) {
	m.network.t = t
	begun := 0
	for i := range 24 {
		our := net.ParseIP(ourAddress)
		if i >= 8 {
			address := fmt.Sprintf("2001:db8::1:%x", i)
			m.ip("addr add " + address + "/64 dev tap0 nodad")
			our = net.ParseIP(address)
		}
		h := &halfOpen{t: t, conn: m.dialFrom(our, 5684)}
		defer h.conn.Close()
		if h.begin() {
			begun++
		}
		if i%3 == 1 { // messages out of order, which fill tinydtls' queue
			for s := range uint16(6) {
				h.send(16, 9+s, []byte("nothing"))
			}
		}
		if i%3 == 2 { // and one that ends the handshake: "no fragment support"
			h.send(16, 9, []byte("nothing"))
			h.conn.Write([]byte{22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 1, 0, 0, 13, 16, 0, 0, 9, 0, 2, 0, 0, 0, 0, 0, 1, 0})
		}
		if i%6 == 5 {
			began := time.Now()
			m.done(t, "attached", "list", "--timeout", "30s")
			assert.Less(t, time.Since(began), 10*time.Second)
		}
	}
	assert.Equal(t, 24, begun, "handshakes that the device took up")
}

// testMalformed sends what is no request from the operator, which is more than
// strangers can.
func testMalformed(t *testing.T, m *managed) {
	before := m.state()
	for name, b := range malformed(t) {
		out := m.openssl(managedKey, b)
		assert.Contains(t, out, "4.00", "%s: %x", name, b)
	}
	random := rand.New(rand.NewPCG(6, 28))
	for i, r := range everything(t) { // cut off, which leaves no request in any case
		at := random.IntN(len(r))
		assert.Contains(t, m.openssl(managedKey, r[:at]), "4.00", "request %d, %d bytes", i, at)
	}
	assert.Equal(t, before, m.state())
}

// malformed is what is no request.
func malformed(t *testing.T) map[string][]byte {
	return map[string][]byte{
		"nothing": {}, "deep nesting": []byte(strings.Repeat("\x81", 60)), "deeper in a place": append([]byte{0x82, 2}, strings.Repeat("\x81", 50)...),
		"huge array": {0x9a, 0xff, 0xff, 0xff, 0xff}, "huge length": {0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
		"huge name": {0x83, 1, 2, 0x7a, 0xff, 0xff, 0xff, 0xff, 'x'}, "huge value": {0x86, 5, 1, 0, 1, 0x5a, 0xff, 0xff, 0xff, 0xff, 0xf4},
		"indefinite": {0x9f, 2, 0, 0xff}, "a map": {0xa1, 2, 0}, "a tag": {0xc1, 0x82, 2, 0}, "a float": {0x82, 2, 0xfb, 0, 0, 0, 0, 0, 0, 0, 0},
		"long form": {0x82, 2, 0x18, 0}, "something follows": append(request(t, 2, 0), 0), "negative": {0x82, 2, 0x20},
		"unknown": request(t, 7, 0), "operation 0": request(t, 0, 0), "scope 0": request(t, 6, 0, 0, 1), "scope 4": request(t, 6, 4, 0, 1),
		"no name": request(t, 1, 2, ""), "long name": request(t, 1, 2, strings.Repeat("x", 64)), "too many": request(t, 2, 0, 0), "too few": request(t, 2),
		"container 256": request(t, 2, 256), "undefined for a boolean": {0x86, 5, 1, 0, 1, 0x41, 1, 0xf7}, "name of bytes": request(t, 1, 2, []byte("reading")),
	}
}
