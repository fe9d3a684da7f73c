// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package hostapi_test

import (
	"bytes"
	"encoding/binary"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/femtocontainer/femtocontainer/femto/diag"
	"github.com/femtocontainer/femtocontainer/femto/sysapi"
	"github.com/femtocontainer/femtocontainer/femto/sysapi/attack"
	"github.com/femtocontainer/femtocontainer/femto/sysapi/hostapi"
)

// A bench makes calls as a container would, with one kibibyte of data.
type bench struct {
	t   *testing.T
	h   *hostapi.Host
	mem *attack.Memory
}

const scratch = 0x02000000

func newBench(t *testing.T, opts hostapi.Options) *bench {
	return &bench{t, hostapi.New(opts), &attack.Memory{Segments: []attack.Segment{{Number: 2, Bytes: make([]byte, 1024), Writable: true}}}}
}

// data is the container's memory.
func (b *bench) data() []byte { return b.mem.Segments[0].Bytes }

// put writes a string at an offset of the data and gives its address.
func (b *bench) put(off int, s string) uint64 {
	copy(b.data()[off:], s+"\x00")
	return uint64(scratch + off)
}

// call makes a call that is expected not to fault.
func (b *bench) call(name string, args ...uint64) int64 {
	b.t.Helper()
	var regs [5]uint64
	copy(regs[:], args)
	r0, price, fault := b.h.Call(b.mem, sysapi.ByName[name].ID, regs, 10_000)
	require.Zero(b.t, fault, "%s: %s", name, fault)
	require.Less(b.t, price, uint32(10_000))
	return int64(r0)
}

func errno(name string) int64 { return int64(sysapi.ErrnoByName[name]) }

func TestStores(t *testing.T) {
	for _, scope := range []sysapi.Scope{sysapi.Local, sysapi.Tenant, sysapi.Global} {
		t.Run(scope.String(), func(t *testing.T) {
			store := &hostapi.Store{Quota: 3, MaxValue: 8}
			b := newBench(t, hostapi.Options{Stores: hostapi.Stores{scope: store}})
			call := func(verb string, args ...uint64) int64 { return b.call(verb+"_"+scope.String(), args...) }
			value := b.put(0, "abcdefghi")

			binary.LittleEndian.PutUint32(b.data()[64:], 77)
			assert.Equal(t, errno("ENOENT"), call("fetch", 1, scratch+64), "a missing key is an error")
			assert.EqualValues(t, 77, binary.LittleEndian.Uint32(b.data()[64:]), "and leaves the value alone")
			assert.Empty(t, store.Entries, "and is not created")

			assert.Zero(t, call("store", 1, 42))
			assert.Zero(t, call("fetch", 1, scratch+64))
			assert.EqualValues(t, 42, binary.LittleEndian.Uint32(b.data()[64:]))

			assert.Equal(t, errno("EEXIST"), call("kv_put", 1, value, 3, sysapi.KVNew))
			assert.Equal(t, errno("EINVAL"), call("kv_put", 1, value, 3, 4), "unknown flag")
			assert.Equal(t, errno("EMSGSIZE"), call("kv_put", 1, value, 9, 0))
			assert.Zero(t, call("kv_put", 7, value, 8, sysapi.KVNew|sysapi.KVPersist))
			assert.True(t, store.Entries[7].Persist)
			assert.Zero(t, call("kv_put", 0xffffffff, value, 0, 0), "an empty value, the last key")
			assert.Equal(t, errno("ENOSPC"), call("kv_put", 9, value, 1, 0))
			assert.Equal(t, errno("ENOSPC"), call("store", 9, 1))
			assert.Zero(t, call("store", 1, 43), "full, but the key is there")

			assert.Equal(t, errno("EMSGSIZE"), call("fetch", 7, scratch+64), "not a number")
			assert.Equal(t, errno("EMSGSIZE"), call("kv_get", 7, scratch+128, 7), "does not fit")
			assert.EqualValues(t, 8, call("kv_get", 7, scratch+128, 20))
			assert.Equal(t, "abcdefgh", string(b.data()[128:136]))
			assert.Equal(t, errno("ENOENT"), call("kv_get", 8, scratch+128, 20))

			var keys []uint32
			binary.LittleEndian.PutUint32(b.data()[64:], 0)
			for call("kv_next", scratch+64) >= 0 {
				key := binary.LittleEndian.Uint32(b.data()[64:])
				keys = append(keys, key)
				if key == 0xffffffff {
					break
				}
				binary.LittleEndian.PutUint32(b.data()[64:], key+1)
			}
			assert.Equal(t, []uint32{1, 7, 0xffffffff}, keys)

			assert.Equal(t, errno("EAGAIN"), call("kv_cas", 1, 42, 50))
			assert.Equal(t, errno("ENOENT"), call("kv_cas", 2, 42, 50))
			assert.Equal(t, errno("EMSGSIZE"), call("kv_cas", 7, 42, 50))
			assert.Zero(t, call("kv_cas", 1, 43, 50))
			assert.Zero(t, call("kv_delete", 7))
			assert.Equal(t, errno("ENOENT"), call("kv_delete", 7))
			binary.LittleEndian.PutUint32(b.data()[64:], 2)
			assert.Zero(t, call("kv_delete", 0xffffffff))
			assert.Equal(t, errno("ENOENT"), call("kv_next", scratch+64), "none from 2 on")
			assert.Equal(t, map[uint32]hostapi.Entry{1: {Value: hostapi.Number(50)}}, store.Entries)

			for _, other := range []sysapi.Scope{sysapi.Local, sysapi.Tenant, sysapi.Global} {
				if other != scope {
					assert.Empty(t, b.h.Stores()[other].Entries, "%s is another store", other)
				}
			}
		})
	}
}

