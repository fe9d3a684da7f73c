// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package device

import (
	"bytes"
	"context"

	"github.com/fxamacker/cbor/v2"
	"github.com/plgd-dev/go-coap/v3/message"
	"github.com/plgd-dev/go-coap/v3/message/codes"

	"github.com/femtocontainer/femtocontainer/femto/diag"
	"github.com/femtocontainer/femtocontainer/femto/transport"
)

// ManagePath is the resource that takes what changes containers and stores.
const ManagePath = "/fc/manage"

// Operations of docs/management.cddl.
const (
	opAttach = iota + 1
	opDetach
	opRun
	opStop
	opPut
	opDelete
)

// A Store is one of a device's key-value stores.
type Store struct {
	Scope Scope
	Owner uint8 // a container, a tenant, or, for Global, the tenant that pays
}

// A Scope is whose store it is.
type Scope uint8

const (
	Local  Scope = iota + 1 // a container's
	Shared                  // of a tenant's containers
	Global                  // of all containers
)

// Firmware pays for entries of the store of all that no tenant pays for.
const Firmware = 255

// Attach has a container called when the hook fires.
func (c *Client) Attach(ctx context.Context, id uint8, hook string) error {
	return c.manage(ctx, opAttach, id, hook)
}

// Detach takes a container off its hook.
func (c *Client) Detach(ctx context.Context, id uint8) error { return c.manage(ctx, opDetach, id) }

// Run gives a container its initial data and starts it where it was.
func (c *Client) Run(ctx context.Context, id uint8) error { return c.manage(ctx, opRun, id) }

// Stop ends a container with a thread, until it is run.
func (c *Client) Stop(ctx context.Context, id uint8) error { return c.manage(ctx, opStop, id) }

// Put sets the value of a key. An entry that persists is kept over a restart, by
// firmware that can.
func (c *Client) Put(ctx context.Context, s Store, key uint32, value []byte, persist bool) error {
	return c.manage(ctx, opPut, uint8(s.Scope), s.Owner, key, append([]byte{}, value...), persist)
}

// Delete deletes a key.
func (c *Client) Delete(ctx context.Context, s Store, key uint32) error {
	return c.manage(ctx, opDelete, uint8(s.Scope), s.Owner, key)
}

func (c *Client) manage(ctx context.Context, request ...any) error {
	body, err := cbor.Marshal(request)
	if err != nil {
		return err
	}
	response, err := c.conn.Post(ctx, ManagePath, message.AppCBOR, bytes.NewReader(body))
	if err != nil {
		return diag.New(diag.NoAnswer, "%s does not answer: %v", c.host, err)
	}
	code := response.Code()
	if code == codes.Changed {
		return nil
	}
	if b, err := readBody(response.Body()); err == nil {
		if err := transport.Refusal(b); err != nil {
			return err
		}
	}
	e := diag.New(diag.BadAnswer, "%s answers %s with %d.%02d", c.host, ManagePath, code>>5, code&0x1f)
	if code == codes.NotFound {
		e = e.WithHint("the firmware seems to lack the module femtocontainer_manage")
	}
	return e
}
