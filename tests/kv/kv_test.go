// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package kv

import (
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/femtocontainer/femtocontainer/femto/sysapi"
	"github.com/femtocontainer/femtocontainer/femto/sysapi/hostapi"
)

// The device's side.

const (
	opBegin = iota
	opPut
	opGet
	opFetch
	opCAS
	opDelete
	opNext
	opClear
	opNextKept // Changed is the space that was found
)

const (
	valueSize = 64 // room in a call
	maxValue  = valueSize / 4
)

type deviceCall struct {
	Op, Space, Tenant, QuotaEntries, QuotaBytes, Key, A, B, Len uint32
	Value                                                       [valueSize]byte
}

type deviceAnswer struct {
	Result         int32
	Number         uint32
	Entries, Bytes [3]uint32
	Changed        uint32
	Value          [valueSize]byte
}

type device struct {
	stdin  io.WriteCloser
	stdout io.Reader
}

func buildDevice(t *testing.T) *device {
	if _, err := exec.LookPath("gcc"); err != nil {
		fmt.Printf("SKIP: %s: gcc is not installed\n", t.Name())
		t.Skip()
	}
	pkg := filepath.Join("..", "..", "riotpkg", "femtocontainer")
	store := filepath.Join(pkg, "contrib", "femto_kv.c")
	for _, f := range []string{store, filepath.Join(pkg, "include", "femto_kv.h"), filepath.Join("testdata", "driver.c")} {
		_, err := os.ReadFile(f) // go test must not take a result from its cache when one of them changed
		require.NoError(t, err)
	}
	program := filepath.Join(t.TempDir(), "driver")
	out, err := exec.Command("gcc", "-std=c11", "-O1", "-g", "-Wall", "-Wextra", "-Wconversion", "-Wpedantic", "-Werror",
		"-fsanitize=address,undefined", "-fno-sanitize-recover=all",
		"-I", filepath.Join(pkg, "include"), "-I", filepath.Join(pkg, "core"),
		filepath.Join("testdata", "driver.c"), store, "-o", program).CombinedOutput()
	require.NoError(t, err, "%s", out)

	cmd := exec.Command(program)
	stderr := &logWriter{t}
	cmd.Stderr = stderr
	d := &device{}
	d.stdin, err = cmd.StdinPipe()
	require.NoError(t, err)
	d.stdout, err = cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		_ = d.stdin.Close()
		if err := cmd.Wait(); err != nil { // leaks are found at its end
			t.Errorf("the driver: %v", err)
		}
	})
	return d
}

type logWriter struct{ t *testing.T }

func (w *logWriter) Write(b []byte) (int, error) {
	w.t.Logf("%s", b)
	return len(b), nil
}

func (d *device) call(t require.TestingT, c deviceCall) (a deviceAnswer) {
	require.NoError(t, binary.Write(d.stdin, binary.LittleEndian, &c))
	require.NoError(t, binary.Read(d.stdout, binary.LittleEndian, &a), "the driver ended")
	return a
}

// The host's side.

// flat is a container's memory for one call.
type flat [256]byte

func (m *flat) Read(addr uint64, n uint32) ([]byte, bool) {
	if addr+uint64(n) > uint64(len(m)) {
		return nil, false
	}
	return m[addr:][:n:n], true
}

func (m *flat) Write(addr uint64, n uint32) ([]byte, bool) { return m.Read(addr, n) }

type quota struct{ entries, bytes uint32 }

var (
	quotas   = [3]quota{{6, 40}, {3, 8}, {0, 0}}
	tenantOf = [4]int{0, 0, 1, 2} // of each container
	scopes   = []sysapi.Scope{sysapi.Local, sysapi.Tenant, sysapi.Global}
)

// world has the stores of hostapi, shared as on a device, and counts for whom
// each entry is, which hostapi does not.
type world struct {
	hosts [len(tenantOf)]*hostapi.Host
	made  map[address]int // by which tenant
}

type address struct{ space, key uint32 }

func space(container int, scope sysapi.Scope) uint32 {
	owner := map[sysapi.Scope]int{sysapi.Local: container, sysapi.Tenant: tenantOf[container], sysapi.Global: 0}[scope]
	return uint32(scope)<<14 | uint32(owner)
}

func newWorld() *world {
	newStore := func() *hostapi.Store { return &hostapi.Store{Quota: 1 << 20, MaxValue: maxValue} }
	global := newStore()
	tenants := [len(quotas)]*hostapi.Store{newStore(), newStore(), newStore()}
	w := &world{made: map[address]int{}}
	for c := range w.hosts {
		w.hosts[c] = hostapi.New(hostapi.Options{Stores: hostapi.Stores{
			sysapi.Local: newStore(), sysapi.Tenant: tenants[tenantOf[c]], sysapi.Global: global,
		}})
	}
	return w
}