func TestConsoleQuota(t *testing.T) {
	var out, log bytes.Buffer
	b := newBench(t, hostapi.Options{Console: &out, Log: &log, LogLevel: 2, Quota: 10})
	text := b.put(0, "123456")
	assert.EqualValues(t, 6, b.call("printf", text))
	assert.Equal(t, errno("EDQUOT"), b.call("printf", text))
	assert.Equal(t, errno("EDQUOT"), b.call("log_write", 1, text), "one quota for both")
	assert.EqualValues(t, 6, b.call("log_write", 3, text), "below the level: dropped, at no cost")
	assert.Equal(t, errno("EINVAL"), b.call("log_write", 0, text))
	assert.Equal(t, errno("EINVAL"), b.call("log_write", 5, text))
	assert.Zero(t, b.call("ztimer_sleep", 1_000_000))
	assert.EqualValues(t, 6, b.call("log_write", 2, text), "a second later")
	assert.Equal(t, "123456", out.String())
	assert.Equal(t, "warning: 123456\n", log.String())
}

func TestTime(t *testing.T) {
	b := newBench(t, hostapi.Options{Start: 90 * time.Second, Stop: 100 * time.Second})
	last := func() uint32 { return binary.LittleEndian.Uint32(b.data()) }
	assert.EqualValues(t, 90_000, b.call("now_ms"))
	assert.EqualValues(t, 90_000_000, b.call("ztimer_now"))
	assert.EqualValues(t, 90_000, b.call("now_ms"), "time stands still")

	binary.LittleEndian.PutUint32(b.data(), 90_000_000)
	assert.Zero(t, b.call("ztimer_periodic_wakeup", scratch, 2_000_000))
	assert.EqualValues(t, 92_000_000, last())
	assert.Equal(t, 92*time.Second, b.h.Now())

	binary.LittleEndian.PutUint32(b.data(), 80_000_000)
	assert.Zero(t, b.call("ztimer_periodic_wakeup", scratch, 2_000_000))
	assert.EqualValues(t, 82_000_000, last(), "that time is over")
	assert.Equal(t, 92*time.Second, b.h.Now(), "so nothing was waited for")

	assert.Equal(t, errno("ECANCELED"), b.call("ztimer_sleep", 60_000_000), "asked to stop meanwhile")
	assert.Equal(t, 100*time.Second, b.h.Now())
	binary.LittleEndian.PutUint32(b.data(), 100_000_000)
	assert.Equal(t, errno("ECANCELED"), b.call("ztimer_periodic_wakeup", scratch, 1))
	assert.EqualValues(t, 100_000_000, last(), "unchanged on error")
}

