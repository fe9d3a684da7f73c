// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package hostapi_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/femtocontainer/femtocontainer/femto/diag"
	"github.com/femtocontainer/femtocontainer/femto/image"
	"github.com/femtocontainer/femtocontainer/femto/sysapi"
	"github.com/femtocontainer/femtocontainer/femto/sysapi/attack"
	"github.com/femtocontainer/femtocontainer/femto/sysapi/hostapi"
	"github.com/femtocontainer/femtocontainer/femto/vm"
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

// The engines agree about hostile calls: result, fuel, fault, address, memory.
func TestHostileCallsInEveryEngine(t *testing.T) {
	t.Parallel()
	world := attack.NewWorld()
	n, faults := 0, 0
	for i := range sysapi.Table {
		c := &sysapi.Table[i]
		vectors := attack.Vectors(c, world)
		for k := 0; k < len(vectors); k += 1 + len(vectors)/16 {
			img := hostileImage(world, c.ID, vectors[k].Args)
			var want vm.Result
			var wantMemory []byte
			for _, engine := range engines {
				h := hostapi.New(hostapi.Options{
					Sensors: []*hostapi.Sensor{{Name: "name", Class: 0x44}},
					Request: &hostapi.Request{},
				})
				context := slices.Clone(world.Segment(4).Bytes)
				m := engine.open(t, img, h.Call)
				res := m.Run(0, context, 1<<20)
				memory := slices.Concat(m.Stack(), m.Data(), context)
				if wantMemory == nil {
					want, wantMemory = res, memory
					n++
					if want.Fault != nil {
						faults++
					}
					continue
				}
				what := fmt.Sprintf("%s in %s", attempt{c.Name, vectors[k].Args, 1 << 20}, engine.name)
				require.Equal(t, want.Fault == nil, res.Fault == nil, what)
				if want.Fault != nil {
					require.Equal(t, want.Fault.Code, res.Fault.Code, what)
					require.Equal(t, want.Fault.PC, res.Fault.PC, what)
				}
				res.Fault = want.Fault // the engines say less
				require.Equal(t, want, res, what)
				require.Equal(t, wantMemory, memory, what)
			}
		}
	}
	t.Logf("%d programs, %d faults", n, faults)
	require.Greater(t, faults, len(sysapi.Table))
}

// hostileImage is a program that makes one call.
func hostileImage(world *attack.World, id uint16, args [sysapi.MaxArgs]uint64) *image.Image {
	var text []byte
	slot := func(op, regs byte, imm uint32) {
		text = binary.LittleEndian.AppendUint32(append(text, op, regs, 0, 0), imm)
	}
	for i, a := range args {
		slot(0x18, byte(1+i), uint32(a)) // lddw r1, a
		slot(0, 0, uint32(a>>32))
	}
	slot(0x85, 0, uint32(id)) // call id
	slot(0x95, 0, 0)          // exit
	return &image.Image{
		Entries: []image.Entry{{Name: "hostile"}}, Frame: uint16(len(world.Segment(1).Bytes)), Depth: 1, Helpers: []uint16{id},
		Text: text, ROData: world.Segment(3).Bytes, Data: world.Segment(2).Bytes,
	}
}

// A refused argument is reported like a refused access.
func TestFaultNamesTheAddress(t *testing.T) {
	img := hostileImage(attack.NewWorld(), sysapi.ByName["memcpy"].ID, [5]uint64{0x03000000, 0x02000000, 5})
	m, err := vm.New(img, vm.Options{Call: hostapi.New(hostapi.Options{}).Call})
	require.NoError(t, err)
	res := m.Run(0, nil, 1000)
	require.EqualError(t, res.Fault, "FC3001: write of 5 bytes at 0x03000000: segment 3 (rodata) is read-only (pc 10)")
	require.EqualValues(t, 0x03000000, res.Address)
}
