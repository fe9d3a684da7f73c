// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package asm

import (
	"encoding/binary"

	"github.com/femtocontainer/femtocontainer/femto/image"
	"github.com/femtocontainer/femtocontainer/femto/isa"
)

// CallDepth is the number of frames that the deepest chain of local calls from
// any of the entries has, 1 without calls. When a function can call itself,
// directly or not, circle is the slot of such a call, and otherwise -1. Where
// control would leave the text it is not followed.
//
// It takes time in proportion to the text: slots are nodes, a call is an edge
// of length 1 and every other way on one of length 0, and the depth is the
// longest path. A call between two nodes that reach each other is recursion.
func CallDepth(text []byte, entries []image.Entry) (depth, circle int) {
	n := len(text) / 8
	g := callGraph{text: text, index: make([]int, n), low: make([]int, n), depth: make([]int, n), circle: -1}
	depth = 1
	for _, e := range entries {
		if int64(e.Slot) < int64(n) {
			if g.index[e.Slot] == 0 {
				g.walk(int(e.Slot))
			}
			depth = max(depth, g.depth[e.Slot])
		}
	}
	return depth, g.circle
}

// callGraph is the state of Tarjan's algorithm for strongly connected
// components, and what it finds.
type callGraph struct {
	text   []byte
	index  []int // order of discovery, from 1; 0 is unseen
	low    []int // lowest index that the node is known to reach
	last   int
	open   []int // nodes whose component is not complete
	depth  []int // 0 while the component is not complete
	circle int
}

// ways lists where control may go from slot pc, within the text. A call's
// target, if there is one, comes first.
func (g *callGraph) ways(pc int) (to [2]int, n int, call bool) {
	in := isa.Decode(binary.LittleEndian.Uint64(g.text[8*pc:]))
	row := isa.Lookup(in)
	if row == nil {
		return to, 0, false
	}
	add := func(slot int) bool {
		if slot < 0 || slot >= len(g.index) {
			return false
		}
		to[n] = slot
		n++
		return true
	}
	next := pc + row.Width()
	if d, ok := row.Target(in); ok {
		call = add(next+int(d)) && row.Kind == isa.CallLocal
	}
	if !row.EndsRun() {
		add(next)
	}
	return to, n, call
}

// walk visits what start reaches. It keeps its own stack, since a stranger
// decides how deep the graph is.
func (g *callGraph) walk(start int) {
	type visit struct{ pc, way int }
	var path []visit
	enter := func(pc int) {
		g.last++
		g.index[pc], g.low[pc] = g.last, g.last
		g.open = append(g.open, pc)
		path = append(path, visit{pc: pc})
	}
	enter(start)
	for len(path) > 0 {
		v := &path[len(path)-1]
		to, n, _ := g.ways(v.pc)
		if v.way < n {
			next := to[v.way]
			v.way++
			switch {
			case g.index[next] == 0:
				enter(next)
			case g.depth[next] == 0:
				g.low[v.pc] = min(g.low[v.pc], g.index[next])
			}
			continue
		}
		pc := v.pc
		path = path[:len(path)-1]
		if len(path) > 0 {
			parent := path[len(path)-1].pc
			g.low[parent] = min(g.low[parent], g.low[pc])
		}
		if g.low[pc] == g.index[pc] {
			g.complete(pc)
		}
	}
}

// complete closes the component whose first node is root. Everything it leads
// to is closed already.
func (g *callGraph) complete(root int) {
	i := len(g.open) - 1
	for g.open[i] != root {
		i--
	}
	members := g.open[i:]
	g.open = g.open[:i]
	depth := 1
	for _, pc := range members {
		to, n, call := g.ways(pc)
		for way, next := range to[:n] {
			calls := call && way == 0
			switch d := g.depth[next]; {
			case d == 0 && calls:
				g.circle = pc
			case calls:
				depth = max(depth, d+1)
			default:
				depth = max(depth, d)
			}
		}
	}
	for _, pc := range members {
		g.depth[pc] = depth
	}
}
