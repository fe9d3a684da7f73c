// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package riot

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/femtocontainer/femtocontainer/femto/cose"
	"github.com/femtocontainer/femtocontainer/femto/suit"
)

// An attack is one order that the device has to refuse.
type attack struct {
	name    string
	verdict string // as deploy/main.c prints it, up to the component
	order   order
	mangle  func(envelope []byte) []byte
	serve   func(payload []byte) []byte // in place of what the manifest is about
	query   string                      // how the server serves the manifest
}

func filter(n int) suit.Component { return suit.Slot("filter", n) }

func flip(bit int) func([]byte) []byte {
	return func(b []byte) []byte {
		b = bytes.Clone(b)
		b[bit/8] ^= 1 << (bit % 8)
		return b
	}
}

// TestDeployAttacks has a container running, and attacks the device through manifests, images and servers. Each
// attack is refused with its own code, and what is installed runs on, is what
// boots, and nothing leaks. (What concerns the shape of manifests alone is in
// tests/suit.)
//
// It is done to the firmware as it ships and with sanitizers, at the same time, because slow
// servers take long.
func TestDeployAttacks(t *testing.T) {
	devices := map[string]device{"sanitized": newDevice(t), "shipped": newDeviceWith(t, shippedFirmware)}
	for name, d := range devices {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d.t = t
			attackDevice(t, d)
		})
	}
}

