// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package cddl

import (
	"bytes"
	"fmt"
	"maps"
	"regexp"

	"github.com/fxamacker/cbor/v2"
)

var (
	decoding, encoding = modes()

	// prelude is what RFC 8610, appendix D, defines.
	prelude = map[string]func(v any) bool{
		"uint": func(v any) bool { _, ok := v.(uint64); return ok },
		"bstr": func(v any) bool { _, ok := v.([]byte); return ok },
		"tstr": func(v any) bool { _, ok := v.(string); return ok },
		"text": func(v any) bool { _, ok := v.(string); return ok },
		"bool": func(v any) bool { _, ok := v.(bool); return ok },
		"nil":  func(v any) bool { return v == nil },
	}
)

func modes() (cbor.DecMode, cbor.EncMode) {
	d, err := cbor.DecOptions{DupMapKey: cbor.DupMapKeyEnforcedAPF, IndefLength: cbor.IndefLengthForbidden, MaxNestedLevels: 16}.DecMode()
	if err != nil {
		panic(err)
	}
	e, err := cbor.CoreDetEncOptions().EncMode()
	if err != nil {
		panic(err)
	}
	return d, e
}

// Check tells why data is not one item of the rule.
func (s *Schema) Check(rule string, data []byte) error {
	n := s.rules[rule]
	if n == nil || n.kind == '(' {
		return fmt.Errorf("there is no type %s", rule)
	}
	v, err := decode(data)
	if err == nil && !s.match(n, v) {
		err = fmt.Errorf("it does not match")
	}
	if err != nil {
		return fmt.Errorf("%s: %w: %x", rule, err, data)
	}
	return nil
}

func decode(data []byte) (v any, err error) {
	if err := decoding.Unmarshal(data, &v); err != nil {
		return nil, err
	}
	if again, err := encoding.Marshal(v); err != nil || !bytes.Equal(again, data) {
		return nil, fmt.Errorf("it is not in its shortest form, keys ascending (%v)", err)
	}
	return v, nil
}

func (s *Schema) match(n *node, v any) bool {
	switch n.kind {
	case 'n':
		if r := s.rules[n.name]; r != nil {
			return s.match(r, v)
		}
		return prelude[n.name](v)
	case 'i':
		switch i := v.(type) {
		case uint64:
			return n.hi >= 0 && i <= uint64(n.hi) && (n.lo < 0 || i >= uint64(n.lo))
		case int64:
			return i >= n.lo && i <= n.hi
		}
		return false
	case 't':
		return v == n.name
	case '/':
		for _, of := range n.of {
			if s.match(of, v) {
				return true
			}
		}
		return false
	case '6':
		t, ok := v.(cbor.Tag)
		return ok && t.Number == uint64(n.lo) && s.match(n.of[0], t.Content)
	case '.':
		return s.match(n.of[0], v) && s.control(n, v)
	case '[':
		items, ok := v.([]any)
		return ok && s.sequence(n.members, items, func(rest []any) bool { return len(rest) == 0 })
	case '{':
		m, ok := v.(map[any]any)
		if !ok {
			return false
		}
		rest := maps.Clone(m)
		return s.take(n.members, rest) && len(rest) == 0
	}
	return false // a group is no type
}

func (s *Schema) control(n *node, v any) bool {
	arg := n.of[1]
	switch n.name {
	case ".size":
		switch v := v.(type) {
		case uint64:
			return arg.lo == arg.hi && (arg.lo >= 8 || v < 1<<(8*arg.lo))
		case string:
			return s.match(arg, uint64(len(v)))
		case []byte:
			return s.match(arg, uint64(len(v)))
		}
	case ".regexp":
		text, ok := v.(string)
		return ok && regexp.MustCompile("^(?:"+arg.name+")$").MatchString(text)
	case ".cbor":
		b, ok := v.([]byte)
		inner, err := decode(b)
		return ok && err == nil && s.match(arg, inner)
	}
	return false
}

// groupOf is the members that a name stands for, if it does.
func (s *Schema) groupOf(m member) []member {
	if m.key == nil && m.value.kind == 'n' {
		if r := s.rules[m.value.name]; r != nil && r.kind == '(' {
			return r.members
		}
	}
	return nil
}

// sequence matches members with the first items, in every way, until what follows
// is content with the rest.
func (s *Schema) sequence(members []member, items []any, then func([]any) bool) bool {
	if len(members) == 0 {
		return then(items)
	}
	m, following := members[0], members[1:]
	if group := s.groupOf(m); group != nil && m.min == 1 && m.max == 1 {
		return s.sequence(group, items, func(rest []any) bool { return s.sequence(following, rest, then) })
	}
	if m.max > 0 && len(items) > 0 && s.match(m.value, items[0]) {
		more := m
		more.min, more.max = max(m.min-1, 0), m.max-1
		if s.sequence(append([]member{more}, following...), items[1:], then) {
			return true
		}
	}
	return m.min == 0 && s.sequence(following, items, then)
}

// take takes from rest what the members stand for.
func (s *Schema) take(members []member, rest map[any]any) bool {
	for _, m := range members {
		if group := s.groupOf(m); group != nil {
			if !s.take(group, rest) {
				return false
			}
			continue
		}
		n := 0
		for k, v := range rest {
			if n < m.max && m.key != nil && s.match(m.key, k) && s.match(m.value, v) {
				delete(rest, k)
				n++
			}
		}
		if n < m.min {
			return false
		}
	}
	return true
}
