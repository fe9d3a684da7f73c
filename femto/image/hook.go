// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package image

import (
	"errors"
	"fmt"
	"strings"

	"github.com/google/uuid"
)

// hookSpace is the name space of hook names: UUIDv5 of the project's URL.
var hookSpace = uuid.NewSHA1(uuid.NameSpaceURL, []byte("https://github.com/femtocontainer/femtocontainer"))

// Hook is the UUID of a hook: the one that name spells, or else the UUIDv5 of
// the name, the same for every firmware that has a hook of this name.
func Hook(name string) ([HookSize]byte, error) {
	if name == "" {
		return [HookSize]byte{}, errors.New("the name of the hook is missing")
	}
	if len(name) == 36 && strings.Count(name, "-") == 4 {
		id, err := uuid.Parse(name)
		if err != nil {
			return [HookSize]byte{}, fmt.Errorf("%q looks like a UUID, but is none", name)
		}
		return id, nil
	}
	return uuid.NewSHA1(hookSpace, []byte(name)), nil
}
