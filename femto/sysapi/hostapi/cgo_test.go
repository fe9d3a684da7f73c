// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

//go:build cgo

package hostapi_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/femtocontainer/femtocontainer/cbridge"
	"github.com/femtocontainer/femtocontainer/femto/image"
)

func init() {
	for _, name := range slices.Sorted(maps.Keys(cbridge.Engines)) {
		open := func(t *testing.T, img *image.Image, call callFunc) machine {
			encoded, err := img.Encode()
			require.NoError(t, err)
			m, err := cbridge.New(encoded, cbridge.Options{Engine: cbridge.Engines[name], Call: call})
			require.NoError(t, err)
			t.Cleanup(m.Close)
			return m
		}
		engines = append(engines, struct {
			name string
			open func(t *testing.T, img *image.Image, call callFunc) machine
		}{name, open})
	}
}