func attackDevice(t *testing.T, d device) {
	id := d.id()
	neighbour := uuid.UUID(bytes.Clone(id[:]))
	neighbour[7] ^= 1

	twice, thrice := otaImage(t, "twice", acmeKey), otaImage(t, "thrice", acmeKey)
	limit := otaImage(t, "limit", guestKey)
	signed := func(source string, key byte) []byte {
		return image(t, "tests/riot/deploy/images/"+source+".c", testKey(key))
	}
	unsigned := otaImage(t, "thrice", nil)
	forged := func(change func(img []byte)) []byte { // well signed, but no image
		b := bytes.Clone(unsigned)
		change(b)
		return signAnyway(b)
	}
	seq := func(n uint32, o order) order {
		o.sequence = n
		return o
	}
	fresh := func(payload []byte) order { return order{component: filter(0), sequence: 9, payload: payload} }
	mode := func(m string, payload []byte) order {
		o := fresh(payload)
		o.mode = "?" + m
		return o
	}
	manifest := func(change func(*suit.Manifest)) order {
		o := fresh(thrice)
		o.change = change
		return o
	}
	to := func(c suit.Component, payload []byte) order {
		return order{component: c, sequence: 9, payload: payload}
	}

	attacks := []attack{
		// manifests
		{name: "manifest signed by a tenant", verdict: "FC4006", order: order{component: filter(0), sequence: 9, payload: thrice, key: acmeKey}},
		{name: "manifest signed by a stranger", verdict: "FC4006", order: order{component: filter(0), sequence: 9, payload: thrice, key: strangerKey}},
		{name: "manifest flipped", verdict: "FC4006", order: fresh(thrice), mangle: func(b []byte) []byte { return flip(8 * (len(b) - 12))(b) }},
		{name: "signature flipped", verdict: "FC4006", order: fresh(thrice), mangle: flip(8*60 + 3)},
		{name: "manifest cut off", verdict: "FC4005 119", order: fresh(thrice), mangle: func(b []byte) []byte { return b[:200] }},
		{name: "oversized manifest", verdict: "FC4004 512", order: fresh(thrice), mangle: func(b []byte) []byte { return append(b, make([]byte, 4000)...) }},
		{name: "deep nesting", verdict: "FC4005 0", order: fresh(thrice), mangle: func([]byte) []byte { return bytes.Repeat([]byte{0x81}, 500) }},
		{name: "replay", verdict: "FC4014 5", order: seq(5, fresh(thrice))},
		{name: "older", verdict: "FC4014 5", order: seq(4, fresh(thrice))},
		{name: "another vendor", verdict: "FC4008", order: manifest(func(m *suit.Manifest) { m.Vendor = testClass })},
		{name: "another class", verdict: "FC4009", order: manifest(func(m *suit.Manifest) { m.Class = suit.ClassID(testVendor, "ota-native64") })},
		{name: "manifest of another device", verdict: "FC4010", order: to(filter(0).For(neighbour), thrice)},
		{name: "component of another storage", verdict: "FC4011 132", order: to(suit.Component{"ram", "0"}, thrice)},
		{name: "unknown hook", verdict: "FC4012", order: to(suit.Slot("filters", 0), thrice)},
		{name: "slot above the last", verdict: "FC4013 2", order: to(filter(2), thrice)},
		{name: "image URL outside of the allowed hosts", verdict: "FC4001", order: manifest(func(m *suit.Manifest) { m.URL = "coap://elsewhere/x" })},
		{name: "image URL that begins like one of the allowed hosts", verdict: "FC4001", order: manifest(func(m *suit.Manifest) { m.URL = "coap://h@elsewhere/x" })},
		{name: "image URL of another scheme", verdict: "FC4001", order: manifest(func(m *suit.Manifest) { m.URL = "coaps://h/x" })},

		// images
		{name: "unsigned", verdict: "FC4017", order: fresh(unsigned)},
		{name: "tenant on a foreign hook", verdict: "FC4021", order: fresh(otaImage(t, "thrice", guestKey))},
		{name: "unknown tenant", verdict: "FC4019", order: fresh(otaImage(t, "thrice", strangerKey))},
		{name: "operator as tenant", verdict: "FC4019", order: fresh(otaImage(t, "thrice", operatorKey))},
		{name: "image with another's signature", verdict: "FC4018", order: fresh(append(bytes.Clone(thrice[:len(thrice)-84]), twice[len(twice)-84:]...))},
		{name: "image signature flipped", verdict: "FC4018", order: fresh(flip(8*len(thrice) - 9)(thrice))},
		{name: "shape of the image signature", verdict: "FC4018", order: fresh(flip(8 * (len(thrice) - 84))(thrice))},
		{name: "key id flipped", verdict: "FC4019", order: fresh(flip(8 * (len(thrice) - 84 + 8))(thrice))},
		{name: "image flipped", verdict: "FC4018", order: fresh(flip(8*70 + 1)(thrice))},
		{name: "no image", verdict: "FC2003", order: fresh([]byte("no image"))},
		{name: "other magic", verdict: "FC2001", order: fresh(flip(0)(thrice))},
		{name: "sections that do not fit", verdict: "FC2003", order: fresh(forged(func(b []byte) { b[20]++ }))},
		{name: "illegal instruction", verdict: "FC2020", order: fresh(forged(func(b []byte) { b[56] = 0xff }))},
		{name: "more RAM than there is", verdict: "FC2011 1024", order: fresh(signed("large", 3))},
		{name: "capability that the tenant lacks", verdict: "FC2025 1", order: to(suit.Slot("alarm", 0), signed("print", 5))},
		{name: "more slots than the tenant's quota", verdict: "FC4022 1", order: to(suit.Slot("alarm", 1), limit)},
		{name: "for another hook", verdict: "FC2044", order: fresh(signed("elsewhere", 3))},
		{name: "image longer than a place", verdict: "FC4004 2048", order: fresh(make([]byte, 2049))},

		// servers
		{name: "no such manifest", verdict: "FC4003 0", order: fresh(thrice), mangle: func([]byte) []byte { return nil }},
		{name: "no such image", verdict: "FC4003 0", order: fresh(thrice), serve: func([]byte) []byte { return nil }},
		{name: "another image", verdict: "FC4016", order: fresh(thrice), serve: flip(77)},
		{name: "image shorter than announced", verdict: "FC4015", order: fresh(thrice), serve: func(b []byte) []byte { return b[:len(b)-1] }},
		{name: "image longer than announced", verdict: "FC4015", order: fresh(thrice), serve: func(b []byte) []byte { return append(bytes.Clone(b), 0) }},
		{name: "endless manifest", verdict: "FC4004 512", order: fresh(thrice), query: "?endless"},
		{name: "manifest of empty blocks", verdict: "FC4003 0", order: fresh(thrice), query: "?empty"},
		{name: "manifest with a gap", verdict: "FC4003 64", order: fresh(thrice), query: "?gap"},
		{name: "manifest with a repetition", verdict: "FC4003 64", order: fresh(thrice), query: "?again"},
		{name: "manifest download breaks off", verdict: "FC4003 64", order: fresh(thrice), query: "?cut"},
		{name: "manifest takes too long", verdict: "FC4003 ", order: fresh(thrice), query: "?slow"},
		{name: "endless image", verdict: "FC4015 ", order: mode("endless", thrice)},
		{name: "image of empty blocks", verdict: "FC4003 0", order: mode("empty", thrice)},
		{name: "image with a gap", verdict: "FC4003 64", order: mode("gap", forge(t, 800))},
		{name: "image with a repetition", verdict: "FC4003 64", order: mode("again", forge(t, 800))},
		{name: "image download breaks off", verdict: "FC4003 64", order: mode("cut", thrice)},
		{name: "image takes too long", verdict: "FC4003 ", order: mode("slow", thrice)},

		// removal and revocation
		{name: "removal with a digest", verdict: "FC4016", order: order{component: filter(0), sequence: 9, change: func(m *suit.Manifest) { m.Digest[0]++ }}},
		{name: "removal by a tenant", verdict: "FC4006", order: order{component: filter(0), sequence: 9, key: acmeKey}},
		{name: "revocation by a tenant", verdict: "FC4006", order: order{component: suit.Revoked(), sequence: 9, payload: revocation(t, guestKey), key: acmeKey}},
		{name: "revocation of nothing", verdict: "FC4027 0", order: order{component: suit.Revoked(), sequence: 9}},
		{name: "revocation that is no list", verdict: "FC4027 0", order: order{component: suit.Revoked(), sequence: 9, payload: []byte("\xa0")}},
		{name: "revocation of more than there is room for", verdict: "FC4027 ", order: order{component: suit.Revoked(), sequence: 9, payload: revocation(t,
			testKey(20), testKey(21), testKey(22), testKey(23), testKey(24), testKey(25), testKey(26), testKey(27), testKey(28),
			testKey(29), testKey(30), testKey(31), testKey(32), testKey(33), testKey(34), testKey(35), testKey(36))}},
	}

	good := "trigger " + d.put("good", order{component: filter(0).For(id), sequence: 5, payload: twice})
	guest := "trigger " + d.put("guest", order{component: suit.Slot("alarm", 0), sequence: 1, payload: limit})
	setup := d.ask(good, guest, "slots", "reading", "alarm", good)
	require.Equal(t, []string{"verdict FC0000 fc/filter/0 5 fetches 2", "verdict FC0000 fc/alarm/0 1 fetches 2"}, setup[:2])
	unchanged := setup[2 : len(setup)-1]
	flash := d.flash()

	var all []string
	for i, a := range attacks {
		name := fmt.Sprintf("attack%d", i)
		url := d.put(name, a.order)
		if a.mangle != nil {
			b, err := readFile(d.dir, name+".suit")
			require.NoError(t, err)
			d.serve(name+".suit", a.mangle(b))
		}
		if a.serve != nil {
			d.serve(name, a.serve(a.order.payload))
		}
		all = append(all, "trigger "+url+a.query, "slots", "reading", "alarm")
	}
	// a second time, to see that it takes no more memory
	script := slices.Concat([]string{"slots", "reading", "alarm", good}, all, []string{"heap"}, all, []string{"heap"})
	lines := d.ask(script...)
	require.Equal(t, unchanged, lines[:len(unchanged)])
	require.Contains(t, lines[len(unchanged)], "verdict FC4014 5", "what was installed before the boot")
	lines = lines[len(unchanged)+1:]

	each := 1 + len(unchanged)
	require.Len(t, lines, 2*(len(attacks)*each+1), "%s", strings.Join(lines, "\n"))
	codes := map[string]bool{}
	for i, a := range attacks {
		t.Run(a.name, func(t *testing.T) {
			now := lines[i*each : (i+1)*each]
			assert.True(t, strings.HasPrefix(now[0], "verdict "+a.verdict), "%s, and not %s", now[0], a.verdict)
			assert.Equal(t, unchanged, now[1:])
			codes[strings.Fields(now[0])[1]] = true
		})
	}
	assert.Equal(t, lines[:len(lines)/2], lines[len(lines)/2:], "the second time, heap included")
	t.Logf("%d attacks, %d codes", len(attacks), len(codes))
	assert.True(t, bytes.Equal(flash, d.flash()), "refusals have been written to flash")
	assert.Equal(t, unchanged, d.ask("slots", "reading", "alarm"), "after a reboot")
}

