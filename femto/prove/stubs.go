// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package prove

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/femtocontainer/femtocontainer/femto/bv"
	"github.com/femtocontainer/femtocontainer/femto/diag"
	"github.com/femtocontainer/femtocontainer/femto/isa"
	"github.com/femtocontainer/femtocontainer/femto/prove/cir"
	"github.com/femtocontainer/femtocontainer/femto/prove/sym"
	"github.com/femtocontainer/femtocontainer/femto/sysapi"
)

// A stubWorld is an activation that makes a system call. What the stubs do is
// compared with the rows of package sysapi; the bodies of handlers are trusted.
type stubWorld struct {
	*world
	regs        [isa.NumRegs]*bv.Term
	room        *bv.Term
	nothing     *sym.Object // what a pointer to no bytes points to
	args, price *sym.Object
	argT        *cir.Type
}

func newStubWorld(ex *sym.Exec, u *cir.Unit) (*stubWorld, *sym.State) {
	w := &stubWorld{world: newWorld(ex, u), room: bv.Var("room", 32), argT: structType(u, "femto_sys_arg_t")}
	st := w.arbitrary()
	ex.Set(st, w.vmField("room"), w.room)
	for i := range w.regs {
		w.regs[i] = w.int(st, w.reg(i))
	}
	w.nothing = &sym.Object{Name: "nothing", Align: 1, Len: func(*bv.Term) *bv.Term { return bv.Const(0, 64) }}
	w.args = &sym.Object{Name: "a", Type: &cir.Type{Kind: cir.Array, Elem: w.argT, Len: sysapi.MaxArgs,
		Size: sysapi.MaxArgs * w.argT.Size, Align: w.argT.Align}}
	w.price = &sym.Object{Name: "price", Type: uintType(32)}
	for _, o := range []*sym.Object{w.nothing, w.args, w.price} {
		st.Put(o)
	}
	return w, st
}

// arg is the way to an element of the translated arguments.
func (w *stubWorld) arg(i int) sym.Ptr {
	return sym.Element(sym.Ptr{Obj: w.args}, w.args.Type, bv.Const(uint64(i), 64))
}

func (w *stubWorld) argField(i int, name string) sym.Ptr { return sym.Field(w.arg(i), w.argT, name) }

// segmentPtr is the host's pointer to a guest address.
func (w *stubWorld) segmentPtr(addr *bv.Term) sym.Ptr {
	a := bv.Extract(addr, 0, 32)
	return sym.Ptr{Obj: w.segs, Index: w.ex.S(isa.Index(a)), Off: w.ex.S(bv.ZExt(isa.Offset(a), 64))}
}

// samePlace is the truth value that v is the pointer p.
func samePlace(v sym.Value, p sym.Ptr) *bv.Term {
	q, ok := v.(sym.Ptr)
	switch {
	case !ok || q.Obj != p.Obj || len(q.Path) != len(p.Path):
		return bv.False
	case q.Null():
		return bv.True
	case q.Obj.Type != nil:
		return bv.Bool(q.String() == p.String())
	}
	same := bv.Eq(q.Off, p.Off)
	if q.Obj.Family {
		same = bv.And(same, bv.Eq(q.Index, p.Index))
	}
	return same
}

func (w *stubWorld) isVM(v sym.Value) *bv.Term { return samePlace(v, sym.Ptr{Obj: w.vm}) }

// A check in a state's log: what was asked, the answer, whether it was no.
func refused(c *sym.Call) bool { return c.More[0] == bv.True }

// locate is what family start proves of femto_read and femto_write.
func (w *stubWorld) locate(name string, ends [segments]*bv.Term) sym.Contract {
	return func(ex *sym.Exec, st *sym.State, pos string, args []sym.Value) []sym.Outcome {
		addr, n := args[1].(*bv.Term), args[2].(*bv.Term)
		ex.Goal(st, "asks for memory of the activation", pos, w.isVM(args[0]))
		none, legal := bv.Eq(n, c32(0)), w.legal(ends, addr, n)
		var out []sym.Outcome
		give := func(when *bv.Term, p sym.Ptr) {
			if when = ex.S(when); when == bv.False {
				return
			}
			s := st.Clone()
			ex.Assume(s, when)
			if p.Null() {
				ex.Set(s, w.vmField("address"), bv.Extract(addr, 0, 32))
			}
			s.Log = append(s.Log, sym.Call{Name: name, Args: []sym.Value{addr, n, p}, More: []*bv.Term{bv.Bool(p.Null()), status(diag.BadAccess)}})
			out = append(out, sym.Outcome{State: s, Result: p})
		}
		give(none, at(w.nothing, bv.Const(0, 64)))
		give(bv.And(bv.Not(none), legal), w.segmentPtr(addr))
		give(bv.And(bv.Not(none), bv.Not(legal)), sym.Ptr{})
		return out
	}
}

