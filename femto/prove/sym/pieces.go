// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package sym

import "github.com/femtocontainer/femtocontainer/femto/bv"

// A Piece is a part of a blob's initial contents that a run has named, by a
// seed or by reading it.
type Piece struct {
	Index *bv.Term // of a family's member, else nil
	Off   *bv.Term
	Val   *bv.Term
	Seed  bool
}

// Pieces lists what is named of a blob, in the order in which it was: a piece
// lies at an offset that mentions only earlier ones. It is for those who give
// the variables values (package random).
func (ex *Exec) Pieces(o *Object) []Piece {
	var out []Piece
	for _, c := range ex.reads[o] {
		out = append(out, Piece{c.index, c.off, c.val, c.seed})
	}
	return out
}

// Bound is what values of variables say of the bytes that blobs, but for
// families, had at first: by name and offset.
func (ex *Exec) Bound(values map[string]uint64) map[string]map[uint64]byte {
	if len(values) == 0 {
		return nil
	}
	known := func(t *bv.Term) bool {
		for _, v := range varsOf(t) {
			if _, ok := values[v.Name]; !ok {
				return false
			}
		}
		return true
	}
	out := make(map[string]map[uint64]byte)
	for o, cells := range ex.reads {
		for _, c := range cells {
			if c.gen != 0 || c.index != nil || !known(c.off) || !known(c.val) {
				continue
			}
			if out[o.Name] == nil {
				out[o.Name] = make(map[uint64]byte)
			}
			off, val := bv.Eval(c.off, values), bv.Eval(c.val, values)
			for i := range uint64(c.size) {
				out[o.Name][off+i] = byte(val >> (8 * i))
			}
		}
	}
	return out
}
