// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package hostapi

import (
	"encoding/binary"
	"io"
	"math/rand/v2"
	"time"

	"github.com/femtocontainer/femtocontainer/femto/diag"
	"github.com/femtocontainer/femtocontainer/femto/sysapi"
	"github.com/femtocontainer/femtocontainer/femto/vm"
)

// Options is the world that a container sees. The zero value has no sensors, no
// CoAP request and no limit on output, and starts at time 0 with empty stores.
type Options struct {
	Console  io.Writer // printf; nil discards
	Log      io.Writer // log_write; nil is Console
	LogLevel uint32    // greatest level that is written; 0 is all
	Quota    int       // bytes of output a second; 0 is no limit

	Start time.Duration // what the clock shows at first
	Stop  time.Duration // when the container is asked to stop; 0 is never
	Seed  uint64        // of random numbers

	Stores  Stores
	Sensors []*Sensor
	Request *Request // for a container on a CoAP resource
	Events  []Event  // for event_wait, ascending by time

	Self Self
}

// Self is what self_info tells, besides what the host counts.
type Self struct {
	Container, Tenant, Sequence, Faults uint32
}

// An Event is one firing of the hook that the container waits for.
type Event struct {
	At      time.Duration
	Context []byte
}

// A Host answers the system calls of one container.
type Host struct {
	opts        Options
	now         time.Duration
	rand        *rand.Rand
	activations uint32
	events      []Event // to come

	window time.Duration // the second that spent is about
	spent  int           // bytes of output

	found map[int]bool // sensors that the container has a handle of
	coap  exchange
}

// New makes a host for a first activation.
func New(opts Options) *Host {
	if opts.Console == nil {
		opts.Console = io.Discard
	}
	if opts.Log == nil {
		opts.Log = opts.Console
	}
	if opts.LogLevel == 0 {
		opts.LogLevel = sysapi.LogDebug
	}
	opts.Stores = opts.Stores.complete()
	return &Host{
		opts:        opts,
		now:         opts.Start,
		rand:        rand.New(rand.NewPCG(opts.Seed, 0)),
		activations: 1,
		events:      opts.Events,
		found:       map[int]bool{},
	}
}

// Next prepares for a further activation, for which request is the CoAP request.
func (h *Host) Next(request *Request) {
	h.activations++
	h.opts.Request = request
	h.coap = exchange{}
}

// Now is what the clock shows.
func (h *Host) Now() time.Duration { return h.now }

// Stores are the stores as they stand.
func (h *Host) Stores() Stores { return h.opts.Stores }

// A call is one call under way.
type call struct {
	mem  vm.Memory
	row  *sysapi.Call
	in   [sysapi.MaxArgs]sysapi.Input
	room uint32 // once the price is paid
}

// Call answers a system call. It is of the type that vm.Options.Call has. A
// price above room means that there was no effect.
func (h *Host) Call(mem vm.Memory, id uint16, regs [sysapi.MaxArgs]uint64, room uint32) (r0 uint64, price uint32, fault diag.Code) {
	row := sysapi.ByID[id]
	if row == nil || handlers[row.Handler()] == nil {
		return 0, 0, diag.UnknownHelper
	}
	in, price, bad := row.Check(mem, regs)
	if bad != nil {
		return 0, 0, bad.Code
	}
	if price > room {
		return 0, price, 0
	}
	r0, bad = h.answer(&call{mem, row, in, room - price}, regs)
	if bad != nil {
		return 0, 0, bad.Code
	}
	return r0, price, 0
}

// answer calls the handler and does what the stubs do with its result.
func (h *Host) answer(c *call, regs [sysapi.MaxArgs]uint64) (uint64, *sysapi.Refusal) {
	// A number that the call sets is the handler's own until it succeeds.
	var scalar, target []byte
	for i := range c.row.Args {
		if c.row.Args[i].IsScalar() {
			target = c.in[i].Bytes
			scalar = append(scalar, target...)
			c.in[i].Bytes = scalar
		}
	}
	r0, text := handlers[c.row.Handler()](h, c)
	if int32(r0) >= 0 {
		copy(target, scalar)
	}
	if len(text) > 0 && uint32(regs[0]) != 0 {
		b, ok := c.mem.Write(regs[0], uint32(len(text)))
		if !ok {
			return 0, &sysapi.Refusal{Code: diag.BadAccess, Address: uint32(regs[0])}
		}
		copy(b, text)
	}
	if c.row.Ret == sysapi.First {
		return regs[0], nil
	}
	return c.row.Ret.Cut(r0), nil
}

