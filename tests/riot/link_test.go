// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package riot

import (
	"math/rand/v2"
	"os"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// A link is what is between two taps of a namespace: tap0, which the host's stack
// sends to, and another one, which the device has opened. It does what tc netem
// does, in both directions, and needs no kernel that has it.
type link struct {
	part  float64 // of all frames, that is lost
	delay time.Duration

	mu           sync.Mutex
	random       *rand.Rand
	passed, lost int
}

// join makes both taps and passes frames between them until the end of the test.
func (l *link) join(t *testing.T, namespace, tap string) {
	t.Helper()
	var host, device int
	within(t, namespace, func() error {
		var err error
		if host, err = unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_NONBLOCK|unix.O_CLOEXEC, 0); err != nil {
			return err
		}
		name, err := unix.NewIfreq("tap0")
		if err != nil {
			return err
		}
		name.SetUint16(unix.IFF_TAP | unix.IFF_NO_PI)
		if err := unix.IoctlIfreq(host, unix.TUNSETIFF, name); err != nil {
			return err
		}
		if device, err = unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0); err != nil {
			return err
		}
		if name, err = unix.NewIfreq(tap); err != nil {
			return err
		}
		if err := unix.IoctlIfreq(device, unix.SIOCGIFINDEX, name); err != nil {
			return err
		}
		const all = 0x0300 // ETH_P_ALL, in network byte order
		return unix.Bind(device, &unix.SockaddrLinklayer{Protocol: all, Ifindex: int(name.Uint32())})
	})
	ours := os.NewFile(uintptr(host), "tap0") // to be waited for by Go's runtime
	stop := make(chan struct{})
	var ends sync.WaitGroup
	ends.Add(2)
	go func() {
		defer ends.Done()
		b := make([]byte, 2048)
		for {
			n, err := ours.Read(b)
			if err != nil {
				return
			}
			l.pass(b[:n], func(b []byte) { _ = unix.Send(device, b, 0) })
		}
	}()
	go func() {
		defer ends.Done()
		b := make([]byte, 2048)
		for {
			ready := []unix.PollFd{{Fd: int32(device), Events: unix.POLLIN}}
			_, _ = unix.Poll(ready, 50)
			select {
			case <-stop:
				return
			default:
			}
			n, from, err := unix.Recvfrom(device, b, 0)
			// what is sent here comes back, too
			if at, ok := from.(*unix.SockaddrLinklayer); err == nil && ok && at.Pkttype != unix.PACKET_OUTGOING {
				l.pass(b[:n], func(b []byte) { _, _ = ours.Write(b) })
			}
		}
	}()
	t.Cleanup(func() {
		close(stop)
		ours.Close()
		ends.Wait()
		time.Sleep(2 * l.delay) // for what is on its way
		unix.Close(device)
	})
}

func (l *link) pass(b []byte, send func([]byte)) {
	l.mu.Lock()
	lost := l.random.Float64() < l.part
	if lost {
		l.lost++
	} else {
		l.passed++
	}
	l.mu.Unlock()
	if !lost {
		b = append([]byte(nil), b...)
		time.AfterFunc(l.delay, func() { send(b) })
	}
}

func (l *link) counts() (passed, lost int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.passed, l.lost
}

// within runs a function in a network namespace: what it opens stays there.
func within(t *testing.T, namespace string, do func() error) {
	t.Helper()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	here, err := os.Open("/proc/thread-self/ns/net")
	require.NoError(t, err)
	defer here.Close()
	there, err := os.Open("/var/run/netns/" + namespace)
	require.NoError(t, err)
	defer there.Close()
	require.NoError(t, unix.Setns(int(there.Fd()), unix.CLONE_NEWNET))
	err = do()
	require.NoError(t, unix.Setns(int(here.Fd()), unix.CLONE_NEWNET))
	require.NoError(t, err)
}
