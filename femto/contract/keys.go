// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package contract

import (
	"fmt"
	"strings"

	"github.com/femtocontainer/femtocontainer/femto/isa"
)

// Kind is the type of a key's value.
type Kind uint8

const (
	Number Kind = iota
	Bool
	Text
	Texts
	Table
)

func (k Kind) String() string {
	return [...]string{"a whole number", "true or false", "a string", "an array of strings", "a table"}[k]
}

// A Key is one key of the file.
type Key struct {
	Table    string // where it stands: "", "tenants.NAME" and so on
	Name     string
	Kind     Kind
	Required bool

	// Of numbers.
	Min, Max, Default uint32

	Doc string
}

// The tables of a contract.
const (
	tenantTable = "tenants.NAME"
	quotaTable  = "tenants.NAME.quota"
	hookTable   = "hooks.NAME"
)

// Limits of what a contract can say. Fuel is counted in signed 32 bits, and
// numbers of tenants, hooks and containers are bytes on the device.
const (
	maxFuel   = 1_000_000_000
	maxNumber = 255
	maxKeys   = 8
)

// Keys has every key that a contract may have, in the order of documentation.
// Parse, the C tables and docs/contracts.md come from it.
var Keys = []Key{
	{Table: "", Name: "version", Kind: Number, Required: true, Min: 1, Max: 1, Doc: "of this format"},
	{Table: "", Name: "tenants", Kind: Table, Required: true, Doc: "a table for each tenant"},
	{Table: "", Name: "hooks", Kind: Table, Required: true, Doc: "a table for each hook"},

	{Table: tenantTable, Name: "keys", Kind: Texts, Required: true, Doc: "1 to 8 Ed25519 public keys that the tenant signs with: 64 hex digits, base64, or the path of a PEM file (*.pem, *.pem.pub) seen from the contract; a key belongs to one tenant only"},
	{Table: tenantTable, Name: "capabilities", Kind: Texts, Doc: "what its containers may do, see below; default: `base` alone"},
	{Table: tenantTable, Name: "quota", Kind: Table, Required: true, Doc: "what its containers may use, all together"},

	{Table: quotaTable, Name: "fuel_per_second", Required: true, Min: 1, Max: maxFuel, Doc: "fuel that they get, and can save up for a second and a half"},
	{Table: quotaTable, Name: "slots", Max: maxNumber, Default: 1, Doc: "images that can be installed at a time; those built into the firmware do not count"},
	{Table: quotaTable, Name: "threads", Max: 32, Doc: "containers that have a thread of their own"},
	{Table: quotaTable, Name: "kv_entries", Max: 65535, Doc: "entries in key-value stores of all scopes that they made"},
	{Table: quotaTable, Name: "kv_bytes", Max: 1 << 24, Doc: "bytes that the values of these entries have"},
	{Table: quotaTable, Name: "console_bytes_per_second", Max: 1_000_000, Doc: "output of `printf` and `log_write`"},
	{Table: quotaTable, Name: "flash_bytes_per_hour", Max: 1 << 30, Doc: "written to keep entries over a restart; wears the flash"},

	{Table: hookTable, Name: "tenants", Kind: Texts, Required: true, Doc: "who may attach containers"},
	{Table: hookTable, Name: "capabilities", Kind: Texts, Doc: "what containers may do here, at most; default: all that their tenant may"},
	{Table: hookTable, Name: "policy", Kind: Text, Doc: "what happens when there are several containers, see below; default: `continue`"},
	{Table: hookTable, Name: "containers", Min: 1, Max: maxNumber, Default: 1, Doc: "how many can be attached at a time"},
	{Table: hookTable, Name: "fuel", Required: true, Min: 1, Max: isa.MaxFuel, Doc: "of an activation; with `thread`, from one wait to the next"},
	{Table: hookTable, Name: "activations_per_second", Max: 1_000_000, Doc: "of each container; 0: no limit"},
	{Table: hookTable, Name: "fuel_per_second", Max: maxFuel, Doc: "of each container, besides its tenant's; 0: no limit"},
	{Table: hookTable, Name: "thread", Kind: Bool, Doc: "each container has a thread of its own and may wait; default: false"},
	{Table: hookTable, Name: "priority", Min: 1, Max: 14, Default: 9, Doc: "of RIOT's threads that run the containers, where the hook needs one; a lower number is more urgent, `main` has 7"},
	{Table: hookTable, Name: "stack_margin", Max: 65528, Default: 128, Doc: "bytes of stack that such a thread has beyond what engine and system calls need"},
}

// keysOf are the keys of one table.
func keysOf(where string) (keys []*Key) {
	for i := range Keys {
		if Keys[i].Table == where {
			keys = append(keys, &Keys[i])
		}
	}
	return keys
}

// span is the range of a number.
func (k *Key) span() string {
	if k.Min == k.Max {
		return fmt.Sprint(k.Min)
	}
	return fmt.Sprintf("%d to %d", k.Min, k.Max)
}

// numbers are where the numbers of a table go, by the names of Keys.
func (q *Quota) numbers() map[string]*uint32 {
	return map[string]*uint32{
		"fuel_per_second": &q.FuelPerSecond, "slots": &q.Slots, "threads": &q.Threads,
		"kv_entries": &q.KVEntries, "kv_bytes": &q.KVBytes,
		"console_bytes_per_second": &q.ConsoleBytesPerSecond, "flash_bytes_per_hour": &q.FlashBytesPerHour,
	}
}

func (h *Hook) numbers() map[string]*uint32 {
	return map[string]*uint32{
		"fuel": &h.Fuel, "activations_per_second": &h.ActivationsPerSecond, "fuel_per_second": &h.FuelPerSecond,
		"priority": &h.Priority, "stack_margin": &h.StackMargin, "containers": &h.Containers,
	}
}

// Doc is the documentation of the keys of a table, in Markdown.
func Doc(where string) string {
	var b strings.Builder
	b.WriteString("| key | value | |\n|---|---|---|\n")
	for _, k := range keysOf(where) {
		value := k.Kind.String()
		if k.Kind == Number {
			value = k.span()
		}
		doc := k.Doc
		switch {
		case k.Required:
			value += ", required"
		case k.Kind == Number:
			value += fmt.Sprintf(", default %d", k.Default)
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", k.Name, value, doc)
	}
	return b.String()
}
