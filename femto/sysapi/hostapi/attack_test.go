// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package hostapi_test

import (
	"bytes"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/femtocontainer/femtocontainer/femto/diag"
	"github.com/femtocontainer/femtocontainer/femto/sysapi"
	"github.com/femtocontainer/femtocontainer/femto/sysapi/attack"
	"github.com/femtocontainer/femtocontainer/femto/sysapi/hostapi"
)

// An attempt is a hostile call, for messages.
type attempt struct {
	name string
	args [sysapi.MaxArgs]uint64
	room uint32
}

func (a attempt) String() string { return fmt.Sprintf("%s(%#x), room %d", a.name, a.args, a.room) }

// state is all that a call could change, besides memory.
func state(h *hostapi.Host, console *bytes.Buffer, led *hostapi.Sensor) string {
	s := fmt.Sprint(h.Now(), console.Len(), led.Written)
	for _, scope := range []sysapi.Scope{sysapi.Local, sysapi.Tenant, sysapi.Global} {
		s += fmt.Sprint(h.Stores()[scope].Entries)
	}
	return s
}

// TestHostileCalls makes every hostile call of every row: nothing outside what
// the row says is written, a call that faults or is not paid changes nothing,
// and every result is one that the row allows.
func TestHostileCalls(t *testing.T) {
	t.Parallel()
	world := attack.NewWorld()
	calls, faults := 0, 0
	for i := range sysapi.Table {
		c := &sysapi.Table[i]
		for n, v := range attack.Vectors(c, world) {
			rooms := []uint32{1 << 26}
			if n%8 == 0 {
				rooms = append(rooms, 0)
			}
			for _, room := range rooms {
				var console bytes.Buffer
				led := &hostapi.Sensor{Name: "name", Class: 0x44}
				h := hostapi.New(hostapi.Options{
					Console: &console,
					Sensors: []*hostapi.Sensor{led, {Name: "room", Class: 0x82, Readings: []hostapi.Reading{{Values: []int16{1}}}}},
					Stores:  hostapi.Stores{sysapi.Local: {Entries: map[uint32]hostapi.Entry{1: {Value: hostapi.Number(1)}, 2: {Value: []byte("abc")}}}},
					Request: &hostapi.Request{Payload: []byte("hello")},
					Events:  []hostapi.Event{{At: time.Second, Context: []byte("event")}},
				})
				mem := world.Memory()
				before, bytesBefore := state(h, &console, led), mem.Bytes()
				r0, price, fault := h.Call(mem, c.ID, v.Args, room)
				calls++

				what := attempt{c.Name, v.Args, room}
				if fault != 0 || price > room {
					if before != state(h, &console, led) || !bytes.Equal(bytesBefore, mem.Bytes()) {
						t.Fatal(what, "has had an effect")
					}
					if !slices.Contains([]diag.Code{0, diag.BadAccess, diag.StringTooLong, diag.BadFormat}, fault) {
						t.Fatal(what, fault)
					}
					if fault != 0 {
						faults++
					}
					continue
				}
				require.GreaterOrEqual(t, price, c.Price, what)
				require.LessOrEqual(t, console.Len(), sysapi.MaxString*sysapi.MaxArgs, what)
				if c.Ret != sysapi.First {
					require.Equal(t, c.Ret.Cut(r0), r0, "%s: upper bits of the result", what)
				}
				if c.Ret.Signed && int64(r0) < -1 {
					i := slices.IndexFunc(sysapi.Errnos, func(e sysapi.Errno) bool { return int64(e.Value) == int64(r0) })
					require.GreaterOrEqual(t, i, 0, "%s: %d", what, int64(r0))
					require.Contains(t, c.Errors, sysapi.Errnos[i].Name, what)
				}
				requireWrites(t, c, v.Args, r0, world, bytesBefore, mem, what)
			}
		}
	}
	t.Logf("%d hostile calls of %d rows, %d faults", calls, len(sysapi.Table), faults)
	require.Positive(t, faults)
}

// requireWrites looks at every byte that changed: it has to be in an argument
// that the row calls an output.
func requireWrites(t *testing.T, c *sysapi.Call, args [5]uint64, r0 uint64, world *attack.World, before []byte, mem *attack.Memory, what attempt) {
	t.Helper()
	at := 0
	for i := range world.Segments {
		s := &world.Segments[i]
		for off := range s.Bytes {
			if before[at+off] == mem.Segments[i].Bytes[off] {
				continue
			}
			allowed := false
			for k := range c.Args {
				a := &c.Args[k]
				n := uint64(a.Bytes())
				switch {
				case a.Kind == sysapi.Text:
					n = r0
				case a.Kind != sysapi.Out && a.Kind != sysapi.InOut:
					continue
				case a.Len != "":
					n = args[c.Index(a.Len)]
				}
				first := uint64(uint32(args[k]))
				addr := s.Base() + uint64(off)
				allowed = allowed || addr >= first && addr-first < n
			}
			require.True(t, allowed, "%s wrote to %#x", what, s.Base()+uint64(off))
			require.True(t, s.Writable, "%s wrote to read-only memory", what)
		}
		at += len(s.Bytes)
	}
}

// Handles are this container's: those of another, guessed or never given ones
// are refused.
func TestHandles(t *testing.T) {
	sensors := []*hostapi.Sensor{{Name: "a", Class: 0x44}, {Name: "b", Class: 0x44}}
	first, second := hostapi.New(hostapi.Options{Sensors: sensors}), hostapi.New(hostapi.Options{Sensors: sensors})
	mem := attack.NewWorld().Memory()
	call := func(h *hostapi.Host, name string, args ...uint64) int64 {
		var regs [5]uint64
		copy(regs[:], args)
		r0, _, fault := h.Call(mem, sysapi.ByName[name].ID, regs, 1000)
		require.Zero(t, fault)
		return int64(r0)
	}
	handle := call(first, "saul_reg_find_nth", 1)
	require.Positive(t, handle)
	require.EqualValues(t, 0, call(first, "gpio_write", uint64(handle), 1))
	ebadf := int64(sysapi.ErrnoByName["EBADF"])
	require.Equal(t, ebadf, call(second, "gpio_write", uint64(handle), 1), "another container's handle")
	for _, guess := range []uint64{0, 1, 3, 1 << 31, 1<<32 - 1} {
		require.Equal(t, ebadf, call(first, "gpio_write", guess, 1), "handle %#x", guess)
	}
	require.Len(t, sensors[1].Written, 1)
	require.Empty(t, sensors[0].Written)
}
