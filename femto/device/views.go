// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package device

import (
	"fmt"

	"github.com/fxamacker/cbor/v2"

	"github.com/femtocontainer/femtocontainer/femto/contract"
)

// Version of the views that this package understands.
const Version = 1

// Info is what the device is.
type Info struct {
	Version    uint   `cbor:"1,keyasint"`
	Board      string `cbor:"2,keyasint"`
	RIOT       string `cbor:"3,keyasint"` // version
	Containers uint8  `cbor:"4,keyasint"` // that there is room for
	Faults     uint8  `cbor:"5,keyasint"` // records in the log of faults, at most
}

// Stats is what changes about the device.
type Stats struct {
	Uptime uint32 `cbor:"1,keyasint"` // milliseconds since the boot; wraps
}

// A State is what a container is doing.
type State uint8

const (
	Installed State = iota + 1 // on no hook
	Attached                   // called when its hook fires
	Running                    // has a thread
	Ended                      // had a thread, and returned
	Faulted                    // was detached since it faulted too often
)

var states = []string{Installed: "installed", Attached: "attached", Running: "running", Ended: "ended", Faulted: "faulted"}

func (s State) String() string {
	if s == 0 || int(s) >= len(states) {
		return fmt.Sprintf("state %d", uint8(s))
	}
	return states[s]
}

// A Container of the device.
type Container struct {
	ID     uint8  `cbor:"1,keyasint"`
	Name   string `cbor:"2,keyasint"`
	Tenant uint8  `cbor:"3,keyasint"` // number in the contract
	State  State  `cbor:"4,keyasint"`
	Hook   *uint8 `cbor:"5,keyasint"` // number in the contract; nil: on none

	// Of one container, not of a list.
	Image uint32 `cbor:"6,keyasint"` // bytes
	RAM   uint32 `cbor:"7,keyasint"` // bytes
}

// ContainerStats is what changes about a container.
type ContainerStats struct {
	State       State  `cbor:"1,keyasint"`
	Activations uint32 `cbor:"2,keyasint"` // since it was attached; wraps
	Faults      uint8  `cbor:"3,keyasint"` // of these, ended by a fault; 255: or more
	Latest      *Fault `cbor:"4,keyasint"` // nil: the device knows of none
}

// A Fault ended an activation.
type Fault struct {
	Code    uint16 `cbor:"1,keyasint"` // of diag.Code
	PC      uint32 `cbor:"2,keyasint"` // slot
	Address uint32 `cbor:"3,keyasint"` // guest address, of diag.BadAccess
	Count   uint32 `cbor:"4,keyasint"` // times that this happened
	Ago     uint32 `cbor:"5,keyasint"` // milliseconds since it happened last
}

// A FaultRecord is in the log of faults.
type FaultRecord struct {
	Fault
	Container uint8 `cbor:"6,keyasint"` // its id
	Tenant    uint8 `cbor:"7,keyasint"` // number in the contract
}

// HookStats is what changes about a hook.
type HookStats struct {
	Events  uint32 `cbor:"1,keyasint"` // that found a container; wraps
	Dropped uint32 `cbor:"2,keyasint"` // that no container saw; wraps
}

// TenantStats is what a tenant uses.
type TenantStats struct {
	Fuel    uint32 `cbor:"1,keyasint"` // since the boot; wraps
	Skipped uint32 `cbor:"2,keyasint"` // activations that a limit forbade; wraps
	Entries uint32 `cbor:"3,keyasint"` // in key-value stores
	Bytes   uint32 `cbor:"4,keyasint"` // of their values
}

// A Contract is what the firmware allows.
type Contract struct {
	Tenants []Tenant `cbor:"1,keyasint"`
	Hooks   []Hook   `cbor:"2,keyasint"`
}

// A Tenant of the contract.
type Tenant struct {
	Name                  string       `cbor:"1,keyasint"`
	Capabilities          contract.Set `cbor:"2,keyasint"`
	FuelPerSecond         uint32       `cbor:"3,keyasint"`
	Slots                 uint32       `cbor:"4,keyasint"`
	Threads               uint32       `cbor:"5,keyasint"`
	KVEntries             uint32       `cbor:"6,keyasint"`
	KVBytes               uint32       `cbor:"7,keyasint"`
	ConsoleBytesPerSecond uint32       `cbor:"8,keyasint"`
	FlashBytesPerHour     uint32       `cbor:"9,keyasint"`
}

// A Hook of the contract.
type Hook struct {
	Name                 string                 `cbor:"1,keyasint"`
	UUID                 [16]byte               `cbor:"2,keyasint"`
	There                bool                   `cbor:"3,keyasint"` // this firmware has it
	Policy               contract.Policy        `cbor:"4,keyasint"`
	Thread               bool                   `cbor:"5,keyasint"`
	Priority             uint32                 `cbor:"6,keyasint"`
	Containers           uint32                 `cbor:"7,keyasint"`
	Fuel                 uint32                 `cbor:"8,keyasint"`
	ActivationsPerSecond uint32                 `cbor:"9,keyasint"`
	FuelPerSecond        uint32                 `cbor:"10,keyasint"`
	Grants               map[uint8]contract.Set `cbor:"11,keyasint"` // by tenant
}

// strict refuses everything that docs/device-views.cddl does not allow but keys
// that are not known.
var strict = func() cbor.DecMode {
	mode, err := cbor.DecOptions{
		DupMapKey:        cbor.DupMapKeyEnforcedAPF,
		IndefLength:      cbor.IndefLengthForbidden,
		TagsMd:           cbor.TagsForbidden,
		MaxNestedLevels:  8,
		MaxArrayElements: 256,
		MaxMapPairs:      256,
	}.DecMode()
	if err != nil {
		panic(err) // these options do not go together
	}
	return mode
}()

// decode reads one view, all of it.
func decode(body []byte, view any) error {
	if err := strict.Unmarshal(body, view); err != nil {
		return err
	}
	switch v := view.(type) {
	case *Info:
		if v.Version != Version {
			return fmt.Errorf("the views are of version %d; this femto knows version %d", v.Version, Version)
		}
	case *Contract:
		for _, h := range v.Hooks {
			if int(h.Policy) >= len(contract.Policies) {
				return fmt.Errorf("hook %q has a policy %d", h.Name, uint8(h.Policy))
			}
		}
	}
	return nil
}
