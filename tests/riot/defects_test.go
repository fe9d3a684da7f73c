// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package riot

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Defects of deployment that were found in earlier implementations; tests/attacks
// has those of engines and tools, and says where all of them are.

// TestDefect17RunOfHalfADownload: a request to run executed what had been downloaded
// so far, and a new request changed where the download went. Here the hook fires
// half way through an image, while somebody else wants another one: it runs what
// was installed before, and the other one is told to wait.
func TestDefect17RunOfHalfADownload(t *testing.T) {
	d := newDevice(t)
	twice, thrice := otaImage(t, "twice", acmeKey), otaImage(t, "thrice", acmeKey)
	d.put("other", order{component: filter(1), sequence: 1, payload: twice})
	one := func(n uint32, mode string) string {
		return "trigger " + d.put(fmt.Sprint("one", n), order{component: filter(0), sequence: n, payload: thrice, mode: mode})
	}
	old := "trigger " + d.put("old", order{component: filter(0), sequence: 1, payload: twice})
	assert.Equal(t, []string{
		"verdict FC0000 fc/filter/0 1 fetches 2",
		"reading 42", "trigger FC4002", "verdict FC4003 64 fc/filter/0 2 fetches 2", "reading 42",
		"reading 42", "trigger FC4002", "verdict FC0000 fc/filter/0 3 fetches 2", "reading 63",
	}, d.ask(old, one(2, "?meanwhile-cut"), "reading", one(3, "?meanwhile"), "reading"))
	assert.Equal(t, []string{
		fmt.Sprintf("slot fc/filter/0 attached 3 %x FC0000", digest(thrice)), "revoked 0 sequence 0", "reading 63",
	}, d.ask("slots", "reading"), "of the other one there is nothing")
}

// TestDefect19RunUnauthenticated: anybody could have a device run what it had. Here
// no request without keys changes anything, whatever its method and resource.
func TestDefect19RunUnauthenticated(t *testing.T) {
	d := newDevice(t)
	url := d.put("a", order{component: filter(0), sequence: 1, payload: otaImage(t, "twice", acmeKey)})
	require.Equal(t, []string{"verdict FC0000 fc/filter/0 1 fetches 2"}, d.ask("trigger "+url))
	next := d.put("b", order{component: filter(0), sequence: 2, payload: otaImage(t, "thrice", acmeKey)})
	state := d.ask("slots", "reading")
	flash := d.flash()

	var script []string
	paths := []string{"fc/suit/trigger", "fc/suit/status", "fc/suit/device", "fc/suit/log", "fc/containers", "fc/containers/0", "fc/contract"}
	for _, path := range paths {
		for method := byte(2); method <= 7; method++ { // POST, PUT, DELETE, FETCH, PATCH, iPATCH
			message := []byte{0x40, method, 0, byte(len(script))}
			for i, part := range strings.Split(path, "/") {
				delta := byte(0)
				if i == 0 {
					delta = 11 // Uri-Path
				}
				message = append(append(message, delta<<4|byte(len(part))), part...)
			}
			script = append(script, fmt.Sprintf("coap %x 10000", append(append(message, 0xff), next...)))
		}
	}
	lines := d.ask(append(script, "slots", "reading")...)
	require.Len(t, lines, len(script)+len(state))
	for i, line := range lines[:len(script)] {
		assert.Regexp(t, `^answer 4\.0[145]$`, line, "%s, method %d", paths[i/6], 2+i%6)
	}
	assert.Equal(t, "answer 4.01", lines[0], "the right request, without keys")
	assert.Equal(t, state, lines[len(script):])
	assert.True(t, bytes.Equal(flash, d.flash()))
	assert.Equal(t, "verdict FC0000 fc/filter/0 2 fetches 2", d.ask("trigger " + next)[0], "and with keys it would have been done")
}

// TestDefect20ReplayAfterReboot: the sequence number was in RAM, and one for all
// components. Each ask is a boot.
func TestDefect20ReplayAfterReboot(t *testing.T) {
	d := newDevice(t)
	put := func(slot int, n uint32, update string) string {
		return "trigger " + d.put(fmt.Sprint(update, slot, "-", n), order{component: filter(slot), sequence: n, payload: otaImage(t, update, acmeKey)})
	}
	old, now := put(0, 4, "twice"), put(0, 5, "thrice")
	require.Equal(t, []string{"verdict FC0000 fc/filter/0 4 fetches 2", "verdict FC0000 fc/filter/0 5 fetches 2"}, d.ask(old, now))
	assert.Equal(t, []string{"verdict FC4014 5 fc/filter/0 4 fetches 1", "verdict FC4014 5 fc/filter/0 5 fetches 1", "reading 63"},
		d.ask(old, now, "reading"))
	assert.Equal(t, []string{"verdict FC0000 fc/filter/1 1 fetches 2", "verdict FC4014 5 fc/filter/0 4 fetches 1"},
		d.ask(put(1, 1, "twice"), old), "the other slot has a number of its own")
	assert.Equal(t, []string{"verdict FC4014 5 fc/filter/0 4 fetches 1", "verdict FC4014 1 fc/filter/1 1 fetches 1"},
		d.ask(old, put(1, 1, "twice")))
}

// TestDefect21FailedFetch: what a failed download left behind stayed, and URLs were
// copied whatever their length.
func TestDefect21FailedFetch(t *testing.T) {
	d := newDevice(t)
	const longest = 127 // FEMTO_SUIT_URL_MAX
	small := otaImage(t, "twice", acmeKey)
	broken := d.put("broken", order{component: filter(0), sequence: 1, payload: forge(t, 1600), mode: "?cut"})
	good := d.put("good", order{component: filter(0), sequence: 1, payload: small})
	d.ask() // formats the flash
	flash := d.flash()
	assert.Equal(t, []string{"verdict FC4003 64 fc/filter/0 1 fetches 2", "revoked 0 sequence 0", "reading 21"},
		d.ask("trigger "+broken, "slots", "reading"))
	assert.True(t, bytes.Equal(flash, d.flash()), "a failed fetch has been written to flash")
	assert.Equal(t, []string{
		"verdict FC4003 64 fc/filter/0 1 fetches 2", "verdict FC0000 fc/filter/0 1 fetches 2",
		fmt.Sprintf("slot fc/filter/0 attached 1 %x FC0000", digest(small)), "revoked 0 sequence 0", "reading 42",
	}, d.ask("trigger "+broken, "trigger "+good, "slots", "reading"), "a shorter one right after it")

	var script []string
	for n := len("coap://h/") + 1; n < 2*longest; n++ {
		script = append(script, "trigger coap://h/"+strings.Repeat("x", n-len("coap://h/")))
	}
	for i, line := range d.ask(script...) {
		want := "verdict FC4003 0 - 0 fetches 1" // there is no such file
		if len(script[i])-len("trigger ") > longest {
			want = "trigger FC4001"
		}
		assert.Equal(t, want, line, script[i])
	}
	assert.Equal(t, []string{"reading 42"}, d.ask("reading"))
}
