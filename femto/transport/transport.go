// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package transport

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"

	piondtls "github.com/pion/dtls/v3"
	dtlsnet "github.com/pion/dtls/v3/pkg/net"
	"github.com/plgd-dev/go-coap/v3/dtls"
	"github.com/plgd-dev/go-coap/v3/options"
	"github.com/plgd-dev/go-coap/v3/udp"
	"github.com/plgd-dev/go-coap/v3/udp/client"

	"github.com/femtocontainer/femtocontainer/femto/cose"
	"github.com/femtocontainer/femtocontainer/femto/diag"
)

// A PSK is the pre-shared key of a device.
type PSK struct {
	Identity string
	Key      []byte
}

// ReadPSK reads a file with one line IDENTITY:HEX, which nobody but its owner
// may read.
func ReadPSK(name string) (*PSK, error) {
	b, err := cose.ReadSecret(name)
	if err != nil {
		return nil, err
	}
	identity, digits, ok := strings.Cut(strings.TrimRight(string(b), "\r\n"), ":")
	key, err := hex.DecodeString(digits)
	if !ok || err != nil || identity == "" || len(key) == 0 || len(key) > 64 {
		e := diag.New(diag.BadKeyFile, "it is not one line IDENTITY:HEX").WithHint("femto keygen --psk makes one")
		e.File = name
		return nil, e
	}
	return &PSK{identity, key}, nil
}

// Address is the scheme, and host and port, of a device's URL.
func Address(target string) (scheme, address string, err error) {
	u, err := url.Parse(target)
	switch {
	case err != nil:
	case u.Scheme != "coap" && u.Scheme != "coaps":
		err = fmt.Errorf("the scheme is neither coap nor coaps")
	case u.Hostname() == "" || u.User != nil || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "":
		err = fmt.Errorf("a host is needed, a port may follow, and nothing else")
	}
	if err != nil {
		return "", "", fmt.Errorf("%q is not the address of a device, such as coaps://[2001:db8::2]: %w", target, err)
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"coap": "5683", "coaps": "5684"}[u.Scheme]
	}
	return u.Scheme, net.JoinHostPort(u.Hostname(), port), nil
}

// Dial takes the URL of a device. With coaps:// it needs the pre-shared key,
// and is done when the device has proved that it knows it too.
func Dial(ctx context.Context, target string, psk *PSK, opts ...udp.Option) (*client.Conn, error) {
	scheme, address, err := Address(target)
	if err != nil {
		return nil, err
	}
	opts = append(opts, options.WithErrors(func(error) {})) // of malformed packets, which are dropped
	if scheme == "coap" {
		conn, err := udp.Dial(address, opts...)
		if err != nil {
			return nil, diag.New(diag.NoAnswer, "%s: %v", target, err)
		}
		return conn, nil
	}
	if psk == nil {
		return nil, diag.New(diag.NotAdmitted, "%s takes a pre-shared key", target).WithHint("add --psk FILE")
	}
	// A handshake can get stuck when packets are lost, since RIOT's tinydtls sends
	// nothing again: then only a new one helps. From the same port, for tinydtls
	// then drops the stuck one, which would else take its place for ever; when
	// there is none left, it says so with an alert.
	stuck := false
	var local net.Addr
	// Of three, one may take longer, and longer each time: with a tenth of the
	// packets lost most get stuck, and on a slow link all would be given up.
	long := 2 * firstHandshake
	for attempt := 1; ; attempt++ {
		patience := firstHandshake
		if attempt%3 == 0 {
			patience, long = long, min(2*long, lastHandshake)
		}
		session, err := handshake(ctx, &local, address, psk, patience)
		if err == nil {
			return dtls.Client(session, append(opts, options.WithCloseSocket())...), nil
		}
		switch {
		case ctx.Err() != nil || isRefused(err):
			return nil, diag.New(diag.NoAnswer, "%s does not answer with DTLS: %v", target, err).
				WithHint("a device with another pre-shared key may be silent as well")
		case errors.Is(err, context.DeadlineExceeded):
			stuck = true
			continue
		case !stuck:
			return nil, diag.New(diag.NotAdmitted, "%s: %v", target, err).
				WithHint("the key is another one, or the device is in the middle of other handshakes")
		}
		select {
		case <-time.After(time.Second):
		case <-ctx.Done():
			return nil, diag.New(diag.NoAnswer, "%s does not finish a DTLS handshake: %v", target, err)
		}
	}
}

// How long to wait for a handshake before a new one.
const (
	firstHandshake = 5 * time.Second
	lastHandshake  = 20 * time.Second
)

func handshake(ctx context.Context, local *net.Addr, address string, psk *PSK, patience time.Duration) (*piondtls.Conn, error) {
	dialer := net.Dialer{LocalAddr: *local}
	socket, err := dialer.DialContext(ctx, "udp", address)
	if err != nil {
		return nil, err
	}
	*local = socket.LocalAddr()
	session, err := piondtls.ClientWithOptions(dtlsnet.PacketConnFromConn(socket), socket.RemoteAddr(),
		piondtls.WithPSK(func([]byte) ([]byte, error) { return psk.Key, nil }),
		piondtls.WithPSKIdentityHint([]byte(psk.Identity)),
		piondtls.WithCipherSuites(piondtls.TLS_PSK_WITH_AES_128_CCM_8),
	)
	if err != nil {
		socket.Close()
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if err := session.HandshakeContext(ctx); err != nil {
		session.Close()
		socket.Close()
		if ctx.Err() != nil {
			err = ctx.Err()
		}
		return nil, err
	}
	return session, nil
}

// isRefused tells that nobody listens on the port.
func isRefused(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && !op.Timeout()
}
