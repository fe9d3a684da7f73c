// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package riot

import (
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A network is a namespace of its own with one tap device: we have address ::1,
// the RIOT firmware at its other end gets ::2.
type network struct {
	t    *testing.T
	name string
}

const (
	ourAddress   = "2001:db8::1"
	theirAddress = "2001:db8::2"
)

var networks atomic.Int32

// namespaceOf is the name of a network namespace that no other test has, nor another run of the
// tests. Those of runs that could not clean up are removed first.
func namespaceOf(what string) string {
	endLeftNetworks()
	return fmt.Sprintf("femto-%s-%d-%d", what, os.Getpid(), networks.Add(1))
}

var (
	endLeftNetworks = sync.OnceFunc(func() {
		names, _ := filepath.Glob("/var/run/netns/femto-*")
		for _, name := range names {
			m := namespaceName.FindStringSubmatch(filepath.Base(name))
			if m == nil {
				continue
			}
			if pid, err := strconv.Atoi(m[1]); err == nil && syscall.Kill(pid, 0) == syscall.ESRCH {
				endNetwork(m[0])
			}
		}
	})
	namespaceName = regexp.MustCompile(`^femto-[a-z0-9]+-(\d+)-\d+$`)
)

// endNetwork removes a namespace and ends what runs in it, however a test ended.
func endNetwork(name string) {
	pids, _ := exec.Command("ip", "netns", "pids", name).Output()
	for _, field := range strings.Fields(string(pids)) {
		if pid, err := strconv.Atoi(field); err == nil && pid > 1 {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	}
	_ = exec.Command("ip", "netns", "delete", name).Run()
}

// newNamespace makes the namespace alone. What still runs in it at the end of
// the test is stopped.
func newNamespace(t *testing.T) *network {
	t.Helper()
	need(t, "ip")
	n := &network{t, namespaceOf("net")}
	if out, err := exec.Command("ip", "netns", "add", n.name).CombinedOutput(); err != nil {
		skip(t, "a network namespace cannot be made here: %s", strings.TrimSpace(string(out)))
	}
	t.Cleanup(func() { endNetwork(n.name) })
	n.ip("link set lo up")
	return n
}

func newNetwork(t *testing.T) *network {
	t.Helper()
	n := newNamespace(t)
	n.ip("tuntap add dev tap0 mode tap")
	n.ip("link set tap0 up")
	n.ip("addr add " + ourAddress + "/64 dev tap0 nodad")
	return n
}

func (n *network) ip(args string) {
	n.t.Helper()
	out, err := exec.Command("ip", append([]string{"-n", n.name}, strings.Fields(args)...)...).CombinedOutput()
	if err != nil {
		skip(n.t, "ip %s: %s", args, strings.TrimSpace(string(out)))
	}
}

func (n *network) command(name string, args ...string) *exec.Cmd {
	return exec.Command("ip", append([]string{"netns", "exec", n.name, name}, args...)...)
}

// boot starts firmware for native with a shell, and gives it its address once
// it has printed all of want.
func (n *network) boot(elf string, want ...string) *terminal {
	n.t.Helper()
	term := openTerminal(n.t, root, append(os.Environ(), "ASAN_OPTIONS=detect_leaks=0:detect_stack_use_after_return=0"),
		"ip", "netns", "exec", n.name, elf, "tap0")
	term.expect(runTimeout, want...)
	term.typeLine("ifconfig")
	term.expect(runTimeout, "Iface", "Link type")
	iface := regexp.MustCompile(`Iface +(\d+)`).FindStringSubmatch(term.output())
	require.NotNil(n.t, iface)
	term.typeLine("ifconfig " + iface[1] + " add " + theirAddress + "/64")
	term.expect(runTimeout, "success: added "+theirAddress)
	n.reach(n.t)
	return term
}

// reach waits until the firmware answers CoAP.
func (n *network) reach(t *testing.T) {
	t.Helper()
	conn := n.dial()
	defer conn.Close()
	answer := make([]byte, 64)
	for range 60 {
		_, err := conn.Write([]byte{0x40, 0, 0, 1}) // an empty confirmable message, a ping
		if err == nil {
			require.NoError(t, conn.SetReadDeadline(time.Now().Add(500*time.Millisecond)))
			_, err = conn.Read(answer)
		}
		if err == nil {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("the firmware does not answer CoAP")
}

// dial opens a UDP socket in the namespace, connected to the firmware's CoAP
// port.
func (n *network) dial() net.Conn {
	n.t.Helper()
	return n.dialFrom(nil, 5683)
}

// dialFrom takes one of our addresses, or nil, and a port of the firmware.
func (n *network) dialFrom(our net.IP, port int) net.Conn {
	n.t.Helper()
	return dialIn(n.t, n.name, &net.UDPAddr{IP: our}, &net.UDPAddr{IP: net.ParseIP(theirAddress), Port: port})
}

// dialIn opens a UDP socket in a namespace. It stays in the one where its thread
// was when it made it.
func dialIn(t *testing.T, namespace string, our, their *net.UDPAddr) net.Conn {
	t.Helper()
	var conn net.Conn
	within(t, namespace, func() (err error) {
		conn, err = net.DialUDP("udp6", our, their)
		return err
	})
	return conn
}

// coap asks the firmware with libcoap's client, and returns what that prints.
func (n *network) coap(args ...string) string {
	n.t.Helper()
	need(n.t, "coap-client-notls")
	last := len(args) - 1
	args[last] = "coap://[" + theirAddress + "]" + args[last]
	out, err := n.command("timeout", append([]string{"-k", "1", "20", "coap-client-notls", "-B", "15"}, args...)...).CombinedOutput()
	require.NoError(n.t, err, "%v: %s", args, out)
	return strings.TrimRight(string(out), "\n")
}

// typeLine types a line into the terminal.
func (term *terminal) typeLine(line string) {
	term.t.Helper()
	_, err := io.WriteString(term.tty, line+"\n")
	require.NoError(term.t, err)
}
