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
