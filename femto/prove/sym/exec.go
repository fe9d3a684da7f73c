// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package sym

import (
	"fmt"
	"maps"
	"slices"

	"github.com/femtocontainer/femtocontainer/femto/bv"
	"github.com/femtocontainer/femtocontainer/femto/prove/cir"
	"github.com/femtocontainer/femtocontainer/femto/prove/simp"
)

// A Goal is a truth value to be proved from assumptions.
type Goal struct {
	Kind string // "index", "shift", "equals table: r0", ...
	Pos  string // file:line
	Path []*bv.Term
	Cond *bv.Term
}

// An Exec executes functions. Set the exported fields, then Run.
type Exec struct {
	Units []*cir.Unit
	Simp  *simp.Simplifier

	// Ask reports whether no values make all terms true. It may say no when
	// it does not know. It only saves work: a path kept in vain gives goals
	// that hold trivially.
	Ask func(terms []*bv.Term) (unsatisfiable bool)

	// Loops gives the invariants, by function and ordinal: "femto_reset#0".
	Loops map[string]*Loop

	// Calls are contracts of functions that are not executed: those of the
	// host, by the name in Func, and those proved on their own.
	Calls map[string]Contract

	// Dispatch describes calls through tables of functions; nil refuses them.
	Dispatch *Dispatch

	// OnReturn sees the end of each path.
	OnReturn func(st *State, result Value)

	Goals []Goal
	Paths int // ended paths

	Fuel int // instructions executed, over all paths; 0 is a default limit

	globals map[*cir.Var]*Object
	fresh   map[string]int
	reads   map[*Object][]cell
	funcs   map[string]fnIn
	steps   int
	base    int // assumptions made before Run
	heads   map[string][]*State
}

type fnIn struct {
	fn   *cir.Fn
	unit *cir.Unit
}

// A State is one point of one path.
type State struct {
	Path   []*bv.Term
	known  map[*bv.Term]bool
	mem    map[*Object]*contents
	frames []*frame
	loops  []*visit

	// Where a Dispatch was entered: the table, and how many frames there were.
	table []Func
	depth int

	// Log is for the contracts: what was called on this path.
	Log []Call
}

// A Call is an entry of a state's log.
type Call struct {
	Name string
	Args []Value
	More []*bv.Term // what the contract wants to remember
}

type frame struct {
	fn     *cir.Fn
	unit   *cir.Unit
	block  *cir.Block
	ip     int
	temps  []Value
	locals map[*cir.Var]*Object
	ret    cir.Temp // the caller's temp that gets the result
	visits map[*cir.Block]int
}

// Unsupported is what the executor does not know.
type Unsupported struct{ Pos, What string }

func (u *Unsupported) Error() string { return fmt.Sprintf("%s: unsupported: %s", u.Pos, u.What) }

func fail(pos, format string, args ...any) {
	panic(&Unsupported{pos, fmt.Sprintf(format, args...)})
}

// NewState is a state with empty memory.
func (ex *Exec) NewState() *State {
	return &State{known: make(map[*bv.Term]bool), mem: make(map[*Object]*contents)}
}

// Clone is a state that changes on its own.
func (st *State) Clone() *State {
	c := &State{Path: slices.Clip(st.Path), known: maps.Clone(st.known), mem: maps.Clone(st.mem), loops: slices.Clip(st.loops), Log: slices.Clip(st.Log), table: st.table, depth: st.depth}
	for _, f := range st.frames {
		g := *f
		g.temps = slices.Clone(f.temps)
		g.locals = maps.Clone(f.locals)
		g.visits = maps.Clone(f.visits)
		c.frames = append(c.frames, &g)
	}
	return c
}

// Assume adds to the path condition.
func (ex *Exec) Assume(st *State, conds ...*bv.Term) {
	for _, c := range conds {
		c = ex.S(c)
		ex.assume(st, c)
	}
}

func (ex *Exec) assume(st *State, c *bv.Term) {
	if c == bv.True || st.known[c] {
		return
	}
	if c.Op == bv.OpAnd {
		ex.assume(st, c.Args[0])
		ex.assume(st, c.Args[1])
		return
	}
	st.known[c] = true
	st.Path = append(st.Path, c)
}

// S simplifies.
func (ex *Exec) S(t *bv.Term) *bv.Term { return ex.Simp.Do(t) }

// Fresh is a new variable. Its name ends in "!" and a number, which no variable
// of the caller's may.
func (ex *Exec) Fresh(name string, width uint8) *bv.Term {
	if ex.fresh == nil {
		ex.fresh = make(map[string]int)
	}
	n := ex.fresh[name]
	ex.fresh[name]++
	return bv.Var(fmt.Sprintf("%s!%d", name, n), width)
}

