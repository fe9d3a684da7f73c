// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package prove

import (
	"fmt"

	"github.com/femtocontainer/femtocontainer/femto/bv"
	"github.com/femtocontainer/femtocontainer/femto/diag"
	"github.com/femtocontainer/femtocontainer/femto/isa"
	"github.com/femtocontainer/femtocontainer/femto/prove/cir"
	"github.com/femtocontainer/femtocontainer/femto/prove/sym"
	"github.com/femtocontainer/femtocontainer/femto/sysapi"
)

// A look is one check of an argument that the table asks for.
type look struct {
	fn   string
	arg  int
	addr *bv.Term // 64 bits
	n    *bv.Term // 32 bits; nil for strings
	pays bool
}

// looks lists what has to be checked before the handler of a row runs, in order.
func (w *stubWorld) looks(c *sysapi.Call) (out []look, format int) {
	for i := range c.Args {
		a := &c.Args[i]
		l := look{arg: i, addr: w.regs[i+1], pays: a.Len != ""}
		switch a.Kind {
		case sysapi.In:
			l.fn, l.n = "femto_read", w.lengthOf(c, a)
		case sysapi.Out, sysapi.InOut:
			l.fn, l.n = "femto_write", w.lengthOf(c, a)
		case sysapi.String, sysapi.Format:
			l.fn, l.pays = "string", true
		default:
			continue
		}
		out = append(out, l)
		if a.Kind == sysapi.Format {
			return append(out, look{fn: "conversions", arg: i}), i
		}
	}
	return out, -1
}

// stringContract is what runString proves of string.
func (w *stubWorld) stringContract(ex *sym.Exec, st *sym.State, pos string, args []sym.Value) []sym.Outcome {
	addr, to := args[1].(*bv.Term), args[2].(sym.Ptr)
	ex.Goal(st, "looks for a string in the activation", pos, w.isVM(args[0]))
	var out []sym.Outcome
	for _, code := range []diag.Code{0, diag.BadAccess, diag.StringTooLong} {
		s := st.Clone()
		n := ex.Fresh("string_len", 32)
		log := sym.Call{Name: "string", Args: []sym.Value{addr, n, w.segmentPtr(addr), to}, More: []*bv.Term{bv.Bool(code != 0), status(code)}}
		if code == 0 {
			ex.Assume(s, bv.Ult(n, c32(sysapi.MaxString)), w.legal(w.ends, addr, bv.Add(n, c32(1))))
			ex.Set(s, sym.Field(to, w.argT, "len"), n)
			if len(to.Path) == 1 && to.Path[0].Idx.Op == bv.OpConst {
				ex.Set(s, sym.Field(to, w.argT, "in"), w.segmentPtr(addr))
			}
		} else {
			ex.Set(s, w.vmField("address"), ex.Fresh("string_address", 32))
		}
		s.Log = append(s.Log, log)
		out = append(out, sym.Outcome{State: s, Result: status(code)})
	}
	return out
}