// TestDeployFlips flips a bit in each byte of an image, under the signature of an
// operator who does not look: the tenant's has to stop all of them. (All bits
// of manifests and signatures are tests/suit's.)
func TestDeployFlips(t *testing.T) {
	d := newDeviceWith(t, shippedFirmware) // some 500 signatures, which take long under sanitizers
	img := otaImage(t, "twice", acmeKey)
	var script []string
	for at := range img {
		bit := 8*at + at%8
		name := fmt.Sprint("flip", bit)
		script = append(script, "trigger "+d.put(name, order{component: filter(0), sequence: 1, payload: flip(bit)(img)}))
	}
	script = append(script, "slots")
	lines := d.ask(script...)
	require.Len(t, lines, len(script))
	for at, line := range lines[:len(lines)-1] {
		assert.NotContains(t, line, "FC0000", "byte %d", at)
	}
	assert.Equal(t, "revoked 0 sequence 0", lines[len(lines)-1])
}

// TestDeployTriggers is about what triggers say.
func TestDeployTriggers(t *testing.T) {
	d := newDevice(t)
	a := d.put("a", order{component: filter(0), sequence: 1, payload: otaImage(t, "twice", acmeKey)})
	b := d.put("b", order{component: filter(0), sequence: 2, payload: otaImage(t, "thrice", acmeKey)})
	long := "coap://h/" + strings.Repeat("x", 200)
	assert.Equal(t, []string{
		"trigger FC4029", "trigger FC4001", "trigger FC4001", "trigger FC4001", "trigger FC4001", "trigger FC4001", "trigger FC4001",
		"trigger FC4002", "verdict FC0000 fc/filter/0 1 fetches 2", "reading 42",
		"trigger the same", "verdict FC4014 1 fc/filter/0 1 fetches 1", "reading 42",
	}, d.ask("trigger", "trigger "+long, "trigger http://h/a", "trigger file:///etc/passwd", "trigger coaps://h/a", "trigger coap:/h/a", "trigger coap://elsewhere/a",
		"both "+a+" "+b, "reading", "both "+a+" "+a, "reading"))
}

