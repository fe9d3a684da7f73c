// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package sym

import (
	"sync"

	"github.com/femtocontainer/femtocontainer/femto/bv"
)

var varsMemo sync.Map // *bv.Term -> []*bv.Term

func varsOf(t *bv.Term) []*bv.Term {
	if v, ok := varsMemo.Load(t); ok {
		return v.([]*bv.Term)
	}
	v := bv.Vars(t)
	varsMemo.Store(t, v)
	return v
}

// Relevant keeps the assumptions that are connected with cond through
// variables they share. Leaving out the others asks for more, so what is
// proved from the rest holds.
func Relevant(path []*bv.Term, cond *bv.Term) []*bv.Term {
	reached := make(map[*bv.Term]bool)
	for _, v := range varsOf(cond) {
		reached[v] = true
	}
	in := make([]bool, len(path))
	for changed := true; changed; {
		changed = false
		for i, p := range path {
			if in[i] {
				continue
			}
			vs := varsOf(p)
			hit := len(vs) == 0
			for _, v := range vs {
				hit = hit || reached[v]
			}
			if !hit {
				continue
			}
			in[i], changed = true, true
			for _, v := range vs {
				reached[v] = true
			}
		}
	}
	var out []*bv.Term
	for i, p := range path {
		if in[i] {
			out = append(out, p)
		}
	}
	return out
}