func (w *world) store(c int, scope sysapi.Scope) *hostapi.Store { return w.hosts[c].Stores()[scope] }

// usage adds up what a tenant has.
func (w *world) usage(tenant int) (q quota) {
	seen := map[address]bool{}
	for c := range w.hosts {
		for _, scope := range scopes {
			for key, e := range w.store(c, scope).Entries {
				at := address{space(c, scope), key}
				if !seen[at] && w.made[at] == tenant {
					seen[at] = true
					q.entries++
					q.bytes += uint32(len(e.Value))
				}
			}
		}
	}
	return q
}

func (w *world) call(t require.TestingT, c int, name string, scope sysapi.Scope, mem *flat, regs ...uint64) int32 {
	row := sysapi.ByName[name+"_"+scope.String()]
	require.NotNil(t, row, name)
	var all [sysapi.MaxArgs]uint64
	copy(all[:], regs)
	r0, _, fault := w.hosts[c].Call(mem, row.ID, all, 1<<20)
	require.Zero(t, fault)
	return int32(r0)
}

func errno(name string) int32 { return sysapi.ErrnoByName[name] }

// put is hostapi's, undone when it is more than the tenant may have.
func (w *world) put(t require.TestingT, c int, scope sysapi.Scope, key uint32, value []byte, flags uint32) int32 {
	at, tenant, entries := address{space(c, scope), key}, tenantOf[c], w.store(c, scope).Entries
	old, existed := entries[key]
	maker := w.made[at]

	mem := &flat{}
	copy(mem[:], value)
	result := w.call(t, c, "kv_put", scope, mem, uint64(key), 0, uint64(len(value)), uint64(flags))
	if result < 0 || existed && len(value) <= len(old.Value) {
		return result
	}
	w.made[at] = tenant
	if now := w.usage(tenant); now.entries <= quotas[tenant].entries && now.bytes <= quotas[tenant].bytes {
		return result
	}
	w.made[at] = maker
	delete(entries, key)
	if existed {
		entries[key] = old
	}
	return errno("ENOSPC")
}

// TestStores makes the same calls on both sides.
func TestStores(t *testing.T) {
	d := buildDevice(t)
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld()
		var sum quota
		for _, q := range quotas {
			sum.entries += q.entries
			sum.bytes += q.bytes
		}
		d.call(t, deviceCall{Op: opBegin, QuotaEntries: sum.entries, QuotaBytes: sum.bytes})

		for range rapid.IntRange(1, 120).Draw(t, "calls") {
			c := rapid.IntRange(0, len(tenantOf)-1).Draw(t, "container")
			scope := rapid.SampledFrom(scopes).Draw(t, "scope")
			tenant := tenantOf[c]
			request := deviceCall{
				Op: uint32(rapid.IntRange(opPut, opClear).Draw(t, "call")), Space: space(c, scope), Tenant: uint32(tenant),
				QuotaEntries: quotas[tenant].entries, QuotaBytes: quotas[tenant].bytes,
				Key: rapid.OneOf(rapid.Uint32Range(0, 4), rapid.SampledFrom([]uint32{1<<31 - 1, 1 << 31, 1<<32 - 1})).Draw(t, "key"),
			}
			if request.Op == opClear && rapid.IntRange(0, 9).Draw(t, "rarely") != 0 {
				request.Op = opPut
			}
			key, mem := uint64(request.Key), &flat{}
			var want int32
			switch request.Op {
			case opPut:
				value := rapid.SliceOfN(rapid.Byte(), 0, maxValue+1).Draw(t, "value")
				if rapid.Bool().Draw(t, "number") {
					value = hostapi.Number(rapid.Uint32Range(0, 3).Draw(t, "value of it"))
				}
				request.A = rapid.SampledFrom([]uint32{0, 0, 0, sysapi.KVNew, sysapi.KVPersist, 3, 4}).Draw(t, "flags")
				request.Len = uint32(copy(request.Value[:], value))
				want = w.put(t, c, scope, request.Key, value, request.A)
			case opGet:
				request.Len = rapid.Uint32Range(0, maxValue).Draw(t, "size")
				want = w.call(t, c, "kv_get", scope, mem, key, 0, uint64(request.Len))
			case opFetch:
				want = w.call(t, c, "fetch", scope, mem, key, 0)
			case opCAS:
				request.A, request.B = rapid.Uint32Range(0, 3).Draw(t, "expected"), rapid.Uint32Range(0, 3).Draw(t, "desired")
				want = w.call(t, c, "kv_cas", scope, mem, key, uint64(request.A), uint64(request.B))
			case opDelete:
				want = w.call(t, c, "kv_delete", scope, mem, key)
			case opNext:
				binary.LittleEndian.PutUint32(mem[:], request.Key)
				want = w.call(t, c, "kv_next", scope, mem, 0)
			case opClear:
				clear(w.store(c, scope).Entries)
			}
			have := d.call(t, request)
			require.Equal(t, want, have.Result)
			switch {
			case want < 0:
			case request.Op == opGet:
				require.Equal(t, mem[:request.Len], have.Value[:request.Len])
			case request.Op == opFetch || request.Op == opNext:
				require.Equal(t, binary.LittleEndian.Uint32(mem[:]), have.Number)
			}
			for i := range quotas {
				require.Equal(t, w.usage(i), quota{have.Entries[i], have.Bytes[i]}, "usage of tenant %d", i)
			}
			require.Zero(t, have.Changed&^(1<<tenant)&^clearing(request.Op), "a change was charged to another tenant")
		}
		w.compareAll(t, d)
	})
}

