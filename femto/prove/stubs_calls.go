// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package prove

import (
	"fmt"
	"maps"
	"slices"

	"github.com/femtocontainer/femtocontainer/femto/bv"
	"github.com/femtocontainer/femtocontainer/femto/diag"
	"github.com/femtocontainer/femtocontainer/femto/prove/cir"
	"github.com/femtocontainer/femtocontainer/femto/prove/sym"
	"github.com/femtocontainer/femtocontainer/femto/sysapi"
)

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// translated fills a as check leaves it for a row, and gives the pointers.
func (w *stubWorld) translated(st *sym.State, c *sysapi.Call, empty bool) (ptrs [sysapi.MaxArgs]sym.Ptr, lens [sysapi.MaxArgs]*bv.Term) {
	ex := w.ex
	for i := range sysapi.MaxArgs {
		ex.Set(st, w.argField(i, "in"), sym.Ptr{})
		ex.Set(st, w.argField(i, "out"), sym.Ptr{})
		ex.Set(st, w.argField(i, "len"), bv.Var(fmt.Sprintf("a%d_len", i), 32))
	}
	for i := range c.Args {
		a := &c.Args[i]
		r := w.regs[i+1]
		switch a.Kind {
		case sysapi.In, sysapi.Out, sysapi.InOut:
			n := w.lengthOf(c, a)
			ends, field := w.ends, "in"
			if a.Kind != sysapi.In {
				ends, field = w.writeEnds, "out"
			}
			ptrs[i], lens[i] = w.segmentPtr(r), n
			if a.Len != "" && empty {
				ptrs[i] = at(w.nothing, bv.Const(0, 64))
				ex.Assume(st, bv.Eq(n, c32(0)))
			} else {
				ex.Assume(st, bv.Ne(n, c32(0)), w.legal(ends, r, n))
			}
			ex.Set(st, w.argField(i, field), ptrs[i])
			ex.Set(st, w.argField(i, "len"), n)
			if a.IsScalar() {
				ex.Seed(st, w.segs, ptrs[i].Index, ptrs[i].Off, bv.Var("scalar_before", 32))
			}
		case sysapi.String, sysapi.Format:
			n := bv.Var(fmt.Sprintf("a%d_len", i), 32)
			ptrs[i], lens[i] = w.segmentPtr(r), n
			ex.Assume(st, bv.Ult(n, c32(sysapi.MaxString)), w.legal(w.ends, r, bv.Add(n, c32(1))))
			ex.Set(st, w.argField(i, "in"), ptrs[i])
			ex.Set(st, w.argField(i, "len"), n)
		}
	}
	return ptrs, lens
}

// inReach adds the goal that n bytes, of any width, are there at p.
func (w *stubWorld) inReach(st *sym.State, v sym.Value, n *bv.Term, write bool, pos string) {
	p, ok := v.(sym.Ptr)
	n = bv.ZExt(n, 64)
	what := "read in bounds: "
	have := bv.Const(0, 64)
	switch {
	case ok && p.Obj == w.segs && write:
		what, have = "write in bounds: ", w.length(w.writeEnds, p.Index)
	case ok && p.Obj == w.segs:
		have = w.length(w.ends, p.Index)
	case ok && p.Obj == w.nothing:
	default:
		w.ex.Goal(st, what+"not a container's memory", pos, bv.False)
		return
	}
	w.ex.Goal(st, what+"a block", pos, bv.And(bv.Ule(n, have), bv.Ule(p.Off, bv.Sub(have, n))))
}