// Goal adds a goal under the state's path condition.
func (ex *Exec) Goal(st *State, kind, pos string, cond *bv.Term) {
	ex.Goals = append(ex.Goals, Goal{kind, pos, slices.Clip(st.Path), ex.S(cond)})
}

// Holds reports whether the path condition implies cond, as far as can be
// told quickly.
func (ex *Exec) Holds(st *State, cond *bv.Term) bool {
	cond = ex.S(cond)
	switch {
	case cond == bv.True || st.known[cond]:
		return true
	case cond == bv.False:
		return false
	case ex.Ask == nil:
		return false
	}
	return ex.impossible(st, bv.Not(cond))
}

// impossible reports whether cond is known to contradict the path condition.
func (ex *Exec) impossible(st *State, cond *bv.Term) bool {
	return ex.Ask(append(Relevant(st.Path, cond), cond))
}

// Run executes a function from st on every path.
func (ex *Exec) Run(st *State, name string, args ...Value) (err error) {
	defer func() {
		if r := recover(); r != nil {
			u, ok := r.(*Unsupported)
			if !ok {
				panic(r)
			}
			err = u
		}
	}()
	if ex.Simp == nil {
		ex.Simp = new(simp.Simplifier)
	}
	ex.index()
	f, ok := ex.funcs[name]
	if !ok {
		return &Unsupported{name, "function that is not in the files given"}
	}
	ex.push(st, f, args, -1, name)
	limit := ex.Fuel
	if limit == 0 {
		limit = 2_000_000
	}
	ex.base = len(st.Path)
	work := []*State{st}
	for len(work) > 0 {
		s := work[len(work)-1]
		work = work[:len(work)-1]
		for s != nil {
			if ex.steps++; ex.steps > limit {
				return &Unsupported{name, fmt.Sprintf("more than %d instructions on all paths", limit)}
			}
			var more []*State
			s, more = ex.step(s)
			work = append(work, more...)
		}
	}
	return nil
}

func (ex *Exec) index() {
	if ex.funcs != nil {
		return
	}
	ex.funcs = make(map[string]fnIn)
	ex.globals = make(map[*cir.Var]*Object)
	for _, u := range ex.Units {
		for n, f := range u.Funcs {
			if _, ok := ex.funcs[n]; !ok {
				ex.funcs[n] = fnIn{f, u}
			}
		}
	}
}

// local gives v an object, with indeterminate contents.
func (ex *Exec) local(st *State, fr *frame, v *cir.Var) *Object {
	if old, ok := fr.locals[v]; ok {
		delete(st.mem, old)
	}
	o := &Object{Name: v.Name, Type: v.Type}
	fr.locals[v] = o
	st.mem[o] = &contents{root: blank(v.Type)}
	return o
}

// object is the object of a variable.
func (ex *Exec) object(st *State, fr *frame, v *cir.Var) *Object {
	if !v.Static {
		if o, ok := fr.locals[v]; ok {
			return o
		}
		return ex.local(st, fr, v)
	}
	v = ex.definition(v)
	if !v.Const && v.Register == "" {
		fail(v.Pos, "%s, which is static and not constant", v.Name)
	}
	o := ex.Global(v)
	if _, ok := st.mem[o]; !ok {
		st.mem[o] = &contents{root: ex.initial(v, "", v.Type)}
	}
	return o
}

// definition finds the definition of an object that another file declares.
func (ex *Exec) definition(v *cir.Var) *cir.Var {
	if !v.Extern {
		return v
	}
	for _, u := range ex.Units {
		if d := u.Globals[v.Name]; d != nil && !d.Extern {
			return d
		}
	}
	fail(v.Pos, "object %s, which no file given defines", v.Name)
	return nil
}

// Global is the object of a variable with static storage.
func (ex *Exec) Global(v *cir.Var) *Object {
	o, ok := ex.globals[v]
	if !ok {
		o = &Object{Name: v.Name, Type: v.Type, Const: v.Const}
		ex.globals[v] = o
	}
	return o
}

