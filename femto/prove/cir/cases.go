// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package cir

import (
	"fmt"
	"strings"
)

// CaseText prints what f does from one case of its switch on: the same text for
// two functions that differ in other cases only. It is empty without the case.
func (f *Fn) CaseText(value uint64) (string, error) {
	var from *Block
	switches := 0
	for _, b := range f.Blocks {
		if b.Switch < 0 {
			continue
		}
		if switches++; switches > 1 {
			return "", fmt.Errorf("%s has more than one switch", f.Name)
		}
		for i, k := range b.Cases {
			if k == value {
				from = b.Next[i]
			}
		}
	}
	if from == nil {
		return "", nil
	}
	// Blocks and temps get numbers in the order in which they are met.
	blocks := map[*Block]int{from: 0}
	work := []*Block{from}
	temps := make(map[Temp]Temp)
	vars := make(numbers)
	temp := func(t Temp) Temp {
		if t < 0 {
			return t
		}
		if _, ok := temps[t]; !ok {
			temps[t] = Temp(len(temps))
		}
		return temps[t]
	}
	var out strings.Builder
	for len(work) > 0 {
		b := *work[0]
		work = work[1:]
		fmt.Fprintf(&out, "%s\n", b.Label)
		for _, in := range b.Instrs {
			in.Dst, in.A, in.B = temp(in.Dst), temp(in.A), temp(in.B)
			args := make([]Temp, len(in.Args))
			for i, a := range in.Args {
				args[i] = temp(a)
			}
			in.Args = args
			out.WriteString(in.text(vars) + "\n")
		}
		b.Cond, b.Switch = temp(b.Cond), temp(b.Switch)
		next := make([]*Block, len(b.Next))
		for i, n := range b.Next {
			if _, ok := blocks[n]; !ok {
				blocks[n] = len(blocks)
				work = append(work, n)
			}
			next[i] = &Block{ID: blocks[n]}
		}
		b.Next = next
		if b.Ret {
			b.Value = temp(b.Value)
		}
		out.WriteString(b.end() + "\n")
	}
	return out.String(), nil
}