// runCheck: the arguments of one row are checked and translated as it says, in
// order, and the price is what it says.
func (w *stubWorld) runCheck(st *sym.State, u *cir.Unit, c *sysapi.Call, row int) error {
	ex := w.ex
	want, format := w.looks(c)
	before := st.Clone()
	rest := bv.Var("price_of_strings", 32)
	ex.Calls = w.memoryContracts()
	ex.Calls["string"] = w.stringContract
	ex.Calls["conversions"] = func(ex *sym.Exec, st *sym.State, pos string, args []sym.Value) []sym.Outcome {
		goal := func(kind string, c *bv.Term) { ex.Goal(st, kind, pos, c) }
		goal("format: activation", w.isVM(args[0]))
		s, ok := ex.Get(st, w.argField(format, "in")).(sym.Ptr)
		goal("format: the string", bv.And(bv.Bool(ok), samePlace(args[1], s)))
		goal("format: arguments behind it", samePlace(args[2], w.arg(format+1)))
		goal("format: registers behind it", samePlace(args[3], w.reg(format+2)))
		goal("format: how many", bv.Eq(args[4].(*bv.Term), c32(uint32(sysapi.MaxArgs-1-format))))
		goal("format: price", samePlace(args[5], sym.Ptr{Obj: w.price}))
		ok2, bad := st.Clone(), st.Clone()
		code := bv.Var("format_status", 16)
		ex.Assume(ok2, bv.Ule(rest, c32(sysapi.MaxArgs*sysapi.MaxString/sysapi.BytesPerSlot)))
		ex.Set(ok2, sym.Ptr{Obj: w.price}, bv.Add(w.int(st, sym.Ptr{Obj: w.price}), rest))
		ex.Assume(bad, bv.Any(bv.Eq(code, status(diag.BadFormat)), bv.Eq(code, status(diag.BadAccess)), bv.Eq(code, status(diag.StringTooLong))))
		ex.Set(bad, sym.Ptr{Obj: w.price}, bv.Var("price_refused", 32))
		ok2.Log = append(ok2.Log, sym.Call{Name: "conversions", Args: []sym.Value{nil, nil, nil}, More: []*bv.Term{bv.False, status(0)}})
		bad.Log = append(bad.Log, sym.Call{Name: "conversions", Args: []sym.Value{nil, nil, nil}, More: []*bv.Term{bv.True, code}})
		return []sym.Outcome{{State: ok2, Result: status(0)}, {State: bad, Result: code}}
	}
	ex.OnReturn = func(st *sym.State, result sym.Value) {
		w.checked(st, c, want, format, rest, result.(*bv.Term))
		w.same(st, before, w.vm, "check", func(p sym.Ptr) bool { return p.String() == w.vmField("address").String() })
		w.same(st, before, w.inst, "check", nil)
		ex.Goal(st, "untouched: memory", "check", bv.Bool(len(st.Writes(w.segs))+len(st.Writes(w.frames))+len(st.Writes(w.text)) == 0))
	}
	v := u.Globals["rows"]
	if v == nil {
		return &sym.Unsupported{Pos: sysFile, What: "no rows"}
	}
	r := sym.Element(ex.Variable(st, u, "rows"), v.Type, bv.Const(uint64(row), 64))
	return ex.Run(st, "check", sym.Ptr{Obj: w.vm}, r, w.arg(0), sym.Ptr{Obj: w.price})
}

// checked compares what check did on one path with what the table asks for.
func (w *stubWorld) checked(st *sym.State, c *sysapi.Call, want []look, format int, rest, code *bv.Term) {
	ex := w.ex
	goal := func(kind string, c *bv.Term) { ex.Goal(st, "argument: "+kind, "check", c) }
	done := true
	price := c32(c.Price)
	have := make(map[int]sym.Call)
	for i := range st.Log {
		l := &st.Log[i]
		if i >= len(want) || l.Name != want[i].fn || !done {
			goal("checks what the table asks for and no more", bv.False)
			return
		}
		done = !refused(l)
		if refused(l) {
			goal("refusal is reported", bv.Eq(code, l.More[1]))
		}
		if l.Name == "conversions" {
			price = bv.Add(price, rest)
			continue
		}
		goal("guest address", bv.Eq(l.Args[0].(*bv.Term), want[i].addr))
		n := l.Args[1].(*bv.Term)
		if want[i].n != nil {
			goal("length", bv.Eq(n, want[i].n))
		} else {
			goal("string is its own", samePlace(l.Args[3], w.arg(want[i].arg)))
		}
		if want[i].pays {
			price = bv.Add(price, bv.UDiv(n, c32(sysapi.BytesPerSlot)))
		}
		have[want[i].arg] = *l
	}
	if !done {
		return
	}
	goal("all checks are made", bv.Bool(len(st.Log) == len(want)))
	goal("accepted", bv.Eq(code, status(0)))
	got := w.int(st, sym.Ptr{Obj: w.price})
	goal("price", bv.Eq(got, price))
	goal("price is bounded", bv.Ult(got, c32(maxPrice-1)))
	for i := range sysapi.MaxArgs {
		if format >= 0 && i > format {
			break // set by conversions
		}
		in, out := sym.Ptr{}, sym.Ptr{}
		if l, ok := have[i]; ok {
			if l.Name == "femto_write" {
				out = l.Args[2].(sym.Ptr)
			} else {
				in = l.Args[2].(sym.Ptr)
			}
			goal("translated length", bv.Eq(w.int(st, w.argField(i, "len")), l.Args[1].(*bv.Term)))
		}
		goal("translated for reading", samePlace(ex.Get(st, w.argField(i, "in")), in))
		goal("translated for writing", samePlace(ex.Get(st, w.argField(i, "out")), out))
	}
}