// TestDeployRequests reads the resources with options that change how they are
// answered: "no response" (RFC 7967), to which RIOT makes no reply to add options to,
// and "observe", which comes after the ETag.
func TestDeployRequests(t *testing.T) {
	d := newDevice(t)
	request := func(method byte, observe, last, after string) string {
		return fmt.Sprintf("coap 40%02x0004%s%x04%x%02x%x%s", method, observe, "fc", "suit", len(last), last, after)
	}
	const (
		path, observe  = "b2", "6052" // the header of the first part of the path, and what may be before it
		no2xx, no4xx   = "d1ea02", "d1ea08"
		block2AndNo2xx = "c106d1de02"
	)
	var script, want []string
	ask := func(message, answer string) {
		script, want = append(script, message), append(want, "answer "+answer)
	}
	for _, last := range []string{"status", "device", "log"} {
		ask(request(1, path, last, no2xx), "none")
		ask(request(1, path, last, block2AndNo2xx), "none")
		ask(request(1, path, last, no4xx), "2.05")
		ask(request(1, observe, last, ""), "2.05")
		ask(request(1, observe, last, no2xx), "none")
	}
	ask(request(2, path, "trigger", no4xx), "none") // unauthenticated
	ask(request(2, path, "trigger", no2xx), "4.01")
	assert.Equal(t, want, d.ask(script...))

	// What is installed is checked at boot, which takes long; the operator is answered before.
	a := d.put("a", order{component: suit.Slot("filter", 0), sequence: 1, payload: otaImage(t, "twice", acmeKey)})
	assert.Equal(t, []string{"verdict FC0000 fc/filter/0 1 fetches 2"}, d.ask("trigger "+a))
	early := "early " + strings.TrimPrefix(request(1, path, "status", ""), "coap ")
	assert.Equal(t, []string{"answer 2.05", "answer before the checks: yes", "reading 42"}, d.ask(early, "reading"))
}

