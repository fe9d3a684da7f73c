// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/femtocontainer/femtocontainer/femto/device"
	"github.com/femtocontainer/femtocontainer/femto/diag"
)

type printer interface{ print(*ui) }

// A containerView is a container as docs/cli.md has it.
type containerView struct {
	ID     uint8   `json:"id"`
	Name   string  `json:"name"`
	Tenant string  `json:"tenant"`
	Hook   *string `json:"hook"`
	State  string  `json:"state"`
}

// tenantName and hookName are for numbers that a device sends.
func tenantName(c *device.Contract, n uint8) string {
	if int(n) < len(c.Tenants) {
		return c.Tenants[n].Name
	}
	return fmt.Sprintf("tenant %d", n)
}

func hookName(c *device.Contract, n uint8) string {
	if int(n) < len(c.Hooks) {
		return c.Hooks[n].Name
	}
	return fmt.Sprintf("hook %d", n)
}

func newContainerView(one *device.Container, c *device.Contract) containerView {
	v := containerView{ID: one.ID, Name: one.Name, Tenant: tenantName(c, one.Tenant), State: one.State.String()}
	if one.Hook != nil {
		name := hookName(c, *one.Hook)
		v.Hook = &name
	}
	return v
}

func (v *containerView) hook() string {
	if v.Hook == nil {
		return "-"
	}
	return printable(*v.Hook)
}

type containerList struct {
	Containers []containerView `json:"containers"`
}

func (l containerList) print(u *ui) {
	u.line("%3s  %-20s %-16s %-24s %s", "ID", "NAME", "TENANT", "HOOK", "STATE")
	for _, v := range l.Containers {
		u.line("%3d  %-20s %-16s %-24s %s", v.ID, printable(v.Name), printable(v.Tenant), v.hook(), v.State)
	}
}

type containerInfo struct {
	containerView
	Image        uint32      `json:"image"`
	RAM          uint32      `json:"ram"`
	Capabilities []string    `json:"capabilities"`
	Fuel         *uint32     `json:"fuel"`
	Faults       []faultView `json:"fault_log"`
}

func newContainerInfo(one *device.Container, c *device.Contract, faults []device.FaultRecord) containerInfo {
	v := containerInfo{newContainerView(one, c), one.Image, one.RAM, []string{}, nil, []faultView{}}
	if one.Hook != nil && int(*one.Hook) < len(c.Hooks) {
		hook := &c.Hooks[*one.Hook]
		v.Capabilities = append(v.Capabilities, hook.Grants[one.Tenant].Names()...)
		v.Fuel = &hook.Fuel
	}
	for _, f := range faults {
		if f.Container == one.ID {
			v.Faults = append(v.Faults, newFaultView(&f.Fault))
		}
	}
	return v
}

func (v containerInfo) print(u *ui) {
	u.line("container %d, %s", v.ID, printable(v.Name))
	u.line("  tenant        %s", printable(v.Tenant))
	u.line("  hook          %s", v.hook())
	u.line("  state         %s", v.State)
	u.line("  image         %s", plural(int(v.Image), "byte"))
	u.line("  RAM           %s", plural(int(v.RAM), "byte"))
	u.line("  capabilities  %s", strings.Join(v.Capabilities, ", "))
	if v.Fuel != nil {
		u.line("  fuel          %d an activation", *v.Fuel)
	}
	for _, f := range v.Faults {
		u.line("  fault         %s", f.words())
	}
}

// A deviceView is a device as docs/cli.md has it.
type deviceView struct {
	Board      string         `json:"board"`
	RIOT       string         `json:"riot"`
	Uptime     uint32         `json:"uptime_ms"`
	Containers uint8          `json:"containers"`
	Tenants    []deviceTenant `json:"tenants"`
	Hooks      []deviceHook   `json:"hooks"`
}

type deviceTenant struct {
	Name                  string   `json:"name"`
	Capabilities          []string `json:"capabilities"`
	FuelPerSecond         uint32   `json:"fuel_per_second"`
	Slots                 uint32   `json:"slots"`
	Threads               uint32   `json:"threads"`
	KVEntries             uint32   `json:"kv_entries"`
	KVBytes               uint32   `json:"kv_bytes"`
	ConsoleBytesPerSecond uint32   `json:"console_bytes_per_second"`
	FlashBytesPerHour     uint32   `json:"flash_bytes_per_hour"`
}

type deviceHook struct {
	Name                 string        `json:"name"`
	UUID                 string        `json:"uuid"`
	There                bool          `json:"in_firmware"`
	Policy               string        `json:"policy"`
	Thread               bool          `json:"thread"`
	Priority             uint32        `json:"priority"`
	Containers           uint32        `json:"containers"`
	Fuel                 uint32        `json:"fuel"`
	ActivationsPerSecond uint32        `json:"activations_per_second"`
	FuelPerSecond        uint32        `json:"fuel_per_second"`
	Grants               []deviceGrant `json:"grants"`
}