// libc are the functions of <string.h> that the stubs use, on container memory.
func (w *stubWorld) libc(ptrs [sysapi.MaxArgs]sym.Ptr, lens [sysapi.MaxArgs]*bv.Term) map[string]sym.Contract {
	log := func(st *sym.State, name string, args []sym.Value, result sym.Value) []sym.Outcome {
		st.Log = append(st.Log, sym.Call{Name: name, Args: args})
		return []sym.Outcome{{State: st, Result: result}}
	}
	str := func(st *sym.State, v sym.Value, pos string) *bv.Term {
		for i, p := range ptrs {
			if lens[i] != nil && w.ex.S(samePlace(v, p)) == bv.True {
				w.inReach(st, v, bv.Add(lens[i], c32(1)), false, pos)
				return lens[i]
			}
		}
		w.ex.Goal(st, "read in bounds: not a checked string", pos, bv.False)
		return c32(0)
	}
	return map[string]sym.Contract{
		"memmove": func(ex *sym.Exec, st *sym.State, pos string, args []sym.Value) []sym.Outcome {
			w.inReach(st, args[0], args[2].(*bv.Term), true, pos)
			w.inReach(st, args[1], args[2].(*bv.Term), false, pos)
			ex.Scramble(st, w.segs)
			return log(st, "memmove", args, args[0])
		},
		"memset": func(ex *sym.Exec, st *sym.State, pos string, args []sym.Value) []sym.Outcome {
			w.inReach(st, args[0], args[2].(*bv.Term), true, pos)
			ex.Scramble(st, w.segs)
			return log(st, "memset", args, args[0])
		},
		"memcmp": func(_ *sym.Exec, st *sym.State, pos string, args []sym.Value) []sym.Outcome {
			w.inReach(st, args[0], args[2].(*bv.Term), false, pos)
			w.inReach(st, args[1], args[2].(*bv.Term), false, pos)
			return log(st, "memcmp", args, bv.Var("difference", 32))
		},
		"strcmp": func(_ *sym.Exec, st *sym.State, pos string, args []sym.Value) []sym.Outcome {
			str(st, args[0], pos)
			str(st, args[1], pos)
			return log(st, "strcmp", args, bv.Var("difference", 32))
		},
		"strlen": func(_ *sym.Exec, st *sym.State, pos string, args []sym.Value) []sym.Outcome {
			return log(st, "strlen", args, bv.ZExt(str(st, args[0], pos), w.unit.Model.PtrBits))
		},
	}
}

// runDispatch: the handler of a row gets its arguments cut to their types or
// translated; r0 becomes its result, and nothing else of the registers changes.
func (w *stubWorld) runDispatch(st *sym.State, c *sysapi.Call, empty bool) error {
	ex := w.ex
	ptrs, lens := w.translated(st, c, empty)
	before := st.Clone()
	ex.Calls = w.memoryContracts()
	maps.Copy(ex.Calls, w.libc(ptrs, lens))
	if c.Module != "base" {
		ex.Calls["femto_sys_"+c.Handler()] = func(ex *sym.Exec, st *sym.State, pos string, args []sym.Value) []sym.Outcome {
			return w.handler(st, c, ptrs, pos, args)
		}
	}
	text := slices.ContainsFunc(c.Args, func(a sysapi.Arg) bool { return a.Kind == sysapi.Text })
	ex.OnReturn = func(st *sym.State, result sym.Value) {
		code := result.(*bv.Term)
		w.same(st, before, w.vm, "call", func(p sym.Ptr) bool {
			return p.String() == w.reg(0).String() || text && p.String() == w.vmField("address").String()
		})
		w.same(st, before, w.inst, "call", nil)
		if text {
			w.madeText(st, code)
			return
		}
		goal := func(kind string, c *bv.Term) { ex.Goal(st, "dispatch: "+kind, "call", c) }
		goal("succeeds", bv.Eq(code, status(0)))
		goal("r0", bv.Eq(w.int(st, w.reg(0)), w.result(st, c, lens)))
		w.stored(st, c, ptrs, goal)
	}
	if text {
		return w.runText(st, c, func(s *sym.State) { before = s.Clone() })
	}
	return ex.Run(st, "call", sym.Ptr{Obj: w.vm}, c32(uint32(c.ID)), w.arg(0))
}

