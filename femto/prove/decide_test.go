// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package prove

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/femtocontainer/femtocontainer/femto/bv"
	"github.com/femtocontainer/femtocontainer/femto/prove/solve"
	"github.com/femtocontainer/femtocontainer/femto/prove/sym"
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

// TestReached: what no state satisfies is not claimed of any, and a kind of goal
// is in order when one of its goals is.
func TestReached(t *testing.T) {
	var known answers
	d, err := newDecider(&known, nil)
	if err != nil {
		fmt.Printf("SKIP: %s: %v, so that claims about nothing are not looked for\n", t.Name(), err)
		t.SkipNow()
	}
	defer d.close()
	x := bv.Var("x", 32)
	never := []*bv.Term{bv.Ult(x, c32(1)), bv.Ult(c32(1), x)}
	often := []*bv.Term{bv.Ult(x, c32(1))}
	var missed []string
	n := d.reached([]sym.Goal{
		{Kind: "nothing", Path: never, Cond: bv.Eq(x, c32(7))},
		{Kind: "nothing", Path: never, Cond: bv.True},
		{Kind: "something", Path: never, Cond: bv.True},
		{Kind: "something", Path: often, Cond: bv.Eq(x, c32(0))},
		{Kind: "always", Cond: bv.Eq(x, x)},
		{Kind: "nobody comes here", Path: never, Cond: bv.False},
	}, func(g sym.Goal, reason string) { missed = append(missed, g.Kind+": "+reason) })
	assert.Equal(t, 2, n)
	assert.Equal(t, []string{"nothing: no state satisfies it"}, missed)
}
