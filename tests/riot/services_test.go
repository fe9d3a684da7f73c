// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package riot

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/fxamacker/cbor/v2"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// called is what the containers of tests/riot/services print at start-up.
var called = []string{
	"-- acme, twice",
	"1 1 1\n", "firmware: 0 4711\n", "missing: -2, cas: -11 -2\n", "bytes: 0 4\n",
	"2 2 2\n",
	"-- acme, another container",
	"1 3 3\n", // a local store of its own, the others shared
	"-- guest",
	"store_global: 0\n", // another's entry, which still counts for the other
	"1 1 4\n",
	"bytes: -28 -2\n", // the quota is full
	"-- acme, the first one in a new place",
	"1 4 5\n", // what was local is gone
	"-- devices",
	"guessed: -9\n",
	"room: class 82, 1 values\n", "2156, unit 2, scale -2\n", "set a sensor: -95\n",
	"lamp: 0 1 -95\n", "button: 1 -95\n", "broken: -5\n",
	"none: -19 -19 -19\n", "not handles: -9 -9 -9\n",
	"-- itself",
	"container 0 of tenant 0, activation 1, faults 0\n", "fuel: 1\n", "random: 1\n",
	"activation 2",
	"-- elsewhere", "elsewhere: -95 -95 -95 -95 -95 1\n",
	"-- ready",
}

// sanitize is for applications that take their flags from SANITIZE. RIOT's lists
// in linker sections look to UndefinedBehaviorSanitizer like objects that are too
// small.
const sanitize = "SANITIZE=-fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-sanitize=alignment,object-size -fno-omit-frame-pointer -DNATIVE_MEMORY"

// TestServices calls everything that containers are offered, on native under
// AddressSanitizer and UndefinedBehaviorSanitizer, and by CoAP.
func TestServices(t *testing.T) {
	need(t, "coap-client-notls")
	app := application{dir: "tests/riot/services", board: "native64", variant: "asan", env: []string{sanitize}}
	app.build(t)
	n := newNetwork(t)
	term := n.boot(app.elf(), called...)
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the device printed at the end:\n%s", tail(term.output(), 40))
		}
	})

	t.Run("answers", func(t *testing.T) { testAnswers(t, n, term) })
	t.Run("views", func(t *testing.T) { testViews(t, n) })
	t.Run("attack", func(t *testing.T) { testAttack(t, n) })
	out := term.output()
	assert.NotContains(t, out, "leak at", "a container saw bytes of other messages")
	assert.NotContains(t, out, "runtime error")
	assert.NotContains(t, out, "AddressSanitizer")
}

// testAnswers has a container answer requests in good and bad ways.
func testAnswers(t *testing.T, n *network, term *terminal) {
	for _, c := range []struct{ name, payload, want string }{
		{"answers", "hello", "HELLO"},
		{"no payload in the request", "", "-"},
		{"too long a request", strings.Repeat("x", 40), "!"},
		{"wrong order", "b", "B"},
		{"fault half way", "f", "5.03"},
		{"error without payload", "e", "4.00"},
		{"longer than the buffer", "l", "5.00"},
		{"shorter than the header", "n", "5.00"},
		{"writes past the buffer", "o", "5.03"},
		{"nothing said", "s", "5.00"},
		{"no payload after all", "z", ""},
		{"begins anew too late", "a", "A"},
	} {
		args := []string{"-m", "get", "/guarded"}
		if c.payload != "" {
			args = []string{"-m", "post", "-t", "0", "-e", c.payload, "/guarded"}
		}
		assert.Equal(t, c.want, n.coap(args...), c.name)
	}
	assert.Regexp(t, `^m{64,}$`, n.coap("-m", "post", "-e", "m", "/guarded"), "all that fits")
	term.expect(runTimeout,
		"method 2, format 0, 5 bytes\n",
		"method 1, format -1, 0 bytes\n",
		"order: -22 -22 -22\n", "codes: -22 -22\n", "format: 1, again: -22, request: -22\n",
		"late: -22 -22\n",
	)
	assert.Equal(t, "4.05", n.coap("-m", "put", "-e", "x", "/guarded"))
	assert.Equal(t, "", n.coap("-N", "-m", "post", "-O", "258,0x1a", "-e", "hello", "/guarded"), "no response is wanted")

	// Two on one resource: the first one leaves it to the other, twice.
	assert.Equal(t, []string{"5.00", "5.00"}, []string{n.coap("/chain"), n.coap("/chain")}, "neither answers")
	assert.Equal(t, "no payload", n.coap("/chain"))
	assert.Equal(t, "payload", n.coap("-m", "post", "-e", "x", "/chain"))
}

