// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package riot

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/femtocontainer/femtocontainer/femto/suit"
)

// TestDeployParser gives manifests of femto/suit to RIOT's SUIT parser alone, with RIOT's
// storage in RAM in place of ours. It takes them as they are; and one with a payload of no
// bytes as well, but not without fetching it first. That is why the worker does removals before
// it calls the parser: docs/RATIONALE.md.
func TestDeployParser(t *testing.T) {
	const (
		ok, badSignature, oldSequence = 0, -6, -5 // of RIOT's suit.h
		noFile                        = -6        // ENXIO, of the transport
	)
	d := newDevice(t)
	ram := suit.Component{"ram", "0"}
	payload := bytes.Repeat([]byte("payload "), 50)
	put := func(name string, o order) string {
		o.component = ram
		d.put(name, o)
		return "parse " + name + ".suit"
	}
	ends := func(res, fetches int, stored []byte) string {
		return fmt.Sprintf("parse %d fetches %d, %d bytes %x", res, fetches, len(stored), digest(stored))
	}
	assert.Equal(t, []string{
		ends(badSignature, 0, nil), ends(ok, 1, payload), ends(oldSequence, 0, payload),
		ends(noFile, 1, nil), ends(ok, 1, nil),
	}, d.ask(
		put("tenant", order{sequence: 1, payload: payload, key: acmeKey}),
		put("some", order{sequence: 1, payload: payload}),
		put("again", order{sequence: 1, payload: payload}),
		put("none", order{sequence: 2}),
		put("empty", order{sequence: 2, mode: "?nothing"}),
	))

	// The worker asks for no file.
	twice := otaImage(t, "twice", acmeKey)
	assert.Equal(t, []string{"verdict FC0000 fc/filter/0 1 fetches 2", "verdict FC0000 fc/filter/0 2 fetches 1", "reading 21"},
		d.ask("trigger "+d.put("a", order{component: filter(0), sequence: 1, payload: twice}),
			"trigger "+d.put("b", order{component: filter(0), sequence: 2}), "reading"))
}
