// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package deploy

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/fxamacker/cbor/v2"
	"github.com/google/uuid"

	"github.com/femtocontainer/femtocontainer/femto/cose"
	"github.com/femtocontainer/femtocontainer/femto/diag"
	"github.com/femtocontainer/femtocontainer/femto/suit"
	"github.com/femtocontainer/femtocontainer/femto/transport"
)

// Paths of the resources.
const (
	DevicePath  = "/fc/suit/device"
	StatusPath  = "/fc/suit/status"
	LogPath     = "/fc/suit/log"
	TriggerPath = "/fc/suit/trigger"
)

// maxAnswer is the longest answer that is read, in bytes.
const maxAnswer = 64 << 10

// The types below are those of docs/deployment.cddl.

// Info is what does not change while a device runs.
type Info struct {
	Device    uuid.UUID    `cbor:"1,keyasint"`
	Vendor    uuid.UUID    `cbor:"2,keyasint"`
	Class     uuid.UUID    `cbor:"3,keyasint"`
	ClassName string       `cbor:"4,keyasint"`
	Operators []cose.KeyID `cbor:"5,keyasint"`
	MaxImage  uint32       `cbor:"6,keyasint"` // bytes
	MaxName   int          `cbor:"7,keyasint"` // characters of a joined component
	Hooks     []Hook       `cbor:"8,keyasint"` // that take containers from the network
}

// A Hook is one that takes containers from the network.
type Hook struct {
	_     struct{} `cbor:",toarray"`
	Name  string
	Slots int
}

// A State is how far a job is.
type State uint8

const (
	Idle State = iota // the job has ended
	FetchingManifest
	CheckingManifest
	FetchingImage
	Installing
)

var states = []string{"idle", "fetching manifest", "checking manifest", "fetching image", "installing"}

func (s State) String() string { return named(states, uint8(s)) }

func named(names []string, i uint8) string {
	if int(i) < len(names) {
		return names[i]
	}
	return fmt.Sprintf("state %d", i)
}

// Status is what changes about a device.
type Status struct {
	Job      uint32       `cbor:"1,keyasint"` // taken last; 0: none since the boot
	State    State        `cbor:"2,keyasint"` // of that job
	Progress *Progress    `cbor:"3,keyasint,omitempty"`
	Last     *Verdict     `cbor:"4,keyasint,omitempty"` // of the job that ended last
	Slots    []Slot       `cbor:"5,keyasint"`           // that hold or held an image
	Revoked  []cose.KeyID `cbor:"6,keyasint"`
}

// Progress is how much of an image has come, in bytes.
type Progress struct {
	_        struct{} `cbor:",toarray"`
	Received uint32
	Size     uint32
}

// A Verdict is how a job ended.
type Verdict struct {
	Job       uint32    `cbor:"1,keyasint"`
	Code      diag.Code `cbor:"2,keyasint"` // 0: done as the manifest says
	Where     *uint32   `cbor:"3,keyasint,omitempty"`
	Component string    `cbor:"4,keyasint,omitempty"` // "" when it did not become known
	Sequence  uint32    `cbor:"5,keyasint,omitempty"`
	Seconds   uint32    `cbor:"6,keyasint"` // from boot to the end of the job
}

// A SlotState is what is in a slot.
type SlotState uint8

const (
	Attached SlotState = iota + 1 // the container runs when its hook fires
	Waiting                       // it is installed, and not attached
	Removed                       // there is none any more
	Refused                       // what is there did not pass the check at boot
)

var slotStates = []string{"empty", "attached", "waiting", "removed", "refused"}

func (s SlotState) String() string { return named(slotStates, uint8(s)) }

// A Slot is one that holds or held an image.
type Slot struct {
	Component string     `cbor:"1,keyasint"`
	Sequence  uint32     `cbor:"2,keyasint"`
	State     SlotState  `cbor:"3,keyasint"`
	Digest    []byte     `cbor:"4,keyasint,omitempty"` // SHA-256 of the file
	Size      uint32     `cbor:"5,keyasint,omitempty"`
	Signer    cose.KeyID `cbor:"6,keyasint,omitempty"` // the tenant's key
	Code      diag.Code  `cbor:"7,keyasint,omitempty"` // why it is not attached
	Where     *uint32    `cbor:"8,keyasint,omitempty"`
}

// slot finds the record of a component, or an empty one.
func (s *Status) slot(c suit.Component) Slot {
	for _, slot := range s.Slots {
		if slot.Component == c.Base().String() {
			return slot
		}
	}
	return Slot{Component: c.Base().String()}
}

var decoding = func() cbor.DecMode {
	mode, err := cbor.DecOptions{
		DupMapKey:        cbor.DupMapKeyEnforcedAPF,
		IndefLength:      cbor.IndefLengthForbidden,
		TagsMd:           cbor.TagsForbidden,
		UTF8:             cbor.UTF8RejectInvalid,
		MaxNestedLevels:  5,
		MaxArrayElements: 1024,
		MaxMapPairs:      32,
	}.DecMode()
	if err != nil {
		panic(err) // the options contradict each other
	}
	return mode
}()

// decode reads an answer and checks what types do not say.
func decode(b []byte, into interface{ check() error }) error {
	if err := decoding.Unmarshal(b, into); err != nil {
		return err
	}
	return into.check()
}

func (i *Info) check() error {
	if i.Device == (uuid.UUID{}) || i.Vendor == (uuid.UUID{}) || i.Class == (uuid.UUID{}) {
		return fmt.Errorf("a UUID is missing")
	}
	if i.MaxName < 1 || i.MaxName > 255 {
		return fmt.Errorf("a name of up to %d characters", i.MaxName)
	}
	for _, h := range i.Hooks {
		if strings.Trim(h.Name, "abcdefghijklmnopqrstuvwxyz0123456789-/") != "" || h.Slots < 1 || h.Slots > 255 {
			return fmt.Errorf("a hook %q with %d slots", h.Name, h.Slots)
		}
	}
	return nil
}

func (s *Status) check() error {
	for _, slot := range s.Slots {
		if _, err := suit.ParseComponent(slot.Component); err != nil {
			return err
		}
		if n := len(slot.Digest); n != 0 && n != 32 {
			return fmt.Errorf("a digest of %d bytes", n)
		}
	}
	if s.Last != nil {
		return s.Last.check()
	}
	return nil
}

func (v *Verdict) check() error {
	if v.Component == "" {
		return nil
	}
	_, err := suit.ParseComponent(v.Component)
	return err
}

// A Log is the verdicts that a device still knows, oldest first.
type Log []Verdict

func (l *Log) check() error {
	for i := range *l {
		if err := (*l)[i].check(); err != nil {
			return err
		}
	}
	return nil
}

// Err is nil when the job was done, and else the device's reason.
func (v *Verdict) Err() error {
	if v.Code == 0 {
		return nil
	}
	return transport.Refused(v.Code, v.Where)
}

// holds reports whether the slot is as m says.
func (s *Slot) holds(m *suit.Manifest) bool {
	if s.Sequence != m.Sequence {
		return false
	}
	if m.Removes() {
		return s.State == Removed
	}
	return bytes.Equal(s.Digest, m.Digest[:])
}
