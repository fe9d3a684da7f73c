// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package deploy

import (
	"testing"

	"github.com/fxamacker/cbor/v2"
	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func encode(v any) []byte {
	b, err := cbor.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}

// TestHostileAnswers: what cannot be is not believed.
func TestHostileAnswers(t *testing.T) {
	one := uuid.UUID{1}
	for why, v := range map[string]any{
		"nothing":          nil,
		"a list":           []int{1},
		"a hook in colour": Info{Device: one, Vendor: one, Class: one, MaxName: 31, Hooks: []Hook{{Name: "\x1b[31m", Slots: 1}}},
		"no slots":         Info{Device: one, Vendor: one, Class: one, MaxName: 31, Hooks: []Hook{{Name: "a"}}},
		"no name":          Info{Device: one, Vendor: one, Class: one},
		"no UUID":          Info{MaxName: 31},
	} {
		var info Info
		assert.Error(t, decode(encode(v), &info), why)
	}
	for why, v := range map[string]any{
		"a component in colour": Status{Slots: []Slot{{Component: "\x1b[31m"}}},
		"half a digest":         Status{Slots: []Slot{{Component: "fc/timer/0", Digest: make([]byte, 16)}}},
		"a verdict on nothing":  Status{Last: &Verdict{Component: "x"}},
	} {
		var status Status
		assert.Error(t, decode(encode(v), &status), why)
	}
	var status Status
	assert.Error(t, decode([]byte{0xa2, 1, 1, 1, 1}, &status), "a key twice")
	assert.NoError(t, decode([]byte{0xa2, 1, 1, 0x18, 99, 0}, &status), "a key of the future")
	assert.EqualValues(t, 1, status.Job)
}

func FuzzAnswers(f *testing.F) {
	f.Add(encode(Status{Job: 1, Slots: []Slot{{Component: "fc/timer/0", Digest: make([]byte, 32)}}, Last: &Verdict{Code: 4001}}))
	f.Add(encode(Info{MaxName: 31, Hooks: []Hook{{Name: "timer", Slots: 1}}}))
	f.Add(encode(Log{{Job: 1}}))
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, into := range []interface{ check() error }{&Info{}, &Status{}, &Log{}} {
			if decode(b, into) == nil {
				require.NoError(t, decode(encode(into), into))
			}
		}
	})
}