// A handler gives the result, and the bytes of a Text argument.
type handler func(h *Host, c *call) (r0 uint64, text []byte)

// number makes a handler of one that has a number as result.
func number[T int32 | uint32 | int | uint64](f func(h *Host, c *call) T) handler {
	return func(h *Host, c *call) (uint64, []byte) { return uint64(f(h, c)), nil }
}

// handlers has one for each name that sysapi.Call.Handler gives. It is set by
// init, since handlers call what refers to it.
var handlers map[string]handler

func init() {
	handlers = map[string]handler{
		"memmove": number(func(_ *Host, c *call) int { return copy(c.in[0].Bytes, c.in[1].Bytes) }),
		"memset":  number(memset),
		"memcmp":  number(memcmp),
		"strlen":  number(func(_ *Host, c *call) int { return len(c.in[0].Bytes) }),
		"strcmp":  number(memcmp),
		"strlcpy": number(strlcpy),

		"fmt_s16_dfp": fmtS16DFP,
		"fmt_u32_dec": fmtU32Dec,

		"printf":    number((*Host).printf),
		"log_write": number((*Host).logWrite),

		"kv_store":  number((*Host).kvStore),
		"kv_fetch":  number((*Host).kvFetch),
		"kv_put":    number((*Host).kvPut),
		"kv_get":    number((*Host).kvGet),
		"kv_delete": number((*Host).kvDelete),
		"kv_next":   number((*Host).kvNext),
		"kv_cas":    number((*Host).kvCAS),

		"now_ms":                 number(func(h *Host, _ *call) uint32 { return uint32(h.now.Milliseconds()) }),
		"ztimer_now":             number(func(h *Host, _ *call) uint32 { return h.microseconds() }),
		"ztimer_periodic_wakeup": number((*Host).periodicWakeup),
		"ztimer_sleep":           number((*Host).ztimerSleep),
		"event_wait":             number((*Host).eventWait),

		"saul_reg_find_nth":  number((*Host).findNth),
		"saul_reg_find_type": number((*Host).findType),
		"saul_reg_find_name": number((*Host).findName),
		"saul_reg_type":      number((*Host).sensorType),
		"saul_reg_read":      number((*Host).sensorRead),
		"saul_reg_write":     number((*Host).sensorWrite),
		"gpio_read":          number((*Host).gpioRead),
		"gpio_write":         number((*Host).gpioWrite),

		"gcoap_resp_init":  number((*Host).respInit),
		"coap_add_format":  number((*Host).addFormat),
		"coap_opt_finish":  number((*Host).optFinish),
		"coap_get_pdu":     number((*Host).getPDU),
		"coap_get_payload": number((*Host).getPayload),
		"coap_payload_max": number((*Host).payloadMax),

		"random_uint32": number(func(h *Host, _ *call) uint32 { return h.rand.Uint32() }),
		"random_bytes":  number((*Host).randomBytes),

		"self_info": number((*Host).selfInfo),
	}
}

func errno(name string) int32 {
	n, ok := sysapi.ErrnoByName[name]
	if !ok {
		panic("hostapi: there is no error " + name)
	}
	return n
}

func (h *Host) randomBytes(c *call) int32 {
	for i := range c.in[0].Bytes {
		c.in[0].Bytes[i] = byte(h.rand.Uint32())
	}
	return 0
}

func (h *Host) selfInfo(c *call) int32 {
	s := h.opts.Self
	for i, v := range []uint32{s.Container, s.Tenant, s.Sequence, h.activations, s.Faults, c.room} {
		binary.LittleEndian.PutUint32(c.in[0].Bytes[4*i:], v)
	}
	return 0
}
