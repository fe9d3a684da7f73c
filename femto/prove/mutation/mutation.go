// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package mutation

import (
	"fmt"
	"slices"
	"strings"
)

// A Mutant is an error to seed.
type Mutant struct {
	Name string // what is wrong
	File string // in which file, from the root of the repository
	Old  string // the text to replace
	New  string
	N    int  // how often Old occurs; 0 is once
	Gate Gate // what has to notice

	// Sample is a mutant that make test seeds: quick, and the only one that
	// does what it does, or one of those that were hard to notice.
	Sample bool
}

// Kind is a kind of gate.
type Kind int

// The kinds of gates.
const (
	Prove    Kind = iota // gate A: units of a family, chosen by a part of their names
	Coq                  // gate B: the file named no longer compiles
	Generate             // the generated files are no longer those on disk
	Test                 // a test of a package fails
)

// A Gate is what notices an error.
type Gate struct {
	Kind Kind
	Of   string // family of gate A, file of gate B, or package
	Only string // part of the units' names, or pattern of the tests' names
}

func (g Gate) String() string {
	switch g.Kind {
	case Prove:
		return fmt.Sprintf("gate A, `%s`", strings.TrimSpace(g.Of+" "+g.Only))
	case Coq:
		return fmt.Sprintf("gate B, `%s`", g.Of)
	case Generate:
		return "`femtogen -n`"
	}
	return fmt.Sprintf("`go test ./%s -run '%s'`", g.Of, g.Only)
}

func proof(family, only string) Gate { return Gate{Prove, family, only} }
func theorem(file string) Gate       { return Gate{Coq, file, ""} }
func test(pkg, pattern string) Gate  { return Gate{Test, pkg, pattern} }
func small(unit string) Gate         { return proof("step", "small-ilp32 "+unit) }
func fast(unit string) Gate          { return proof("step", "fast-ilp32 "+unit) }
func verifier(unit string) Gate      { return proof("verify", "verifier-ilp32 "+unit) }
func host(family, unit string) Gate  { return proof(family, "host-ilp32 "+unit) }
func core(file string) string        { return "riotpkg/femtocontainer/core/" + file }
func listed(of ...[]Mutant) []Mutant { return slices.Concat(of...) }

// All lists every mutant.
var All = listed(engine, verify, loader, hosts, stubs, strange, begins, table, printers, executor, coqProofs)

// Seed makes the edit.
func (m *Mutant) Seed(text string) (string, error) {
	want := max(m.N, 1)
	if n := strings.Count(text, m.Old); n != want {
		return "", fmt.Errorf("%s: the text to replace occurs %d times, not %d; the mutant has to follow the source:\n%s", m.File, n, want, m.Old)
	}
	if m.Old == m.New {
		return "", fmt.Errorf("%s: the edit changes nothing", m.File)
	}
	return strings.ReplaceAll(text, m.Old, m.New), nil
}