// handler is a body that is trusted: it gets what the row says, may change the
// memory that it gets for writing, and gives a result.
func (w *stubWorld) handler(st *sym.State, c *sysapi.Call, ptrs [sysapi.MaxArgs]sym.Ptr, pos string, args []sym.Value) []sym.Outcome {
	ex := w.ex
	goal := func(kind string, c *bv.Term) { ex.Goal(st, "handler gets "+kind, pos, c) }
	want := 0
	next := func() sym.Value {
		want++
		if want > len(args) {
			return nil
		}
		return args[want-1]
	}
	number := func(kind string, v sym.Value, want *bv.Term) {
		t, ok := v.(*bv.Term)
		goal(kind, bv.Bool(ok && t.Width == want.Width))
		if ok && t.Width == want.Width {
			goal(kind, bv.Eq(t, want))
		}
	}
	goal("the activation", w.isVM(next()))
	if c.Scope != sysapi.NoScope {
		number("the scope", next(), c32(uint32(c.Scope)))
	}
	var scalar sym.Ptr
	for i := range c.Args {
		a := &c.Args[i]
		r := w.regs[i+1]
		switch a.Kind {
		case sysapi.Value, sysapi.Handle:
			bits := a.Type.Bits
			if slices.ContainsFunc(c.Args, func(o sysapi.Arg) bool { return o.Len == a.Name }) {
				bits = 32
			}
			number(a.Name, next(), bv.Extract(r, 0, bits))
		case sysapi.In, sysapi.String, sysapi.Format:
			goal(a.Name, samePlace(next(), ptrs[i]))
		case sysapi.Out, sysapi.InOut:
			v := next()
			if !a.IsScalar() {
				goal(a.Name, samePlace(v, ptrs[i]))
				continue
			}
			p, ok := v.(sym.Ptr)
			if ok = ok && p.Obj != nil && p.Obj.Type != nil && p.Obj != w.vm && len(p.Path) == 0; !ok {
				goal("a variable for "+a.Name, bv.False)
				continue
			}
			number("the value of "+a.Name, ex.Get(st, p), bv.Var("scalar_before", 32))
			scalar = p
		case sysapi.Variadic:
			p, ok := next().(sym.Ptr)
			if !ok || p.Obj == nil || p.Obj.Type == nil || p.Obj.Type.Tag != "femto_sys_rest_t" {
				goal("the rest of the arguments", bv.False)
				continue
			}
			get := func(name string) sym.Value { return ex.Get(st, sym.Field(p, p.Obj.Type, name)) }
			goal("the rest of the registers", samePlace(get("value"), w.reg(i+1)))
			goal("the strings of the rest", samePlace(get("text"), w.arg(i)))
			number("how many there are", get("n"), c32(uint32(sysapi.MaxArgs-i)))
		}
	}
	goal("all its arguments", bv.Bool(want == len(args)))
	goal("one call", bv.Bool(len(st.Log) == 0))
	st.Log = append(st.Log, sym.Call{Name: "handler"})
	ex.Scramble(st, w.segs)
	if !scalar.Null() {
		ex.Set(st, scalar, bv.Var("scalar_after", 32))
	}
	var result sym.Value
	switch {
	case c.Ret == sysapi.Void || c.Ret == sysapi.First:
	case c.Ret == sysapi.Address:
		result = bv.Var("result", 32)
	default:
		result = bv.Var("result", c.Ret.Bits)
	}
	return []sym.Outcome{{State: st, Result: result}}
}

// result is what r0 has to be.
func (w *stubWorld) result(st *sym.State, c *sysapi.Call, lens [sysapi.MaxArgs]*bv.Term) *bv.Term {
	diff := bv.Var("difference", 32)
	sign := bv.Ite(bv.Slt(diff, c32(0)), bv.Const(^uint64(0), 64), bv.Ite(bv.Eq(diff, c32(0)), bv.Const(0, 64), bv.Const(1, 64)))
	switch {
	case c.Ret == sysapi.Void:
		return bv.Const(0, 64)
	case c.Ret == sysapi.First:
		return w.regs[1]
	case c.Name == "memcmp" || c.Name == "strcmp":
		return sign
	case c.Name == "strlen":
		return bv.ZExt(lens[0], 64)
	case c.Name == "strlcpy":
		return bv.ZExt(lens[1], 64)
	case c.Ret == sysapi.Address:
		return bv.ZExt(bv.Var("result", 32), 64)
	case c.Ret.Signed:
		return bv.SExt(bv.Var("result", c.Ret.Bits), 64)
	}
	return bv.ZExt(bv.Var("result", c.Ret.Bits), 64)
}