func TestEvents(t *testing.T) {
	b := newBench(t, hostapi.Options{Events: []hostapi.Event{
		{At: time.Second, Context: []byte("one")}, {At: 3 * time.Second, Context: []byte("a long one")}, {At: 4 * time.Second},
	}})
	assert.Equal(t, errno("ETIMEDOUT"), b.call("event_wait", scratch, 8, 500))
	assert.Equal(t, 500*time.Millisecond, b.h.Now())
	assert.EqualValues(t, 3, b.call("event_wait", scratch, 8, 500))
	assert.Equal(t, "one", string(b.data()[:3]))
	assert.Equal(t, errno("EMSGSIZE"), b.call("event_wait", scratch, 8, sysapi.Forever))
	assert.Equal(t, "one", string(b.data()[:3]), "unchanged on error")
	assert.Equal(t, 3*time.Second, b.h.Now())
	assert.Zero(t, b.call("event_wait", scratch, 0, sysapi.Forever))
	assert.Equal(t, errno("ETIMEDOUT"), b.call("event_wait", scratch, 8, 0))
	assert.Equal(t, errno("ECANCELED"), b.call("event_wait", scratch, 8, sysapi.Forever), "nothing more is going to happen")
}

func TestCoAP(t *testing.T) {
	const ctx = scratch + 512
	none := newBench(t, hostapi.Options{})
	assert.Equal(t, errno("ENOTSUP"), none.call("gcoap_resp_init", ctx, 0x45))
	assert.Zero(t, none.call("coap_get_pdu", ctx))

	b := newBench(t, hostapi.Options{Request: &hostapi.Request{Method: 3, Format: 42, Payload: []byte("on"), Token: []byte{1, 2}, Size: 16}})
	assert.Equal(t, []byte{3, 0, 42, 0, 2, 0, 0, 0}, b.h.Context())
	assert.Equal(t, errno("EINVAL"), b.call("coap_add_format", ctx, 0), "not begun")
	assert.Equal(t, errno("EINVAL"), b.call("coap_opt_finish", ctx, 0), "not begun")
	assert.Equal(t, errno("EMSGSIZE"), b.call("coap_get_payload", ctx, scratch, 1))
	assert.EqualValues(t, 2, b.call("coap_get_payload", ctx, scratch, 8))
	assert.Equal(t, "on", string(b.data()[:2]))
	for _, code := range []uint64{0, 1, 0x3f, 0x60, 0xc0, 0x145} {
		assert.Equal(t, errno("EINVAL"), b.call("gcoap_resp_init", ctx, code), "code %#x is not a response", code)
	}
	assert.Zero(t, b.call("gcoap_resp_init", ctx, 0x45))
	assert.Equal(t, errno("EINVAL"), b.call("coap_get_payload", ctx, scratch, 8), "the response took its place")
	assert.EqualValues(t, 3, b.call("coap_add_format", ctx, 0x1234))
	assert.Equal(t, errno("EINVAL"), b.call("coap_add_format", ctx, 0), "once only")
	assert.Equal(t, errno("EINVAL"), b.call("coap_payload_max", ctx), "not finished")
	assert.Zero(t, b.call("coap_get_pdu", ctx), "not finished")
	_, err := b.h.Response(9)
	assert.ErrorContains(t, err, "did not finish a response")

	assert.Equal(t, errno("EINVAL"), b.call("coap_opt_finish", ctx, 2), "unknown flag")
	assert.EqualValues(t, 4+2+3+1, b.call("coap_opt_finish", ctx, sysapi.FinishPayload))
	assert.Equal(t, errno("EINVAL"), b.call("gcoap_resp_init", ctx, 0x45), "finished")
	assert.EqualValues(t, 6, b.call("coap_payload_max", ctx))
	pdu := uint64(b.call("coap_get_pdu", ctx))
	assert.EqualValues(t, 0x05000000, pdu)
	assert.EqualValues(t, pdu, b.call("memcpy", pdu, b.put(0, "sixsix"), 6))
	_, _, fault := b.h.Call(b.mem, sysapi.ByName["memcpy"].ID, [5]uint64{pdu, scratch, 7}, 1000)
	assert.Equal(t, diag.BadAccess, fault, "one byte more than the message has room for")

	r, err := b.h.Response(10 + 6)
	require.NoError(t, err)
	assert.Equal(t, "sixsix", string(r.Payload))
	assert.EqualValues(t, 0x1234, *r.Format)
	for _, result := range []int64{-1, 9, 17, 1 << 40} {
		_, err := b.h.Response(uint64(result))
		assert.ErrorContains(t, err, "not the length of a response", result)
	}

	b.h.Next(&hostapi.Request{Size: 4})
	assert.Zero(t, b.call("gcoap_resp_init", ctx, 0x45))
	assert.Equal(t, errno("ENOSPC"), b.call("coap_add_format", ctx, 0))
	assert.Equal(t, errno("ENOSPC"), b.call("coap_opt_finish", ctx, sysapi.FinishPayload))
	assert.EqualValues(t, 4, b.call("coap_opt_finish", ctx, 0))
}

