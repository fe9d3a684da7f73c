// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package opt

import (
	"slices"

	"github.com/femtocontainer/femtocontainer/femto/image"
	"github.com/femtocontainer/femtocontainer/femto/verify"
)

// maxRounds bounds the repetitions of all passes; most programs need four.
const maxRounds = 12

// A Pass is one way to shorten a program, and what it did to this one.
type Pass struct {
	Name    string `json:"name"`
	Changed int    `json:"changed"` // rewrites
	Removed int    `json:"removed"` // slots, negative when it copied some
}

// Stats are what the passes did.
type Stats struct {
	Before int    `json:"before"` // slots of text
	After  int    `json:"after"`
	Passes []Pass `json:"passes"`

	// Origin gives for each slot of the new text the slot it came from.
	Origin []int `json:"-"`
}

type step struct {
	name string
	run  func(p *program) (changed int)
}

var steps = []step{
	{"combine", (*program).combine},
	{"constants", (*program).foldConstants},
	{"copies", (*program).propagateCopies},
	{"stack", (*program).forwardStores},
	{"narrow", (*program).narrow},
	{"dead code", (*program).removeDead},
	{"branches", (*program).threadJumps},
}

// Passes are the names of all passes, in the order in which they run.
func Passes() (names []string) {
	for _, s := range steps {
		names = append(names, s.name)
	}
	return names
}

// Image is img made shorter. img, which must be one that the verifier accepts,
// stays as it is; a signature is not taken over. Naming passes runs only those.
func Image(img *image.Image, only ...string) (*image.Image, *Stats, error) {
	steps := slices.DeleteFunc(slices.Clone(steps), func(s step) bool { return len(only) > 0 && !slices.Contains(only, s.name) })
	if err := verify.Image(img, verify.Options{}); err != nil {
		return nil, nil, err
	}
	p := decode(img)
	s := &Stats{Before: len(img.Text) / 8, Passes: make([]Pass, len(steps))}
	for range maxRounds {
		total := 0
		for i, step := range steps {
			before := p.slots()
			n := step.run(p)
			p.sweep()
			s.Passes[i].Name = step.name
			s.Passes[i].Changed += n
			s.Passes[i].Removed += before - p.slots()
			total += n
		}
		if total == 0 {
			break
		}
	}
	p.arrange()
	out, origin, err := p.encode()
	if err != nil { // a branch would have to reach too far: leave it all alone
		same := make([]int, s.Before)
		for i := range same {
			same[i] = i
		}
		return img, &Stats{Before: s.Before, After: s.Before, Origin: same}, nil
	}
	s.After, s.Origin = len(origin), origin
	return out, s, nil
}