// stored compares what the stubs themselves write: a scalar when the call
// succeeds, and what the calls of module base do.
func (w *stubWorld) stored(st *sym.State, c *sysapi.Call, ptrs [sysapi.MaxArgs]sym.Ptr, goal func(string, *bv.Term)) {
	writes := st.Writes(w.segs)
	length := func(i int) *bv.Term { return bv.Extract(w.regs[i], 0, 32) }
	did := func(name string, n int, ok func(args []sym.Value) *bv.Term) {
		count := 0
		for i := range st.Log {
			if l := &st.Log[i]; l.Name == name {
				count++
				goal(name+" on the arguments", ok(l.Args))
			}
		}
		goal(name+" is called", bv.Bool(count == n))
	}
	size := func(v sym.Value) *bv.Term { return bv.ZExt(v.(*bv.Term), 64) }
	switch c.Name {
	case "memcpy", "memmove":
		did("memmove", 1, func(a []sym.Value) *bv.Term {
			return bv.All(samePlace(a[0], ptrs[0]), samePlace(a[1], ptrs[1]), bv.Eq(size(a[2]), size(length(3))))
		})
	case "memset":
		did("memset", 1, func(a []sym.Value) *bv.Term {
			return bv.All(samePlace(a[0], ptrs[0]), bv.Eq(bv.Extract(a[1].(*bv.Term), 0, 8), bv.Extract(w.regs[2], 0, 8)), bv.Eq(size(a[2]), size(length(3))))
		})
	case "memcmp":
		did("memcmp", 1, func(a []sym.Value) *bv.Term {
			return bv.All(samePlace(a[0], ptrs[0]), samePlace(a[1], ptrs[1]), bv.Eq(size(a[2]), size(length(3))))
		})
	case "strcmp":
		did("strcmp", 1, func(a []sym.Value) *bv.Term { return bv.And(samePlace(a[0], ptrs[0]), samePlace(a[1], ptrs[1])) })
	case "strlcpy":
		n, room := bv.Var("a1_len", 32), length(3)
		part := bv.Ite(bv.Ult(n, room), n, bv.Sub(room, c32(1)))
		moves := 1
		if ptrs[0].Obj == w.nothing {
			moves = 0
		}
		did("memmove", moves, func(a []sym.Value) *bv.Term {
			return bv.All(samePlace(a[0], ptrs[0]), samePlace(a[1], ptrs[1]), bv.Eq(size(a[2]), size(part)))
		})
		goal("string is terminated", bv.Bool(len(writes) == moves))
		for _, wr := range writes {
			goal("string is terminated", bv.All(bv.Eq(wr.Index, ptrs[0].Index), bv.Eq(wr.Off, bv.Add(ptrs[0].Off, bv.ZExt(part, 64))), bv.Bool(wr.Size == 1)))
			goal("string is terminated", bv.Eq(bv.Extract(wr.Val, 0, 8), bv.Const(0, 8)))
		}
		return
	}
	i := slices.IndexFunc(c.Args, func(a sysapi.Arg) bool { return a.IsScalar() })
	if i < 0 {
		goal("stores nothing itself", bv.Bool(len(writes) == 0))
		return
	}
	goal("stores the number unless there is an error", bv.Eq(bv.Bool(len(writes) > 0), bv.Sle(c32(0), bv.Var("result", 32))))
	at := uint8(0)
	for _, wr := range writes {
		goal("stores the number where the guest says", bv.And(bv.Eq(wr.Index, ptrs[i].Index), bv.Eq(wr.Off, bv.Add(ptrs[i].Off, bv.Const(uint64(at), 64)))))
		if at+wr.Size > 4 {
			goal("stores 4 bytes", bv.False)
			return
		}
		goal("stores the number", bv.Eq(wr.Val, bv.Extract(bv.Var("scalar_after", 32), 8*at, 8*wr.Size)))
		at += wr.Size
	}
	goal("stores 4 bytes", bv.Bool(at == 4 || at == 0))
}

