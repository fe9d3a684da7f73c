// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package device

import (
	"bytes"
	"context"
	"encoding/hex"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/plgd-dev/go-coap/v3/message"
	"github.com/plgd-dev/go-coap/v3/message/codes"
	"github.com/plgd-dev/go-coap/v3/mux"
	coapnet "github.com/plgd-dev/go-coap/v3/net"
	"github.com/plgd-dev/go-coap/v3/options"
	"github.com/plgd-dev/go-coap/v3/udp"
	"github.com/stretchr/testify/require"

	"github.com/femtocontainer/femtocontainer/femto/contract"
	"github.com/femtocontainer/femtocontainer/femto/diag"
)

// recorded are answers of tests/riot/services on native64.
var recorded = map[string]string{
	"/fc/device":     "a50101" + "02686e61746976653634" + "0367" + "323032362e3037" + "0407" + "0508",
	"/fc/containers": "83a501000267677561726465640300040205" + "01a50101026563686169" + "6e030004020502a5010202" + "66636861696e32030104020502",
	"/fc/contract": "a20182a9016461636d6502192f3b031a00989680040105000606071840081a000186a00900" +
		"a90165677565737402" + "19043b031a009896800401050006020708081a000186a00900" +
		"0283ab016563616c6c730250" + "1b59de4a0a065c1c8f5078" + "03187dcd0d03f5040005f406090704081a000186a009000a000ba200192f3b0119043b" +
		"ab016c636f61702f677561726465640250" + "7294c3d127945ad09805c1265bbbb2be" + "03f5040305f40609070108194e2009000a000ba100192f3b" +
		"ab016a636f61702f636861696e0250" + "c9e672dde86958" + "2f99cafae106b6131a" + "03f5040205f40609070208194e2009000a000ba200192f3b0119043b",
	"/fc/containers/0":       "a701000267677561726465640300040205010619061b071840",
	"/fc/stats/containers/0": "a40102020c030204a501190bb902188c031a05000079040105" + "19010d",
	"/fc/stats/hooks/1":      "a2010c0200",
	"/fc/stats/tenants/0":    "a401193bdd02000303040c",
	"/fc/stats/device":       "a1011953e5",
	"/fc/stats/faults/0":     "a701190bb902188c031a05000079040105" + "19010d" + "06000700",
	"/fc/stats/faults/6":     "a701190bb902181e0300040205" + "0306010701",
}

func answer(t testing.TB, path string) []byte {
	b, err := hex.DecodeString(recorded[path])
	require.NoError(t, err)
	require.NotEmpty(t, b, path)
	return b
}

// serve has a CoAP server answer on the loopback interface.
func serve(t *testing.T, handle func(w mux.ResponseWriter, r *mux.Message)) *Client {
	l, err := coapnet.NewListenUDP("udp", "127.0.0.1:0")
	require.NoError(t, err)
	s := udp.NewServer(options.WithMux(mux.HandlerFunc(handle)))
	done := make(chan struct{})
	go func() { defer close(done); _ = s.Serve(l) }()
	c, err := Dial(t.Context(), "coap://"+l.LocalAddr().String(), nil)
	require.NoError(t, err)
	t.Cleanup(func() { c.Close(); s.Stop(); <-done; l.Close() })
	return c
}

// respond answers with CBOR.
func respond(w mux.ResponseWriter, body []byte) {
	_ = w.SetResponse(codes.Content, message.AppCBOR, bytes.NewReader(body))
}

func TestRecorded(t *testing.T) {
	ctx := t.Context()
	c := serve(t, func(w mux.ResponseWriter, r *mux.Message) {
		path, _ := r.Path()
		if recorded[path] == "" {
			_ = w.SetResponse(codes.NotFound, message.TextPlain, nil)
			return
		}
		respond(w, answer(t, path))
	})
	info, err := c.Info(ctx)
	require.NoError(t, err)
	require.Equal(t, Info{1, "native64", "2026.07", 7, 8}, info)

	list, err := c.Containers(ctx)
	require.NoError(t, err)
	require.Len(t, list, 3)
	require.Equal(t, "chain2", list[2].Name)
	require.Equal(t, Attached, list[2].State)
	require.EqualValues(t, 2, *list[2].Hook)

	one, err := c.Container(ctx, 0)
	require.NoError(t, err)
	require.EqualValues(t, 1563, one.Image)

	k, err := c.Contract(ctx)
	require.NoError(t, err)
	require.Equal(t, "guest", k.Tenants[1].Name)
	require.Equal(t, "coap/chain", k.Hooks[2].Name)
	require.Equal(t, contract.StopOnPositive, k.Hooks[2].Policy)
	require.Equal(t, k.Tenants[1].Capabilities|contract.Base, k.Hooks[2].Grants[1])

	stats, err := c.ContainerStats(ctx, 0)
	require.NoError(t, err)
	require.Equal(t, ContainerStats{Attached, 12, 2, &Fault{3001, 140, 0x05000079, 1, 269}}, stats)
	faults, err := c.Faults(ctx)
	require.NoError(t, err)
	require.Equal(t, []FaultRecord{{Fault{3001, 30, 0, 2, 3}, 1, 1}, {*stats.Latest, 0, 0}}, faults)
	hook, err := c.HookStats(ctx, 1)
	require.NoError(t, err)
	require.Equal(t, HookStats{12, 0}, hook)
	tenant, err := c.TenantStats(ctx, 0)
	require.NoError(t, err)
	require.Equal(t, TenantStats{15325, 0, 3, 12}, tenant)
	device, err := c.Stats(ctx)
	require.NoError(t, err)
	require.EqualValues(t, 21477, device.Uptime)

	_, err = c.Container(ctx, 9)
	requireCode(t, diag.NotThere, err)
}

