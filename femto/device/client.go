// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package device

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/plgd-dev/go-coap/v3/message"
	"github.com/plgd-dev/go-coap/v3/message/codes"
	"github.com/plgd-dev/go-coap/v3/udp/client"

	"github.com/femtocontainer/femtocontainer/femto/diag"
	"github.com/femtocontainer/femtocontainer/femto/transport"
)

// maxBody is more than any contract takes.
const maxBody = 1 << 16

// A Client talks to one device.
type Client struct {
	conn *client.Conn
	host string
}

// Dial takes the URL of a device, such as coap://[2001:db8::2] or
// coap://node.example:5683, which sends nothing yet. With coaps:// it needs the
// pre-shared key, and is done when the device has proved that it knows it too.
func Dial(ctx context.Context, target string, psk *transport.PSK) (*Client, error) {
	_, address, err := transport.Address(target)
	if err != nil {
		return nil, err
	}
	conn, err := transport.Dial(ctx, target, psk)
	if err != nil {
		return nil, err
	}
	return &Client{conn, address}, nil
}

// Close ends the connection.
func (c *Client) Close() error { return c.conn.Close() }

// get reads a view.
func get[T any](ctx context.Context, c *Client, path string) (view T, err error) {
	response, err := c.conn.Get(ctx, path)
	if err != nil {
		return view, diag.New(diag.NoAnswer, "%s does not answer: %v", c.host, err)
	}
	switch code := response.Code(); code {
	case codes.Content:
	case codes.NotFound:
		return view, diag.New(diag.NotThere, "%s has no %s", c.host, path).
			WithHint("femto device list shows the containers; without any answer, the firmware lacks femtocontainer_views")
	default:
		return view, diag.New(diag.BadAnswer, "%s answers %s with %d.%02d", c.host, path, code>>5, code&0x1f)
	}
	body, err := readBody(response.Body())
	if err == nil {
		if format, formatErr := response.ContentFormat(); formatErr != nil || format != message.AppCBOR {
			err = fmt.Errorf("it is not CBOR")
		} else {
			err = decode(body, &view)
		}
	}
	if err != nil {
		return view, diag.New(diag.BadAnswer, "answer of %s to %s: %v", c.host, path, err)
	}
	return view, nil
}

func readBody(r io.Reader) ([]byte, error) {
	if r == nil {
		return nil, nil
	}
	b, err := io.ReadAll(io.LimitReader(r, maxBody+1))
	if err == nil && len(b) > maxBody {
		err = fmt.Errorf("it is longer than %d bytes", maxBody)
	}
	return b, err
}

// Info asks what the device is.
func (c *Client) Info(ctx context.Context) (Info, error) { return get[Info](ctx, c, "/fc/device") }

// Stats asks how the device is.
func (c *Client) Stats(ctx context.Context) (Stats, error) {
	return get[Stats](ctx, c, "/fc/stats/device")
}

// Contract asks what the firmware allows.
func (c *Client) Contract(ctx context.Context) (Contract, error) {
	return get[Contract](ctx, c, "/fc/contract")
}

// Containers lists the containers, ascending by id.
func (c *Client) Containers(ctx context.Context) ([]Container, error) {
	return get[[]Container](ctx, c, "/fc/containers")
}

// Container asks about one container.
func (c *Client) Container(ctx context.Context, id uint8) (Container, error) {
	return get[Container](ctx, c, fmt.Sprintf("/fc/containers/%d", id))
}

// ContainerStats asks how a container is.
func (c *Client) ContainerStats(ctx context.Context, id uint8) (ContainerStats, error) {
	return get[ContainerStats](ctx, c, fmt.Sprintf("/fc/stats/containers/%d", id))
}

// Faults asks for the log of faults, the latest first.
func (c *Client) Faults(ctx context.Context) ([]FaultRecord, error) {
	info, err := c.Info(ctx)
	if err != nil {
		return nil, err
	}
	var log []FaultRecord
	for i := range info.Faults {
		r, err := get[FaultRecord](ctx, c, fmt.Sprintf("/fc/stats/faults/%d", i))
		var d *diag.Error
		switch {
		case err == nil:
			log = append(log, r)
		case errors.As(err, &d) && d.Code == diag.NotThere: // a free record
		default:
			return nil, err
		}
	}
	slices.SortStableFunc(log, func(a, b FaultRecord) int { return cmp.Compare(a.Ago, b.Ago) })
	return log, nil
}

// HookStats asks about the hook with a number in the contract.
func (c *Client) HookStats(ctx context.Context, number int) (HookStats, error) {
	return get[HookStats](ctx, c, fmt.Sprintf("/fc/stats/hooks/%d", number))
}

// TenantStats asks about the tenant with a number in the contract.
func (c *Client) TenantStats(ctx context.Context, number int) (TenantStats, error) {
	return get[TenantStats](ctx, c, fmt.Sprintf("/fc/stats/tenants/%d", number))
}
