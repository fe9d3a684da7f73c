// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package device

import (
	"bytes"
	"encoding/hex"
	"regexp"
	"strings"
	"testing"

	"github.com/plgd-dev/go-coap/v3/message"
	"github.com/plgd-dev/go-coap/v3/message/codes"
	"github.com/plgd-dev/go-coap/v3/mux"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/femtocontainer/femtocontainer/femto/diag"
	"github.com/femtocontainer/femtocontainer/tests/cddl"
)

// TestRequests compares what is sent with docs/management.cddl.
func TestRequests(t *testing.T) {
	schema, err := cddl.Load("../../docs/management.cddl")
	require.NoError(t, err)
	var sent []byte
	c := serve(t, func(w mux.ResponseWriter, r *mux.Message) {
		path, _ := r.Path()
		format, _ := r.ContentFormat()
		require.Equal(t, ManagePath, path)
		require.Equal(t, codes.POST, r.Code())
		require.Equal(t, message.AppCBOR, format)
		sent, _ = r.ReadBody()
		_ = w.SetResponse(codes.Changed, message.TextPlain, nil)
	})
	ctx := t.Context()
	require.NoError(t, c.Attach(ctx, 200, "sampler"))
	assert.Equal(t, "8301"+"18c8"+"6773616d706c6572", hex.EncodeToString(sent))
	check := func(err error, rule string) {
		t.Helper()
		require.NoError(t, err)
		assert.NoError(t, schema.Check(rule, sent))
		assert.NoError(t, schema.Check("request", sent))
	}
	check(c.Attach(ctx, 0, strings.Repeat("x", 63)), "attach")
	check(c.Detach(ctx, 0), "detach")
	check(c.Run(ctx, 1), "run")
	check(c.Stop(ctx, 2), "stop")
	check(c.Put(ctx, Store{Local, 255}, 1<<32-1, []byte("value"), true), "put")
	check(c.Put(ctx, Store{Global, Firmware}, 0, nil, false), "put")
	check(c.Delete(ctx, Store{Shared, 3}, 24), "delete")
	require.NoError(t, c.Attach(ctx, 0, ""))
	assert.Error(t, schema.Check("request", sent), "no name")
}

func TestRefused(t *testing.T) {
	body, format := []byte{0xa2, 2, 0x19, 0x0f, 0xc1, 3, 0x18, 64}, message.AppCBOR
	c := serve(t, func(w mux.ResponseWriter, _ *mux.Message) {
		_ = w.SetResponse(codes.BadRequest, format, bytes.NewReader(body))
	})
	err := c.Stop(t.Context(), 0)
	requireCode(t, diag.ValueTooLong, err)
	body = []byte{0xa0}
	requireCode(t, diag.BadAnswer, c.Stop(t.Context(), 0))
}

// TestViewsSchema compares what a device sent with docs/device-views.cddl.
func TestViewsSchema(t *testing.T) {
	schema, err := cddl.Load("../../docs/device-views.cddl")
	require.NoError(t, err)
	number := regexp.MustCompile(`/\d+$`)
	for path := range recorded {
		rule := map[string]string{
			"/fc/device": "device", "/fc/containers": "containers", "/fc/contract": "contract", "/fc/containers/N": "container",
			"/fc/stats/containers/N": "container-stats", "/fc/stats/hooks/N": "hook-stats", "/fc/stats/tenants/N": "tenant-stats",
			"/fc/stats/device":   "device-stats",
			"/fc/stats/faults/N": "fault-record",
		}[number.ReplaceAllString(path, "/N")]
		b := answer(t, path)
		assert.NoError(t, schema.Check(rule, b), path)
		assert.Error(t, schema.Check(rule, b[:len(b)-1]), path)
	}
}