func (w *stubWorld) memoryContracts() map[string]sym.Contract {
	return map[string]sym.Contract{"femto_read": w.locate("femto_read", w.ends), "femto_write": w.locate("femto_write", w.writeEnds)}
}

// lengthOf is how many bytes an In, Out or InOut argument has: all lengths
// that do not fit 32 bits are as illegal as the greatest that does.
func (w *stubWorld) lengthOf(c *sysapi.Call, a *sysapi.Arg) *bv.Term {
	if a.Len == "" {
		return c32(a.Bytes())
	}
	r := w.regs[c.Index(a.Len)+1]
	return w.ex.S(bv.Ite(bv.Ult(bv.Const(math.MaxUint32, 64), r), c32(math.MaxUint32), bv.Extract(r, 0, 32)))
}

// selections are the sets of modules that a firmware may have.
func selections() [][]string {
	var names []string
	for i := range sysapi.Modules {
		if sysapi.Modules[i].Macro() != "" {
			names = append(names, sysapi.Modules[i].Name)
		}
	}
	out := make([][]string, 1<<len(names))
	for bits := range out {
		for i, n := range names {
			if bits>>i&1 != 0 {
				out[bits] = append(out[bits], n)
			}
		}
	}
	return out
}

// macros are what a firmware with these modules defines.
func macros(modules []string) []string {
	out := slices.Clone(gnu)
	for i := range sysapi.Modules {
		if m := &sysapi.Modules[i]; slices.Contains(modules, m.Name) {
			out = append(out, m.Macro()+"=1")
		}
	}
	return out
}

// describeCall prints everything of a row that the stubs depend on.
func describeCall(c *sysapi.Call) string { return fmt.Sprintf("%#v\n", *c) }

// stubUnits: with all modules, every function of femto_sys.c, and for every row
// the checks of its arguments and its dispatch; then for every selection of
// modules that it has the rows it should, and nothing else in other places.
func stubUnits(lib *library) []*Unit {
	var out []*Unit
	all := selections()
	for _, m := range []cir.Model{cir.ILP32, cir.LP64} {
		v := variant{Name: "stubs-" + m.Name, Model: m, Macros: macros(all[len(all)-1])}
		unit := func(item, extra, fn string, run func(w *stubWorld, st *sym.State, u *cir.Unit) error) {
			out = append(out, &Unit{Family: "stubs", Variant: v.Name, Item: item,
				depends: func() (string, error) {
					units, err := lib.load(v, sysFile)
					if err != nil {
						return "", err
					}
					return extra + cir.Closure(units, fn), nil
				},
				run: func(ex *sym.Exec) error {
					units, err := lib.load(v, sysFile)
					if err != nil {
						return err
					}
					ex.Units = units
					w, st := newStubWorld(ex, units[0])
					return run(w, st, units[0])
				}})
		}
		for i := range sysapi.Table {
			c := &sysapi.Table[i]
			name := fmt.Sprintf("%#04x %s", c.ID, c.Name)
			unit("check "+name, describeCall(c), "check", func(w *stubWorld, st *sym.State, u *cir.Unit) error { return w.runCheck(st, u, c, i) })
			for _, empty := range []bool{false, true} {
				if empty && !slices.ContainsFunc(c.Args, func(a sysapi.Arg) bool { return a.Len != "" }) {
					continue
				}
				item := "dispatch " + name
				if empty {
					item += " of no bytes"
				}
				unit(item, describeCall(c), "call", func(w *stubWorld, st *sym.State, _ *cir.Unit) error { return w.runDispatch(st, c, empty) })
			}
		}
		unit("string", "", "string", func(w *stubWorld, st *sym.State, _ *cir.Unit) error { return w.runString(st) })
		unit("conversions", "", "conversions", func(w *stubWorld, st *sym.State, _ *cir.Unit) error { return w.runConversions(st) })
		unit("femto_sys_conversion", "", "femto_sys_conversion", func(w *stubWorld, st *sym.State, _ *cir.Unit) error { return w.runConversion(st) })
		unit("femto_sys_digits", "", "femto_sys_digits", func(w *stubWorld, st *sym.State, _ *cir.Unit) error { return w.runDigits(st) })
		unit("femto_sys_call", "", "femto_sys_call", func(w *stubWorld, st *sym.State, u *cir.Unit) error { return w.runCall(st, u) })
		unit("unknown number", "", "call", func(w *stubWorld, st *sym.State, _ *cir.Unit) error { return w.runUnknown(st) })
	}
	table := ""
	for i := range sysapi.Table {
		table += describeCall(&sysapi.Table[i])
	}
	table += fmt.Sprintln(sysapi.Capabilities)
	for i, modules := range all {
		models := []cir.Model{cir.ILP32}
		if i == 0 || i == len(all)-1 {
			models = append(models, cir.LP64) // where only sizeof has another type
		}
		for _, m := range models {
			out = append(out, selectionUnit(lib, m, modules, all[len(all)-1], table))
		}
	}
	return out
}

