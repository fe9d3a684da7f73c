// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package contract

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/femtocontainer/femtocontainer/femto/sysapi"
)

func need(t *testing.T, compiler string) {
	t.Helper()
	if _, err := exec.LookPath(compiler); err != nil {
		t.Skipf("SKIPPED: %s is not installed", compiler)
	}
}

// emitted writes the C files of a contract to a folder.
func emitted(t *testing.T, c *Contract) string {
	t.Helper()
	dir := t.TempDir()
	for name, b := range c.Files() {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), b, 0o600))
	}
	return dir
}

func command(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.Command(name, args...).CombinedOutput()
	require.NoError(t, err, "%s %s\n%s", name, strings.Join(args, " "), out)
	return string(out)
}

func modules() (flags []string) {
	for _, m := range sysapi.Modules {
		if macro := m.Macro(); macro != "" {
			flags = append(flags, "-D"+macro)
		}
	}
	return flags
}

func TestTablesCompile(t *testing.T) {
	dir := emitted(t, building(t))
	// Beside the core's headers, whose names it must not take.
	beside := filepath.Join(dir, "beside.c")
	require.NoError(t, os.WriteFile(beside, []byte("#include \"femto_core.h\"\n#include \"femto_sys.h\"\n#include \"femto_contract.h\"\n"+
		"int hooks(void);\nint hooks(void) { return FEMTO_HOOKS; }\n"), 0o600))
	for _, compiler := range []string{"gcc -std=c11", "clang-16 -std=c11", "g++ -std=c++17 -x c++", "clang++-16 -std=c++17 -x c++", "arm-none-eabi-gcc -std=c11 -mthumb -mcpu=cortex-m0"} {
		t.Run(compiler, func(t *testing.T) {
			t.Parallel()
			words := strings.Fields(compiler)
			need(t, words[0])
			for _, with := range [][]string{nil, modules()} {
				args := append(words[1:], "-Wall", "-Wextra", "-Wconversion", "-Wpedantic", "-Werror", "-O1", "-c")
				args = append(append(args, with...), "-I", "../../riotpkg/femtocontainer/core", "-o", filepath.Join(t.TempDir(), "contract.o"))
				command(t, words[0], append(args, filepath.Join(dir, SourceFile))...)
				command(t, words[0], append(args, beside)...)
			}
		})
	}
}

// A C program sees in the tables what the contract says.
func TestTablesSayWhatTheContractSays(t *testing.T) {
	need(t, "gcc")
	c := building(t)
	dir := emitted(t, c)
	main := filepath.Join(dir, "main.c")
	require.NoError(t, os.WriteFile(main, []byte(`#include <stdio.h>
#include "femto_contract.h"
static void hex(const uint8_t *b, int n) { while (n--) printf("%02x", *b++); }
int main(void) {
    for (int i = 0; i < FEMTO_TENANTS; i++) {
        const femto_tenant_t *t = &femto_tenants[i];
        const femto_quota_t *q = &t->quota;
        printf("tenant %s %x %u %u %u %u %u %u %u", t->name, t->capabilities, q->fuel_per_second, q->slots, q->threads,
               q->kv_entries, q->kv_bytes, q->console_bytes_per_second, q->flash_bytes_per_hour);
        for (int k = 0; k < t->n_keys; k++) { printf(" "); hex(t->keys[k], 32); }
        printf("\n");
    }
    for (int i = 0; i < FEMTO_HOOKS; i++) {
        const femto_hook_contract_t *h = &femto_hook_contracts[i];
        printf("hook %s ", h->name);
        hex(h->uuid, 16);
        printf(" %u %u %u %u %u %u %u %u\n", h->policy, h->thread, h->fuel, h->activations_per_second, h->fuel_per_second,
               h->priority, h->stack_margin, h->containers);
        for (int g = 0; g < h->n_grants; g++) {
            printf("grant %u %x:", h->grants[g].tenant, h->grants[g].capabilities);
            for (int k = 0; k < h->grants[g].n_helpers; k++) printf(" %u", h->grants[g].helpers[k]);
            printf("\n");
        }
    }
    for (int i = 0; i < femto_n_needs; i++) printf("need %u %s\n", femto_needs[i].helper, femto_capability_names[femto_needs[i].capability]);
    printf("%d %d %d %d %d %d\n", FEMTO_HOOK_COAP_AVERAGE, FEMTO_TOTAL_SLOTS, FEMTO_TOTAL_THREADS, FEMTO_TOTAL_KV_ENTRIES, FEMTO_TOTAL_KV_BYTES, FEMTO_TOTAL_CONTAINERS);
    return 0;
}
`), 0o600))

	for _, with := range []struct {
		flags []string
		has   func(*sysapi.Call) bool
	}{
		{modules(), func(*sysapi.Call) bool { return true }},
		{[]string{"-DFEMTO_HAVE_KV"}, func(c *sysapi.Call) bool { return c.Module == "base" || c.Module == "kv" }},
	} {
		var want strings.Builder
		for _, x := range c.Tenants {
			q := x.Quota
			fmt.Fprintf(&want, "tenant %s %x %d %d %d %d %d %d %d", x.Name, uint32(x.Capabilities), q.FuelPerSecond, q.Slots, q.Threads,
				q.KVEntries, q.KVBytes, q.ConsoleBytesPerSecond, q.FlashBytesPerHour)
			for _, key := range x.Keys {
				fmt.Fprintf(&want, " %x", key)
			}
			want.WriteString("\n")
		}
		for i := range c.Hooks {
			h := &c.Hooks[i]
			thread := 0
			if h.Thread {
				thread = 1
			}
			fmt.Fprintf(&want, "hook %s %x %d %d %d %d %d %d %d %d\n", h.Name, h.UUID, h.Policy, thread, h.Fuel, h.ActivationsPerSecond, h.FuelPerSecond,
				h.Priority, h.StackMargin, h.Containers)
			for _, tenant := range h.Tenants {
				fmt.Fprintf(&want, "grant %d %x:", tenant, uint32(c.granted(&c.Tenants[tenant], h)))
				ids, err := c.Grants(c.Tenants[tenant].Name, h.Name)
				require.NoError(t, err)
				for _, id := range ids {
					if with.has(sysapi.ByID[id]) {
						fmt.Fprintf(&want, " %d", id)
					}
				}
				want.WriteString("\n")
			}
		}
		for i := range sysapi.Table {
			if call := &sysapi.Table[i]; with.has(call) {
				fmt.Fprintf(&want, "need %d %s\n", call.ID, call.Capability)
			}
		}
		want.WriteString("1 3 1 20 272 4\n")
		program := filepath.Join(dir, "program")
		command(t, "gcc", append(with.flags, "-std=c11", "-Wall", "-Werror", main, filepath.Join(dir, SourceFile), "-o", program)...)
		assert.Equal(t, want.String(), command(t, program))
	}
}