// runString: a string is accepted when it ends in time and lies in one segment,
// and its zero with it.
func (w *stubWorld) runString(st *sym.State) error {
	ex := w.ex
	addr, n := bv.Var("addr", 64), bv.Var("n", 32)
	a := bv.Extract(addr, 0, 32)
	before := st.Clone()
	// The byte at addr+k, for the k of this iteration, is k bytes behind the first.
	within := func(k *bv.Term) *bv.Term {
		last := bv.Sub(bv.Add(a, k), c32(1))
		return bv.Or(bv.Eq(k, c32(0)), bv.And(w.legal(w.ends, bv.ZExt(last, 64), c32(1)),
			bv.And(bv.Eq(isa.Index(last), isa.Index(a)), bv.Eq(isa.Offset(last), bv.Sub(bv.Add(isa.Offset(a), k), c32(1))))))
	}
	ex.Calls = w.memoryContracts()
	ex.Loops = map[string]*sym.Loop{"string#0": {
		First: begins("at the first byte", func(h *sym.Head) *bv.Term { return bv.Eq(h.Int("n"), c32(0)) }),
		Inv: func(h *sym.Head) []sym.Cond {
			return []sym.Cond{{Name: "n is within a string", Term: bv.Ule(h.Int("n"), c32(sysapi.MaxString))},
				{Name: "bytes so far are in one segment", Term: within(h.Int("n"))}}
		},
		Variant: func(h *sym.Head) *bv.Term { return bv.ZExt(bv.Sub(c32(sysapi.MaxString), h.Int("n")), 64) },
		Havoc: func(h *sym.Head) {
			h.Set("n", n)
			ex.Set(h.State, w.vmField("address"), bv.Var("address", 32))
		},
		Enter: func(h *sym.Head) {
			here := w.segmentPtr(bv.Add(addr, bv.ZExt(n, 64)))
			ex.Seed(h.State, w.segs, here.Index, here.Off, bv.Var("byte", 8))
		},
		Back: func(h *sym.Head) {
			ex.Goal(h.State, "string: goes on behind a byte that is not zero", "string", bv.Ne(bv.Var("byte", 8), bv.Const(0, 8)))
			ex.Goal(h.State, "string: next byte", "string", bv.Eq(h.Int("n"), bv.Add(n, c32(1))))
		},
	}}
	ex.OnReturn = func(st *sym.State, result sym.Value) {
		code := result.(*bv.Term)
		goal := func(kind string, c *bv.Term) { ex.Goal(st, "string: "+kind, "string", c) }
		w.same(st, before, w.vm, "string", func(p sym.Ptr) bool { return p.String() == w.vmField("address").String() })
		if len(st.Log) == 0 {
			goal("too long", bv.And(bv.Eq(code, status(diag.StringTooLong)), bv.Eq(n, c32(sysapi.MaxString))))
			return
		}
		l := &st.Log[0]
		goal("one byte at a time", bv.And(bv.Bool(len(st.Log) == 1), bv.Eq(l.Args[1].(*bv.Term), c32(1))))
		goal("byte behind byte", bv.Eq(l.Args[0].(*bv.Term), bv.Add(addr, bv.ZExt(n, 64))))
		if refused(l) {
			goal("out of reach", bv.Eq(code, status(diag.BadAccess)))
			return
		}
		goal("accepted", bv.Eq(code, status(0)))
		goal("ends with a zero", bv.Eq(bv.Var("byte", 8), bv.Const(0, 8)))
		goal("begins where the guest says", samePlace(ex.Get(st, w.argField(0, "in")), w.segmentPtr(addr)))
		goal("length", bv.Eq(w.int(st, w.argField(0, "len")), n))
		goal("is short", bv.Ult(n, c32(sysapi.MaxString)))
		goal("is all in reach", w.legal(w.ends, addr, bv.Add(n, c32(1))))
	}
	return ex.Run(st, "string", sym.Ptr{Obj: w.vm}, addr, w.arg(0))
}

