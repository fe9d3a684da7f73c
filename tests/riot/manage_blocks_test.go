// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package riot

import (
	"bytes"
	"context"
	"encoding/binary"
	"net"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/fxamacker/cbor/v2"
	piondtls "github.com/pion/dtls/v3"
	dtlsnet "github.com/pion/dtls/v3/pkg/net"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/femtocontainer/femtocontainer/femto/diag"
)

// A coaps is a DTLS session over which CoAP messages go byte by byte.
type coaps struct {
	t    *testing.T
	conn net.Conn
	link *recorded
	id   uint16
}

// A recorded connection keeps the datagrams that were sent.
type recorded struct {
	net.Conn
	sent [][]byte
}

func (r *recorded) Write(b []byte) (int, error) {
	r.sent = append(r.sent, bytes.Clone(b))
	return r.Conn.Write(b)
}

func (m *managed) coaps(t *testing.T) *coaps {
	t.Helper()
	for range 10 { // packets may get lost on a busy machine, and tinydtls sends nothing again
		socket := &recorded{Conn: m.dialFrom(nil, 5684)}
		session, err := piondtls.ClientWithOptions(dtlsnet.PacketConnFromConn(socket), socket.RemoteAddr(),
			piondtls.WithPSK(func([]byte) ([]byte, error) { return []byte(managedKey), nil }),
			piondtls.WithPSKIdentityHint([]byte("operator")),
			piondtls.WithCipherSuites(piondtls.TLS_PSK_WITH_AES_128_CCM_8))
		require.NoError(t, err)
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		err = session.HandshakeContext(ctx)
		cancel()
		if err == nil {
			t.Cleanup(func() { session.Close(); socket.Close() })
			return &coaps{t: t, conn: session, link: socket}
		}
		session.Close()
		socket.Close()
	}
	t.Fatal("the device takes up no DTLS session")
	return nil
}

// post sends a request to /fc/manage with these values of the option Block1, and returns
// the answer's code and payload.
func (c *coaps) post(payload []byte, blocks ...[]byte) (code byte, answer []byte) {
	c.t.Helper()
	c.id++
	message := binary.BigEndian.AppendUint16([]byte{0x40, 2}, c.id)
	message = append(message, "\xb2fc\x06manage\x11\x3c"...) // Uri-Path twice, Content-Format 60
	for i, block := range blocks {
		delta := []byte{0xd0 | byte(len(block)), 27 - 12 - 13}
		if i > 0 {
			delta = []byte{byte(len(block))}
		}
		message = append(append(message, delta...), block...)
	}
	if len(payload) > 0 {
		message = append(append(message, 0xff), payload...)
	}
	got := make([]byte, 256)
	for range 20 {
		_, err := c.conn.Write(message)
		require.NoError(c.t, err)
		require.NoError(c.t, c.conn.SetReadDeadline(time.Now().Add(2*time.Second)))
		for {
			n, err := c.conn.Read(got)
			if err != nil {
				break // it got lost: again
			}
			if n >= 4 && got[0] == 0x60 && bytes.Equal(got[2:4], message[2:4]) {
				_, answer, _ = bytes.Cut(got[4:n], []byte{0xff})
				return got[1], answer
			}
		}
	}
	c.t.Fatalf("no answer to %x", message)
	return 0, nil
}

var heapBytes = regexp.MustCompile(`heap (\d+), packets none`)

// heap is the bytes that malloc has given, when no packets are on their way.
func (m *managed) heap(t *testing.T) string {
	t.Helper()
	var found []string
	require.Eventually(t, func() bool {
		found = heapBytes.FindStringSubmatch(m.typed("memory"))
		return found != nil
	}, runTimeout, 50*time.Millisecond, "packets stay in the packet buffer")
	return found[1]
}

func codeOf(t *testing.T, answer []byte) diag.Code {
	var refusal map[uint64]uint32
	require.NoError(t, cbor.Unmarshal(answer, &refusal), "%x", answer)
	return diag.Code(refusal[2])
}