// runText executes a call that makes text, with every number of digits, and
// for a decimal fraction with every place of the point.
func (w *stubWorld) runText(st *sym.State, c *sysapi.Call, begins func(*sym.State)) error {
	ex := w.ex
	ex.Calls["femto_sys_digits"] = func(ex *sym.Exec, st *sym.State, pos string, args []sym.Value) []sym.Outcome {
		buf, ok := args[0].(sym.Ptr)
		ok = ok && buf.Obj != nil && buf.Obj.Type != nil && buf.Obj.Type.Kind == cir.Array && len(buf.Path) == 1 && buf.Path[0].Idx == bv.Const(0, 64)
		ex.Goal(st, "digits: into an array", pos, bv.Bool(ok && buf.Obj.Type.Len >= 20))
		ex.Goal(st, "digits: base", pos, bv.Eq(args[2].(*bv.Term), c32(10)))
		if !ok {
			return nil
		}
		var out []sym.Outcome
		low, value := uint64(0), args[1].(*bv.Term)
		for n, high := 1, uint64(10); n <= 19; n, high = n+1, high*10 {
			in := ex.S(bv.And(bv.Ule(bv.Const(low, 64), value), bv.Ult(value, bv.Const(high, 64))))
			low = high
			if ex.Holds(st, bv.Not(in)) {
				continue
			}
			s := st.Clone()
			ex.Assume(s, in)
			for i := range min(int64(n), buf.Obj.Type.Len) {
				ex.Set(s, sym.Element(sym.Ptr{Obj: buf.Obj}, buf.Obj.Type, bv.Const(uint64(i), 64)), ex.Fresh("digit", 8))
			}
			out = append(out, sym.Outcome{State: s, Result: c32(uint32(n))})
		}
		ex.Goal(st, "digits: fewer than 20", pos, bv.Ult(value, bv.Const(low, 64)))
		return out
	}
	ex.Calls["memcpy"] = func(ex *sym.Exec, st *sym.State, pos string, args []sym.Value) []sym.Outcome {
		from, ok := args[1].(sym.Ptr)
		n, isConst := args[2].(*bv.Term).IsConst()
		w.inReach(st, args[0], args[2].(*bv.Term), true, pos)
		ok = ok && isConst && from.Obj != nil && from.Obj.Type != nil && len(from.Path) == 1 && from.Path[0].Idx == bv.Const(0, 64) && n <= uint64(from.Obj.Type.Len)
		ex.Goal(st, "read in bounds: text", pos, bv.Bool(ok))
		for i := uint64(0); ok && i < n; i++ {
			_, set := ex.Get(st, sym.Element(sym.Ptr{Obj: from.Obj}, from.Obj.Type, bv.Const(i, 64))).(*bv.Term)
			ex.Goal(st, "initialised", pos, bv.Bool(set))
		}
		st.Log = append(st.Log, sym.Call{Name: "memcpy", Args: args})
		return []sym.Outcome{{State: st, Result: args[0]}}
	}
	run := func(st *sym.State) error {
		begins(st)
		return ex.Run(st, "call", sym.Ptr{Obj: w.vm}, c32(uint32(c.ID)), w.arg(0))
	}
	if c.Name != "fmt_s16_dfp" {
		return run(st)
	}
	const most = 16
	digits := bv.Extract(w.regs[3], 0, 32)
	for d := -most; d <= most; d++ {
		s := st.Clone()
		w.setLow(s, 3, uint32(int32(d)))
		if err := run(s); err != nil {
			return err
		}
	}
	ex.Assume(st, bv.Or(bv.Slt(digits, bv.Neg(c32(most))), bv.Slt(c32(most), digits)))
	return run(st)
}

