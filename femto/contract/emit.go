// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package contract

import (
	"bytes"
	"embed"
	"fmt"
	"math/bits"
	"slices"
	"strings"
	"text/template"

	"github.com/femtocontainer/femtocontainer/femto/sysapi"
)

//go:embed templates
var templates embed.FS

// Names of the files that Files makes.
const (
	HeaderFile = "femto_contract.h"
	SourceFile = "femto_contract.c"
)

// Files are the C tables of the contract, by name: the same for the same
// contract, wherever its file was and however it was written.
func (c *Contract) Files() map[string][]byte {
	v := newTables(c)
	return map[string][]byte{
		HeaderFile: v.execute("femto_contract.h.tmpl"),
		SourceFile: v.execute("femto_contract.c.tmpl"),
	}
}

// tables is what the templates see.
type tables struct {
	*Contract
	Sets []Set // different results of granted, each a list of helpers in C
}

func newTables(c *Contract) *tables {
	v := &tables{Contract: c}
	for i := range c.Hooks {
		for _, set := range v.Grants(i) {
			if !slices.Contains(v.Sets, set) {
				v.Sets = append(v.Sets, set)
			}
		}
	}
	slices.Sort(v.Sets)
	return v
}

// Grants of a hook, one for each of its tenants.
func (v *tables) Grants(hook int) (sets []Set) {
	h := &v.Hooks[hook]
	for _, t := range h.Tenants {
		sets = append(sets, v.granted(&v.Tenants[t], h))
	}
	return sets
}

// Sum of a number over all tenants.
func (v *tables) Sum(key string) (sum uint64) {
	for i := range v.Tenants {
		sum += uint64(*v.Tenants[i].Quota.numbers()[key])
	}
	return sum
}

func (v *tables) Containers() (sum uint32) {
	for i := range v.Hooks {
		sum += v.Hooks[i].Containers
	}
	return sum
}

// ThreadsMargin is the greatest of the hooks with threads, which share them.
func (v *tables) ThreadsMargin() (margin uint32) {
	for _, h := range v.Hooks {
		if h.Thread {
			margin = max(margin, h.StackMargin)
		}
	}
	return margin
}

// A Stretch is a run of helpers that one macro brings into the firmware.
type Stretch struct {
	Macro string // "" when they are always there
	IDs   []uint16
}

// Stretches are the helpers of a set, ascending.
func (v *tables) Stretches(s Set) (out []Stretch) {
	for _, id := range s.helpers() {
		m := slices.IndexFunc(sysapi.Modules, func(m sysapi.Module) bool { return m.Name == sysapi.ByID[id].Module })
		macro := sysapi.Modules[m].Macro()
		if len(out) == 0 || out[len(out)-1].Macro != macro {
			out = append(out, Stretch{Macro: macro})
		}
		last := &out[len(out)-1]
		last.IDs = append(last.IDs, id)
	}
	return out
}

// Bit of the capability that a helper needs.
func (v *tables) Bit(id uint16) int {
	one, _ := capability(sysapi.ByID[id].Capability)
	return bits.TrailingZeros32(uint32(one))
}

func (v *tables) execute(name string) []byte {
	t := template.Must(template.New(name).Funcs(template.FuncMap{
		"hex":    func(s Set) string { return fmt.Sprintf("0x%08xu", uint32(s)) },
		"suffix": func(s Set) string { return fmt.Sprintf("%04x", uint32(s)) },
		"id":     func(id uint16) string { return fmt.Sprintf("0x%02xu", id) },
		"macro":  macro,
		"bytes":  cBytes,
		"all":    func() Set { return All },
		"caps":   func() []sysapi.Capability { return sysapi.Capabilities },
		"uuid":   func(b [16]byte) string { return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:]) },
		"bool":   func(b bool) int { return map[bool]int{true: 1}[b] },
		"policy": func(p Policy) string { return macro(p.String()) },
	}).ParseFS(templates, "templates/"+name))
	var b bytes.Buffer
	if err := t.Execute(&b, v); err != nil {
		panic(err) // a mistake in a template, which every test finds
	}
	return b.Bytes()
}

// cBytes is the inside of an initialiser.
func cBytes(b any) string {
	var out []string
	switch b := b.(type) {
	case [KeySize]byte:
		for _, x := range b {
			out = append(out, fmt.Sprintf("0x%02x", x))
		}
	case [16]byte:
		for _, x := range b {
			out = append(out, fmt.Sprintf("0x%02x", x))
		}
	}
	var lines []string
	for row := range slices.Chunk(out, 8) {
		lines = append(lines, strings.Join(row, ", "))
	}
	return strings.Join(lines, ",\n      ")
}
