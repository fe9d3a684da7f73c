// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package main

import (
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/femtocontainer/femtocontainer/femto/sysapi"
	"github.com/femtocontainer/femtocontainer/femto/sysapi/hostapi"
)

// A world is what a container finds around it, as the command line has it.
type world struct {
	kv, sensors []string
	time        time.Duration
	seed        uint64
	coap        string
}

func worldFlags(cmd *cobra.Command) *world {
	w := &world{}
	flags := cmd.Flags()
	flags.StringArrayVar(&w.kv, "kv", nil, "an entry of a store: `SCOPE:KEY=VALUE`, such as global:7=42 or local:1='\"blue\"'; may be repeated")
	flags.StringArrayVar(&w.sensors, "sensor", nil, "a device: `NAME:CLASS=READINGS`, such as 'room:SENSE_TEMP=21.5;21.7' or led:ACT_SWITCH; may be repeated")
	flags.DurationVar(&w.time, "time", 0, "what the clock shows at first: `TIME`, such as 90s")
	flags.Uint64Var(&w.seed, "seed", 0, "random numbers follow from `N`")
	flags.StringVar(&w.coap, "coap", "", "a CoAP request to answer: `METHOD[=PAYLOAD]`, such as GET or PUT=@FILE; it makes the context")
	for _, name := range []string{"kv", "sensor", "time", "seed"} {
		complete(cmd, name)
	}
	complete(cmd, "coap", methods...)
	return w
}

// methods of CoAP, in the order of their codes from 1.
var methods = []string{"GET", "POST", "PUT", "DELETE"}

// host makes the world. The container prints to console.
func (w *world) host(ctx context.Context, u *ui, console io.Writer) (*surroundings, error) {
	opts := hostapi.Options{Console: console, Start: w.time, Seed: w.seed, Stores: hostapi.Stores{}}
	for _, arg := range w.kv {
		if err := opts.Stores.ParseEntry(arg); err != nil {
			return nil, usagef("--kv: %v", err)
		}
	}
	for _, arg := range w.sensors {
		s, err := hostapi.ParseSensor(arg)
		if err != nil {
			return nil, usagef("--sensor: %v", err)
		}
		opts.Sensors = append(opts.Sensors, s)
	}
	if w.coap != "" {
		method, payload, _ := strings.Cut(w.coap, "=")
		code := slices.Index(methods, strings.ToUpper(method)) + 1
		if code == 0 {
			return nil, usagef("--coap: %q is not a method; they are %s", method, strings.Join(methods, ", "))
		}
		b, err := u.bytes(ctx, "--coap", payload)
		if err != nil {
			return nil, err
		}
		opts.Request = &hostapi.Request{Method: uint8(code), Format: sysapi.NoFormat, Payload: b}
	}
	return &surroundings{hostapi.New(opts), opts.Sensors}, nil
}

// surroundings is a host whose devices can be looked at afterwards.
type surroundings struct {
	*hostapi.Host
	devices []*hostapi.Sensor
}

// A storeEntry is what a store has after the run.
type storeEntry struct {
	Scope string `json:"scope"`
	Key   uint32 `json:"key"`
	Value string `json:"value"`
}

func storeEntries(h *surroundings) (list []storeEntry) {
	for _, scope := range []sysapi.Scope{sysapi.Local, sysapi.Tenant, sysapi.Global} {
		store := h.Stores()[scope]
		for _, key := range store.Keys() {
			list = append(list, storeEntry{scope.String(), key, hex.EncodeToString(store.Entries[key].Value)})
		}
	}
	return list
}

// An actuator is what the container set a device to, in order.
type actuator struct {
	Name    string    `json:"name"`
	Written [][]int16 `json:"written"`
}

func actuators(h *surroundings) (list []actuator) {
	for _, d := range h.devices {
		if len(d.Written) == 0 {
			continue
		}
		a := actuator{Name: d.Name}
		for _, r := range d.Written {
			a.Written = append(a.Written, r.Values)
		}
		list = append(list, a)
	}
	return list
}

// A response is what the container answered to --coap.
type response struct {
	Code    string  `json:"code"`
	Format  *uint16 `json:"format"`
	Payload string  `json:"payload"`
	payload []byte
}

func newResponse(h *surroundings, result uint64) (*response, error) {
	r, err := h.Response(result)
	if err != nil {
		return nil, err
	}
	return &response{fmt.Sprintf("%d.%02d", r.Code>>5, r.Code&31), r.Format, hex.EncodeToString(r.Payload), r.Payload}, nil
}