func clearing(op uint32) uint32 {
	if op == opClear {
		return 1<<32 - 1
	}
	return 0
}

// compareAll iterates over all stores, as a container would.
func (w *world) compareAll(t require.TestingT, d *device) {
	for c := range w.hosts {
		for _, scope := range scopes {
			store, at := w.store(c, scope), space(c, scope)
			next := uint32(0)
			for _, key := range store.Keys() {
				a := d.call(t, deviceCall{Op: opNext, Space: at, Key: next})
				require.Equal(t, int32(len(store.Entries[key].Value)), a.Result)
				require.Equal(t, key, a.Number)
				a = d.call(t, deviceCall{Op: opGet, Space: at, Key: key, Len: valueSize})
				require.Equal(t, store.Entries[key].Value, a.Value[:a.Result:a.Result])
				next = key + 1
			}
			if next != 0 || len(store.Entries) == 0 {
				require.Equal(t, errno("ENOENT"), d.call(t, deviceCall{Op: opNext, Space: at, Key: next}).Result)
			}
		}
	}
}

// TestDefect16FullStore: one pool for all, whose end nobody looked at, and in
// which to read a missing key made an entry. Here a tenant fills its quota to the
// last byte while another has filled its own: what the contract gives is there,
// and a full store says so.
func TestDefect16FullStore(t *testing.T) {
	d := buildDevice(t)
	d.call(t, deviceCall{Op: opBegin, QuotaEntries: 5, QuotaBytes: 40})
	global := uint32(sysapi.Global) << 14
	put := func(tenant, key, length uint32) int32 {
		return d.call(t, deviceCall{Op: opPut, Space: global, Tenant: tenant, Key: key, Len: length,
			QuotaEntries: 2 + tenant, QuotaBytes: 20}).Result
	}
	missing := func() {
		for tenant := range uint32(2) {
			for key := range uint32(100) {
				for _, op := range []uint32{opGet, opFetch, opCAS} {
					a := d.call(t, deviceCall{Op: op, Space: global, Tenant: tenant, Key: 5000 + key, Len: 4, QuotaEntries: 9, QuotaBytes: 90})
					require.Equal(t, errno("ENOENT"), a.Result)
				}
			}
		}
	}
	missing()
	require.Equal(t, errno("ENOENT"), d.call(t, deviceCall{Op: opNext, Space: global}).Result, "reading made nothing")
	for key := range uint32(100) { // a hostile tenant takes what it can
		if put(0, key, 10) != 0 {
			require.Equal(t, uint32(2), key)
			break
		}
	}
	require.Equal(t, errno("ENOSPC"), put(0, 50, 0))
	missing()
	require.Zero(t, put(1, 1000, 6))
	require.Zero(t, put(1, 1001, 6))
	require.Zero(t, put(1, 1002, 8))
	require.Equal(t, errno("ENOSPC"), put(1, 1003, 0))
	require.Equal(t, errno("ENOSPC"), put(1, 1002, 9))
	missing()

	// Making another's entry longer does not cost the other anything.
	require.Equal(t, errno("ENOSPC"), put(0, 1002, 9))
}