// TestDeployQuotaOfOthers damages one tenant's image: the slot counts for nobody, and not
// for the first tenant of the contract, who has just enough left.
func TestDeployQuotaOfOthers(t *testing.T) {
	d := newDevice(t)
	guests := otaImage(t, "limit", guestKey)
	acmes := otaImage(t, "twice", acmeKey)
	require.Equal(t, []string{"verdict FC0000 fc/alarm/0 1 fetches 2"},
		d.ask("trigger "+d.put("guest", order{component: suit.Slot("alarm", 0), sequence: 1, payload: guests}), "flip fc.alarm.0 100"))
	assert.Equal(t, []string{
		fmt.Sprintf("slot fc/alarm/0 refused 1 %x FC4025", digest(guests)), "revoked 0 sequence 0",
		"verdict FC0000 fc/filter/0 1 fetches 2", "verdict FC0000 fc/filter/1 1 fetches 2", "verdict FC0000 fc/alarm/1 1 fetches 2",
	}, d.ask("slots",
		"trigger "+d.put("a", order{component: filter(0), sequence: 1, payload: acmes}),
		"trigger "+d.put("b", order{component: filter(1), sequence: 1, payload: acmes}),
		"trigger "+d.put("c", order{component: suit.Slot("alarm", 1), sequence: 1, payload: otaImage(t, "limit", acmeKey)})))
}

// TestDeployStorageFails removes and revokes while nothing can be stored: what was running
// is stopped all the same, and the same order is done when it can be stored again.
func TestDeployStorageFails(t *testing.T) {
	twice := otaImage(t, "twice", acmeKey)
	for _, c := range []struct {
		name         string
		order        order
		broken, done []string
	}{
		{"remove", order{component: filter(0), sequence: 2},
			[]string{"verdict FC4024 21 fc/filter/0 2 fetches 1", fmt.Sprintf("slot fc/filter/0 waiting 1 %x FC4024 21", digest(twice)), "revoked 0 sequence 0"},
			[]string{"verdict FC0000 fc/filter/0 2 fetches 1", fmt.Sprintf("slot fc/filter/0 removed 2 %x FC0000", suit.Nothing[:4]), "revoked 0 sequence 0"}},
		{"revoke", order{component: suit.Revoked(), sequence: 2, payload: revocation(t, acmeKey)},
			[]string{"verdict FC4024 21 fc/revoked 2 fetches 2", fmt.Sprintf("slot fc/filter/0 waiting 1 %x FC4020", digest(twice)), "revoked 1 sequence 0"},
			[]string{"verdict FC0000 fc/revoked 2 fetches 2", fmt.Sprintf("slot fc/filter/0 waiting 1 %x FC4020", digest(twice)), "revoked 1 sequence 2"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newDevice(t)
			install := "trigger " + d.put("a", order{component: filter(0), sequence: 1, payload: twice})
			end := "trigger " + d.put("b", c.order)
			want := slices.Concat([]string{"verdict FC0000 fc/filter/0 1 fetches 2", "reading 42"},
				c.broken, []string{"reading 21"}, c.done, []string{"reading 21"})
			assert.Equal(t, want, d.ask(install, "reading", "break", end, "slots", "reading", "mend", end, "slots", "reading"))
		})
	}
}