// testViews reads what the device tells with femto and with libcoap's client.
func testViews(t *testing.T, n *network) {
	device := func(args ...string) string {
		args = append([]string{femto, "device"}, append(args, "--to", "coap://["+theirAddress+"]")...)
		out, err := n.command("timeout", append([]string{"-k", "1", "30"}, args...)...).CombinedOutput()
		require.NoError(t, err, "%v: %s", args, out)
		return string(out)
	}
	assert.Regexp(t, `(?m)^ +0 +guarded +acme +coap/guarded +attached$`, device("list"))
	assert.Regexp(t, `(?m)^ +2 +chain2 +guest +coap/chain +attached$`, device("list"))
	info := device("info")
	for _, want := range []string{
		"native64, RIOT ", "tenant acme\n  capabilities  base, console, kv_local",
		"6 entries in stores with 64 bytes", "hook coap/chain (", "policy stop-on-positive", "grants guest: base, console,",
	} {
		assert.Contains(t, info, want)
	}
	assert.Contains(t, device("info", "1"), "container 1, chain\n  tenant        acme\n  hook          coap/chain\n")

	var stats struct {
		Containers []struct {
			Activations uint32
			Faults      int
			Latest      *struct {
				Code    string
				Address *uint32
			} `json:"latest_fault"`
		}
		Hooks []struct {
			Name            string
			Events, Dropped uint32
			Containers      int
			Most            int `json:"containers_at_most"`
		}
		Tenants []struct {
			Name    string
			Fuel    uint32
			Entries uint32 `json:"kv_entries"`
			Bytes   uint32 `json:"kv_bytes"`
		}
		Log []struct {
			Container int
			Tenant    string
			Code      string
			Count     int
		} `json:"fault_log"`
	}
	require.NoError(t, json.Unmarshal([]byte(device("stats", "-o", "json")), &stats))
	require.Len(t, stats.Containers, 3)
	assert.Equal(t, 3, stats.Containers[0].Faults, "half way, past the buffer, and the last, with no response to write to")
	require.NotNil(t, stats.Containers[0].Latest)
	assert.Equal(t, "FC3001", stats.Containers[0].Latest.Code)
	require.NotNil(t, stats.Containers[0].Latest.Address)
	assert.Zero(t, *stats.Containers[0].Latest.Address)
	assert.Nil(t, stats.Containers[1].Latest)
	require.Len(t, stats.Hooks, 3)
	assert.EqualValues(t, 4, stats.Hooks[2].Events)
	assert.Equal(t, 2, stats.Hooks[2].Containers)
	assert.Equal(t, 2, stats.Hooks[2].Most)
	require.Len(t, stats.Log, 3, "of three faults in three places; those of containers that were removed are gone")
	for _, f := range stats.Log {
		assert.Zero(t, f.Container)
		assert.Equal(t, "acme", f.Tenant)
		assert.Equal(t, "FC3001", f.Code)
		assert.Equal(t, 1, f.Count)
	}
	assert.Equal(t, 3, strings.Count(device("info", "0"), "\n  fault         FC3001 at pc "))
	assert.Contains(t, device("info", "0"), "\n  fuel          20000 an activation\n")
	assert.NotContains(t, device("info", "1"), "fault ")
	require.Len(t, stats.Tenants, 2)
	assert.NotZero(t, stats.Tenants[0].Fuel)
	assert.EqualValues(t, 3, stats.Tenants[0].Entries, "tenant 1 and 2, global 1")
	assert.EqualValues(t, 12, stats.Tenants[0].Bytes)

	// With libcoap's client, in one block or many, the bytes are canonical CBOR.
	canonical, err := cbor.CoreDetEncOptions().EncMode()
	require.NoError(t, err)
	for _, path := range []string{
		"device", "stats/device", "containers", "containers/2", "contract", "stats/containers/1", "stats/hooks/0", "stats/tenants/1", "stats/faults/0",
	} {
		size := "16"
		if strings.HasPrefix(path, "stats/") {
			size = "64" // they change, and so are for one block
		}
		body := n.coap("-b", size, "/fc/"+path)
		var any any
		require.NoError(t, cbor.Unmarshal([]byte(body), &any), "%s: %x", path, body)
		again, err := canonical.Marshal(any)
		require.NoError(t, err)
		assert.Equal(t, again, []byte(body), path)
		if strings.HasPrefix(path, "stats/") {
			assert.LessOrEqual(t, len(body), 64, "%s is for one block", path)
		}
	}
	for _, path := range []string{
		"containers/3", "containers/256", "containers/", "containers/x", "containers/0/", "containers/0000", "containersx",
		"stats", "stats/", "stats/containers", "stats/hooks/3", "stats/tenants/2", "stats/tenants/-1", "stats/faults", "stats/faults/3", "stats/faults/8", "stats/faults/255", "contract/0", "device/0",
		"containers/4294967296",
	} {
		assert.Equal(t, "4.04", n.coap("/fc/"+path), path)
	}
	assert.Equal(t, "4.05", n.coap("-m", "put", "-e", "x", "/fc/containers"))
	assert.Equal(t, "4.05", n.coap("-m", "delete", "/fc/containers/0"))
	assert.Equal(t, "4.00", n.coap("-b", "9999,64", "/fc/contract"))
}

