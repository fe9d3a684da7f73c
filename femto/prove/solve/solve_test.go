// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package solve

import (
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/femtocontainer/femtocontainer/femto/bv"
)

func start(t *testing.T, k Kind) *Process {
	t.Helper()
	if _, err := exec.LookPath(k.command[0]); err != nil {
		t.Skipf("SKIP: %s is not installed", k.command[0])
	}
	p, err := Start(k)
	require.NoError(t, err)
	t.Cleanup(p.Close)
	return p
}

func TestAnswers(t *testing.T) {
	for _, k := range []Kind{Z3, CVC5, CVC5Int} {
		t.Run(k.Name, func(t *testing.T) {
			p := start(t, k)
			x, y := bv.Var("x", 32), bv.Var("y", 32)
			for range 3 { // the same process answers again
				r := p.Check(bv.SMTQuery(bv.Ne(bv.And(x, y), bv.And(y, x))), 5*time.Second, nil)
				assert.Equal(t, Unsat, r.Status, r.Reason)
				r = p.Check(bv.SMTQuery(bv.Eq(bv.Add(x, y), bv.Const(7, 32)), bv.Eq(y, bv.Const(3, 32))), 5*time.Second, []string{"x", "y"})
				assert.Equal(t, Sat, r.Status, r.Reason)
				assert.Equal(t, map[string]uint64{"x": 4, "y": 3}, r.Values)
			}
		})
	}
}

// TestTrouble: what is not an answer is unknown, and the next question gets
// one all the same.
func TestTrouble(t *testing.T) {
	p := start(t, Z3)
	hard := bv.Var("a", 64)
	b := bv.Var("b", 64)
	prime := bv.Const(0xc96c5795d7870f43, 64) // some product of two numbers above 1
	r := p.Check(bv.SMTQuery(bv.Eq(bv.URem(bv.Mul(bv.Mul(hard, b), hard), prime), bv.Const(1234567, 64)),
		bv.Eq(bv.URem(bv.Mul(b, bv.Mul(b, b)), bv.Add(prime, hard)), bv.Const(7654321, 64))), 50*time.Millisecond, nil)
	assert.Equal(t, Unknown, r.Status)
	assert.Contains(t, r.Reason, "no answer within")
	r = p.Check("(assert (= x x))\n", time.Second, nil)
	assert.Equal(t, Unknown, r.Status)
	assert.Contains(t, r.Reason, "error")
	assert.Equal(t, Unsat, p.Check("(assert false)\n", 5*time.Second, nil).Status)

	_, err := Start(Kind{"absent", []string{"no-such-solver"}})
	require.Error(t, err)
	crash, err := Start(Kind{"crash", []string{"true"}})
	require.NoError(t, err)
	defer crash.Close()
	assert.Equal(t, Unknown, crash.Check("(assert false)\n", time.Second, nil).Status)
}