// TestDeployNoContainer has the device's other containers use up all that it has room for: what
// was installed waits in its slot, and the verdict says why. The next order is done when there
// is room again, and so is what waits at the next boot.
func TestDeployNoContainer(t *testing.T) {
	d := newDevice(t)
	twice, thrice := otaImage(t, "twice", acmeKey), otaImage(t, "thrice", acmeKey)
	waiting := fmt.Sprintf("slot fc/filter/0 waiting 1 %x FC4026", digest(twice))
	attached := fmt.Sprintf("slot fc/filter/0 attached 1 %x FC0000", digest(twice))
	assert.Equal(t, []string{"verdict FC4026 fc/filter/0 1 fetches 2", waiting, "revoked 0 sequence 0", "reading 21"},
		d.ask("occupy", "trigger "+d.put("a", order{component: filter(0), sequence: 1, payload: twice}), "slots", "reading"))
	b, c := d.put("b", order{component: filter(1), sequence: 1, payload: thrice}), d.put("c", order{component: filter(1), sequence: 2, payload: thrice})
	assert.Equal(t, []string{attached, "revoked 0 sequence 0", "reading 42",
		"verdict FC4026 fc/filter/1 1 fetches 2", "reading 42", "verdict FC0000 fc/filter/1 2 fetches 2", "reading 126",
	}, d.ask("slots", "reading", "occupy", "trigger "+b, "reading", "remove 1", "trigger "+c, "reading"))
}

// TestDeployReadErrors has the image read wrong in each of RIOT's two matches, which come before
// and after it believes to have installed, in the check of the signature that follows, and nothing
// written at last. The old container runs on, the status says why, and the same order can be
// done again.
func TestDeployReadErrors(t *testing.T) {
	d := newDevice(t)
	twice, thrice := otaImage(t, "twice", acmeKey), otaImage(t, "thrice", acmeKey)
	a := "trigger " + d.put("a", order{component: filter(0), sequence: 1, payload: twice})
	b := "trigger " + d.put("b", order{component: filter(0), sequence: 2, payload: thrice})
	script, want := []string{a}, []string{"verdict FC0000 fc/filter/0 1 fetches 2"}
	old := []string{fmt.Sprintf("slot fc/filter/0 attached 1 %x FC0000", digest(twice)), "revoked 0 sequence 0", "reading 42"}
	for _, c := range []struct{ before, verdict string }{
		{"spoil 1", "FC4016"}, {"spoil 2", "FC4016"}, {"spoil 3", "FC4018"}, {"break", "FC4024 21"},
	} {
		script = append(script, c.before, b, "slots", "reading")
		want = append(append(want, "verdict "+c.verdict+" fc/filter/0 2 fetches 2"), old...)
	}
	script, want = append(script, "mend", b, "reading"), append(want, "verdict FC0000 fc/filter/0 2 fetches 2", "reading 63")
	assert.Equal(t, want, d.ask(script...))
}

// TestDeployDetached has others take containers off their hooks: the status says so, and what
// comes next is installed, or removed, where it belongs.
func TestDeployDetached(t *testing.T) {
	twice, thrice := otaImage(t, "twice", acmeKey), otaImage(t, "thrice", acmeKey)
	fault := image(t, "tests/riot/deploy/images/fault.c", acmeKey)
	first := func(img []byte) order { return order{component: filter(0), sequence: 1, payload: img} }
	for _, c := range []struct {
		name    string
		payload []byte
		detach  []string
	}{
		{"detached", twice, []string{"detach 0"}},
		{"removed", twice, []string{"remove 0"}},
		{"faulted", fault, []string{"reading", "reading", "reading"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newDevice(t)
			waiting := fmt.Sprintf("slot fc/filter/0 waiting 1 %x FC0000", digest(c.payload))
			lines := d.ask(slices.Concat([]string{"trigger " + d.put("a", first(c.payload)), "slots"}, c.detach, []string{"slots", "reading",
				"trigger " + d.put("b", order{component: filter(0), sequence: 2, payload: thrice}), "slots", "reading",
				"trigger " + d.put("c", order{component: filter(0), sequence: 3}), "slots", "reading"})...)
			lines = slices.DeleteFunc(lines, func(l string) bool { return l == "revoked 0 sequence 0" })
			require.Greater(t, len(lines), 8)
			assert.Equal(t, []string{"verdict FC0000 fc/filter/0 1 fetches 2",
				fmt.Sprintf("slot fc/filter/0 attached 1 %x FC0000", digest(c.payload))}, lines[:2])
			assert.Equal(t, []string{waiting, "reading 21",
				"verdict FC0000 fc/filter/0 2 fetches 2", fmt.Sprintf("slot fc/filter/0 attached 2 %x FC0000", digest(thrice)), "reading 63",
				"verdict FC0000 fc/filter/0 3 fetches 1", fmt.Sprintf("slot fc/filter/0 removed 3 %x FC0000", suit.Nothing[:4]), "reading 21"},
				lines[len(lines)-8:])
		})
	}
	t.Run("id of another slot", func(t *testing.T) {
		d := newDevice(t)
		assert.Equal(t, []string{
			"verdict FC0000 fc/filter/0 1 fetches 2", "verdict FC0000 fc/filter/1 1 fetches 2", "reading 63",
			"verdict FC0000 fc/filter/0 2 fetches 1", "reading 63",
		}, d.ask("trigger "+d.put("a", first(twice)), "remove 0",
			"trigger "+d.put("b", order{component: filter(1), sequence: 1, payload: thrice}), "reading",
			"trigger "+d.put("c", order{component: filter(0), sequence: 2}), "reading"))
	})
}

