// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package riot

import (
	"testing"
	"time"
)

// TestPackets wants a container on the hook of packets to see what comes over a
// tap device.
func TestPackets(t *testing.T) {
	n := newNetwork(t)
	app := testApplication("packets", "native64", "fast")
	app.build(t)
	term := openTerminal(t, root, nil, "ip", "netns", "exec", n.name, app.elf(), "tap0")
	term.expect(runTimeout, "ready")

	conn := n.dial()
	defer conn.Close()
	const want = "53 bytes, IP version 6, first byte of the payload 0x68"
	for range 20 { // the first ones wait for the neighbour's address
		_, err := conn.Write([]byte("hello"))
		if err == nil && firstMissing(term.output(), []string{want}) == "" {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	term.expect(time.Second, want)
}
