// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package suit

import (
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"github.com/femtocontainer/femtocontainer/femto/diag"
)

const (
	// MaxJoined is how many characters a joined name may have on a device
	// that says nothing else. RIOT's buffer is one byte longer.
	MaxJoined = 31

	// longestJoined is what devices can say at most.
	longestJoined = 255

	first    = "fc"
	revoked  = "revoked"
	bindSize = 8 // bytes of a device's UUID
	maxParts = 8
)

// A Component is what a manifest is about: fc/<hook>/<slot> or fc/revoked, and
// perhaps a last part that binds it to a device. A hook is one part, or one for
// each piece between the slashes of its name. Manifests for something else have
// other names.
type Component []string

// Slot is slot n of a hook.
func Slot(hook string, n int) Component {
	return append(append(Component{first}, strings.Split(hook, "/")...), strconv.Itoa(n))
}

// Revoked is the list of revoked keys.
func Revoked() Component { return Component{first, revoked} }

// For is c for one device only.
func (c Component) For(device uuid.UUID) Component {
	return append(slices.Clip(c), hex.EncodeToString(device[:bindSize]))
}

// Device is the part that binds to a device, or "".
func (c Component) Device() string {
	if n := len(c); n > 2 && len(c[n-1]) == 2*bindSize && (n > 3 || c[1] == revoked) {
		return c[n-1]
	}
	return ""
}

// Base is c without the part that binds to a device.
func (c Component) Base() Component {
	if c.Device() == "" {
		return c
	}
	return c[:len(c)-1]
}

func (c Component) String() string { return strings.Join(c, "/") }

// Joined is the name as a device has it.
func (c Component) Joined() string {
	if len(c) == 0 {
		return ""
	}
	return "." + strings.Join(c, ".")
}

// Check tells whether a device takes c whose names have at most maxJoined
// characters.
func (c Component) Check(maxJoined int) error {
	if err := c.check(); err != nil {
		return err
	}
	base := c.Base()
	last := base[len(base)-1]
	switch {
	case base[0] != first || len(base) < 2 || (len(base) == 2) != (base[1] == revoked):
		return diag.New(diag.BadComponent, "component %s is neither fc/HOOK/SLOT nor fc/revoked", c)
	case len(c) > maxParts:
		return diag.New(diag.BadComponent, "component %s has %d parts, and devices take %d", c, len(c), maxParts).
			WithHint("use a hook with at most %d slashes in its name", maxParts-4)
	case len(base) > 2:
		if n, err := strconv.ParseUint(last, 10, 8); err != nil || last != strconv.FormatUint(n, 10) {
			return diag.New(diag.BadComponent, "the slot in %s is not a number from 0 to 255", c)
		}
	}
	if d := c.Device(); strings.Trim(d, "0123456789abcdef") != "" {
		return diag.New(diag.BadComponent, "the device in %s is not of lower-case hex digits", c)
	}
	if n := len(c.Joined()); n > maxJoined {
		e := diag.New(diag.BadComponent, "component %s has %d characters, and the device takes %d", c.Joined(), n, maxJoined)
		if c.Device() != "" {
			e = e.WithHint("bound to a device, it can have a hook of %d characters here",
				max(0, maxJoined-len(Component{first, "", last, c.Device()}.Joined())))
		}
		return e
	}
	return nil
}

// check is what holds for components of all manifests.
func (c Component) check() error {
	if len(c) == 0 {
		return diag.New(diag.BadComponent, "the component has no name")
	}
	for _, part := range c {
		if part == "" || strings.Trim(part, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
			return diag.New(diag.BadComponent, "%q in a component is not of a-z, 0-9 and -", part)
		}
	}
	if n := len(c.Joined()); n > longestJoined {
		return diag.New(diag.BadComponent, "a component of %d characters; at most %d", n, longestJoined)
	}
	return nil
}

// ParseComponent reads what String prints.
func ParseComponent(s string) (Component, error) {
	c := Component(strings.Split(s, "/"))
	if err := c.Check(longestJoined); err != nil {
		return nil, err
	}
	return c, nil
}

// VendorID is the UUID of a vendor, by its domain.
func VendorID(domain string) uuid.UUID { return uuid.NewSHA1(uuid.NameSpaceDNS, []byte(domain)) }

// ClassID is the UUID of a class of devices of a vendor.
func ClassID(vendor uuid.UUID, name string) uuid.UUID { return uuid.NewSHA1(vendor, []byte(name)) }

// A Profile is a version of SUIT.
type Profile uint8

const (
	RIOT09  Profile = iota // draft-ietf-suit-manifest-09, as RIOT has it
	Draft34                // draft-ietf-suit-manifest-34
)

// Profiles has their names.
var Profiles = []string{RIOT09: "riot-09", Draft34: "draft-34"}

func (p Profile) String() string { return Profiles[p] }

// ParseProfile reads the name of a profile.
func ParseProfile(s string) (Profile, error) {
	if i := slices.Index(Profiles, s); i >= 0 {
		return Profile(i), nil
	}
	return 0, fmt.Errorf("there is no profile %q, only %s", s, strings.Join(Profiles, " and "))
}
