// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package prove

import (
	"github.com/femtocontainer/femtocontainer/femto/bv"
	"github.com/femtocontainer/femtocontainer/femto/diag"
	"github.com/femtocontainer/femtocontainer/femto/isa"
	"github.com/femtocontainer/femtocontainer/femto/prove/sym"
)

// A formatHeader is the header of docs/image-format.md, by its table, in 64
// bits.
type formatHeader struct {
	magic, version, total, signature, frame, depth, entries, helpers, flags *bv.Term
	text, rodata, data, bss                                                 *bv.Term
}

// header names the first 32 bytes of the buffer.
func (w *loaderWorld) header(st *sym.State) *formatHeader {
	number := func(off uint64, n uint8) *bv.Term {
		word := w.ex.Bytes(st, at(w.buf, bv.Const(off&^3, 64)), 4, "header")
		return bv.ZExt(bv.Extract(word, 8*uint8(off&3), 8*n), 64)
	}
	return &formatHeader{magic: number(0, 3), version: number(3, 1), total: number(4, 4), signature: number(8, 2), frame: number(10, 2),
		depth: number(12, 1), entries: number(13, 1), helpers: number(14, 1), flags: number(15, 1),
		text: number(16, 4), rodata: number(20, 4), data: number(24, 4), bss: number(28, 4)}
}

// verdict is the code of the first rule about the header that an image breaks,
// in the order of "Reading an image" there, or 0. That the buffer is aligned is
// a rule of devices alone.
func (f *formatHeader) verdict(length, aligned *bv.Term) *bv.Term {
	c := func(v uint64) *bv.Term { return bv.Const(v, 64) }
	le, max := bv.Ule, c(isa.MaxSegment)
	multiple := func(n *bv.Term) *bv.Term { return bv.Eq(bv.Extract(n, 0, 3), bv.Const(0, 3)) }
	rules := []struct {
		holds *bv.Term
		code  diag.Code
	}{
		{le(c(32), length), diag.Truncated},
		{aligned, diag.Misaligned},
		{bv.Eq(f.magic, c(0x7f|'F'<<8|'C'<<16)), diag.BadMagic},
		{bv.Eq(f.version, c(1)), diag.BadVersion},
		{bv.Eq(f.flags, c(0)), diag.BadHeader},
		{bv.And(multiple(f.frame), le(f.frame, c(512))), diag.BadHeader},
		{bv.And(le(c(1), f.depth), le(f.depth, c(32))), diag.BadHeader},
		{le(c(1), f.entries), diag.BadHeader},
		{bv.And(multiple(f.text), le(c(8), f.text)), diag.BadHeader},
		{bv.All(le(f.text, max), le(f.rodata, max), le(f.data, max)), diag.SectionTooLong},
		{le(f.bss, bv.Sub(max, f.data)), diag.SectionTooLong},
		{bv.And(le(c(32), f.total), le(f.total, length)), diag.Truncated},
		{bv.Eq(bv.Sub(length, f.total), f.signature), diag.Trailing},
		{le(bv.Mul(c(8), f.entries), bv.Sub(f.total, c(32))), diag.Truncated},
	}
	v := status(0)
	for i := len(rules) - 1; i >= 0; i-- {
		v = bv.Ite(rules[i].holds, v, status(rules[i].code))
	}
	return v
}

// The loops of femto_image_open by what they read.
const (
	readEntries = "reads the entry records"
	readHelpers = "reads the helper ids"
	readPadding = "reads the padding"
	readNames   = "reads the names"
)

// strict adds the goals that a path which ends with code gives the verdict of
// the format: it gets as far as the format does and ends where the format has
// an offence, with its code, or at the end of the names.
//
// The loops' goals say that each begins at its first record, id or byte, takes
// one after the other, sums up lengths and hooks, and passes what has no
// offence. So the records are all looked at when at is where the first one
// begins, and the others when at is where they end; and names and behind, at
// the end of the first loop, are the sums over all of them. Sums have 32 bits,
// as those of the C; that they do not wrap is a goal.
func (w *loaderWorld) strict(st *sym.State, f *formatHeader, code *bv.Term) {
	wide := func(t *bv.Term) *bv.Term { return bv.ZExt(t, 64) }
	low := func(t *bv.Term) *bv.Term { return bv.Extract(t, 0, 32) }
	is := func(d diag.Code) *bv.Term { return bv.Eq(code, status(d)) }
	goal := func(kind string, cond *bv.Term) { w.ex.Goal(st, "format: "+kind, "femto_image_open", cond) }
	header := f.verdict(wide(w.bufLen), bv.Eq(bv.Extract(w.buf.Addr, 0, 3), bv.Const(0, 3)))

	entries := noted(st, readEntries)
	if entries == nil {
		goal("header", bv.And(bv.Eq(code, header), bv.Ne(header, status(0))))
		return
	}
	goal("header", bv.Eq(header, status(0)))
	total := low(f.total)

	all := bv.Eq(entries[0], c32(imageHeader/4))
	behind, names, record := entries[1], entries[2], entries[3]
	helpersEnd := bv.Add(behind, bv.Mul(c32(2), low(f.helpers)))
	short := bv.Ult(total, helpersEnd)
	helpers := noted(st, readHelpers)
	if helpers == nil {
		goal("entry records", bv.Ite(all, bv.And(is(diag.Truncated), short), bv.And(is(diag.BadEntryRecord), bv.Ne(bv.Extract(record, 9, 23), bv.Const(0, 23)))))
		return
	}
	goal("entry records", bv.And(all, bv.Not(short)))

	all = bv.Eq(helpers[0], helpersEnd)
	text := bv.And(bv.Add(helpersEnd, c32(7)), c32(^uint32(7)))
	short = bv.Ult(total, text)
	padding := noted(st, readPadding)
	if padding == nil {
		goal("helper ids", bv.Ite(all, bv.And(is(diag.Truncated), short), bv.And(is(diag.BadHelperList), bv.Ule(bv.ZExt(helpers[2], 32), helpers[1]))))
		return
	}
	goal("helper ids", bv.And(all, bv.Not(short)))

	all = bv.Eq(padding[0], text)
	end := bv.Add(bv.Add(bv.Add(bv.Add(text, low(f.text)), low(f.rodata)), low(f.data)), names)
	for _, n := range []*bv.Term{text, low(f.text), low(f.rodata), low(f.data), names} {
		goal("sum of the sections does not wrap", bv.Ult(n, c32(1<<24)))
	}
	last := noted(st, readNames)
	if last == nil {
		goal("padding", bv.Or(all, bv.And(is(diag.BadPadding), bv.Ne(padding[1], bv.Const(0, 8)))))
		goal("sections", bv.Or(bv.Not(all), bv.Ite(bv.Ult(total, end), is(diag.Truncated), bv.And(is(diag.Trailing), bv.Ult(end, total)))))
		return
	}
	goal("padding and sections", bv.And(all, bv.Eq(end, total)))

	goal("names", bv.Ite(bv.Eq(last[0], total), is(0), bv.And(is(diag.BadEntryRecord), bv.Not(graphic(last[1])))))
}

// graphic: a character that a name may have.
func graphic(b *bv.Term) *bv.Term {
	return bv.And(bv.Ule(bv.Const('!', 8), b), bv.Ule(b, bv.Const('~', 8)))
}