// TestDeployDamagedRecord damages a record. Neither of its headers is needed as long as the other one is good; without
// both, or with a damaged image, the slot is refused.
func TestDeployDamagedRecord(t *testing.T) {
	const header, sequence = 48, 4
	img := forge(t, 1600)
	behind := header + len(img)
	good := fmt.Sprintf("slot fc/filter/0 attached 5 %x FC0000", digest(img))
	for _, c := range []struct {
		name string
		at   []int
		want []string
	}{
		{"first header", []int{sequence}, []string{good, "verdict FC4014 5 fc/filter/0 5 fetches 1"}},
		{"second header", []int{behind + sequence}, []string{good, "verdict FC4014 5 fc/filter/0 5 fetches 1"}},
		{"image", []int{header + 1000}, []string{fmt.Sprintf("slot fc/filter/0 refused 5 %x FC4025", digest(img)), "verdict FC4014 5 fc/filter/0 5 fetches 1"}},
		{"both headers", []int{sequence, behind + sequence}, []string{"slot fc/filter/0 refused 0 00000000 FC4025", "verdict FC0000 fc/filter/0 5 fetches 2"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newDevice(t)
			install := "trigger " + d.put("a", order{component: filter(0), sequence: 5, payload: img})
			script := []string{install}
			for _, at := range c.at {
				script = append(script, fmt.Sprint("flip fc.filter.0 ", at))
			}
			require.Equal(t, []string{"verdict FC0000 fc/filter/0 5 fetches 2"}, d.ask(script...))
			assert.Equal(t, slices.Insert(c.want, 1, "revoked 0 sequence 0"), d.ask("slots", install))
		})
	}
}

// TestDeployDamagedRevocations damages the list of revoked keys: whose key counts is not known
// then, and nothing is taken but a new list, which an old one does not pass for.
func TestDeployDamagedRevocations(t *testing.T) {
	d := newDevice(t)
	twice := otaImage(t, "twice", acmeKey)
	old := "trigger " + d.put("old", order{component: suit.Revoked(), sequence: 1, payload: revocation(t, strangerKey)})
	install := "trigger " + d.put("a", order{component: filter(0), sequence: 1, payload: twice})
	remove := "trigger " + d.put("b", order{component: filter(0), sequence: 2, key: secondKey})
	revoke := func(n uint32) string {
		return "trigger " + d.put(fmt.Sprint("r", n), order{component: suit.Revoked(), sequence: n, payload: revocation(t, secondKey)})
	}
	require.Equal(t, []string{
		"verdict FC0000 fc/revoked 1 fetches 2", "verdict FC0000 fc/filter/0 1 fetches 2", "verdict FC0000 fc/revoked 2 fetches 2",
		"verdict FC4007 fc/filter/0 2 fetches 1",
	}, d.ask(old, install, revoke(2), remove, "flip fc.revoked 50"))
	refused := fmt.Sprintf("slot fc/filter/0 refused 1 %x FC4025", digest(twice))
	assert.Equal(t, []string{
		refused, "revoked 0 sequence 2", "verdict FC4025 fc/filter/0 2 fetches 1", "verdict FC4014 2 fc/revoked 1 fetches 1",
		"verdict FC0000 fc/revoked 3 fetches 2", "verdict FC4007 fc/filter/0 2 fetches 1",
	}, d.ask("slots", remove, old, revoke(3), remove))
	assert.Equal(t, "reading 42", d.ask("reading")[0])
}