type deviceGrant struct {
	Tenant       string   `json:"tenant"`
	Capabilities []string `json:"capabilities"`
}

func newDeviceView(ctx context.Context, c *device.Client, contract *device.Contract) (printer, error) {
	info, err := c.Info(ctx)
	if err != nil {
		return nil, err
	}
	stats, err := c.Stats(ctx)
	if err != nil {
		return nil, err
	}
	v := deviceView{Board: info.Board, RIOT: info.RIOT, Uptime: stats.Uptime, Containers: info.Containers,
		Tenants: []deviceTenant{}, Hooks: []deviceHook{}}
	for _, t := range contract.Tenants {
		v.Tenants = append(v.Tenants, deviceTenant{t.Name, names(t.Capabilities.Names()), t.FuelPerSecond, t.Slots, t.Threads,
			t.KVEntries, t.KVBytes, t.ConsoleBytesPerSecond, t.FlashBytesPerHour})
	}
	for _, h := range contract.Hooks {
		hv := deviceHook{h.Name, uuid(h.UUID), h.There, h.Policy.String(), h.Thread, h.Priority, h.Containers,
			h.Fuel, h.ActivationsPerSecond, h.FuelPerSecond, []deviceGrant{}}
		for _, t := range slices.Sorted(maps.Keys(h.Grants)) {
			hv.Grants = append(hv.Grants, deviceGrant{tenantName(contract, t), names(h.Grants[t].Names())})
		}
		v.Hooks = append(v.Hooks, hv)
	}
	return v, nil
}

// names is never null in JSON.
func names(list []string) []string { return append([]string{}, list...) }

func (v deviceView) print(u *ui) {
	u.line("%s, RIOT %s, up %v", printable(v.Board), printable(v.RIOT), time.Duration(v.Uptime)*time.Millisecond)
	u.line("room for %s", plural(int(v.Containers), "container"))
	for _, t := range v.Tenants {
		u.line("\ntenant %s", printable(t.Name))
		u.line("  capabilities  %s", strings.Join(t.Capabilities, ", "))
		u.line("  quota         %d fuel per second, %s, %s", t.FuelPerSecond, plural(int(t.Slots), "slot"), plural(int(t.Threads), "thread"))
		u.line("                %d entries in stores with %s", t.KVEntries, plural(int(t.KVBytes), "byte"))
		u.line("                %s of output per second, %s to flash per hour", plural(int(t.ConsoleBytesPerSecond), "byte"), plural(int(t.FlashBytesPerHour), "byte"))
	}
	for _, h := range v.Hooks {
		u.line("\nhook %s (%s)", printable(h.Name), h.UUID)
		if !h.There {
			u.line("  not in this firmware")
		}
		kind := "in the caller's thread"
		if h.Thread {
			kind = fmt.Sprintf("a thread each, priority %d", h.Priority)
		}
		u.line("  containers    %d at most, policy %s, %s", h.Containers, h.Policy, kind)
		u.line("  limits        %d fuel an activation, %s, %s", h.Fuel,
			limit(h.ActivationsPerSecond, "activations per second"), limit(h.FuelPerSecond, "fuel per second"))
		for _, g := range h.Grants {
			u.line("  grants %s: %s", printable(g.Tenant), strings.Join(g.Capabilities, ", "))
		}
	}
}

func limit(n uint32, what string) string {
	if n == 0 {
		return "any " + what
	}
	return fmt.Sprintf("%d %s", n, what)
}

// containerStats are counters as docs/cli.md has them.
type containerStats struct {
	ID          uint8      `json:"id"`
	Name        string     `json:"name"`
	State       string     `json:"state"`
	Activations uint32     `json:"activations"`
	Faults      uint8      `json:"faults"`
	Latest      *faultView `json:"latest_fault"`
}

type faultView struct {
	Code    string  `json:"code"`
	PC      uint32  `json:"pc"`
	Address *uint32 `json:"address"`
	Count   uint32  `json:"count"`
	Ago     uint32  `json:"ago_ms"`
}

func newContainerStats(one *device.Container, s *device.ContainerStats) containerStats {
	v := containerStats{one.ID, one.Name, s.State.String(), s.Activations, s.Faults, nil}
	if s.Latest != nil {
		latest := newFaultView(s.Latest)
		v.Latest = &latest
	}
	return v
}

func newFaultView(f *device.Fault) faultView {
	v := faultView{diag.Code(f.Code).String(), f.PC, nil, f.Count, f.Ago}
	if diag.Code(f.Code) == diag.BadAccess {
		v.Address = &f.Address
	}
	return v
}

