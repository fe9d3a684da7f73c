// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package deploy

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"github.com/plgd-dev/go-coap/v3/message"
	"github.com/plgd-dev/go-coap/v3/message/codes"
	"github.com/plgd-dev/go-coap/v3/message/pool"
	"github.com/plgd-dev/go-coap/v3/net/blockwise"
	"github.com/plgd-dev/go-coap/v3/options"
	"github.com/plgd-dev/go-coap/v3/udp/client"

	"github.com/femtocontainer/femtocontainer/femto/diag"
	"github.com/femtocontainer/femtocontainer/femto/transport"
)

type udpConn = client.Conn

// A Client talks to one device.
type Client struct {
	conn   *udpConn
	target string
	secure bool                            // what it says comes from the device
	again  func(ctx context.Context) error // begins a new DTLS session
}

// Dial takes the URL of a device. With coaps:// it needs the pre-shared key,
// and is done when the device has proved that it knows it too.
func Dial(ctx context.Context, target string, psk *transport.PSK) (*Client, error) {
	scheme, _, err := transport.Address(target)
	if err != nil {
		return nil, err
	}
	c := &Client{target: target, secure: scheme == "coaps"}
	c.again = func(ctx context.Context) error {
		conn, err := transport.Dial(ctx, target, psk, options.WithBlockwise(false, blockwise.SZX1024, time.Second)) // get does it
		if err == nil {
			c.conn = conn
		}
		return err
	}
	if err := c.again(ctx); err != nil {
		return nil, err
	}
	return c, nil
}

// How long to wait for an answer before a session is believed to be lost.
const lastAnswer = 15 * time.Second

// ask makes a request, again in a new session if there is no answer: a device that was
// restarted does not know the old one, and does not say so.
func (c *Client) ask(ctx context.Context, request func(ctx context.Context) (*pool.Message, error)) (*pool.Message, error) {
	for {
		short, cancel := ctx, context.CancelFunc(func() {})
		if c.secure {
			short, cancel = context.WithTimeout(ctx, lastAnswer)
		}
		response, err := request(short)
		cancel()
		if err == nil || !c.secure || ctx.Err() != nil {
			return response, err
		}
		c.conn.Close()
		if err := c.again(ctx); err != nil {
			return nil, err
		}
	}
}

// Close ends the connection.
func (c *Client) Close() error { return c.conn.Close() }

// LocalIP is the address of this machine that the device sees.
func (c *Client) LocalIP() net.IP {
	if a, ok := c.conn.LocalAddr().(*net.UDPAddr); ok {
		return a.IP
	}
	return nil
}

func (c *Client) noAnswer(err error) error {
	return diag.New(diag.NoAnswer, "%s does not answer: %v", c.target, err)
}

func (c *Client) badAnswer(path string, format string, args ...any) error {
	return diag.New(diag.BadAnswer, "%s%s: %s", c.target, path, fmt.Sprintf(format, args...))
}

// restarts is how often an answer may change while it is read.
const restarts = 8