// testBlocks has the operator send requests, and what is none, in blocks: whole in the first of
// them, cut over two, without a beginning, without an end, and with options that are no Block1.
// Each message is refused, nothing is done and nothing kept, and the next request without
// blocks is done.
func testBlocks(t *testing.T, m *managed) {
	const badOption, badRequest = 4<<5 | 2, 4 << 5
	block := func(number, more, size byte) []byte { return []byte{number<<4 | more<<3 | size} }
	c := m.coaps(t)
	refused := func(what string, payload []byte, blocks ...[]byte) {
		t.Helper()
		code, answer := c.post(payload, blocks...)
		assert.EqualValues(t, badOption, code, "%s: %x", what, payload)
		assert.Equal(t, "FC4029", codeOf(t, answer).String(), "%s: %x", what, payload)
	}
	code, answer := c.post([]byte{0x81}) // without blocks
	assert.EqualValues(t, badRequest, code)
	assert.Equal(t, "FC4029", codeOf(t, answer).String())

	before := m.state()
	all := func() {
		for _, r := range everything(t) {
			refused("whole in the first block", r, block(0, 1, 2))
			refused("whole in the only block", r, block(0, 0, 2))
			refused("whole, with an empty option", r, nil)
			refused("the first half", r[:len(r)/2], block(0, 1, 0))
			refused("the second half", r[len(r)/2:], block(1, 0, 0))
			refused("from the middle", r, block(7, 0, 2))
			refused("reserved size", r, block(0, 0, 7))
			refused("option twice", r, block(0, 0, 2), block(1, 0, 2))
			refused("number of 20 bits", r, []byte{0xff, 0xff, 0xf2})
			refused("option of 4 bytes", r, []byte{0, 0, 0, 2})
			refused("option of 8 bytes", r, []byte(strings.Repeat("\xff", 8)))
		}
		for name, r := range malformed(t) {
			refused(name, r, block(0, 0, 2))
			refused(name, r, block(0, 1, 2))
			refused(name, r, block(3, 0, 2))
		}
		for n := range byte(16) { // no end
			refused("endless", []byte(strings.Repeat("\x81", 16)), block(n, 1, 0))
		}
	}
	all()
	heap := m.heap(t)
	all()
	assert.Equal(t, before, m.state())
	assert.Equal(t, heap, m.heap(t), "bytes of malloc")
	t.Logf("%d requests in blocks; %s bytes of malloc before and after", c.id, heap)
	code, answer = c.post(request(t, 5, 3, 255, 9, []byte("blocks"), false))
	assert.EqualValues(t, 2<<5|4, code, "%x", answer)
	code, answer = c.post(request(t, 6, 3, 255, 9))
	assert.EqualValues(t, 2<<5|4, code, "%x", answer)
	assert.Equal(t, before, m.state())
}

// testReplay sends datagrams of the operator's again: at once, from another port, and after the
// operator has come anew from the same one. None is a request once more.
func testReplay(t *testing.T, m *managed) {
	before := m.state()
	done := func(c *coaps, r []byte) {
		t.Helper()
		code, answer := c.post(r)
		require.EqualValues(t, 2<<5|4, code, "%x", answer)
	}
	put, remove := request(t, 5, 3, 255, 9, []byte("replay"), false), request(t, 6, 3, 255, 9)
	c := m.coaps(t)
	first := len(c.link.sent)
	done(c, put)
	done(c, remove)
	replay := func(to net.Conn) {
		for _, datagram := range c.link.sent {
			_, err := to.Write(datagram)
			require.NoError(t, err)
			time.Sleep(time.Millisecond)
		}
	}
	require.Greater(t, len(c.link.sent), first)
	records := c.link.sent[first:]
	for _, datagram := range records {
		_, err := c.link.Conn.Write(datagram)
		require.NoError(t, err)
	}
	code, answer := c.post(remove) // those before have arrived when this is answered
	assert.EqualValues(t, 4<<5|4, code, "%x", answer)
	assert.Equal(t, before, m.state())

	other := m.dialFrom(nil, 5684)
	defer other.Close()
	replay(other) // with the handshake
	assert.Equal(t, before, m.state())

	again := m.coaps(t)
	for _, datagram := range records {
		_, err := again.link.Conn.Write(datagram)
		require.NoError(t, err)
	}
	code, answer = again.post(remove)
	assert.EqualValues(t, 4<<5|4, code, "%x", answer)
	assert.Equal(t, before, m.state())
}