func TestSensors(t *testing.T) {
	imu, err := hostapi.ParseSensor("imu:SENSE_ACCEL=0,-0.1,0.98;1,2,3")
	require.NoError(t, err)
	led, err := hostapi.ParseSensor("led:ACT_SWITCH")
	require.NoError(t, err)
	broken := &hostapi.Sensor{Name: "broken", Class: 0x81}
	b := newBench(t, hostapi.Options{Sensors: []*hostapi.Sensor{imu, led, broken}})

	assert.Equal(t, errno("ENODEV"), b.call("saul_reg_find_nth", 3))
	assert.Equal(t, errno("ENODEV"), b.call("saul_reg_find_nth", 0xffffffff))
	assert.Equal(t, errno("ENODEV"), b.call("saul_reg_find_type", 0x99))
	assert.Equal(t, errno("ENODEV"), b.call("saul_reg_find_name", b.put(512, "imu2")))
	i := uint64(b.call("saul_reg_find_name", b.put(512, "imu")))
	assert.EqualValues(t, i, b.call("saul_reg_find_type", 0x85))
	assert.EqualValues(t, i, b.call("saul_reg_find_nth", 0))
	assert.EqualValues(t, 0x85, b.call("saul_reg_type", i))

	read := func() []byte {
		assert.EqualValues(t, 3, b.call("saul_reg_read", i, scratch))
		return bytes.Clone(b.data()[:8])
	}
	assert.Equal(t, []byte{0, 0, 0xf6, 0xff, 98, 0, 9, 0xfe}, read(), "0, -0.10, 0.98 g")
	assert.Equal(t, []byte{100, 0, 200, 0, 44, 1, 9, 0xfe}, read(), "1, 2, 3 g at the same scale")
	assert.Equal(t, []byte{100, 0, 200, 0, 44, 1, 9, 0xfe}, read(), "the last is repeated")
	assert.Equal(t, errno("ENOTSUP"), b.call("saul_reg_write", i, scratch))
	assert.Equal(t, errno("ENOTSUP"), b.call("gpio_read", i))
	assert.Equal(t, errno("ENOTSUP"), b.call("gpio_write", i, 1))

	l := uint64(b.call("saul_reg_find_nth", 1))
	assert.Zero(t, b.call("gpio_read", l), "off at first")
	assert.Zero(t, b.call("gpio_write", l, 1<<31))
	assert.EqualValues(t, 1, b.call("gpio_read", l))
	assert.EqualValues(t, 3, b.call("saul_reg_write", l, scratch))
	assert.Equal(t, hostapi.Reading{Values: []int16{100, 200, 300}, Unit: 9, Scale: -2}, led.Written[1])

	x := uint64(b.call("saul_reg_find_nth", 2))
	assert.Equal(t, errno("EIO"), b.call("saul_reg_read", x, scratch))
	assert.Equal(t, errno("EIO"), b.call("gpio_read", x))
}

func TestRandomFollowsFromTheSeed(t *testing.T) {
	draw := func(seed uint64) []byte {
		b := newBench(t, hostapi.Options{Seed: seed})
		b.call("random_bytes", scratch, 64)
		binary.LittleEndian.PutUint32(b.data()[64:], uint32(b.call("random_uint32")))
		return b.data()[:68]
	}
	assert.Equal(t, draw(1), draw(1))
	assert.NotEqual(t, draw(1), draw(2))
}