// setLow gives the low half of a register a value.
func (w *stubWorld) setLow(st *sym.State, i int, low uint32) {
	w.ex.Set(st, w.reg(i), bv.Concat(bv.Extract(w.regs[i], 32, 32), c32(low)))
}

// madeText: text is copied to where the guest says when it is allowed.
func (w *stubWorld) madeText(st *sym.State, code *bv.Term) {
	goal := func(kind string, c *bv.Term) { w.ex.Goal(st, "text: "+kind, "put_text", c) }
	r0 := w.int(st, w.reg(0))
	length := bv.Extract(r0, 0, 32)
	due := bv.And(bv.Ne(bv.Extract(w.regs[1], 0, 32), c32(0)), bv.Slt(c32(0), length))
	asked, copied := false, false
	for i := range st.Log {
		l := &st.Log[i]
		switch l.Name {
		case "femto_write":
			goal("asks once", bv.Bool(!asked))
			asked = true
			goal("asks for what the guest says", bv.Eq(l.Args[0].(*bv.Term), w.regs[1]))
			if refused(l) {
				goal("refused", bv.Eq(code, status(diag.BadAccess)))
				goal("r0 is kept", bv.Eq(r0, w.regs[0]))
				return
			}
			goal("asks for its length", bv.Eq(l.Args[1].(*bv.Term), length))
		case "memcpy":
			goal("copies once", bv.Bool(asked && !copied))
			copied = true
			goal("copies to where the guest says", samePlace(l.Args[0], w.segmentPtr(w.regs[1])))
			goal("copies its length", bv.Eq(bv.Extract(l.Args[2].(*bv.Term), 0, 32), length))
		default:
			goal("calls nothing else", bv.False)
		}
	}
	goal("succeeds", bv.Eq(code, status(0)))
	goal("copies when there is something", bv.Eq(bv.Bool(copied), due))
	goal("r0 is the length", bv.Eq(r0, bv.SExt(length, 64)))
}

// runUnknown: a number without a row faults and does nothing.
func (w *stubWorld) runUnknown(st *sym.State) error {
	ex := w.ex
	id := bv.Var("id", 32)
	for i := range sysapi.Table {
		ex.Assume(st, bv.Ne(id, c32(uint32(sysapi.Table[i].ID))))
	}
	before := st.Clone()
	ex.OnReturn = func(st *sym.State, result sym.Value) {
		ex.Goal(st, "unknown number: status", "call", bv.Eq(result.(*bv.Term), status(diag.UnknownHelper)))
		w.same(st, before, w.vm, "call", nil)
		w.same(st, before, w.inst, "call", nil)
	}
	return ex.Run(st, "call", sym.Ptr{Obj: w.vm}, id, w.arg(0))
}