// text is a string of some length with its zero.
func (w *stubWorld) textObject(st *sym.State) (o *sym.Object, end *bv.Term) {
	n := bv.Var("text_len", 32)
	end = bv.ZExt(n, 64)
	o = &sym.Object{Name: "string", Align: 1, Len: func(*bv.Term) *bv.Term { return bv.Add(end, bv.Const(1, 64)) },
		Write: func(*bv.Term) *bv.Term { return bv.False }}
	st.Put(o)
	w.ex.Assume(st, bv.Ult(n, c32(sysapi.MaxString)))
	w.ex.Seed(st, o, nil, end, bv.Const(0, 8))
	return o, end
}

const verbs = "duxXcsp"

// goodConversion is what femto_sys_conversion promises about what it found.
func goodConversion(verb, width *bv.Term) *bv.Term {
	ok := bv.Eq(verb, bv.Const('%', 8))
	for _, v := range verbs {
		ok = bv.Or(ok, bv.Eq(verb, bv.Const(uint64(v), 8)))
	}
	return bv.And(ok, bv.Ule(width, bv.Const(64, 8)))
}

// runConversion: one conversion is read without leaving the string.
func (w *stubWorld) runConversion(st *sym.State) error {
	ex := w.ex
	text, end := w.textObject(st)
	begin := bv.Var("begin", 64)
	ex.Assume(st, bv.Ule(begin, end))
	t := structType(w.unit, "femto_sys_conversion_t")
	c := &sym.Object{Name: "conversion", Type: t}
	st.Put(c)
	field := func(name string) sym.Ptr { return sym.Field(sym.Ptr{Obj: c}, t, name) }
	scan := func(first func(h *sym.Head) *bv.Term, more func(h *sym.Head) []sym.Cond, havoc ...string) *sym.Loop {
		return &sym.Loop{
			First: begins("of the conversion", first),
			Inv: func(h *sym.Head) []sym.Cond {
				out := []sym.Cond{{Name: "s is within the string", Term: bv.And(bv.Ule(begin, h.Ptr("s").Off), bv.Ule(h.Ptr("s").Off, end))}}
				if more != nil {
					out = append(out, more(h)...)
				}
				return out
			},
			Variant: func(h *sym.Head) *bv.Term { return bv.Sub(end, h.Ptr("s").Off) },
			Havoc: func(h *sym.Head) {
				for _, name := range havoc {
					ex.Set(h.State, field(name), ex.Fresh(name, 8))
				}
			},
		}
	}
	ex.Loops = map[string]*sym.Loop{
		"femto_sys_conversion#0": scan(func(h *sym.Head) *bv.Term { return bv.Eq(h.Ptr("s").Off, begin) }, nil, "left", "zero"),
		"femto_sys_conversion#1": scan(func(h *sym.Head) *bv.Term { return bv.Eq(h.Int("width"), c32(0)) }, func(h *sym.Head) []sym.Cond {
			return []sym.Cond{{Name: "width is small", Term: bv.Ule(h.Int("width"), c32(64))}}
		}),
	}
	ex.OnReturn = func(st *sym.State, result sym.Value) {
		p, ok := result.(sym.Ptr)
		if ok && p.Null() {
			return
		}
		goal := func(kind string, c *bv.Term) { ex.Goal(st, "conversion: "+kind, "femto_sys_conversion", c) }
		if !ok || p.Obj != text {
			goal("gives a place in the string", bv.False)
			return
		}
		goal("gives a place in the string", bv.And(bv.Ult(begin, p.Off), bv.Ule(p.Off, end)))
		get := func(name string) *bv.Term { return w.int(st, field(name)) }
		goal("is one of those allowed", goodConversion(get("verb"), get("width")))
	}
	return ex.Run(st, "femto_sys_conversion", at(text, begin), sym.Ptr{Obj: c})
}