func TestSelf(t *testing.T) {
	b := newBench(t, hostapi.Options{Self: hostapi.Self{Container: 1, Tenant: 2, Sequence: 3, Faults: 5}})
	b.h.Next(nil)
	b.call("self_info", scratch)
	var have [6]uint32
	_, err := binary.Decode(b.data(), binary.LittleEndian, &have)
	require.NoError(t, err)
	assert.Equal(t, [6]uint32{1, 2, 3, 2, 5, 10_000 - sysapi.ByName["self_info"].Price}, have)
}

func TestFixedPoint(t *testing.T) {
	b := newBench(t, hostapi.Options{})
	for _, c := range []struct {
		value  int16
		digits int32
		want   string
	}{
		{2156, -2, "21.56"}, {5, -2, "0.05"}, {-5, -1, "-0.5"}, {56, -2, "0.56"}, {0, 0, "0"}, {0, 2, "000"}, {21, 3, "21000"},
		{-32768, -4, "-3.2768"}, {-32768, 0, "-32768"}, {32767, -16, "0.0000000000032767"}, {-1, 16, "-10000000000000000"},
	} {
		n := b.call("fmt_s16_dfp", scratch, uint64(c.value), uint64(c.digits))
		require.EqualValues(t, len(c.want), n)
		assert.Equal(t, c.want, string(b.data()[:n]), "%d digits %d", c.value, c.digits)
		assert.Equal(t, n, b.call("fmt_s16_dfp", 0, uint64(c.value), uint64(c.digits)), "length only")
	}
	assert.Equal(t, errno("EINVAL"), b.call("fmt_s16_dfp", scratch, 1, 17))
}

func TestStringsAreTerminated(t *testing.T) {
	b := newBench(t, hostapi.Options{})
	src := b.put(100, "hello")
	for size, want := range map[uint64]string{6: "hello\x00~", 5: "hell\x00~", 1: "\x00~", 0: "~"} {
		copy(b.data(), bytes.Repeat([]byte{'~'}, 16))
		assert.EqualValues(t, 5, b.call("strlcpy", scratch, src, size))
		assert.Equal(t, want, string(b.data()[:len(want)]), "size %d", size)
	}
	assert.EqualValues(t, 5, b.call("strlcpy", src+1, src, 8), "overlapping")
	assert.Equal(t, "hhello\x00", string(b.data()[100:107]))
}

func TestBadArgumentsOfTheCommandLine(t *testing.T) {
	for arg, why := range map[string]string{
		"room=1":                  "a name and a colon",
		":SENSE_TEMP=1":           "a name and a colon",
		"room:SENSE_WARMTH=1":     "no class SAUL_SENSE_WARMTH",
		"room:SENSE_TEMP":         "at least one reading",
		"led:ACT_SWITCH=1":        "an actuator has no readings",
		"room:SENSE_TEMP=1,2,3,4": "more than three values",
		"room:SENSE_TEMP=":        "not a decimal number",
		"room:SENSE_TEMP=1.-2":    "not a decimal number",
		"room:SENSE_TEMP=3276.8":  "fits 16 bits",
		"room:SENSE_TEMP=.5":      "not a decimal number",
		"room:SENSE_TEMP=1e3":     "not a decimal number",
	} {
		_, err := hostapi.ParseSensor(arg)
		assert.ErrorContains(t, err, why, arg)
	}
	for arg, why := range map[string]string{
		"local1=2":           "a colon and an equals sign",
		"local:1":            "a colon and an equals sign",
		"mine:1=2":           "scopes are",
		"local:x=2":          "the key",
		"local:4294967296=2": "the key",
		"local:1=blue":       "neither a number",
		"local:1=4294967296": "neither a number",
		`local:1="` + string(bytes.Repeat([]byte{'x'}, 65)) + `"`: "too long",
	} {
		assert.ErrorContains(t, hostapi.Stores{}.ParseEntry(arg), why, arg)
	}
	s := hostapi.Stores{}
	for _, arg := range []string{"local:0x10=-1", `tenant:2="blue"`, "global:3=4294967295"} {
		require.NoError(t, s.ParseEntry(arg))
	}
	assert.Equal(t, hostapi.Number(0xffffffff), s[sysapi.Local].Entries[16].Value)
	assert.Equal(t, []byte("blue"), s[sysapi.Tenant].Entries[2].Value)
	assert.Equal(t, hostapi.Number(0xffffffff), s[sysapi.Global].Entries[3].Value)
}