// initial is what a static object holds: its initialiser when it is constant,
// and nothing that is determined when it is a register.
func (ex *Exec) initial(v *cir.Var, path string, t *cir.Type) *node {
	n := &node{typ: t}
	switch t.Kind {
	case cir.Struct:
		for i := range t.Fields {
			n.kids = append(n.kids, ex.initial(v, fmt.Sprintf("%s.%d", path, i), t.Fields[i].Type))
		}
	case cir.Array:
		for i := range t.Len {
			n.kids = append(n.kids, ex.initial(v, fmt.Sprintf("%s[%d]", path, i), t.Elem))
		}
	case cir.Int:
		if v.Const {
			n.val = bv.Const(v.Init[path], t.Bits)
		}
	case cir.Ptr:
		if f, ok := v.InitFunc[path]; ok && v.Const {
			n.val = Func{f}
		}
	}
	return n
}

// enter is called when control reaches the start of a block.
func (ex *Exec) enter(st *State, b *cir.Block) {
	fr := st.frames[len(st.frames)-1]
	fr.block, fr.ip = b, 0
	st.leave(b)
}

// step executes one instruction or block end: the state to go on with, or nil
// at the end of a path, and further states.
func (ex *Exec) step(st *State) (*State, []*State) {
	fr := st.frames[len(st.frames)-1]
	if fr.ip == 0 && fr.block.Loop >= 0 {
		if !ex.head(st, fr) {
			ex.Paths++
			return nil, nil
		}
	}
	if fr.ip < len(fr.block.Instrs) {
		in := &fr.block.Instrs[fr.ip]
		fr.ip++
		if in.Op == cir.OpCall {
			return ex.call(st, fr, in)
		}
		ex.instr(st, fr, in)
		return st, nil
	}
	b := fr.block
	switch {
	case b.Ret:
		return ex.ret(st, fr, b), nil
	case b.Switch >= 0:
		return ex.branchSwitch(st, fr, b)
	case b.Cond >= 0:
		c := ex.S(bv.Ne(ex.int(fr, b.Cond, b.Pos), bv.Const(0, 32)))
		return ex.branch(st, []arm{{c, b.Next[0]}, {ex.S(bv.Not(c)), b.Next[1]}})
	}
	ex.enter(st, b.Next[0])
	return st, nil
}

type arm struct {
	cond *bv.Term
	to   *cir.Block
}

// branch follows every arm whose condition is possible.
func (ex *Exec) branch(st *State, arms []arm) (*State, []*State) {
	var open []arm
	for _, a := range arms {
		switch {
		case a.cond == bv.False || st.known[ex.S(bv.Not(a.cond))]:
			continue
		case a.cond == bv.True || st.known[a.cond]:
			ex.enter(st, a.to)
			return st, nil
		}
		open = append(open, a)
	}
	var out []*State
	for _, a := range open {
		if ex.Ask != nil && ex.impossible(st, a.cond) {
			continue
		}
		s := st.Clone()
		ex.assume(s, a.cond)
		ex.enter(s, a.to)
		out = append(out, s)
	}
	if len(out) == 0 {
		// The path condition is itself impossible.
		ex.Paths++
		return nil, nil
	}
	return out[0], out[1:]
}

func (ex *Exec) branchSwitch(st *State, fr *frame, b *cir.Block) (*State, []*State) {
	v := ex.int(fr, b.Switch, b.Pos)
	var arms []arm
	other := bv.True
	for i, k := range b.Cases {
		eq := ex.S(bv.Eq(v, bv.Const(k, v.Width)))
		arms = append(arms, arm{ex.S(bv.And(other, eq)), b.Next[i]})
		other = ex.S(bv.And(other, bv.Not(eq)))
	}
	arms = append(arms, arm{other, b.Next[len(b.Next)-1]})
	return ex.branch(st, arms)
}

// Forget drops what the path assumed since the start of Run.
func (ex *Exec) Forget(st *State) {
	path := st.Path[:ex.base]
	st.Path, st.known = nil, make(map[*bv.Term]bool)
	for _, c := range path {
		ex.assume(st, c)
	}
}

// Variable is the way to an object with static storage.
func (ex *Exec) Variable(st *State, unit *cir.Unit, name string) Ptr {
	ex.index()
	v := unit.Globals[name]
	if v == nil {
		fail(name, "no object of that name")
	}
	return Ptr{Obj: ex.object(st, nil, v)}
}

// int is the integer in a temp.
func (ex *Exec) int(fr *frame, t cir.Temp, pos string) *bv.Term {
	v, ok := fr.temps[t].(*bv.Term)
	if !ok {
		fail(pos, "use of a value that is not a determined integer (%T)", fr.temps[t])
	}
	return v
}

func (ex *Exec) ptr(fr *frame, t cir.Temp, pos string) Ptr {
	v, ok := fr.temps[t].(Ptr)
	if !ok {
		fail(pos, "use of a value that is not a determined pointer (%T)", fr.temps[t])
	}
	return v
}
