// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package cddl

import (
	"fmt"
	"os"
	"regexp"
	"strconv"
)

// A Schema is the rules of one file.
type Schema struct {
	rules map[string]*node
	tok   []string
}

// A node is a type, or a group when it has members and kind '('.
type node struct {
	kind    byte // n name, i range of integers, t text, { map, [ array, ( group, / choice, 6 tag, . control
	name    string
	lo, hi  int64
	members []member
	of      []*node // alternatives, or what a tag or a control is about
}

// A member of a map, an array or a group.
type member struct {
	min, max int
	key      *node // nil: none
	value    *node
}

const many = 1 << 30

var token = regexp.MustCompile(`;[^\n]*|\s+|"[^"]*"|=>|\.\.|\.[a-z]+|#6\.\d+|-?\d+|[A-Za-z][\w-]*|[][{}()=,:/?*+&]|.`)

// Load reads a file.
func Load(name string) (s *Schema, err error) {
	b, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	return parse(string(b))
}

func parse(text string) (s *Schema, err error) {
	s = &Schema{rules: map[string]*node{}}
	for _, t := range token.FindAllString(text, -1) {
		if t[0] != ';' && t[0] != ' ' && t[0] != '\n' {
			s.tok = append(s.tok, t)
		}
	}
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("cddl: %v", r)
		}
	}()
	for len(s.tok) > 0 {
		name := s.next()
		s.want("=")
		if s.rules[name] != nil {
			panic("two rules " + name)
		}
		s.rules[name] = s.rule()
	}
	for name, n := range s.rules {
		s.resolve(name, n)
	}
	return s, nil
}

func (s *Schema) peek(i int) string {
	if i < len(s.tok) {
		return s.tok[i]
	}
	return ""
}

func (s *Schema) next() string {
	t := s.peek(0)
	if t == "" {
		panic("the file ends too early")
	}
	s.tok = s.tok[1:]
	return t
}

func (s *Schema) is(t string) bool {
	if s.peek(0) == t {
		s.tok = s.tok[1:]
		return true
	}
	return false
}

func (s *Schema) want(t string) {
	if got := s.next(); got != t {
		panic(fmt.Sprintf("%q, not %q, before %q", got, t, s.tok[:min(5, len(s.tok))]))
	}
}

// rule is a type, or a group in parentheses.
func (s *Schema) rule() *node {
	if s.is("(") {
		return &node{kind: '(', members: s.group(")")}
	}
	return s.choice()
}

func (s *Schema) choice() *node {
	n := s.controlled()
	if s.peek(0) != "/" {
		return n
	}
	n = &node{kind: '/', of: []*node{n}}
	for s.is("/") {
		n.of = append(n.of, s.controlled())
	}
	return n
}

func (s *Schema) controlled() *node {
	n := s.primary()
	switch s.peek(0) {
	case ".size", ".regexp", ".cbor":
		n = &node{kind: '.', name: s.next(), of: []*node{n, s.primary()}}
	}
	return n
}

func integer(t string) (int64, bool) {
	v, err := strconv.ParseInt(t, 10, 64)
	return v, err == nil
}

func (s *Schema) primary() *node {
	t := s.next()
	if lo, ok := integer(t); ok {
		hi := lo
		if s.is("..") {
			if hi, ok = integer(s.next()); !ok {
				panic("a range without an end")
			}
		}
		return &node{kind: 'i', lo: lo, hi: hi}
	}
	switch {
	case t == "{":
		return &node{kind: '{', members: s.group("}")}
	case t == "[":
		return &node{kind: '[', members: s.group("]")}
	case t == "(":
		n := s.choice()
		s.want(")")
		return n
	case t == "&":
		s.want("(")
		n := &node{kind: '/'}
		for _, m := range s.group(")") {
			n.of = append(n.of, m.value)
		}
		return n
	case t[0] == '"':
		return &node{kind: 't', name: t[1 : len(t)-1]}
	case len(t) > 3 && t[:3] == "#6.":
		number, _ := integer(t[3:])
		s.want("(")
		n := &node{kind: '6', lo: number, of: []*node{s.choice()}}
		s.want(")")
		return n
	case t[0] >= 'A' && t[0] <= 'z':
		return &node{kind: 'n', name: t}
	}
	panic(fmt.Sprintf("%q is not understood", t))
}

func (s *Schema) group(end string) (members []member) {
	for !s.is(end) {
		m := member{min: 1, max: 1}
		n, number := integer(s.peek(0))
		switch {
		case s.is("?"):
			m.min = 0
		case s.is("+"):
			m.max = many
		case number && s.peek(1) == "*" || s.peek(0) == "*":
			m.min, m.max = int(n), many
			if number {
				s.next()
			}
			s.next()
			if n, ok := integer(s.peek(0)); ok && s.peek(1) != "=>" {
				s.next()
				m.max = int(n)
			}
		}
		m.value = s.choice()
		switch {
		case s.is("=>"):
			m.key, m.value = m.value, s.choice()
		case s.is(":"):
			m.key, m.value = &node{kind: 't', name: m.value.name}, s.choice()
		}
		members = append(members, m)
		s.is(",")
	}
	return members
}

// resolve finds names that nothing has.
func (s *Schema) resolve(rule string, n *node) {
	if n.kind == 'n' && s.rules[n.name] == nil && prelude[n.name] == nil {
		panic(rule + ": there is no rule " + n.name)
	}
	for _, of := range n.of {
		s.resolve(rule, of)
	}
	for _, m := range n.members {
		if m.key != nil {
			s.resolve(rule, m.key)
		}
		s.resolve(rule, m.value)
	}
}
