// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package contract

import (
	"bytes"
	"errors"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"

	"github.com/femtocontainer/femtocontainer/femto/diag"
)

// MaxFile bounds the size of a contract in bytes.
const MaxFile = 1 << 20

// A place is an offset in the file.
type place uint32

// A document is a TOML file with the place of everything in it, and what is
// wrong with it so far. The library's decoder would do, but that it stops at
// the first error and does not tell where values were.
type document struct {
	name string
	text []byte
	errs []*diag.Error
	root *table

	broken bool  // not TOML
	more   error // what the library has against it, see confirm
}

type table struct {
	at      place
	entries []*entry
	how     origin
}

// origin is how a table came to be, which decides what may be added to it.
type origin uint8

const (
	implied origin = iota // by the header of a table in it: may get a header
	header                // by its header
	dotted                // by a.b = ..., or inline: may get neither
)

type entry struct {
	key string
	at  place
	val *value
}

type value struct {
	at    place
	kind  unstable.Kind
	text  string   // of a scalar
	list  []*value // of an array
	table *table   // of a table
}

func (t *table) find(key string) *entry {
	i := slices.IndexFunc(t.entries, func(e *entry) bool { return e.key == key })
	if i < 0 {
		return nil
	}
	return t.entries[i]
}

// report adds an error at a place.
func (d *document) report(code diag.Code, at place, format string, args ...any) *diag.Error {
	e := diag.New(code, format, args...)
	e.File = d.name
	e.Line, e.Col = d.position(at)
	d.errs = append(d.errs, e)
	return e
}

func (d *document) position(at place) (line, col int) {
	before := d.text[:at]
	return bytes.Count(before, []byte("\n")) + 1, len(before) - bytes.LastIndexByte(before, '\n')
}

// err joins the errors, in the order of the file.
func (d *document) err() error {
	slices.SortStableFunc(d.errs, func(a, b *diag.Error) int {
		if a.Line != b.Line {
			return a.Line - b.Line
		}
		return a.Col - b.Col
	})
	var errs []error
	for _, e := range d.errs {
		errs = append(errs, e)
	}
	return errors.Join(errs...)
}

// read makes a document. When the text is not TOML that is its only error.
func read(name string, text []byte) *document {
	d := &document{name: name, text: text, root: &table{}}
	if len(text) > MaxFile {
		d.text, d.broken = nil, true
		d.report(diag.ContractSyntax, 0, "the file has %d bytes; a contract has at most %d", len(text), MaxFile)
		return d
	}
	var all map[string]any
	err := toml.Unmarshal(text, &all) // knows every rule of TOML, but only the first offence

	var p unstable.Parser
	p.Reset(text)
	current := d.root
	for p.NextExpression() {
		node := p.Expression()
		switch node.Kind {
		case unstable.Table:
			current = d.header(node)
		case unstable.ArrayTable:
			it := node.Key()
			it.Next()
			d.report(diag.ContractType, place(it.Node().Raw.Offset), "a contract has no arrays of tables").
				WithHint("write [tenants.NAME] or [hooks.NAME]")
			current = &table{}
		case unstable.KeyValue:
			d.set(current, node)
		}
	}
	d.more = err
	if err := p.Error(); err != nil {
		d.broken = true
		var at place
		var bad *unstable.ParserError
		if errors.As(err, &bad) {
			at = place(p.Range(bad.Highlight).Offset)
		}
		d.syntax(at, err.Error())
	}
	return d
}

func (d *document) syntax(at place, msg string) *diag.Error {
	return d.report(diag.ContractSyntax, at, "%s", strings.TrimPrefix(msg, "toml: ")).
		WithHint("a contract is a TOML file, see https://toml.io")
}

// confirm adds the error of the library unless the line has one already.
func (d *document) confirm() {
	var bad *toml.DecodeError
	switch {
	case errors.As(d.more, &bad):
		line, col := bad.Position()
		if !slices.ContainsFunc(d.errs, func(e *diag.Error) bool { return e.Line == line }) {
			e := d.syntax(0, bad.Error())
			e.Line, e.Col = line, col
		}
	case d.more != nil && len(d.errs) == 0:
		d.syntax(0, d.more.Error())
	}
}

// header is the table that a line [a.b] begins.
func (d *document) header(node *unstable.Node) *table {
	t := d.root
	it := node.Key()
	for it.Next() {
		key, at := string(it.Node().Data), place(it.Node().Raw.Offset)
		e := t.find(key)
		switch {
		case e == nil:
			e = &entry{key, at, &value{at: at, kind: unstable.Table, table: &table{at: at}}}
			t.entries = append(t.entries, e)
		case e.val.table == nil || e.val.table.how == dotted || it.IsLast() && e.val.table.how == header:
			d.duplicate(e, at)
			return &table{}
		}
		t = e.val.table
	}
	t.how = header
	return t
}

// set adds the line a.b = value to t.
func (d *document) set(t *table, node *unstable.Node) {
	it := node.Key()
	for it.Next() {
		key, at := string(it.Node().Data), place(it.Node().Raw.Offset)
		e := t.find(key)
		switch {
		case e == nil && it.IsLast():
			t.entries = append(t.entries, &entry{key, at, d.value(node.Value(), at)})
			return
		case e == nil:
			e = &entry{key, at, &value{at: at, kind: unstable.Table, table: &table{at: at, how: dotted}}}
			t.entries = append(t.entries, e)
		case it.IsLast() || e.val.table == nil || e.val.table.how != dotted:
			d.duplicate(e, at)
			return
		}
		t = e.val.table
	}
}

func (d *document) value(node *unstable.Node, near place) *value {
	v := &value{at: near, kind: node.Kind, text: string(node.Data)}
	if node.Raw.Length > 0 {
		v.at = place(node.Raw.Offset)
	}
	it := node.Children()
	switch node.Kind {
	case unstable.Array:
		for it.Next() {
			v.list = append(v.list, d.value(it.Node(), v.at))
		}
	case unstable.InlineTable:
		v.kind = unstable.Table
		v.table = &table{at: v.at, how: dotted}
		for it.Next() {
			d.set(v.table, it.Node())
		}
	}
	return v
}

func (d *document) duplicate(first *entry, at place) {
	line, _ := d.position(first.at)
	d.report(diag.ContractDuplicate, at, "%q is there twice; the first is in line %d", first.key, line).
		WithHint("remove or rename one")
}