// TestDeployNoFileSystem has a flash chip that cannot be mounted and is not blank. It is not
// formatted: who was revoked there would come back.
func TestDeployNoFileSystem(t *testing.T) {
	d := newDevice(t)
	install := "trigger " + d.put("a", order{component: filter(0), sequence: 1, payload: otaImage(t, "twice", acmeKey)})
	revoke := "trigger " + d.put("r", order{component: suit.Revoked(), sequence: 1, payload: revocation(t, strangerKey)})
	damaged := bytes.Repeat([]byte{0x5a}, flashSize)
	d.setFlash(damaged)
	assert.Equal(t, []string{
		"revoked 0 sequence 0", "verdict FC4025 fc/filter/0 1 fetches 1", "verdict FC4024 2 fc/revoked 1 fetches 2",
		"verdict FC4025 fc/filter/0 1 fetches 1", "reading 21",
	}, d.ask("slots", install, revoke, install, "reading"))
	assert.True(t, bytes.Equal(damaged, d.flash()))
}

// TestDeployNoRoom fills the flash: the order is refused, what runs runs on, and
// when there is room again the same order is done.
func TestDeployNoRoom(t *testing.T) {
	d := newDevice(t)
	a := d.put("a", order{component: filter(0), sequence: 1, payload: otaImage(t, "twice", acmeKey)})
	b := d.put("b", order{component: filter(0), sequence: 2, payload: forge(t, 1600)})
	assert.Equal(t, []string{
		"verdict FC0000 fc/filter/0 1 fetches 2", "reading 42",
		"verdict FC4023 fc/filter/0 2 fetches 2", "reading 42",
	}, d.ask("trigger "+a, "reading", "fill", "trigger "+b, "reading"))
	assert.Equal(t, []string{
		"reading 42", "verdict FC4023 fc/filter/0 2 fetches 2", "reading 42",
		"verdict FC0000 fc/filter/0 2 fetches 2", "reading 42",
	}, d.ask("reading", "trigger "+b, "reading", "empty", "trigger "+b, "reading"))
}

// forge is a signed image of about so many bytes, most of which are constants.
func forge(t *testing.T, size int) []byte {
	t.Helper()
	b := bytes.Clone(otaImage(t, "twice", nil))
	size -= size % 8
	names := 5 // "twice"
	grown := append(bytes.Clone(b[:len(b)-names]), make([]byte, size)...)
	grown = append(grown, b[len(b)-names:]...)
	binary.LittleEndian.PutUint32(grown[20:], uint32(size))
	binary.LittleEndian.PutUint32(grown[4:], uint32(len(grown)))
	return signAnyway(grown)
}

// signAnyway is femto/cose's Sign without its look at the image.
func signAnyway(img []byte) []byte {
	binary.LittleEndian.PutUint16(img[8:], cose.SignatureSize)
	sum := sha256.Sum256(img)
	id := cose.ID(public(acmeKey))
	protected := append([]byte("\x4d\xa2\x01\x27\x04\x48"), id[:]...)
	tbs := slices.Concat([]byte("\x84\x6aSignature1"), protected, []byte("\x57femtocontainer image v1\x58\x24\x82\x2f\x58\x20"), sum[:])
	return slices.Concat(img, []byte("\xd2\x84"), protected, []byte("\xa0\xf6\x58\x40"), ed25519.Sign(acmeKey, tbs))
}
