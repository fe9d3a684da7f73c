// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package main

import (
	"bufio"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
)

// A callGraph is what gcc's -fcallgraph-info=su says about some objects: the
// frame of each function in bytes and whom it calls.
type callGraph struct {
	frames map[string]int
	calls  map[string][]string
}

// indirect is gcc's name for a call through a pointer.
const indirect = "__indirect_call"

var (
	nodeLine = regexp.MustCompile(`^node: \{ title: "([^"]*)" label: "([^"]*)"`)
	edgeLine = regexp.MustCompile(`^edge: \{ sourcename: "([^"]*)" targetname: "([^"]*)"`)
	frameOf  = regexp.MustCompile(`\\n(\d+) bytes \(([a-z, ]+)\)`)
)

// title shortens gcc's name for a static function, "path/file.c:function", to
// "file.c:function", which still keeps functions of one name apart.
func title(name string) string { return name[strings.LastIndex(name, "/")+1:] }

// read adds one .ci file.
func (g *callGraph) read(r io.Reader) error {
	if g.frames == nil {
		g.frames, g.calls = map[string]int{}, map[string][]string{}
	}
	s := bufio.NewScanner(r)
	s.Buffer(nil, 1<<20)
	for s.Scan() {
		if m := nodeLine.FindStringSubmatch(s.Text()); m != nil {
			f := frameOf.FindStringSubmatch(m[2])
			if f == nil {
				continue // defined elsewhere
			}
			if f[2] != "static" && f[2] != "dynamic,bounded" {
				return fmt.Errorf("%s has an unbounded stack frame", m[1])
			}
			var n int
			fmt.Sscan(f[1], &n)
			g.frames[title(m[1])] = n
		}
		if m := edgeLine.FindStringSubmatch(s.Text()); m != nil {
			from, to := title(m[1]), title(m[2])
			if !slices.Contains(g.calls[from], to) {
				g.calls[from] = append(g.calls[from], to)
			}
		}
	}
	return s.Err()
}

// handlers are the functions nobody calls by name and that are not entry
// points (api): what a call through a pointer may reach.
func (g *callGraph) handlers(api []string) []string {
	called := map[string]bool{}
	for _, targets := range g.calls {
		for _, t := range targets {
			called[t] = true
		}
	}
	var out []string
	for name := range g.frames {
		if !called[name] && !slices.Contains(api, name) {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

// deepest gives the path of most stack from root, its bytes, and the functions
// on any path whose frames are unknown because they come from a library.
// Recursion is an error.
//
// A call through a pointer may reach every handler, once on a path: a handler
// goes on to the next one with a jump, after it has given its frame back, and
// what a host does in a system call is the host's stack. Should a compiler make
// a call of such a jump, the stack grows with every instruction, and no
// workload survives that.
func (g *callGraph) deepest(root string, api []string) (bytes int, path, outside []string, err error) {
	handlers := g.handlers(api)
	unknown := map[string]bool{}
	active := map[string]bool{}
	type result struct {
		bytes int
		path  []string
	}
	seen := map[string]result{}

	var visit func(string) (result, error)
	visit = func(name string) (result, error) {
		if r, ok := seen[name]; ok {
			return r, nil
		}
		if active[name] {
			return result{}, fmt.Errorf("%s calls itself", name)
		}
		active[name] = true
		defer delete(active, name)

		callees := g.calls[name]
		if name == indirect {
			callees = handlers
		}
		frame, ok := g.frames[name]
		if !ok && name != indirect {
			unknown[name] = true
		}
		var deepest result
		for _, c := range callees {
			if c == indirect && active[indirect] {
				continue
			}
			r, err := visit(c)
			if err != nil {
				return result{}, err
			}
			if r.bytes > deepest.bytes || deepest.path == nil {
				deepest = r
			}
		}
		r := result{frame + deepest.bytes, append([]string{name}, deepest.path...)}
		seen[name] = r
		return r, nil
	}
	if _, ok := g.frames[root]; !ok {
		return 0, nil, nil, fmt.Errorf("no function %s", root)
	}
	r, err := visit(root)
	if err != nil {
		return 0, nil, nil, err
	}
	for name := range unknown {
		outside = append(outside, name)
	}
	slices.Sort(outside)
	path = slices.DeleteFunc(r.path, func(s string) bool { return s == indirect })
	return r.bytes, path, outside, nil
}

var declared = regexp.MustCompile(`\b(femto_\w+)\(`)

// declarations are the functions that a header declares.
func declarations(header []byte) []string {
	var out []string
	for _, m := range declared.FindAllSubmatch(header, -1) {
		if name := string(m[1]); !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return out
}