// testAttack sends what no client should, and wants the device to go on.
func testAttack(t *testing.T, n *network) {
	seed := uint64(time.Now().UnixNano())
	if again := os.Getenv("FEMTO_SEED"); again != "" {
		_, err := fmt.Sscan(again, &seed)
		require.NoError(t, err)
	}
	t.Logf("FEMTO_SEED=%d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	conn := n.dial()
	defer conn.Close()
	go func() { // the answers are not of interest
		for buf := make([]byte, 2048); ; {
			if _, err := conn.Read(buf); err != nil && strings.Contains(err.Error(), "closed") {
				return
			}
		}
	}()
	for range 200 { // RIOT's own gcoap keeps their packets for good
		_, _ = conn.Write(nil)
		time.Sleep(time.Millisecond)
	}
	n.reach(t)
	const messages = 4000
	for i := range messages {
		_, _ = conn.Write(hostileMessage(r)) // refused when the device is down, which reach finds
		if i%8 == 7 {
			time.Sleep(time.Millisecond)
		}
		if i%1000 == 999 {
			n.reach(t)
		}
	}
	assert.Equal(t, "HELLO", n.coap("-m", "post", "-e", "hello", "/guarded"))
	assert.NotEqual(t, "", n.coap("/fc/device"))
}

var hostilePaths = []string{
	"guarded", "chain", "fc/containers", "fc/containers/0", "fc/contract", "fc/stats/containers/0", "fc/stats/hooks/1", "fc/stats/faults/0", "fc/device", ".well-known/core",
}

// hostileMessage is a request that is nearly right, or not at all.
func hostileMessage(r *rand.Rand) []byte {
	pick := func(values ...int) int { return values[r.IntN(len(values))] }
	b := []byte{byte(0x40 | pick(0, 0, 0x10, 0x20, 0x30) | pick(0, 1, 8, 8, 9, 15)), byte(pick(1, 1, 2, 2, 3, 4, 5, 0, 0x1f, 0x45, 0xff)), byte(r.Uint32()), byte(r.Uint32())}
	for range min(b[0]&15, 8) {
		b = append(b, byte(r.Uint32()))
	}
	number := 0
	option := func(n int, value []byte) {
		delta := n - number
		number = n
		head, ext := nibble(delta)
		headLen, extLen := nibble(len(value))
		b = append(b, byte(head<<4|headLen))
		b = append(append(append(b, ext...), extLen...), value...)
	}
	bytesOf := func(n int) []byte {
		v := make([]byte, n)
		for i := range v {
			v[i] = byte(r.Uint32())
		}
		return v
	}
	if r.IntN(4) == 0 {
		option(6, bytesOf(pick(0, 0, 1, 3, 4, 5))) // Observe
	}
	for _, part := range strings.Split(hostilePaths[r.IntN(len(hostilePaths))], "/") {
		option(11, []byte(part))
	}
	if r.IntN(6) == 0 {
		option(11, bytesOf(pick(0, 1, 12, 13, 63, 64, 200)))
	}
	if r.IntN(3) == 0 {
		option(12, bytesOf(pick(0, 1, 2, 3, 8))) // Content-Format
	}
	if r.IntN(3) == 0 {
		option(23, bytesOf(pick(0, 1, 2, 3, 4))) // Block2
	}
	if r.IntN(5) == 0 {
		option(pick(27, 60, 258, 65000), bytesOf(pick(0, 1, 4, 14))) // Block1, Size1, No-Response, unknown
	}
	if r.IntN(2) == 0 {
		b = append(b, 0xff)
		b = append(b, bytesOf(pick(0, 1, 5, 31, 32, 33, 60, 300))...)
	}
	switch r.IntN(6) {
	case 0: // cut off
		b = b[:r.IntN(len(b)+1)]
	case 1, 2: // a few bytes wrong
		for range 1 + r.IntN(3) {
			b[r.IntN(len(b))] ^= 1 << r.IntN(8)
		}
	}
	return b
}

// nibble encodes an option's delta or length (RFC 7252, section 3.1).
func nibble(n int) (int, []byte) {
	switch {
	case n < 13:
		return n, nil
	case n < 269:
		return 13, []byte{byte(n - 13)}
	}
	return 14, []byte{byte((n - 269) >> 8), byte(n - 269)}
}
