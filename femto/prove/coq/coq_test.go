// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package coq

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestModelIsPrinted holds the checked-in model to the table, Coq or no Coq.
func TestModelIsPrinted(t *testing.T) {
	text, err := source("model.v")
	require.NoError(t, err)
	assert.True(t, text == Model(), "model.v differs from what the instruction table prints; run go generate ./femto/prove/coq")
}

func TestMissingCoqIsRed(t *testing.T) {
	_, err := Run(t.Context(), Options{Coqc: "no-such-coqc"})
	assert.ErrorIs(t, err, ErrNoCoq)
	assert.ErrorContains(t, err, "apt package coq")
}
