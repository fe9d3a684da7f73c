// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package sysapi

import (
	"bytes"
	"embed"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/template"
)

//go:embed templates
var templates embed.FS

// Header is the text of <femto.h>, which containers include.
func Header() []byte { return execute("femto.h.tmpl") }

// Files are the generated files, by path in the repository.
func Files() map[string][]byte {
	return map[string][]byte{
		"riotpkg/femtocontainer/include/container/femto.h": Header(),
		"riotpkg/femtocontainer/core/femto_sys.h":          execute("femto_sys.h.tmpl"),
		"riotpkg/femtocontainer/core/femto_sys.c":          execute("femto_sys.c.tmpl"),
		"docs/system-calls.md":                             execute("system-calls.md.tmpl"),
	}
}

// WriteFiles writes them below root, the top of the repository.
func WriteFiles(root string) error {
	for name, text := range Files() {
		name = filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(name, text, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// execute cannot fail but by a mistake in a template, which every test finds.
func execute(name string) []byte {
	t := template.Must(template.New(name).Funcs(funcs).ParseFS(templates, "templates/"+name))
	var b bytes.Buffer
	if err := t.Execute(&b, map[string]any{
		"Table": Table, "Modules": modulePointers(), "Capabilities": Capabilities, "Errnos": Errnos,
		"ConstantGroups": ConstantGroups, "Structs": structPointers(),
		"MaxArgs": MaxArgs, "MaxString": MaxString, "MaxChars": MaxString - 1, "MaxWidth": MaxWidth, "BytesPerSlot": BytesPerSlot,
	}); err != nil {
		panic(err)
	}
	return b.Bytes()
}

func modulePointers() (out []*Module) {
	for i := range Modules {
		out = append(out, &Modules[i])
	}
	return out
}

func structPointers() (out []*Struct) {
	for i := range Structs {
		out = append(out, &Structs[i])
	}
	return out
}

var funcs = template.FuncMap{
	"upper": strings.ToUpper,
	"hex":   func(v uint32) string { return fmt.Sprintf("0x%02x", v) },
	"hex4":  func(v uint16) string { return fmt.Sprintf("0x%04x", v) },
	"brief": func(c *Call) string { return strings.SplitN(c.Doc, "\n", 2)[0] },
	"rest": func(c *Call) string {
		_, rest, _ := strings.Cut(c.Doc, "\n")
		return rest
	},
	"structName": func(s string) string {
		return strings.TrimSuffix(strings.TrimSuffix(strings.TrimPrefix(s, "femto_"), "_t"), "_ctx")
	},
	"comment":        comment,
	"guestPrototype": guestPrototype,
	"attributes":     attributes,
	"cost":           cost,
	"errno": func(name string) Errno {
		return Errnos[slices.IndexFunc(Errnos, func(e Errno) bool { return e.Name == name })]
	},
	"runs":        runs,
	"descriptors": descriptors,
	"handlers":    handlers,
	"dispatch":    dispatch,
}

// comment is the doxygen comment of a call in <femto.h>.
func comment(c *Call) string {
	var b strings.Builder
	b.WriteString("/**\n")
	brief, rest, _ := strings.Cut(c.Doc, "\n")
	wrap(&b, " * ", " * ", "@brief "+brief)
	if rest != "" {
		b.WriteString(" *\n")
		wrap(&b, " * ", " * ", rest)
	}
	if len(c.Args) > 0 {
		b.WriteString(" *\n")
	}
	for _, a := range c.Args {
		direction := map[Kind]string{Out: "[out]", Text: "[out]", InOut: "[in,out]"}[a.Kind]
		wrap(&b, " * ", " *        ", fmt.Sprintf("@param%s %s  %s", direction, a.Name, a.Doc))
	}
	b.WriteString(" *\n")
	for _, e := range c.Errors {
		wrap(&b, " * ", " *        ", fmt.Sprintf("@retval FEMTO_%s  %s", e, Errnos[slices.IndexFunc(Errnos, func(x Errno) bool { return x.Name == e })].Doc))
	}
	wrap(&b, " * ", " * ", fmt.Sprintf("Capability %s, fuel %s.", c.Capability, cost(c)))
	b.WriteString(" */")
	return b.String()
}

// wrap writes a paragraph as lines of at most 80 columns.
func wrap(b *strings.Builder, first, next, text string) {
	line := first
	empty := true
	for _, w := range strings.Fields(text) {
		if !empty && len(line)+1+len(w) > 80 {
			b.WriteString(strings.TrimRight(line, " ") + "\n")
			line, empty = next, true
		}
		if !empty {
			line += " "
		}
		line += w
		empty = false
	}
	b.WriteString(line + "\n")
}

// cost says what a call costs.
func cost(c *Call) string {
	s := fmt.Sprint(c.Price)
	if slices.ContainsFunc(c.Args, func(a Arg) bool { return a.Len != "" || a.Kind == String || a.Kind == Format }) {
		s += " and the bytes"
	}
	return s
}

// guestPrototype declares the call for containers.
func guestPrototype(c *Call) string {
	var args []string
	for i := range c.Args {
		a := &c.Args[i]
		switch a.Kind {
		case Value, Handle:
			args = append(args, a.Type.C+" "+a.Name)
		case Variadic:
			args = append(args, "...")
		case String, Format:
			args = append(args, "const char *"+a.Name)
		case Text:
			args = append(args, "char *"+a.Name)
		default:
			t := a.Type.C
			if t == "" {
				t = "void"
			}
			if a.Kind == In {
				t = "const " + t
			}
			args = append(args, t+" *"+a.Name)
		}
	}
	if len(args) == 0 {
		args = []string{"void"}
	}
	return spaced(c.Ret.C) + c.Name + "(" + strings.Join(args, ", ") + ")"
}

func spaced(t string) string {
	if strings.HasSuffix(t, "*") {
		return t
	}
	return t + " "
}

// attributes let the compiler check formats.
func attributes(c *Call) string {
	for i, a := range c.Args {
		if a.Kind == Format {
			return fmt.Sprintf(" __attribute__((format(printf, %d, %d)))", i+1, i+2)
		}
	}
	return ""
}

// A run is a stretch of the table whose calls belong to one module.
type run struct {
	Macro string
	Calls []*Call
}

func runs() (out []run) {
	for i := range Table {
		c := &Table[i]
		macro := Modules[slices.IndexFunc(Modules, func(m Module) bool { return m.Name == c.Module })].Macro()
		if len(out) == 0 || out[len(out)-1].Macro != macro {
			out = append(out, run{Macro: macro})
		}
		last := &out[len(out)-1]
		last.Calls = append(last.Calls, c)
	}
	return out
}

// descriptors is what check in femto_sys.c knows of the arguments.
func descriptors(c *Call) string {
	var out []string
	used := 1
	for i := range c.Args {
		kind, size := "VALUE", "0"
		a := &c.Args[i]
		switch a.Kind {
		case In, Out, InOut:
			kind, size = "OUT", fmt.Sprint(a.Bytes())
			if a.Kind == In {
				kind = "IN"
			}
			if a.Len != "" {
				size = fmt.Sprintf("SIZE_OF_ARG + %d", c.Index(a.Len))
			}
		case String:
			kind = "STRING"
		case Format:
			kind = "FORMAT"
		}
		if kind != "VALUE" {
			used = i + 1
		}
		out = append(out, "{ "+kind+", "+size+" }")
	}
	if len(out) == 0 {
		return "{ VALUE, 0 }"
	}
	return strings.Join(out[:used], ", ")
}
