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

// Relay is a bad link to a UDP address: it loses a part of the packets, in both
// directions, and delays the others. The same seed loses the same packets. The
// result is its own address.
func Relay(t testing.TB, target string, loss float64, delay time.Duration, seed uint64) string {
	to, err := net.ResolveUDPAddr("udp", target)
	require.NoError(t, err)
	front, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv6loopback})
	require.NoError(t, err)
	r := &relay{loss: loss, delay: delay, random: rand.New(rand.NewPCG(seed, 0)), backs: map[string]*net.UDPConn{}}
	t.Cleanup(func() {
		front.Close()
		r.mu.Lock()
		defer r.mu.Unlock()
		for _, back := range r.backs {
			back.Close()
		}
	})
	go func() {
		b := make([]byte, 2048)
		for {
			n, from, err := front.ReadFromUDP(b)
			if err != nil {
				return
			}
			back, err := r.back(from, to, front)
			if err != nil {
				return
			}
			r.pass(b[:n], func(b []byte) { back.Write(b) })
		}
	}()
	return front.LocalAddr().String()
}

type relay struct {
	loss   float64
	delay  time.Duration
	mu     sync.Mutex
	random *rand.Rand
	backs  map[string]*net.UDPConn // by who they are for
}

// back is the socket that stands for a client.
func (r *relay) back(client, to *net.UDPAddr, front *net.UDPConn) (*net.UDPConn, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if back := r.backs[client.String()]; back != nil {
		return back, nil
	}
	back, err := net.DialUDP("udp", nil, to)
	if err != nil {
		return nil, err
	}
	r.backs[client.String()] = back
	go func() {
		b := make([]byte, 2048)
		for {
			n, err := back.Read(b)
			if err != nil {
				return
			}
			r.pass(b[:n], func(b []byte) { front.WriteToUDP(b, client) })
		}
	}()
	return back, nil
}

func (r *relay) pass(b []byte, send func([]byte)) {
	r.mu.Lock()
	lost := r.random.Float64() < r.loss
	r.mu.Unlock()
	if !lost {
		b = append([]byte(nil), b...)
		time.AfterFunc(r.delay, func() { send(b) })
	}
}
