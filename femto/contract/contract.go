// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package contract

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/femtocontainer/femtocontainer/femto/diag"
	"github.com/femtocontainer/femtocontainer/femto/image"
	"github.com/femtocontainer/femtocontainer/femto/sysapi"
)

// A Contract is what the owner of a firmware allows.
type Contract struct {
	Tenants []Tenant // in the order of the file; a tenant's index is its number on the device
	Hooks   []Hook   // likewise
}

// A Tenant owns containers.
type Tenant struct {
	Name         string
	Keys         [][KeySize]byte // Ed25519 public keys that its images are signed with
	Capabilities Set             // before a hook narrows them
	Quota        Quota
}

// A Quota bounds what the containers of one tenant use together. Keys says
// what each number means.
type Quota struct {
	FuelPerSecond         uint32
	Slots                 uint32
	Threads               uint32
	KVEntries             uint32
	KVBytes               uint32
	ConsoleBytesPerSecond uint32
	FlashBytesPerHour     uint32
}

// A Hook is a place in the firmware where containers are attached.
type Hook struct {
	Name         string
	UUID         [image.HookSize]byte
	Tenants      []int // indices of those that may attach, ascending
	Policy       Policy
	Thread       bool // each container has a thread of its own
	Capabilities Set  // that containers may have here, at most

	Fuel                 uint32
	ActivationsPerSecond uint32
	FuelPerSecond        uint32
	Priority             uint32
	StackMargin          uint32
	Containers           uint32
}

// A Policy is what happens after one of several containers on a hook returned.
type Policy uint8

const (
	Continue       Policy = iota // the next one is called
	StopOnNegative               // unless the result is negative
	StopOnPositive               // unless the result is positive
	Single                       // there is only one
)

// Policies has their names.
var Policies = []string{Continue: "continue", StopOnNegative: "stop-on-negative", StopOnPositive: "stop-on-positive", Single: "single"}

func (p Policy) String() string { return Policies[p] }

// A Set is a set of capabilities, by their bits.
type Set uint32

// All has every capability. Base has the ones that are always granted, and
// Blocking those that only a container with a thread of its own can have.
var All, Base, Blocking = func() (all, base, blocking Set) {
	for _, c := range sysapi.Capabilities {
		all |= 1 << c.Bit
	}
	base, _ = capability("base")
	for _, call := range sysapi.Table {
		if call.Blocks {
			one, _ := capability(call.Capability)
			blocking |= one
		}
	}
	return all, base, blocking
}()

func capability(name string) (Set, bool) {
	for _, c := range sysapi.Capabilities {
		if c.Name == name {
			return 1 << c.Bit, true
		}
	}
	return 0, false
}

// Names of the capabilities in the set, ascending by bit.
func (s Set) Names() []string {
	var names []string
	for _, c := range sysapi.Capabilities {
		if s&(1<<c.Bit) != 0 {
			names = append(names, c.Name)
		}
	}
	return names
}

func (s Set) String() string { return strings.Join(s.Names(), ", ") }

// helpers are the numbers of the calls that the set allows, ascending.
func (s Set) helpers() []uint16 {
	var ids []uint16
	for _, call := range sysapi.Table { // ascending by ID
		if one, _ := capability(call.Capability); s&one != 0 {
			ids = append(ids, call.ID)
		}
	}
	return ids
}

// granted is what containers of tenant t may have on hook h.
func (c *Contract) granted(t *Tenant, h *Hook) Set {
	set := t.Capabilities & h.Capabilities
	if !h.Thread {
		set &^= Blocking
	}
	return set | Base
}

// find resolves the two names, and refuses a tenant that has no business there.
func (c *Contract) find(tenant, hook string) (*Tenant, *Hook, error) {
	ti := slices.IndexFunc(c.Tenants, func(t Tenant) bool { return t.Name == tenant })
	if ti < 0 {
		return nil, nil, diag.New(diag.ContractUndefined, "the contract has no tenant %q", tenant).
			WithHint("it has %s", list(c.Tenants, func(t Tenant) string { return t.Name }))
	}
	hi := slices.IndexFunc(c.Hooks, func(h Hook) bool { return h.Name == hook })
	if hi < 0 {
		return nil, nil, diag.New(diag.ContractUndefined, "the contract has no hook %q", hook).
			WithHint("it has %s", list(c.Hooks, func(h Hook) string { return h.Name }))
	}
	if !slices.Contains(c.Hooks[hi].Tenants, ti) {
		return nil, nil, diag.New(diag.ContractRefuses, "tenant %q may not attach containers to hook %q", tenant, hook).
			WithHint("add it to tenants of [hooks.%s] in the contract", tomlKey(hook))
	}
	return &c.Tenants[ti], &c.Hooks[hi], nil
}

// Grants are the numbers of the helpers that an image of this tenant may
// import on this hook, ascending.
func (c *Contract) Grants(tenant, hook string) ([]uint16, error) {
	t, h, err := c.find(tenant, hook)
	if err != nil {
		return nil, err
	}
	return c.granted(t, h).helpers(), nil
}

// Refuse is nil when the contract lets an image of this tenant be attached to
// this hook. Otherwise it joins one *diag.Error for each missing capability.
func (c *Contract) Refuse(img *image.Image, tenant, hook string) error {
	t, h, err := c.find(tenant, hook)
	if err != nil {
		return err
	}
	set := c.granted(t, h)
	var missing []string
	calls := map[string][]string{}
	var out []error
	for _, id := range img.Helpers {
		call := sysapi.ByID[id]
		if call == nil {
			out = append(out, diag.New(diag.NotGranted, "helper 0x%02x is imported, which no firmware has", id).
				WithHint("build the image again with this version of femto"))
			continue
		}
		if one, _ := capability(call.Capability); set&one == 0 {
			if calls[call.Capability] == nil {
				missing = append(missing, call.Capability)
			}
			calls[call.Capability] = append(calls[call.Capability], call.Name)
		}
	}
	for _, name := range missing {
		one, _ := capability(name)
		e := diag.New(diag.NotGranted, "%s needs capability %q, which tenant %q does not have on hook %q",
			strings.Join(calls[name], ", "), name, tenant, hook)
		switch {
		case t.Capabilities&one == 0:
			e.Hint = fmt.Sprintf("grant it under [tenants.%s], or do without", tenant)
		case h.Capabilities&one == 0:
			e.Hint = fmt.Sprintf("the tenant has it, but [hooks.%s] leaves it out", tomlKey(hook))
		default:
			e.Hint = fmt.Sprintf("it lets the container wait, which needs thread = true under [hooks.%s]", tomlKey(hook))
		}
		out = append(out, e)
	}
	return errors.Join(out...)
}

func list[T any](all []T, name func(T) string) string {
	var names []string
	for _, x := range all {
		names = append(names, name(x))
	}
	return strings.Join(names, ", ")
}

// tomlKey quotes a name where TOML wants that.
func tomlKey(name string) string {
	if strings.ContainsFunc(name, func(r rune) bool { return !bare(r) }) {
		return `"` + name + `"`
	}
	return name
}

func bare(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_'
}
