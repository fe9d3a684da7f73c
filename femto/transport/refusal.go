// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package transport

import (
	"fmt"

	"github.com/fxamacker/cbor/v2"

	"github.com/femtocontainer/femtocontainer/femto/diag"
)

var strict = func() cbor.DecMode {
	mode, err := cbor.DecOptions{
		DupMapKey:       cbor.DupMapKeyEnforcedAPF,
		IndefLength:     cbor.IndefLengthForbidden,
		TagsMd:          cbor.TagsForbidden,
		MaxNestedLevels: 4,
		MaxMapPairs:     16,
	}.DecMode()
	if err != nil {
		panic(err) // these options do not go together
	}
	return mode
}()

// Refusal reads the payload of an error response of a device, refusal in
// docs/deployment.cddl. It is nil when the payload is something else.
func Refusal(payload []byte) error {
	var r struct {
		Code  diag.Code `cbor:"2,keyasint"`
		Where *uint32   `cbor:"3,keyasint,omitempty"`
	}
	if strict.Unmarshal(payload, &r) != nil || r.Code == 0 {
		return nil
	}
	return Refused(r.Code, r.Where)
}

// Refused is the error that a device gave, for people.
func Refused(code diag.Code, where *uint32) error {
	short := code.Short()
	if short == "" {
		short = "the device refuses for a reason that this femto does not know"
	}
	e := diag.New(code, "the device refuses: %s", short)
	if where == nil {
		return e
	}
	if explain := places[code]; explain != "" {
		e.Msg += fmt.Sprintf(" ("+explain+")", *where)
	} else if code >= 2020 && code < 3000 {
		e.PC = int(*where)
	}
	return e
}

// places says what the number in a refusal counts.
var places = map[diag.Code]string{
	diag.FetchFailed:   "after %d bytes",
	diag.TooLong:       "%d bytes fit",
	diag.BadManifest:   "at byte %d of the manifest",
	diag.BadComponent:  "at byte %d of the manifest",
	diag.UnknownSlot:   "the hook has %d",
	diag.OldSequence:   "it has done number %d",
	diag.WrongSize:     "%d bytes came",
	diag.SlotQuota:     "it may have %d",
	diag.StorageError:  "error %d",
	diag.BadRevocation: "at byte %d of the list",
	diag.NotGranted:    "system call %#04x",
	diag.ValueTooLong:  "%d bytes at most",
}
