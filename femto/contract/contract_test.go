// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package contract

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/femtocontainer/femtocontainer/femto/diag"
	"github.com/femtocontainer/femtocontainer/femto/image"
	"github.com/femtocontainer/femtocontainer/femto/sysapi"
)

var update = flag.Bool("update", false, "write what is expected of testdata/invalid_*.toml, and the tables of docs/contracts.md, instead of comparing")

// beside reads files beside the contracts of testdata.
func beside(path string) ([]byte, error) { return os.ReadFile(filepath.Join("testdata", path)) }

func building(t *testing.T) *Contract {
	t.Helper()
	text, err := os.ReadFile("testdata/building.toml")
	require.NoError(t, err)
	c, err := Parse("building.toml", text, beside)
	require.NoError(t, err)
	return c
}

func TestParse(t *testing.T) {
	c := building(t)
	require.Len(t, c.Tenants, 2)
	acme, guest := c.Tenants[0], c.Tenants[1]
	assert.Equal(t, "acme", acme.Name)
	require.Len(t, acme.Keys, 2)
	assert.Equal(t, byte(0x3d), acme.Keys[0][0], "from hex")
	assert.Equal(t, byte(0x0f), acme.Keys[1][0], "from PEM")
	assert.Equal(t, byte(0xfc), guest.Keys[0][0], "from base64")
	assert.Equal(t, []string{"base", "kv_local", "time"}, guest.Capabilities.Names())
	assert.Equal(t, Quota{FuelPerSecond: 200000, Slots: 2, Threads: 1, KVEntries: 16, KVBytes: 256, ConsoleBytesPerSecond: 200, FlashBytesPerHour: 4096}, acme.Quota)
	assert.Equal(t, Quota{FuelPerSecond: 20000, Slots: 1, KVEntries: 4, KVBytes: 16}, guest.Quota, "defaults")

	require.Len(t, c.Hooks, 3)
	assert.Equal(t, Hook{Name: "sampler", UUID: c.Hooks[0].UUID, Tenants: []int{0}, Thread: true, Capabilities: All,
		Fuel: 50000, Priority: 10, StackMargin: 256, Containers: 1}, c.Hooks[0])
	assert.Equal(t, Hook{Name: "coap/average", UUID: c.Hooks[1].UUID, Tenants: []int{0}, Policy: Single, Capabilities: 1<<0 | 1<<4 | 1<<10,
		Fuel: 10000, ActivationsPerSecond: 20, Priority: 9, StackMargin: 128, Containers: 1}, c.Hooks[1])
	assert.Equal(t, Hook{Name: "scheduler", UUID: c.Hooks[2].UUID, Tenants: []int{0, 1}, Policy: StopOnNegative, Capabilities: All,
		Fuel: 1000, FuelPerSecond: 10000, Priority: 9, StackMargin: 128, Containers: 2}, c.Hooks[2])
	for _, h := range c.Hooks {
		id, err := image.Hook(h.Name)
		require.NoError(t, err)
		assert.Equal(t, id, h.UUID, "what the linker writes for SEC(\"hook/%s\")", h.Name)
	}
}

// diagnostics are the errors that err joins.
func diagnostics(t *testing.T, err error) (list []*diag.Error) {
	t.Helper()
	if err == nil {
		return nil
	}
	for _, e := range err.(interface{ Unwrap() []error }).Unwrap() {
		list = append(list, e.(*diag.Error))
	}
	return list
}

// Each testdata/invalid_*.toml begins with all that is wrong with it.
func TestInvalid(t *testing.T) {
	const want = "# "
	files, err := filepath.Glob("testdata/invalid_*.toml")
	require.NoError(t, err)
	seen := map[diag.Code]bool{}
	for _, name := range files {
		t.Run(filepath.Base(name), func(t *testing.T) {
			text, err := os.ReadFile(name)
			require.NoError(t, err)
			head, _, _ := strings.Cut(string(text), "\n\n")
			c, err := Parse("", text, beside)
			assert.Nil(t, c)
			var got []string
			for _, e := range diagnostics(t, err) {
				seen[e.Code] = true
				assert.NotZero(t, e.Line)
				assert.NotZero(t, e.Col)
				got = append(got, fmt.Sprintf("%s%d:%d %s", want, e.Line, e.Col, e.Error()))
				if e.Hint != "" {
					got = append(got, want+"  hint: "+e.Hint)
				}
			}
			require.NotEmpty(t, got, "it is accepted")
			if *update {
				body := strings.TrimPrefix(string(text), head)
				// Lines move when the number of errors does.
				for len(strings.Split(head, "\n")) < len(got) {
					head += "\n#"
				}
				require.NoError(t, os.WriteFile(name, []byte(strings.Join(got, "\n")+body), 0o666))
				return
			}
			assert.Equal(t, head, strings.Join(got, "\n"))
		})
	}
	for code := diag.ContractSyntax; code < diag.ContractRefuses && !*update; code++ {
		assert.True(t, seen[code], "no file in testdata shows %s", code)
	}
}