const sysFile = "femto_sys.c"

// selectionUnit: the text that a selection of modules makes.
func selectionUnit(lib *library, m cir.Model, modules, all []string, table string) *Unit {
	name := strings.Join(modules, ",")
	if name == "" {
		name = "base"
	}
	load := func(modules []string) ([]*cir.Unit, error) {
		return lib.load(variant{Name: "stubs-" + m.Name + " " + strings.Join(modules, ","), Model: m, Macros: macros(modules)}, sysFile)
	}
	return &Unit{Family: "stubs", Variant: "selection-" + m.Name, Item: "modules " + name,
		depends: func() (string, error) {
			units, err := load(modules)
			if err != nil {
				return "", err
			}
			return table + cir.Closure(units, units[0].Names()...), nil
		},
		run: func(ex *sym.Exec) error {
			units, err := load(modules)
			if err != nil {
				return err
			}
			whole, err := load(all)
			if err != nil {
				return err
			}
			ex.Units = units
			w, st := newStubWorld(ex, units[0])
			var rows []*sysapi.Call
			for i := range sysapi.Table {
				if c := &sysapi.Table[i]; c.Module == "base" || slices.Contains(modules, c.Module) {
					rows = append(rows, c)
				}
			}
			if err := w.sameRows(st, units[0], whole[0], rows); err != nil {
				return err
			}
			if err := w.runFind(st.Clone(), units[0], rows); err != nil {
				return err
			}
			if err := w.runRows(st.Clone(), units[0], rows); err != nil {
				return err
			}
			return w.runGrantList(st, units[0], rows)
		}}
}

// sameRows: rows, cases and other functions are those of a firmware with all
// modules, word for word, of which they are proved.
func (w *stubWorld) sameRows(st *sym.State, u, whole *cir.Unit, rows []*sysapi.Call) error {
	goal := func(kind string, ok bool) { w.ex.Goal(st, kind, sysFile, bv.Bool(ok)) }
	goal("selection: number of rows", u.Globals["rows"] != nil && u.Globals["rows"].Type.Len == int64(len(rows)))
	row := func(u *cir.Unit, i int) string {
		out := ""
		prefix := fmt.Sprintf("[%d]", i)
		for _, k := range sortedKeys(u.Globals["rows"].Init) {
			if v := u.Globals["rows"].Init[k]; v != 0 && strings.HasPrefix(k, prefix) {
				out += fmt.Sprintf("%s=%d ", strings.TrimPrefix(k, prefix), v)
			}
		}
		return out
	}
	for i, c := range rows {
		j := slices.IndexFunc(sysapi.Table, func(o sysapi.Call) bool { return o.ID == c.ID })
		goal(fmt.Sprintf("selection: row of %s", c.Name), row(u, i) == row(whole, j))
		mine, err := u.Funcs["call"].CaseText(uint64(c.ID))
		if err != nil {
			return err
		}
		theirs, err := whole.Funcs["call"].CaseText(uint64(c.ID))
		if err != nil {
			return err
		}
		goal(fmt.Sprintf("selection: dispatch of %s", c.Name), mine != "" && mine == theirs)
	}
	for _, n := range whole.Names() {
		if n != "call" && n != "femto_sys_find" && n != "femto_sys_grant" && n != "femto_sys_rows" {
			goal("selection: function "+n, u.Funcs[n] != nil && u.Funcs[n].String() == whole.Funcs[n].String())
		}
	}
	goal("selection: no other functions", len(u.Funcs) == len(whole.Funcs))
	return nil
}

// runFind: femto_sys_find gives the row with a number, and no other.
func (w *stubWorld) runFind(st *sym.State, u *cir.Unit, rows []*sysapi.Call) error {
	ex := w.ex
	id := bv.Var("id", 32)
	table := ex.Variable(st, u, "rows").Obj
	// Each comparison can go both ways, so there is nothing to ask.
	ask := ex.Ask
	ex.Ask = nil
	defer func() { ex.Ask = ask }()
	ex.OnReturn = func(st *sym.State, result sym.Value) {
		p, ok := result.(sym.Ptr)
		if !ok || !p.Null() && (p.Obj != table || len(p.Path) != 1) {
			ex.Goal(st, "gives a row or none", "femto_sys_find", bv.False)
			return
		}
		want := bv.True
		if p.Null() {
			for _, c := range rows {
				want = bv.And(want, bv.Ne(id, c32(uint32(c.ID))))
			}
			ex.Goal(st, "gives none only when there is none", "femto_sys_find", want)
			return
		}
		for i, c := range rows {
			want = bv.And(want, bv.Or(bv.Ne(p.Path[0].Idx, bv.Const(uint64(i), 64)), bv.Eq(id, c32(uint32(c.ID)))))
		}
		ex.Goal(st, "gives a row of the table", "femto_sys_find", bv.Ult(p.Path[0].Idx, bv.Const(uint64(len(rows)), 64)))
		ex.Goal(st, "gives the row of the number", "femto_sys_find", want)
	}
	return ex.Run(st, "femto_sys_find", id)
}

