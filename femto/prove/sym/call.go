// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package sym

import (
	"slices"

	"github.com/femtocontainer/femtocontainer/femto/bv"
	"github.com/femtocontainer/femtocontainer/femto/prove/cir"
)

// A Contract stands for a call: it checks what the callee requires with
// ex.Goal, and gives the states in which the caller continues.
type Contract func(ex *Exec, st *State, pos string, args []Value) []Outcome

// A Dispatch treats a call through a table, at an index that is not known, as
// the head of a loop: the functions of the table end by such calls. Its methods
// are those of a Loop.
type Dispatch struct {
	// Enter sees the first call on a path. It adds goals about the state, makes
	// it arbitrary, and says which function is called with what.
	Enter func(st *State, index *bv.Term, args []Value, pos string) (uint64, []Value)

	// Back sees the next one, where the path ends.
	Back func(st *State, index *bv.Term, args []Value, pos string)
}

// An Outcome is one way in which a call returns.
type Outcome struct {
	State  *State
	Result Value
}

// push enters a function.
func (ex *Exec) push(st *State, f fnIn, args []Value, ret cir.Temp, pos string) {
	for _, fr := range st.frames {
		if fr.fn == f.fn {
			fail(pos, "recursion of %s", f.fn.Name)
		}
	}
	if len(args) != len(f.fn.Params) {
		fail(pos, "call of %s with %d arguments", f.fn.Name, len(args))
	}
	fr := &frame{fn: f.fn, unit: f.unit, block: f.fn.Blocks[0], temps: make([]Value, f.fn.Temps),
		locals: make(map[*cir.Var]*Object), ret: ret, visits: make(map[*cir.Block]int)}
	st.frames = append(st.frames, fr)
	for i, p := range f.fn.Params {
		o := ex.local(st, fr, p)
		st.mem[o] = &contents{root: ex.set(st, blank(p.Type), nil, args[i], bv.True, pos)}
	}
	ex.enter(st, fr.block)
}

func (ex *Exec) ret(st *State, fr *frame, b *cir.Block) *State {
	var v Value
	if b.Value >= 0 {
		v = fr.temps[b.Value]
		if v == nil {
			fail(b.Pos, "result that is not determined")
		}
	} else if fr.fn.Ret.Kind != cir.Void && len(st.frames) > 1 {
		fail(b.Pos, "no result from %s", fr.fn.Name)
	}
	if len(st.frames) == 1 {
		if b.Value < 0 && fr.fn.Ret.Kind != cir.Void {
			fail(b.Pos, "no result from %s", fr.fn.Name)
		}
		ex.Paths++
		if ex.OnReturn != nil {
			ex.OnReturn(st, v)
		}
		return nil
	}
	for _, o := range fr.locals {
		delete(st.mem, o)
	}
	st.frames = st.frames[:len(st.frames)-1]
	for len(st.loops) > 0 && st.loops[len(st.loops)-1].depth > len(st.frames) {
		st.loops = st.loops[:len(st.loops)-1]
	}
	if fr.ret >= 0 {
		st.frames[len(st.frames)-1].temps[fr.ret] = kept(v)
	}
	return st
}

func (ex *Exec) call(st *State, fr *frame, in *cir.Instr) (*State, []*State) {
	args := make([]Value, len(in.Args))
	for i, a := range in.Args {
		args[i] = kept(fr.temps[a])
		if args[i] == nil {
			fail(in.Pos, "argument that is not determined")
		}
	}
	name := in.Name
	if name == "" {
		if choice, ok := fr.temps[in.A].(Choice); ok {
			var goesOn bool
			if name, args, goesOn = ex.dispatch(st, fr, in, choice, args); !goesOn {
				ex.Paths++
				return nil, nil
			}
		}
	}
	if name == "" {
		f, ok := fr.temps[in.A].(Func)
		if !ok {
			fail(in.Pos, "call through something that is not a known function")
		}
		name = f.Name
	}
	if c, ok := ex.Calls[name]; ok {
		var out []*State
		for _, o := range c(ex, st, in.Pos, args) {
			top := o.State.frames[len(o.State.frames)-1]
			if in.Dst >= 0 {
				top.temps[in.Dst] = o.Result
			}
			out = append(out, o.State)
		}
		if len(out) == 0 {
			ex.Paths++
			return nil, nil
		}
		return out[0], out[1:]
	}
	if ex.builtin(st, fr, in, name, args) {
		return st, nil
	}
	f, ok := ex.funcs[name]
	if own := fr.unit.Funcs[name]; own != nil {
		f, ok = fnIn{own, fr.unit}, true // a static function, or the same one
	}
	if !ok {
		fail(in.Pos, "call of %s, which has no body and no contract", name)
	}
	ex.push(st, f, args, in.Dst, in.Pos)
	return st, nil
}

// dispatch is a call through a table: the name of the function that is called
// and its arguments, unless the path ends here.
func (ex *Exec) dispatch(st *State, fr *frame, in *cir.Instr, c Choice, args []Value) (string, []Value, bool) {
	if ex.Dispatch == nil {
		fail(in.Pos, "call through a table")
	}
	// Who calls must have nothing left to do, so that what it gives its own
	// caller is what the function called gives; and so up to where the first
	// call was.
	last := in.Dst
	for i := len(st.frames) - 1; i >= max(st.depth-1, 0); i-- {
		f := st.frames[i]
		if f.ip != len(f.block.Instrs) || !f.block.Ret || f.block.Value != last {
			fail(in.Pos, "call through a table that is not the last thing %s does", f.fn.Name)
		}
		last = f.ret
		if st.table == nil {
			break
		}
	}
	ex.Goal(st, "index of a table of functions", in.Pos, bv.Ult(c.Index, b64(uint64(len(c.Table)))))
	if st.table != nil {
		ex.Goal(st, "invariant: same table of functions", in.Pos, bv.Bool(slices.Equal(c.Table, st.table)))
		ex.Dispatch.Back(st, c.Index, args, in.Pos)
		return "", nil, false
	}
	st.table, st.depth = c.Table, len(st.frames)
	i, args := ex.Dispatch.Enter(st, c.Index, args, in.Pos)
	return c.Table[i].Name, args, true
}

// Dispatched reports whether a call through a table was made on the path.
func (st *State) Dispatched() bool { return st.table != nil }