func TestGrants(t *testing.T) {
	c := building(t)
	names := func(tenant, hook string) (names []string) {
		ids, err := c.Grants(tenant, hook)
		require.NoError(t, err)
		assert.True(t, slices.IsSorted(ids))
		for _, id := range ids {
			if call := sysapi.ByID[id]; call.Capability != "base" {
				names = append(names, call.Name)
			}
		}
		return names
	}
	assert.Equal(t, []string{"store_local", "fetch_local", "now_ms", "ztimer_now", "kv_put_local", "kv_get_local", "kv_delete_local", "kv_next_local", "kv_cas_local"},
		names("guest", "scheduler"))
	assert.Contains(t, names("acme", "sampler"), "ztimer_periodic_wakeup")
	assert.NotContains(t, names("acme", "scheduler"), "ztimer_periodic_wakeup", "no thread of its own")
	assert.NotContains(t, names("acme", "coap/average"), "printf", "the hook narrows")
	assert.Contains(t, names("acme", "coap/average"), "fetch_tenant")

	for _, call := range sysapi.Table { // everything and nothing
		c.Tenants[0].Capabilities = All
		ids, _ := c.Grants("acme", "sampler")
		assert.Contains(t, ids, call.ID)
		c.Tenants[0].Capabilities = 0
		ids, _ = c.Grants("acme", "sampler")
		assert.Equal(t, call.Capability == "base", slices.Contains(ids, call.ID), "%s", call.Name)
	}
}

func TestRefuse(t *testing.T) {
	c := building(t)
	img := &image.Image{}
	for _, name := range []string{"printf", "store_local", "ztimer_periodic_wakeup", "ztimer_sleep", "random_uint32"} {
		img.Helpers = append(img.Helpers, sysapi.ByName[name].ID)
	}
	for _, x := range []struct {
		tenant, hook string
		want         []string
	}{
		{"acme", "sampler", []string{`FC2025: random_uint32 needs capability "random", which tenant "acme" does not have on hook "sampler"; grant it under [tenants.acme], or do without`}},
		{"acme", "scheduler", []string{
			`FC2025: ztimer_periodic_wakeup, ztimer_sleep needs capability "sleep", which tenant "acme" does not have on hook "scheduler"; it lets the container wait, which needs thread = true under [hooks.scheduler]`,
			`FC2025: random_uint32 needs capability "random", which tenant "acme" does not have on hook "scheduler"; grant it under [tenants.acme], or do without`}},
		{"acme", "coap/average", []string{
			`FC2025: printf needs capability "console", which tenant "acme" does not have on hook "coap/average"; the tenant has it, but [hooks."coap/average"] leaves it out`,
			`FC2025: store_local needs capability "kv_local", which tenant "acme" does not have on hook "coap/average"; the tenant has it, but [hooks."coap/average"] leaves it out`,
			`FC2025: ztimer_periodic_wakeup, ztimer_sleep needs capability "sleep", which tenant "acme" does not have on hook "coap/average"; the tenant has it, but [hooks."coap/average"] leaves it out`,
			`FC2025: random_uint32 needs capability "random", which tenant "acme" does not have on hook "coap/average"; grant it under [tenants.acme], or do without`}},
	} {
		var got []string
		for _, e := range diagnostics(t, c.Refuse(img, x.tenant, x.hook)) {
			got = append(got, e.Error()+"; "+e.Hint)
		}
		assert.Equal(t, x.want, got)
	}
	assert.NoError(t, c.Refuse(&image.Image{Helpers: []uint16{0x02, 0x10}}, "guest", "scheduler"))

	for _, x := range []struct {
		tenant, hook string
		code         diag.Code
	}{{"guest", "sampler", diag.ContractRefuses}, {"nobody", "sampler", diag.ContractUndefined}, {"acme", "elsewhere", diag.ContractUndefined}} {
		var e *diag.Error
		require.ErrorAs(t, c.Refuse(img, x.tenant, x.hook), &e)
		assert.Equal(t, x.code, e.Code)
		_, err := c.Grants(x.tenant, x.hook)
		assert.Equal(t, e, err)
	}
	assert.ErrorContains(t, c.Refuse(&image.Image{Helpers: []uint16{0xfff0}}, "acme", "sampler"), "0xfff0")
}

// What is granted is what the tenant, the hook and the thread all allow, and
// Refuse agrees with it.
func TestGrantsAreTheIntersection(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := &Contract{Tenants: []Tenant{{Name: "t", Capabilities: Set(rapid.Uint32Range(0, uint32(All)).Draw(t, "tenant"))}},
			Hooks: []Hook{{Name: "h", Tenants: []int{0}, Thread: rapid.Bool().Draw(t, "thread"), Capabilities: Set(rapid.Uint32Range(0, uint32(All)).Draw(t, "hook"))}}}
		ids, err := c.Grants("t", "h")
		require.NoError(t, err)
		for _, call := range sysapi.Table {
			one, _ := capability(call.Capability)
			want := one == Base || c.Tenants[0].Capabilities&one != 0 && c.Hooks[0].Capabilities&one != 0 && (c.Hooks[0].Thread || !call.Blocks)
			assert.Equal(t, want, slices.Contains(ids, call.ID), "%s", call.Name)
			assert.Equal(t, want, c.Refuse(&image.Image{Helpers: []uint16{call.ID}}, "t", "h") == nil, "%s", call.Name)
		}
	})
}

// A capability is either for waiting or not: contracts grant them as a whole.
func TestBlockingCapabilities(t *testing.T) {
	for _, call := range sysapi.Table {
		one, ok := capability(call.Capability)
		require.True(t, ok)
		assert.Equal(t, call.Blocks, Blocking&one != 0, "%s", call.Name)
	}
}

// Each number of Keys has a place to go.
func TestEveryNumberIsStored(t *testing.T) {
	for _, k := range Keys {
		if k.Kind == Number && k.Table != "" {
			numbers := map[string]map[string]*uint32{quotaTable: new(Quota).numbers(), hookTable: new(Hook).numbers()}[k.Table]
			assert.Contains(t, numbers, k.Name)
		}
	}
	assert.Len(t, new(Quota).numbers(), len(keysOf(quotaTable)))
}