// runRows: femto_sys_rows gives all of them.
func (w *stubWorld) runRows(st *sym.State, u *cir.Unit, rows []*sysapi.Call) error {
	ex := w.ex
	table := ex.Variable(st, u, "rows").Obj
	ex.OnReturn = func(st *sym.State, result sym.Value) {
		p, ok := result.(sym.Ptr)
		first := ok && p.Obj == table && len(p.Path) == 1 && p.Path[0].Idx == bv.Const(0, 64)
		ex.Goal(st, "gives the first row", "femto_sys_rows", bv.Bool(first))
		ex.Goal(st, "gives the number of rows", "femto_sys_rows", bv.Eq(w.int(st, sym.Ptr{Obj: w.price}), c32(uint32(len(rows)))))
	}
	return ex.Run(st, "femto_sys_rows", sym.Ptr{Obj: w.price})
}

// runGrantList: femto_sys_grant lists exactly what the capabilities allow.
func (w *stubWorld) runGrantList(st *sym.State, u *cir.Unit, rows []*sysapi.Call) error {
	ex := w.ex
	caps, block := bv.Var("capabilities", 32), bv.Var("may_block", 32)
	ids := array("ids", c32(uint32(len(sysapi.Table))), 2, 2)
	ids.Elem, ids.Write = uintType(16), nil
	st.Put(ids)
	n, i := bv.Var("n", 32), bv.Var("i", 32)
	allowed, number := bv.False, bv.Const(0, 16)
	for k, c := range rows {
		here := bv.Eq(i, c32(uint32(k)))
		bit := slices.IndexFunc(sysapi.Capabilities, func(x sysapi.Capability) bool { return x.Name == c.Capability })
		may := bv.Eq(bv.Extract(caps, sysapi.Capabilities[bit].Bit, 1), bv.Const(1, 1))
		if c.Blocks {
			may = bv.And(may, bv.Ne(block, c32(0)))
		}
		allowed = bv.Ite(here, may, allowed)
		number = bv.Ite(here, bv.Const(uint64(c.ID), 16), number)
	}
	total := c32(uint32(len(rows)))
	ex.Loops = map[string]*sym.Loop{"femto_sys_grant#0": {
		First: begins("with the first row and an empty list", func(h *sym.Head) *bv.Term { return bv.And(bv.Eq(h.Int("n"), c32(0)), bv.Eq(h.Int("i"), c32(0))) }),
		Inv: func(h *sym.Head) []sym.Cond {
			return []sym.Cond{{Name: "n is not more than i", Term: bv.And(bv.Ule(h.Int("n"), h.Int("i")), bv.Ule(h.Int("i"), total))}}
		},
		Variant: func(h *sym.Head) *bv.Term { return bv.ZExt(bv.Sub(total, h.Int("i")), 64) },
		Havoc: func(h *sym.Head) {
			h.Set("n", n)
			h.Set("i", i)
			ex.Scramble(h.State, ids)
		},
		Back: func(h *sym.Head) {
			ws := h.State.Writes(ids)
			goal := func(kind string, c *bv.Term) { ex.Goal(h.State, kind, "femto_sys_grant", c) }
			goal("lists what is allowed", bv.Eq(bv.Bool(len(ws) > 0), allowed))
			goal("next row", bv.Eq(h.Int("i"), bv.Add(i, c32(1))))
			goal("counts", bv.Eq(h.Int("n"), bv.Add(n, c32(uint32(len(ws))))))
			for _, wr := range ws {
				goal("lists the number", bv.And(bv.Eq(wr.Off, bv.Mul(bv.Const(2, 64), bv.ZExt(n, 64))), bv.Bool(wr.Size == 2)))
				goal("lists the number", bv.Eq(bv.Extract(wr.Val, 0, 16), number))
			}
		},
	}}
	ex.OnReturn = func(st *sym.State, result sym.Value) {
		ex.Goal(st, "ends behind the last row", "femto_sys_grant", bv.And(bv.Eq(i, total), bv.Eq(result.(*bv.Term), n)))
	}
	return ex.Run(st, "femto_sys_grant", caps, block, at(ids, bv.Const(0, 64)))
}