func requireCode(t *testing.T, want diag.Code, err error) {
	t.Helper()
	var d *diag.Error
	require.ErrorAs(t, err, &d)
	require.Equal(t, want, d.Code, "%v", err)
}

// TestHostileDevice wants an error, in time, whatever the device says.
func TestHostileDevice(t *testing.T) {
	for name, body := range map[string]string{
		"nothing":            "",
		"cut off":            recorded["/fc/device"][:20],
		"something follows":  recorded["/fc/device"] + "00",
		"an array":           "8401",
		"keys twice":         "a50101" + "02686e61746976653634" + "0367" + "323032362e3037" + "0407" + "0407",
		"indefinite length":  "bf0101ff",
		"a tag":              "c1a10101",
		"nested too deep":    "a1" + "09" + strings.Repeat("81", 100) + "00",
		"a long array":       "a1" + "09" + "9a7fffffff",
		"a long text":        "a1" + "02" + "7b7fffffffffffffff",
		"no UTF-8":           "a10262fffe",
		"number too large":   "a2010104190100",
		"negative":           "a20101" + "0420",
		"of another version": "a10102",
	} {
		t.Run(name, func(t *testing.T) {
			b, err := hex.DecodeString(body)
			require.NoError(t, err)
			c := serve(t, func(w mux.ResponseWriter, _ *mux.Message) { respond(w, b) })
			_, err = c.Info(t.Context())
			requireCode(t, diag.BadAnswer, err)
		})
	}
	t.Run("not CBOR", func(t *testing.T) {
		c := serve(t, func(w mux.ResponseWriter, _ *mux.Message) {
			_ = w.SetResponse(codes.Content, message.TextPlain, bytes.NewReader(answer(t, "/fc/device")))
		})
		_, err := c.Info(t.Context())
		requireCode(t, diag.BadAnswer, err)
	})
	t.Run("too long", func(t *testing.T) {
		c := serve(t, func(w mux.ResponseWriter, _ *mux.Message) { respond(w, make([]byte, maxBody+1)) })
		_, err := c.Info(t.Context())
		requireCode(t, diag.BadAnswer, err)
	})
	t.Run("an error", func(t *testing.T) {
		c := serve(t, func(w mux.ResponseWriter, _ *mux.Message) {
			_ = w.SetResponse(codes.Unauthorized, message.TextPlain, nil)
		})
		_, err := c.Info(t.Context())
		requireCode(t, diag.BadAnswer, err)
		require.ErrorContains(t, err, "4.01")
	})
	t.Run("unknown keys", func(t *testing.T) { // are fine
		b := append([]byte{0xa6}, answer(t, "/fc/device")[1:]...)
		c := serve(t, func(w mux.ResponseWriter, _ *mux.Message) { respond(w, append(b, 0x18, 0x63, 0x81, 0xf6)) })
		_, err := c.Info(t.Context())
		require.NoError(t, err)
	})
}

func TestSilentDevice(t *testing.T) {
	conn, err := net.ListenPacket("udp", "127.0.0.1:0") // takes everything, says nothing
	require.NoError(t, err)
	defer conn.Close()
	c, err := Dial(t.Context(), "coap://"+conn.LocalAddr().String(), nil)
	require.NoError(t, err)
	defer c.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	_, err = c.Info(ctx)
	requireCode(t, diag.NoAnswer, err)
}

func FuzzDecode(f *testing.F) {
	for path := range recorded {
		f.Add(answer(f, path))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, view := range []any{
			&Info{}, &Stats{}, &Contract{}, &[]Container{}, &Container{}, &ContainerStats{}, &FaultRecord{}, &HookStats{}, &TenantStats{},
		} {
			if decode(b, view) == nil {
				if c, ok := view.(*Contract); ok {
					for _, h := range c.Hooks {
						_ = h.Policy.String() // has a name
					}
				}
			}
		}
	})
}