// get reads a resource, block by block.
func (c *Client) get(ctx context.Context, path string, into interface{ check() error }) error {
	var body, etag []byte
	szx, number := blockwise.SZX1024, int64(0)
	for changed := 0; ; {
		var opts message.Options
		if number > 0 {
			option, err := blockwise.EncodeBlockOption(szx, number, false)
			if err != nil {
				return c.badAnswer(path, "%v", err)
			}
			value := make([]byte, 4)
			n, err := message.EncodeUint32(value, option)
			if err != nil {
				return err
			}
			opts = append(opts, message.Option{ID: message.Block2, Value: value[:n]})
		}
		response, err := c.ask(ctx, func(ctx context.Context) (*pool.Message, error) { return c.conn.Get(ctx, path, opts...) })
		if err != nil {
			return c.noAnswer(err)
		}
		code := response.Code()
		// What became shorter may lack the block (RFC 7959, section 2.3).
		gone := number > 0 && (code == codes.BadOption || code == codes.BadRequest)
		if code != codes.Content && !gone {
			return c.refusal(path, response)
		}
		block, err := readBody(response)
		if err != nil {
			return c.badAnswer(path, "%v", err)
		}
		tag, _ := response.GetOptionBytes(message.ETag)
		if gone || number > 0 && !bytes.Equal(tag, etag) {
			if changed++; changed > restarts {
				return c.badAnswer(path, "it changes faster than it can be read")
			}
			body, number = nil, 0
			continue
		}
		etag = bytes.Clone(tag)
		body = append(body, block...)
		if len(body) > maxAnswer {
			return c.badAnswer(path, "more than %d bytes", maxAnswer)
		}
		more := false
		if option, err := response.GetOptionUint32(message.Block2); err == nil {
			var n int64
			if szx, n, more, err = blockwise.DecodeBlockOption(option); err != nil || szx > blockwise.SZX1024 || n != number {
				return c.badAnswer(path, "block %d was asked for, and another one came", number)
			}
			if more && int64(len(block)) != szx.Size() {
				return c.badAnswer(path, "a block of %d bytes, not %d", len(block), szx.Size())
			}
		}
		if more {
			number++
			continue
		}
		if format, err := response.ContentFormat(); err != nil || format != message.AppCBOR {
			return c.badAnswer(path, "the answer is not CBOR")
		}
		if err := decode(body, into); err != nil {
			return c.badAnswer(path, "%v", err)
		}
		return nil
	}
}

func readBody(response *pool.Message) ([]byte, error) {
	body := response.Body()
	if body == nil {
		return nil, nil
	}
	return io.ReadAll(io.LimitReader(body, maxAnswer))
}

// refusal is the error of a response that is one.
func (c *Client) refusal(path string, response *pool.Message) error {
	code := response.Code()
	if b, err := readBody(response); err == nil {
		if err := transport.Refusal(b); err != nil {
			return err
		}
	}
	e := diag.New(diag.BadAnswer, "%s answers %s with %d.%02d", c.target, path, code>>5, code&0x1f)
	if code == codes.NotFound {
		e = e.WithHint("the firmware seems to lack the module femtocontainer_suit")
	}
	return e
}

// Info asks who the device is.
func (c *Client) Info(ctx context.Context) (*Info, error) {
	var v Info
	return &v, c.get(ctx, DevicePath, &v)
}

// Status asks what is installed, and how the last job went.
func (c *Client) Status(ctx context.Context) (*Status, error) {
	var v Status
	return &v, c.get(ctx, StatusPath, &v)
}

// Log asks for the verdicts of the last jobs.
func (c *Client) Log(ctx context.Context) (Log, error) {
	var v Log
	err := c.get(ctx, LogPath, &v)
	return v, err
}

// Trigger tells the device to fetch a manifest and to do as it says. The
// result is the number of the job, or, when another one runs, how long to wait.
func (c *Client) Trigger(ctx context.Context, url string) (job uint32, wait time.Duration, err error) {
	response, err := c.ask(ctx, func(ctx context.Context) (*pool.Message, error) {
		return c.conn.Post(ctx, TriggerPath, message.TextPlain, strings.NewReader(url))
	})
	if err != nil {
		return 0, 0, c.noAnswer(err)
	}
	switch response.Code() {
	case codes.Changed:
		b, err := readBody(response)
		if err == nil {
			err = decoding.Unmarshal(b, &job)
		}
		if err != nil || job == 0 {
			return 0, 0, c.badAnswer(TriggerPath, "no number of a job")
		}
		return job, 0, nil
	case codes.ServiceUnavailable:
		seconds, err := response.GetOptionUint32(message.MaxAge)
		if err != nil {
			seconds = 1
		}
		return 0, time.Duration(min(max(seconds, 1), 30)) * time.Second, c.refusal(TriggerPath, response)
	}
	return 0, 0, c.refusal(TriggerPath, response)
}