// place says what happened where, and when.
func (f *faultView) place() string {
	address := ""
	if f.Address != nil {
		address = fmt.Sprintf(", address 0x%08x", *f.Address)
	}
	return fmt.Sprintf("%s at pc %d%s, %v ago", f.Code, f.PC, address, time.Duration(f.Ago)*time.Millisecond)
}

func (f *faultView) words() string { return f.place() + ", " + plural(int(f.Count), "time") }

type containerCounters struct {
	Containers []containerStats `json:"containers"`
}

func (v containerCounters) print(u *ui) {
	u.line("%3s  %-20s %-10s %11s %7s  %s", "ID", "CONTAINER", "STATE", "ACTIVATIONS", "FAULTS", "LATEST")
	for _, c := range v.Containers {
		latest := ""
		if f := c.Latest; f != nil {
			latest = f.place()
		}
		u.line("%3d  %-20s %-10s %11d %7d  %s", c.ID, printable(c.Name), c.State, c.Activations, c.Faults, latest)
	}
}

type statsView struct {
	containerCounters
	Hooks   []hookStats   `json:"hooks"`
	Tenants []tenantStats `json:"tenants"`
	Faults  []faultRecord `json:"fault_log"`
}

type faultRecord struct {
	Container uint8  `json:"container"`
	Tenant    string `json:"tenant"`
	faultView
}

type hookStats struct {
	Name       string `json:"name"`
	Containers int    `json:"containers"`
	Most       uint32 `json:"containers_at_most"`
	Events     uint32 `json:"events"`
	Dropped    uint32 `json:"dropped"`
}

type tenantStats struct {
	Name    string `json:"name"`
	Fuel    uint32 `json:"fuel"`
	Skipped uint32 `json:"skipped"`
	Entries uint32 `json:"kv_entries"`
	Bytes   uint32 `json:"kv_bytes"`
}

func newStatsView(ctx context.Context, c *device.Client) (printer, error) {
	contract, err := c.Contract(ctx)
	if err != nil {
		return nil, err
	}
	list, err := c.Containers(ctx)
	if err != nil {
		return nil, err
	}
	v := statsView{containerCounters{[]containerStats{}}, []hookStats{}, []tenantStats{}, []faultRecord{}}
	for _, one := range list {
		s, err := c.ContainerStats(ctx, one.ID)
		if err != nil {
			return nil, err
		}
		v.Containers = append(v.Containers, newContainerStats(&one, &s))
	}
	for i, h := range contract.Hooks {
		if h.There {
			s, err := c.HookStats(ctx, i)
			if err != nil {
				return nil, err
			}
			v.Hooks = append(v.Hooks, hookStats{h.Name, on(list, i), h.Containers, s.Events, s.Dropped})
		}
	}
	for i, t := range contract.Tenants {
		s, err := c.TenantStats(ctx, i)
		if err != nil {
			return nil, err
		}
		v.Tenants = append(v.Tenants, tenantStats{t.Name, s.Fuel, s.Skipped, s.Entries, s.Bytes})
	}
	faults, err := c.Faults(ctx)
	for _, f := range faults {
		v.Faults = append(v.Faults, faultRecord{f.Container, tenantName(&contract, f.Tenant), newFaultView(&f.Fault)})
	}
	return v, err
}

// on counts the containers on a hook. Those that were detached since they
// faulted still name the one where they were.
func on(list []device.Container, hook int) int {
	n := 0
	for _, c := range list {
		if c.Hook != nil && int(*c.Hook) == hook && c.State != device.Faulted {
			n++
		}
	}
	return n
}

func (v statsView) print(u *ui) {
	v.containerCounters.print(u)
	u.line("\n%-25s %-10s %11s %11s", "HOOK", "CONTAINERS", "EVENTS", "DROPPED")
	for _, h := range v.Hooks {
		u.line("%-25s %-10s %11d %11d", printable(h.Name), fmt.Sprintf("%d of %d", h.Containers, h.Most), h.Events, h.Dropped)
	}
	u.line("\n%-25s %-10s %11s %11s %11s", "TENANT", "", "FUEL", "SKIPPED", "STORE")
	for _, t := range v.Tenants {
		u.line("%-25s %-10s %11d %11d %11s", printable(t.Name), "", t.Fuel, t.Skipped, fmt.Sprintf("%d / %d B", t.Entries, t.Bytes))
	}
	if len(v.Faults) > 0 {
		u.line("\n%3s  %-31s %s", "ID", "TENANT", "FAULT")
	}
	for _, f := range v.Faults {
		u.line("%3d  %-31s %s", f.Container, printable(f.Tenant), f.words())
	}
}