// runConversions: every conversion has a register, those of strings are checked,
// and nothing outside the format is read. The second loop goes through the
// same places as the first, since what a step does depends on the place only:
// next and verb stand for femto_sys_conversion there. So at the place of the
// second loop the first one found no reason to refuse.
func (w *stubWorld) runConversions(st *sym.State) error {
	ex := w.ex
	text, end := w.textObject(st)
	n := bv.Var("n", 32)
	ex.Assume(st, bv.Ult(n, c32(sysapi.MaxArgs)))
	for i := range sysapi.MaxArgs {
		ex.Set(st, w.argField(i, "len"), bv.Var(fmt.Sprintf("len%d", i), 32))
	}
	ex.Set(st, sym.Ptr{Obj: w.price}, bv.Var("price0", 32))
	t := structType(w.unit, "femto_sys_conversion_t")
	before := st.Clone()
	// The step from place s with used registers: a byte, and what
	// femto_sys_conversion finds behind it.
	place, used, char := bv.Var("place", 64), bv.Var("used", 32), bv.Var("char", 8)
	next, verb, width, bad := bv.Var("next", 64), bv.Var("verb", 8), bv.Var("width", 8), bv.Var("bad_conversion", 1)
	percent := bv.Eq(char, bv.Const('%', 8))
	takes := bv.And(percent, bv.Ne(verb, bv.Const('%', 8)))
	passes := bv.Or(bv.Not(percent), bv.And(bv.Not(bad), bv.Or(bv.Not(takes), bv.Ne(used, n))))
	goesTo := bv.Ite(percent, next, bv.Add(place, bv.Const(1, 64)))
	uses := bv.Add(used, bv.Ite(takes, c32(1), c32(0)))
	loop := func(second bool) *sym.Loop {
		return &sym.Loop{
			Forget: second, // which ended the first loop
			First: begins("with the whole format", func(h *sym.Head) *bv.Term {
				return bv.And(bv.Eq(h.Ptr("s").Off, bv.Const(0, 64)), bv.Eq(h.Int("used"), c32(0)))
			}),
			Inv: func(h *sym.Head) []sym.Cond {
				return []sym.Cond{{Name: "s is within the format", Term: bv.Ule(h.Ptr("s").Off, end)},
					{Name: "registers used are there", Term: bv.Ule(h.Int("used"), n)}}
			},
			Variant: func(h *sym.Head) *bv.Term { return bv.Sub(end, h.Ptr("s").Off) },
			Havoc: func(h *sym.Head) {
				h.Set("s", at(text, place))
				h.Set("used", used)
				if second {
					for i := range sysapi.MaxArgs {
						ex.Set(h.State, w.argField(i, "len"), ex.Fresh("len", 32))
					}
					ex.Set(h.State, sym.Ptr{Obj: w.price}, bv.Var("price", 32))
					ex.Set(h.State, w.vmField("address"), bv.Var("address", 32))
				}
			},
			Enter: func(h *sym.Head) {
				ex.Assume(h.State, bv.Or(bv.Ne(place, end), bv.Eq(char, bv.Const(0, 8))))
				ex.Seed(h.State, text, nil, place, char)
				h.State.Log = nil
				if second {
					ex.Assume(h.State, passes)
					for i := range sysapi.MaxArgs {
						ex.Assume(h.State, bv.Ult(w.int(h.State, w.argField(i, "len")), c32(sysapi.MaxString)))
					}
				}
			},
			Back: func(h *sym.Head) {
				goal := func(kind string, c *bv.Term) { ex.Goal(h.State, "format: "+kind, "conversions", c) }
				goal("goes on only if nothing is wrong", passes)
				goal("next place", bv.Eq(h.Ptr("s").Off, goesTo))
				goal("registers used", bv.Eq(h.Int("used"), uses))
				if !second {
					return
				}
				isString := bv.And(percent, bv.Eq(verb, bv.Const('s', 8)))
				looked := 0
				for i := range h.State.Log {
					if h.State.Log[i].Name == "string" {
						looked++
						w.restString(h.State, &h.State.Log[i], used, goal)
					}
				}
				goal("checks the string of each %s", bv.And(bv.Eq(bv.Bool(looked > 0), isString), bv.Bool(looked < 2)))
				got := w.int(h.State, sym.Ptr{Obj: w.price})
				goal("price of a string", bv.Ule(bv.Sub(got, bv.Var("price", 32)), bv.Ite(isString, c32(sysapi.MaxString/sysapi.BytesPerSlot), c32(0))))
			},
		}
	}
	ex.Loops = map[string]*sym.Loop{"conversions#0": loop(false), "conversions#1": loop(true)}
	ex.Calls = map[string]sym.Contract{
		"string": w.stringContract,
		"femto_sys_conversion": func(ex *sym.Exec, st *sym.State, pos string, args []sym.Value) []sym.Outcome {
			from := bv.Add(place, bv.Const(1, 64))
			ex.Goal(st, "format: conversion behind the percent sign", pos, bv.And(samePlace(args[0], at(text, from)), percent))
			ex.Goal(st, "format: within the string", pos, bv.Ule(from, end))
			c := args[1].(sym.Ptr)
			none, some := st.Clone(), st.Clone()
			ex.Assume(none, bad)
			ex.Assume(some, bv.Not(bad), bv.Ult(from, next), bv.Ule(next, end), goodConversion(verb, width))
			for _, f := range []string{"left", "zero", "wide"} {
				ex.Set(some, sym.Field(c, t, f), ex.Fresh(f, 8))
			}
			ex.Set(some, sym.Field(c, t, "verb"), verb)
			ex.Set(some, sym.Field(c, t, "width"), width)
			out := []sym.Outcome{{State: some, Result: at(text, next)}}
			if !ex.Holds(st, bv.Not(bad)) {
				out = append(out, sym.Outcome{State: none, Result: sym.Ptr{}})
			}
			return out
		},
	}
	ex.OnReturn = func(st *sym.State, result sym.Value) {
		code := result.(*bv.Term)
		goal := func(kind string, c *bv.Term) { ex.Goal(st, "format: "+kind, "conversions", c) }
		w.same(st, before, w.vm, "conversions", func(p sym.Ptr) bool { return p.String() == w.vmField("address").String() })
		for i := range st.Log {
			if refused(&st.Log[i]) {
				goal("refusal of a string", bv.Eq(code, st.Log[i].More[1]))
				return
			}
		}
		over := bv.Eq(char, bv.Const(0, 8))
		goal("ends at the end or refuses", bv.Or(bv.And(over, bv.Eq(code, status(0))), bv.And(bv.Not(passes), bv.Eq(code, status(diag.BadFormat)))))
	}
	return ex.Run(st, "conversions", sym.Ptr{Obj: w.vm}, at(text, bv.Const(0, 64)), w.arg(0), w.reg(1), n, sym.Ptr{Obj: w.price})
}

