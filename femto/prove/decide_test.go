// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package prove

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/femtocontainer/femtocontainer/femto/bv"
	"github.com/femtocontainer/femtocontainer/femto/prove/solve"
)

// TestAnswersAreForTheirPath: that a goal holds because its path cannot be taken
// says nothing of the same goal on another path, even where the part of the
// path that is asked first is the same.
func TestAnswersAreForTheirPath(t *testing.T) {
	var known answers
	d, err := newDecider(&known, nil)
	if err != nil {
		fmt.Printf("SKIP: %s: %v, so that deciding is not tested\n", t.Name(), err)
		t.SkipNow()
	}
	defer d.close()
	x, y := bv.Var("x", 32), bv.Var("y", 32)
	never := []*bv.Term{bv.Ult(x, c32(1)), bv.Ult(c32(1), x)}
	often := []*bv.Term{bv.Ult(x, c32(1))}
	for _, goal := range []*bv.Term{bv.False, bv.Eq(y, c32(0))} {
		assert.Equal(t, solve.Unsat, d.goal(never, goal).status)
		assert.Equal(t, solve.Sat, d.goal(often, goal).status)
		assert.Equal(t, solve.Unsat, d.goal(never, goal).status)
		assert.Equal(t, solve.Sat, d.goal(often, goal).status)
	}
	assert.False(t, d.impossible([]*bv.Term{bv.Not(bv.Eq(y, c32(0)))}))
	assert.Equal(t, solve.Unsat, d.goal(never, bv.Eq(y, c32(0))).status)
}
