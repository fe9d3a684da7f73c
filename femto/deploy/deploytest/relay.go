// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package deploytest

import (
	"math/rand/v2"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Loss loses a part of all packets, the same ones for the same seed.
func Loss(part float64, seed uint64) func(client int) bool {
	random := rand.New(rand.NewPCG(seed, 0))
	return func(int) bool { return random.Float64() < part }
}

// Relay is a bad link to a UDP address: it loses the packets, in both
// directions, that lose is true for, and delays the others. Clients are counted
// from 0. The result is its own address.
func Relay(t testing.TB, target string, lose func(client int) bool, delay time.Duration) string {
	to, err := net.ResolveUDPAddr("udp", target)
	require.NoError(t, err)
	front, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv6loopback})
	require.NoError(t, err)
	r := &relay{lose: lose, delay: delay, clients: map[string]*relayed{}}
	t.Cleanup(func() {
		front.Close()
		r.mu.Lock()
		defer r.mu.Unlock()
		for _, c := range r.clients {
			c.back.Close()
		}
	})
	go func() {
		b := make([]byte, 2048)
		for {
			n, from, err := front.ReadFromUDP(b)
			if err != nil {
				return
			}
			c, err := r.client(from, to, front)
			if err != nil {
				return
			}
			r.pass(c.number, b[:n], func(b []byte) { c.back.Write(b) })
		}
	}()
	return front.LocalAddr().String()
}

type relay struct {
	delay time.Duration

	mu      sync.Mutex
	lose    func(client int) bool
	clients map[string]*relayed // by their addresses
}

// A relayed is a client, and the socket that stands for it.
type relayed struct {
	number int
	back   *net.UDPConn
}

func (r *relay) client(address, to *net.UDPAddr, front *net.UDPConn) (*relayed, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if c := r.clients[address.String()]; c != nil {
		return c, nil
	}
	back, err := net.DialUDP("udp", nil, to)
	if err != nil {
		return nil, err
	}
	c := &relayed{len(r.clients), back}
	r.clients[address.String()] = c
	go func() {
		b := make([]byte, 2048)
		for {
			n, err := back.Read(b)
			if err != nil {
				return
			}
			r.pass(c.number, b[:n], func(b []byte) { front.WriteToUDP(b, address) })
		}
	}()
	return c, nil
}

func (r *relay) pass(client int, b []byte, send func([]byte)) {
	r.mu.Lock()
	lost := r.lose(client)
	r.mu.Unlock()
	if !lost {
		b = append([]byte(nil), b...)
		time.AfterFunc(r.delay, func() { send(b) })
	}
}
