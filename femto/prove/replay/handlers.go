// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package replay

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/femtocontainer/femtocontainer/femto/sysapi"
)

// handlers are bodies in C for the calls of modules, which print what they were
// asked, as asked does, and give what the driver's command line says. header is
// the text of femto_sys.h, which has their prototypes.
func handlers(header string, modules []string) string {
	prototypes := map[string]string{}
	for _, m := range prototype.FindAllStringSubmatch(header, -1) {
		prototypes[m[2]] = m[1]
	}
	var b strings.Builder
	done := map[string]bool{}
	for i := range sysapi.Table {
		c := &sysapi.Table[i]
		if c.Module == "base" || done[c.Handler()] || !slices.Contains(modules, c.Module) {
			continue
		}
		done[c.Handler()] = true
		body(&b, c, prototypes[c.Handler()])
	}
	return b.String()
}

var prototype = regexp.MustCompile(`(?m)^(\w[\w *]*?femto_sys_(\w+)\(femto_vm_t \*vm\b.*\));$`)

func body(b *strings.Builder, c *sysapi.Call, prototype string) {
	fmt.Fprintf(b, "%s\n{\n    (void)vm;\n    begin(%q);\n", prototype, c.Handler())
	if c.Scope != sysapi.NoScope {
		b.WriteString("    number(scope);\n")
	}
	size := func(a *sysapi.Arg) string {
		if a.Len != "" {
			return a.Len
		}
		return fmt.Sprint(a.Bytes())
	}
	var after string
	for i := range c.Args {
		switch a := &c.Args[i]; {
		case a.Kind == sysapi.Value || a.Kind == sysapi.Handle:
			fmt.Fprintf(b, "    number((uint64_t)%s);\n", a.Name)
		case a.IsScalar():
			fmt.Fprintf(b, "    scalar(*%s);\n", a.Name)
			after += fmt.Sprintf("    *%s = (uint32_t)get(\"number\");\n", a.Name)
		case a.Kind == sysapi.In || a.Kind == sysapi.InOut:
			fmt.Fprintf(b, "    bytes(%s, %s);\n", a.Name, size(a))
		case a.Kind == sysapi.Out:
			fmt.Fprintf(b, "    bytes(%s, %s);\n", a.Name, size(a))
			after += fmt.Sprintf("    memset(%s, 0xa5, %s);\n", a.Name, size(a))
		case a.Kind == sysapi.String:
			fmt.Fprintf(b, "    bytes(%s, (uint32_t)strlen(%s));\n", a.Name, a.Name)
		case a.Kind == sysapi.Format:
			fmt.Fprintf(b, "    format(%s, rest);\n", a.Name)
		}
	}
	b.WriteString("    end();\n" + after)
	if c.Ret != sysapi.Void {
		fmt.Fprintf(b, "    return (%s)get(\"result\");\n", strings.Fields(prototype)[0])
	}
	b.WriteString("}\n\n")
}
