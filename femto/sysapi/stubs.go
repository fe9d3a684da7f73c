// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package sysapi

import (
	"fmt"
	"slices"
	"strings"
)

// deviceType is the type of a value or result in the C stubs.
func deviceType(t CType) string {
	switch {
	case t == Address:
		return "uint32_t"
	case t == First, t == Void:
		return "void"
	case t.Signed:
		return fmt.Sprintf("int%d_t", t.Bits)
	}
	return fmt.Sprintf("uint%d_t", t.Bits)
}

// isLength is true for an argument that gives the length of another.
func (c *Call) isLength(i int) bool {
	return slices.ContainsFunc(c.Args, func(a Arg) bool { return a.Len == c.Args[i].Name })
}

// handlers are the prototypes that the firmware implements for a module.
func handlers(m *Module) (out []string) {
	for _, c := range m.Calls() {
		params := []string{"femto_vm_t *vm"}
		if c.Scope != NoScope {
			params = append(params, "uint32_t scope")
		}
		for i := range c.Args {
			a := &c.Args[i]
			switch a.Kind {
			case Value, Handle:
				t := deviceType(a.Type)
				if c.isLength(i) {
					t = "uint32_t" // checked to be in a segment
				}
				params = append(params, t+" "+a.Name)
			case In:
				params = append(params, "const uint8_t *"+a.Name)
			case Out, InOut:
				t := "uint8_t *"
				if a.IsScalar() {
					t = deviceType(a.Type) + " *"
				}
				params = append(params, t+a.Name)
			case String, Format:
				params = append(params, "const char *"+a.Name)
			case Variadic:
				params = append(params, "const femto_sys_rest_t *rest")
			}
		}
		p := spaced(deviceType(c.Ret)) + "femto_sys_" + c.Handler() + "(" + strings.Join(params, ", ") + ")"
		if !slices.Contains(out, p) {
			out = append(out, p)
		}
	}
	return out
}

// dispatch is the body of a call's case: it hands the checked arguments to the
// handler and its result to the container.
func dispatch(c *Call) string {
	var before, after, args []string
	name := "femto_sys_" + c.Handler()
	if c.Module == "base" {
		name = "do_" + c.Handler()
	} else {
		args = append(args, "vm")
	}
	if c.Scope != NoScope {
		args = append(args, "FEMTO_SCOPE_"+strings.ToUpper(c.Scope.String()))
	}
	text := false
	for i := range c.Args {
		a := &c.Args[i]
		switch a.Kind {
		case Value, Handle:
			t := deviceType(a.Type)
			if c.isLength(i) {
				t = "uint32_t"
			}
			arg := fmt.Sprintf("r[%d]", i+1)
			if t != "uint64_t" {
				arg = "(" + t + ")" + arg
			}
			args = append(args, arg)
		case In:
			args = append(args, fmt.Sprintf("a[%d].in", i))
		case Out, InOut:
			switch {
			case a.IsScalar():
				before = append(before, fmt.Sprintf("uint32_t v = femto_sys_get32(a[%d].out);", i))
				after = append(after, "if (result >= 0) {", fmt.Sprintf("    femto_sys_put32(a[%d].out, v);", i), "}")
				args = append(args, "&v")
			case a.Type == Char:
				args = append(args, fmt.Sprintf("(char *)a[%d].out", i))
			default:
				args = append(args, fmt.Sprintf("a[%d].out", i))
			}
		case String, Format:
			args = append(args, fmt.Sprintf("(const char *)a[%d].in", i))
		case Variadic:
			before = append(before, fmt.Sprintf("femto_sys_rest_t rest = { &r[%d], &a[%d], %d };", i+1, i, MaxArgs-i))
			args = append(args, "&rest")
		case Text:
			before = append(before, fmt.Sprintf("char text[%d];", MaxText))
			args = append(args, "text")
			text = true
		}
	}
	call := name + "(" + strings.Join(args, ", ") + ")"
	lines := before
	switch {
	case text:
		lines = append(lines, "int32_t len = "+call+";", "return put_text(vm, r[1], text, len);")
	case c.Ret == Void:
		lines = append(lines, call+";", "r[0] = 0;", "return 0;")
	case c.Ret == First:
		lines = append(lines, call+";", "r[0] = r[1];", "return 0;")
	case len(after) > 0:
		lines = append(lines, "int32_t result = "+call+";")
		lines = append(lines, after...)
		lines = append(lines, "r[0] = sext(result);", "return 0;")
	case c.Ret.Signed:
		lines = append(lines, "r[0] = sext("+call+");", "return 0;")
	default:
		lines = append(lines, "r[0] = "+call+";", "return 0;")
	}
	if len(before) > 0 {
		lines = append([]string{"{"}, append(indent(lines), "}")...)
	}
	return strings.Join(indent(indent(lines)), "\n")
}

func indent(lines []string) []string {
	out := make([]string, len(lines))
	for i, l := range lines {
		out[i] = "    " + l
	}
	return out
}