// restString: the string of a conversion is that of its own register, and its
// translation is stored for it.
func (w *stubWorld) restString(st *sym.State, l *sym.Call, used *bv.Term, goal func(string, *bv.Term)) {
	var regs []*bv.Term
	for i := range sysapi.MaxArgs {
		regs = append(regs, w.regs[i+1])
	}
	goal("string of its own register", bv.Eq(l.Args[0].(*bv.Term), pick(used, regs)))
	to, ok := l.Args[3].(sym.Ptr)
	if !ok || to.Obj != w.args || len(to.Path) != 1 {
		goal("string is kept for its own conversion", bv.False)
		return
	}
	goal("string is kept for its own conversion", bv.Eq(to.Path[0].Idx, bv.ZExt(used, 64)))
}

// runDigits: a number has at most 20 digits to base 10, which is what the core
// asks for. Base 16 is for the bodies of handlers only, and tested with them.
func (w *stubWorld) runDigits(st *sym.State) error {
	ex := w.ex
	const base = 10
	const most = 20 // of 2^64 - 1, to base 10
	buf := &sym.Object{Name: "buf", Type: &cir.Type{Kind: cir.Array, Elem: charType(w.unit.Model), Len: most, Size: most, Align: 1}}
	st.Put(buf)
	letter := bv.Var("letter", 8)
	const divides, copies = "divides", "copies"
	ex.OnReturn = func(st *sym.State, result sym.Value) {
		n := result.(*bv.Term)
		goal := func(kind string, c *bv.Term) { ex.Goal(st, "digits: "+kind, "femto_sys_digits", c) }
		goal("at least one, at most 20", bv.And(bv.Ule(c32(1), n), bv.Ule(n, c32(most))))
		last, end := noted(st, divides), noted(st, copies)
		if last == nil || end == nil {
			goal("divides and copies", bv.False)
			return
		}
		goal("divides to the last", bv.Ult(last[0], bv.Const(base, 64)))
		goal("copies to the last", bv.Eq(end[0], n))
	}
	// After n digits what is left is below limits[n].
	var limits []*bv.Term
	for v, i := ^uint64(0), 0; i <= most; i++ {
		limits = append(limits, bv.Const(v, 64))
		v /= uint64(base)
	}
	value := bv.Var("value", 64)
	ex.Loops = map[string]*sym.Loop{"femto_sys_digits#0": whole(divides, &sym.Loop{
		Inv: func(h *sym.Head) []sym.Cond {
			n := h.Int("n")
			return []sym.Cond{{Name: "at most 20 digits", Term: bv.Ult(n, c32(most))},
				{Name: "what is left is small", Term: bv.Ule(h.Int("value"), pick(n, limits))}}
		},
		Variant: func(h *sym.Head) *bv.Term { return bv.ZExt(bv.Sub(c32(most), h.Int("n")), 64) },
		Havoc:   func(h *sym.Head) { fillArray(ex, h.State, h.Object("reversed")) },
		Back: func(h *sym.Head) {
			goal := func(kind string, c *bv.Term) { ex.Goal(h.State, "digits: "+kind, "femto_sys_digits", c) }
			n, v := h.Start.Int("n"), h.Start.Int("value")
			digit := bv.Extract(bv.URem(v, bv.Const(uint64(base), 64)), 0, 8)
			char := bv.Ite(bv.Ult(digit, bv.Const(10, 8)), bv.Add(bv.Const('0', 8), digit), bv.Sub(bv.Add(letter, digit), bv.Const(10, 8)))
			goal("is the remainder", bv.Eq(w.element(h.State, h.Object("reversed"), n), char))
			goal("next digit", bv.Eq(h.Int("n"), bv.Add(n, c32(1))))
			goal("goes on with the quotient", bv.Eq(h.Int("value"), bv.UDiv(v, bv.Const(uint64(base), 64))))
		},
	}, func(h *sym.Head) *bv.Term { return bv.And(bv.Eq(h.Int("n"), c32(0)), bv.Eq(h.Int("value"), value)) },
		func(h *sym.Head) []*bv.Term { return []*bv.Term{h.Int("value")} }), "femto_sys_digits#1": whole(copies, &sym.Loop{
		Inv: func(h *sym.Head) []sym.Cond {
			return []sym.Cond{{Name: "i is within the digits", Term: bv.And(bv.Ule(h.Int("i"), h.Int("n")), bv.Ule(h.Int("n"), c32(most)))}}
		},
		Variant: func(h *sym.Head) *bv.Term { return bv.ZExt(bv.Sub(h.Int("n"), h.Int("i")), 64) },
		Havoc:   func(h *sym.Head) { fillArray(ex, h.State, buf) },
		Back: func(h *sym.Head) {
			i, n := h.Start.Int("i"), h.Int("n")
			from := bv.Sub(bv.Sub(n, c32(1)), i)
			ex.Goal(h.State, "digits: only those there are", "femto_sys_digits", bv.Ult(from, n))
			ex.Goal(h.State, "digits: in reverse", "femto_sys_digits", bv.And(bv.Eq(h.Int("i"), bv.Add(i, c32(1))),
				bv.Eq(w.element(h.State, buf, i), w.element(h.State, h.Object("reversed"), from))))
		},
	}, func(h *sym.Head) *bv.Term { return bv.Eq(h.Int("i"), c32(0)) }, func(h *sym.Head) []*bv.Term { return []*bv.Term{h.Int("i")} })}
	return ex.Run(st, "femto_sys_digits", sym.Element(sym.Ptr{Obj: buf}, buf.Type, bv.Const(0, 64)), value, c32(base), letter)
}

// element is what an array of integers holds at index i, of 32 bits. That the
// elements below n are set follows by induction from what each iteration sets.
func (w *stubWorld) element(st *sym.State, o *sym.Object, i *bv.Term) *bv.Term {
	return w.int(st, sym.Element(sym.Ptr{Obj: o}, o.Type, bv.ZExt(i, 64)))
}

func charType(m cir.Model) *cir.Type {
	t := *uintType(8)
	t.Signed = m.Name == cir.LP64.Name
	return &t
}

// fillArray gives every element of an array of integers an unknown value.
func fillArray(ex *sym.Exec, st *sym.State, o *sym.Object) {
	for i := range o.Type.Len {
		ex.Set(st, sym.Element(sym.Ptr{Obj: o}, o.Type, bv.Const(uint64(i), 64)), ex.Fresh(o.Name, o.Type.Elem.Bits))
	}
}
