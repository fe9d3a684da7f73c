// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package prove

import (
	"github.com/femtocontainer/femtocontainer/femto/bv"
	"github.com/femtocontainer/femtocontainer/femto/prove/sym"
)

// whole claims of a loop that it begins where first holds, and keeps what note
// tells of its head for a goal about where it ends: finished, or noted. An
// invariant and what one iteration does say nothing of the iterations that do
// not take place.
func whole(name string, l *sym.Loop, first func(h *sym.Head) *bv.Term, note func(h *sym.Head) []*bv.Term) *sym.Loop {
	enter := l.Enter
	l.First = begins(name+" from the first on", first)
	l.Enter = func(h *sym.Head) {
		h.State.Log = append(h.State.Log, sym.Call{Name: name, More: note(h)})
		if enter != nil {
			enter(h)
		}
	}
	return l
}

// begins is the state that a loop begins in, as one condition.
func begins(name string, first func(h *sym.Head) *bv.Term) func(h *sym.Head) []sym.Cond {
	return func(h *sym.Head) []sym.Cond { return []sym.Cond{{Name: name, Term: first(h)}} }
}

// noted is what the path noted of the loop when it last came to its head; nil
// when it never did.
func noted(st *sym.State, name string) []*bv.Term {
	var out []*bv.Term
	for _, c := range st.Log {
		if c.Name == name {
			out = c.More
		}
	}
	return out
}

// finished adds the goal that, where cond holds, the path went through the
// whole of each loop named, of which it noted whether it was done.
func finished(ex *sym.Exec, st *sym.State, fn string, cond *bv.Term, names ...string) {
	for _, name := range names {
		done := bv.False
		if n := noted(st, name); n != nil {
			done = n[0]
		}
		ex.Goal(st, name+" to the last", fn, bv.Or(bv.Not(cond), done))
	}
}