// TestPersistentChanges are told about, once they are the tenant's own.
func TestPersistentChanges(t *testing.T) {
	d := buildDevice(t)
	d.call(t, deviceCall{Op: opBegin, QuotaEntries: 8, QuotaBytes: 64})
	call := func(c deviceCall) uint32 {
		c.Space, c.QuotaEntries, c.QuotaBytes = uint32(sysapi.Global)<<14, 4, 32
		a := d.call(t, c)
		require.Zero(t, a.Result)
		return a.Changed
	}
	number := deviceCall{Op: opPut, Key: 1, Len: 4, A: sysapi.KVPersist}
	require.Equal(t, uint32(1), call(number), "a new one")
	require.Equal(t, uint32(1), call(deviceCall{Op: opCAS, Key: 1, B: 7}), "compared and swapped")
	require.Zero(t, call(deviceCall{Op: opCAS, Key: 1, A: 7, B: 0, Tenant: 1}), "by another")
	require.Zero(t, call(deviceCall{Op: opPut, Key: 1, Len: 4, Tenant: 1}), "by another")
	require.Equal(t, uint32(1), call(deviceCall{Op: opPut, Key: 1, Len: 4}), "kept no longer")
	require.Zero(t, call(deviceCall{Op: opPut, Key: 1, Len: 4}), "not kept")
	require.Zero(t, call(deviceCall{Op: opPut, Key: 1, Len: 4, A: sysapi.KVPersist, Tenant: 1}), "of another")
	require.Zero(t, call(deviceCall{Op: opDelete, Key: 1}), "not kept")
	call(number)
	require.Equal(t, uint32(1), call(deviceCall{Op: opDelete, Key: 1}), "deleted")
	require.NotZero(t, d.call(t, deviceCall{Op: opPut, Len: 1, A: 8}).Result)
}

// TestSmallTable is about a firmware with less room than its contract gives.
func TestSmallTable(t *testing.T) {
	d := buildDevice(t)
	d.call(t, deviceCall{Op: opBegin, QuotaEntries: 3, QuotaBytes: 16})
	put := func(key, length uint32) int32 {
		return d.call(t, deviceCall{Op: opPut, Space: uint32(sysapi.Global) << 14, Key: key, Len: length, QuotaEntries: 9, QuotaBytes: 900}).Result
	}
	require.Zero(t, put(1, 12))
	require.Zero(t, put(1, 16), "its own bytes count as free")
	require.Equal(t, errno("ENOSPC"), put(2, 5))
	require.Zero(t, put(2, 4), "a number takes none of the bytes")
	require.Zero(t, put(3, 4))
	require.Equal(t, errno("ENOSPC"), put(4, 0), "the table is full")
	require.Zero(t, put(1, 4))
	require.Zero(t, put(2, 16))
}

// TestNextKept iterates over what each tenant wants to keep.
func TestNextKept(t *testing.T) {
	d := buildDevice(t)
	d.call(t, deviceCall{Op: opBegin, QuotaEntries: 9, QuotaBytes: 90})
	tenantSpace, global := uint32(sysapi.Tenant)<<14|1, uint32(sysapi.Global)<<14
	for _, c := range []deviceCall{
		{Space: global, Key: 1<<32 - 1, Len: 5, A: sysapi.KVPersist, Tenant: 1},
		{Space: global, Key: 2, Len: 4, A: sysapi.KVPersist, Tenant: 1},
		{Space: global, Key: 1, Len: 4, A: sysapi.KVPersist}, // another's
		{Space: global, Key: 3, Len: 4, Tenant: 1},           // not to be kept
		{Space: tenantSpace, Key: 7, A: sysapi.KVPersist, Tenant: 1},
		{Space: uint32(sysapi.Local)<<14 | 2, Key: 7, Len: 1, A: sysapi.KVPersist, Tenant: 1}, // ends with the boot
	} {
		c.Op, c.QuotaEntries, c.QuotaBytes = opPut, 9, 90
		c.Value = [valueSize]byte{byte(c.Key), 9, 9, 9, 9}
		require.Zero(t, d.call(t, c).Result)
	}
	next := func(space, key uint32) (uint32, uint32, int32) {
		a := d.call(t, deviceCall{Op: opNextKept, Space: space, Key: key, Tenant: 1})
		if a.Result > 0 {
			require.Equal(t, byte(a.Number), a.Value[0])
		}
		return a.Changed, a.Number, a.Result
	}
	for _, step := range []struct {
		fromSpace, fromKey, space, key uint32
		result                         int32
	}{
		{0, 0, tenantSpace, 7, 0},
		{tenantSpace, 8, global, 2, 4},
		{global, 3, global, 1<<32 - 1, 5},
		{global + 1, 0, global + 1, 0, errno("ENOENT")},
	} {
		space, key, result := next(step.fromSpace, step.fromKey)
		require.Equal(t, []any{step.space, step.key, step.result}, []any{space, key, result})
	}
}