// The C files depend on what a contract says, not on how.
func TestFilesAreStable(t *testing.T) {
	text, err := os.ReadFile("testdata/building.toml")
	require.NoError(t, err)
	first := building(t).Files()
	// As a person might have written it instead.
	other := strings.NewReplacer("200_000", "0x30d40", `"console", "kv_local"`, `"kv_local", "console"`, "thread = true\n", "", "priority = 10", "priority = 10\nthread = true",
		`["acme", "guest"]`, `["guest", "acme"]`).Replace(string(text))
	require.NotEqual(t, string(text), other)
	c, err := Parse("elsewhere.toml", []byte("# another comment\n"+other), beside)
	require.NoError(t, err)
	assert.Equal(t, first, c.Files())
	changed, err := Parse("building.toml", bytes.Replace(text, []byte("kv_bytes = 256"), []byte("kv_bytes = 255"), 1), beside)
	require.NoError(t, err)
	assert.NotEqual(t, first, changed.Files())
}

// Numbers reach the tables whatever they are.
func TestNumbersSurvive(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var b strings.Builder
		line := func(where string, skip ...string) map[string]uint32 {
			values := map[string]uint32{}
			for _, k := range keysOf(where) {
				if k.Kind == Number {
					values[k.Name] = rapid.Uint32Range(k.Min, k.Max).Draw(t, k.Name)
				}
			}
			if len(skip) > 0 {
				values[skip[0]] = 1
			}
			for _, k := range keysOf(where) {
				if k.Kind == Number {
					fmt.Fprintf(&b, "%s = %d\n", k.Name, values[k.Name])
				}
			}
			return values
		}
		b.WriteString("version = 1\n[tenants.t]\nkeys = [\"3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c\"]\n[tenants.t.quota]\n")
		quota := line(quotaTable)
		b.WriteString("[hooks.h]\ntenants = [\"t\"]\n")
		hook := line(hookTable, "fuel") // more than the tenant has is refused
		c, err := Parse("x.toml", []byte(b.String()), nil)
		require.NoError(t, err)
		for name, at := range c.Tenants[0].Quota.numbers() {
			assert.Equal(t, quota[name], *at, name)
		}
		for name, at := range c.Hooks[0].numbers() {
			assert.Equal(t, hook[name], *at, name)
		}
		assert.Equal(t, c.Files(), c.Files())
	})
}

// FuzzParse: no text makes Parse panic; each error has its place; what is
// accepted gives the same C files each time.
func FuzzParse(f *testing.F) {
	spare, err := beside("acme-spare.pem")
	require.NoError(f, err)
	key := func(string) ([]byte, error) { return spare, nil } // whatever the path
	names, err := filepath.Glob("testdata/*.toml")
	require.NoError(f, err)
	for _, name := range names {
		text, err := os.ReadFile(name)
		require.NoError(f, err)
		f.Add(string(text))
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, err := Parse("x.toml", []byte(text), key)
		if (c == nil) == (err == nil) {
			t.Fatalf("contract %v and error %v", c, err)
		}
		lines := strings.Count(text, "\n") + 1
		for _, e := range diagnostics(t, err) {
			if e.Line < 1 || e.Line > lines || e.Col < 1 || e.Col > len(text)+1 || e.Msg == "" {
				t.Fatalf("%d:%d %v in %d lines", e.Line, e.Col, e, lines)
			}
		}
		if c == nil {
			return
		}
		again, err := Parse("y.toml", []byte(text), key)
		require.NoError(t, err)
		assert.Equal(t, c.Files(), again.Files())
		for _, b := range c.Files() {
			assert.NotContains(t, string(b), "%!")
			assert.NotContains(t, string(b), "<no value>")
		}
	})
}