// runCall: the parts of a call are put together so that the engines' contract
// of the host holds: a call that is refused, or too dear, changes nothing.
func (w *stubWorld) runCall(st *sym.State, u *cir.Unit) error {
	ex := w.ex
	id, price := bv.Var("id", 32), bv.Var("price", 32)
	row := sym.Element(ex.Variable(st, u, "rows"), u.Globals["rows"].Type, bv.Const(0, 64)) // whichever
	before := st.Clone()
	var a sym.Value
	ex.Calls = map[string]sym.Contract{
		"femto_sys_find": func(ex *sym.Exec, st *sym.State, pos string, args []sym.Value) []sym.Outcome {
			ex.Goal(st, "call: finds its number", pos, bv.Eq(args[0].(*bv.Term), id))
			none := st.Clone()
			none.Log = append(none.Log, sym.Call{Name: "none"})
			return []sym.Outcome{{State: st, Result: row}, {State: none, Result: sym.Ptr{}}}
		},
		"check": func(ex *sym.Exec, st *sym.State, pos string, args []sym.Value) []sym.Outcome {
			goal := func(kind string, c *bv.Term) { ex.Goal(st, "call: "+kind, pos, c) }
			goal("checks for the activation", w.isVM(args[0]))
			goal("checks the row found", samePlace(args[1], row))
			a = args[2]
			p, ok := args[3].(sym.Ptr)
			goal("keeps the price", bv.Bool(ok && p.Obj != nil && p.Obj.Type != nil && p.Obj.Type.Kind == cir.Int))
			code := bv.Var("check_status", 16)
			ex.Assume(st, bv.Or(bv.Eq(code, status(0)), bv.Ule(status(1000), code)), bv.Ne(code, status(diag.OutOfFuel)), bv.Ult(price, c32(maxPrice-1)))
			ex.Set(st, p, price)
			st.Log = append(st.Log, sym.Call{Name: "check"})
			return []sym.Outcome{{State: st, Result: code}}
		},
		"call": func(ex *sym.Exec, st *sym.State, pos string, args []sym.Value) []sym.Outcome {
			goal := func(kind string, c *bv.Term) { ex.Goal(st, "call: "+kind, pos, c) }
			goal("calls for the activation", w.isVM(args[0]))
			goal("calls its number", bv.Eq(args[1].(*bv.Term), id))
			goal("hands on what was checked", bv.Bool(a != nil && fmt.Sprint(args[2]) == fmt.Sprint(a)))
			goal("was checked", bv.And(bv.Bool(len(st.Log) == 1 && st.Log[0].Name == "check"), bv.Eq(bv.Var("check_status", 16), status(0))))
			goal("was paid", bv.And(bv.Ule(price, w.room), bv.Eq(w.int(st, w.vmField("room")), bv.Sub(w.room, price))))
			ok, bad := st.Clone(), st.Clone()
			// Handlers may use up fuel; those that refuse have done nothing.
			left := bv.Var("room_left", 32)
			ex.Assume(ok, bv.Ule(left, bv.Sub(w.room, price)))
			ex.Set(ok, w.vmField("room"), left)
			ex.Set(ok, w.reg(0), bv.Var("result", 64))
			code := bv.Var("call_status", 16)
			ex.Assume(bad, bv.Ule(status(1000), code), bv.Ne(code, status(diag.OutOfFuel)))
			ok.Log = append(ok.Log, sym.Call{Name: "done"})
			bad.Log = append(bad.Log, sym.Call{Name: "refused"})
			return []sym.Outcome{{State: ok, Result: status(0)}, {State: bad, Result: code}}
		},
	}
	ex.OnReturn = func(st *sym.State, result sym.Value) {
		code := result.(*bv.Term)
		goal := func(kind string, c *bv.Term) { ex.Goal(st, "call: "+kind, "femto_sys_call", c) }
		checked := bv.Var("check_status", 16)
		last := st.Log[len(st.Log)-1].Name
		w.same(st, before, w.inst, "femto_sys_call", nil)
		w.same(st, before, w.vm, "femto_sys_call", func(p sym.Ptr) bool {
			return last == "done" && (p.String() == w.reg(0).String() || p.String() == w.vmField("room").String())
		})
		switch last {
		case "none":
			goal("unknown number", bv.Eq(code, status(diag.UnknownHelper)))
		case "check":
			dear := bv.Ult(w.room, price)
			goal("refused, or too dear", bv.Eq(code, bv.Ite(bv.Ne(checked, status(0)), checked, status(diag.OutOfFuel))))
			goal("does not give up without reason", bv.Or(bv.Ne(checked, status(0)), dear))
		case "done":
			goal("succeeds", bv.Eq(code, status(0)))
			goal("fuel is not renewed", bv.Ule(w.int(st, w.vmField("room")), w.room))
		case "refused":
			goal("refused", bv.Eq(code, bv.Var("call_status", 16)))
		}
		goal("status is a fault's", bv.Or(bv.Eq(code, status(0)), bv.Ule(status(1000), code)))
		goal("out of fuel for want of a price only", bv.Or(bv.Ne(code, status(diag.OutOfFuel)), bv.Ult(w.room, c32(maxPrice-1))))
	}
	return ex.Run(st, "femto_sys_call", sym.Ptr{Obj: w.vm}, id)
}
