// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package hostapi

import (
	"encoding/binary"
	"fmt"

	"github.com/femtocontainer/femtocontainer/femto/isa"
	"github.com/femtocontainer/femtocontainer/femto/sysapi"
)

// DefaultPDU is the size of a message, as RIOT's gcoap has it by default.
const DefaultPDU = 128

// A Request is the CoAP request that a container answers.
type Request struct {
	Method  uint8  // 1 GET, 2 POST, 3 PUT, 4 DELETE
	Format  uint16 // Content-Format of the payload, or sysapi.NoFormat
	Payload []byte
	Token   []byte // 0 to 8 bytes
	Size    int    // bytes that the response may have; 0 is DefaultPDU
}

// A Response is what the container made of it.
type Response struct {
	Code    uint8 // class in the upper 3 bits
	Format  *uint16
	Payload []byte
}

// An exchange is a response under way.
type exchange struct {
	code     uint8
	format   *uint16
	length   int // bytes of the message so far; 0 before gcoap_resp_init
	finished bool
	payload  []byte // segment 5
}

// Context is the context of a container that answers Options.Request: a
// femto_coap_ctx_t.
func (h *Host) Context() []byte {
	r := h.opts.Request
	if r == nil {
		return nil
	}
	b := binary.LittleEndian.AppendUint16([]byte{r.Method, 0}, r.Format)
	return binary.LittleEndian.AppendUint32(b, uint32(len(r.Payload)))
}

// Response is what the container answered, given its result.
func (h *Host) Response(result uint64) (*Response, error) {
	x := &h.coap
	n := int64(result) - int64(x.length)
	switch {
	case !x.finished:
		return nil, fmt.Errorf("the container did not finish a response: call gcoap_resp_init and coap_opt_finish")
	case n < 0 || n > int64(len(x.payload)):
		return nil, fmt.Errorf("the container returned %d, which is not the length of a response: %d for its header and options, and up to %d of payload", int64(result), x.length, len(x.payload))
	}
	return &Response{x.code, x.format, x.payload[:n]}, nil
}

func (r *Request) size() int {
	if r.Size == 0 {
		return DefaultPDU
	}
	return r.Size
}

func (h *Host) respInit(c *call) int32 {
	code := uint32(c.in[1].Value)
	switch {
	case h.opts.Request == nil:
		return errno("ENOTSUP")
	case h.coap.finished || code>>5 < 2 || code>>5 > 5 || code>>5 == 3:
		return errno("EINVAL")
	}
	h.coap = exchange{code: uint8(code), length: 4 + len(h.opts.Request.Token)}
	return 0
}

// building is 0 between gcoap_resp_init and coap_opt_finish.
func (h *Host) building() int32 {
	switch {
	case h.opts.Request == nil:
		return errno("ENOTSUP")
	case h.coap.length == 0 || h.coap.finished:
		return errno("EINVAL")
	}
	return 0
}

func (h *Host) addFormat(c *call) int32 {
	if err := h.building(); err < 0 {
		return err
	}
	if h.coap.format != nil {
		return errno("EINVAL")
	}
	format := uint16(c.in[1].Value)
	n := 1 // option number and length
	for f := format; f != 0; f >>= 8 {
		n++
	}
	if h.coap.length+n > h.opts.Request.size() {
		return errno("ENOSPC")
	}
	h.coap.length += n
	h.coap.format = &format
	return int32(n)
}

func (h *Host) optFinish(c *call) int32 {
	if err := h.building(); err < 0 {
		return err
	}
	x, room := &h.coap, h.opts.Request.size()-h.coap.length
	switch flags := uint32(c.in[1].Value); {
	case flags > sysapi.FinishPayload:
		return errno("EINVAL")
	case flags == sysapi.FinishPayload && room < 1:
		return errno("ENOSPC")
	case flags == sysapi.FinishPayload:
		granter, ok := c.mem.(interface {
			Grant(segment uint32, b []byte, writable bool) error
		})
		payload := make([]byte, room-1) // behind the payload marker
		if !ok || granter.Grant(isa.SegGrant5, payload, true) != nil {
			return errno("ENOTSUP")
		}
		x.payload = payload
		x.length++
	}
	x.finished = true
	return int32(x.length)
}

func (h *Host) getPDU(*call) uint32 {
	if len(h.coap.payload) == 0 {
		return 0
	}
	return isa.SegmentBase(isa.SegGrant5)
}

func (h *Host) getPayload(c *call) int32 {
	switch {
	case h.opts.Request == nil:
		return errno("ENOTSUP")
	case h.coap.length != 0:
		return errno("EINVAL")
	case len(h.opts.Request.Payload) > len(c.in[1].Bytes):
		return errno("EMSGSIZE")
	}
	return int32(copy(c.in[1].Bytes, h.opts.Request.Payload))
}

func (h *Host) payloadMax(*call) int32 {
	switch {
	case h.opts.Request == nil:
		return errno("ENOTSUP")
	case !h.coap.finished:
		return errno("EINVAL")
	}
	return int32(len(h.coap.payload))
}
