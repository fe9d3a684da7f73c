// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package simp

import (
	"fmt"
	"hash/fnv"
	"maps"
	"slices"
	"sync"

	"github.com/femtocontainer/femtocontainer/femto/bv"
)

// A Lemma says that Left and Right are equal. It is as general as looks right;
// where it is too general, it is enough that the two terms of each use are.
type Lemma struct {
	Rule        string
	Left, Right *bv.Term
	Uses        [][2]*bv.Term
}

// A Simplifier rewrites terms and collects what it relied on. Its zero value
// is ready for use.
type Simplifier struct {
	memo   map[*bv.Term]*bv.Term
	hashes map[*bv.Term]uint64
	lemmas map[string]Lemma
	mu     sync.Mutex
}

// Do gives a term equal to t.
func (s *Simplifier) Do(t *bv.Term) *bv.Term {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.memo == nil {
		s.memo = make(map[*bv.Term]*bv.Term)
		s.hashes = make(map[*bv.Term]uint64)
		s.lemmas = make(map[string]Lemma)
	}
	return s.do(t)
}

// Lemmas lists the equations used so far, in a fixed order.
func (s *Simplifier) Lemmas() []Lemma {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Lemma
	for _, k := range slices.Sorted(maps.Keys(s.lemmas)) {
		out = append(out, s.lemmas[k])
	}
	return out
}

func (s *Simplifier) do(t *bv.Term) *bv.Term {
	if len(t.Args) == 0 {
		return t
	}
	if r, ok := s.memo[t]; ok {
		return r
	}
	args := make([]*bv.Term, len(t.Args))
	for i, a := range t.Args {
		args[i] = s.do(a)
	}
	cur := Rebuild(t, args)
	for range 100 {
		if len(cur.Args) == 0 {
			break
		}
		if r, ok := s.memo[cur]; ok {
			cur = r
			break
		}
		rule, next := s.root(cur)
		if next == nil || next == cur {
			break
		}
		s.note(rule, cur, next)
		// The arguments of the result may be new.
		args := make([]*bv.Term, len(next.Args))
		for i, a := range next.Args {
			args[i] = s.do(a)
		}
		cur = Rebuild(next, args)
	}
	s.memo[t] = cur
	s.memo[cur] = cur
	return cur
}

// Rebuild is t with other operands.
func Rebuild(t *bv.Term, a []*bv.Term) *bv.Term {
	switch t.Op {
	case bv.OpConst, bv.OpVar:
		return t
	case bv.OpNot:
		return bv.Not(a[0])
	case bv.OpNeg:
		return bv.Neg(a[0])
	case bv.OpExtract:
		return bv.Extract(a[0], t.Lo, t.Width)
	case bv.OpConcat:
		return bv.Concat(a[0], a[1])
	case bv.OpZExt:
		return bv.ZExt(a[0], t.Width)
	case bv.OpSExt:
		return bv.SExt(a[0], t.Width)
	case bv.OpIte:
		return bv.Ite(a[0], a[1], a[2])
	}
	return binaries[t.Op](a[0], a[1])
}

var binaries = map[bv.Op]func(a, b *bv.Term) *bv.Term{
	bv.OpAnd: bv.And, bv.OpOr: bv.Or, bv.OpXor: bv.Xor, bv.OpAdd: bv.Add, bv.OpSub: bv.Sub, bv.OpMul: bv.Mul,
	bv.OpUDiv: bv.UDiv, bv.OpURem: bv.URem, bv.OpSDiv: bv.SDiv, bv.OpSRem: bv.SRem,
	bv.OpShl: bv.Shl, bv.OpLShr: bv.LShr, bv.OpAShr: bv.AShr,
	bv.OpEq: bv.Eq, bv.OpUlt: bv.Ult, bv.OpUle: bv.Ule, bv.OpSlt: bv.Slt, bv.OpSle: bv.Sle,
}

// note records left = right, generalised: what both sides have in common
// becomes a variable.
func (s *Simplifier) note(rule string, left, right *bv.Term) {
	in := make(map[*bv.Term]bool)
	var collect func(*bv.Term)
	collect = func(t *bv.Term) {
		if in[t] {
			return
		}
		in[t] = true
		for _, a := range t.Args {
			collect(a)
		}
	}
	for _, a := range left.Args {
		collect(a)
	}
	cut := make(map[*bv.Term]bool)
	seen := make(map[*bv.Term]bool)
	var find func(*bv.Term)
	find = func(t *bv.Term) {
		if seen[t] || t.Op == bv.OpConst {
			return
		}
		seen[t] = true
		if in[t] && t.Op != bv.OpConcat && t.Op != bv.OpZExt && t.Op != bv.OpSExt {
			cut[t] = true // but for what says where zeros are
			return
		}
		for _, a := range t.Args {
			find(a)
		}
	}
	find(right)
	names := make(map[*bv.Term]*bv.Term)
	memo := make(map[*bv.Term]*bv.Term)
	var walk func(*bv.Term) *bv.Term
	walk = func(t *bv.Term) *bv.Term {
		if t.Op == bv.OpConst {
			return t
		}
		if r, ok := memo[t]; ok {
			return r
		}
		var r *bv.Term
		if cut[t] || t.Op == bv.OpVar {
			r = bv.Var(fmt.Sprintf("x%d", len(names)), t.Width)
			names[t] = r
		} else {
			args := make([]*bv.Term, len(t.Args))
			for i, a := range t.Args {
				args[i] = walk(a)
			}
			r = Rebuild(t, args)
		}
		memo[t] = r
		return r
	}
	l, r := walk(left), walk(right)
	if l == r {
		return // equal by construction of terms
	}
	key := rule + " " + s.key(l) + " " + s.key(r)
	lemma, ok := s.lemmas[key]
	if !ok {
		lemma = Lemma{Rule: rule, Left: l, Right: r}
	}
	if uses := [2]*bv.Term{left, right}; !slices.Contains(lemma.Uses, uses) {
		lemma.Uses = append(lemma.Uses, uses)
	}
	s.lemmas[key] = lemma
}

func (s *Simplifier) key(t *bv.Term) string { return fmt.Sprintf("%016x", s.hash(t)) }

// hash is a fingerprint of a term that is the same in every run.
func (s *Simplifier) hash(t *bv.Term) uint64 {
	if h, ok := s.hashes[t]; ok {
		return h
	}
	f := fnv.New64a()
	fmt.Fprintf(f, "%d %d %d %d %s", t.Op, t.Width, t.Lo, t.Val, t.Name)
	for _, a := range t.Args {
		fmt.Fprintf(f, " %x", s.hash(a))
	}
	h := f.Sum64()
	s.hashes[t] = h
	return h
}
