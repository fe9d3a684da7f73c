// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package dialect

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// A Finding is something that the prover would not see.
type Finding struct {
	Where string // file:line
	What  string
}

func (f Finding) String() string { return f.Where + ": " + f.What }

const folder = "riotpkg/femtocontainer/core"

// headers that the prover has, of the core or of its own.
var headers = []string{
	`"femto_core.h"`, `"femto_step.h"`, `"femto_fast.h"`, `"femto_sys.h"`,
	"<stdint.h>", "<stddef.h>", "<stdbool.h>", "<string.h>",
}

// proved are conditionals of which some variant of package prove takes each
// branch (its variants.go), and the files of which that is so: the others are
// proved in one text, whatever the engine and the CPU.
var proved = map[string][]string{
	"ifdef FEMTO_ENGINE_FAST":                                   {"femto_fast.c"},
	"ifndef FEMTO_ENGINE_FAST":                                  {"femto_small.c"},
	"ifdef FEMTO_FAST_REGS":                                     {"femto_fast.c", "femto_fast.h"},
	"ifdef FEMTO_REG_INSN":                                      {"femto_fast.c"},
	"if defined(FEMTO_ENGINE_FAST) && defined(FEMTO_FAST_REGS)": {"femto_fast_rest.c"},
	"if !defined(FEMTO_FAST_LOOP) && !defined(FEMTO_FAST_REGS) && defined(__GNUC__) && !defined(__clang__) && !defined(__cplusplus) && defined(__OPTIMIZE__) && (defined(__thumb2__) || defined(__riscv))": {"femto_fast.h"},
	"if defined(__thumb2__)": {"femto_fast.h"},
	"if defined(__riscv)":    {"femto_fast.h"},
}

// registersOnly are those of them that only the register form knows.
var registersOnly = []string{"if defined(__thumb2__)", "if defined(__riscv)"}

// harmless are conditionals with a branch that no variant takes, and what may
// stand there.
var harmless = map[string]*regexp.Regexp{
	"ifdef __cplusplus": regexp.MustCompile(`^(extern "C" \{|\})$`),
	"ifndef __clang__":  regexp.MustCompile(`^#pragma `),
	"if !defined(__GNUC__) || __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__": regexp.MustCompile(`^#error `),
	"elif defined(__x86_64__)": regexp.MustCompile(`^#(define FEMTO_REG_[A-Z]+ "[a-z0-9]+"|error .*)$`),
}

// modules says which system calls there are; each is proved as if all were.
var modules = regexp.MustCompile(`^ifdef FEMTO_HAVE_[A-Z]+$`)

var moduleFiles = []string{"femto_sys.c", "femto_sys.h"}

// includers are the only files in which some headers may be.
var includers = map[string][]string{
	`"femto_fast.h"`: {"femto_fast.c", "femto_fast_rest.c"},
	`"femto_sys.h"`:  {"femto_sys.c"},
}

var guard = regexp.MustCompile(`^ifndef FEMTO_[A-Z]+_H$`)

// pragmas change how well the core is compiled and not what it means.
var pragmas = regexp.MustCompile(`^pragma GCC (optimize\("(Os|O2|no-[a-z0-9-]+|ira-region=all|split-wide-types)"(, "(no-[a-z0-9-]+|ira-region=all)")*\)|diagnostic ignored "-Wpedantic")$`)

// macros that the core defines have names of its own: none of a standard
// header, which the prover has in a form of its own, and no keyword.
var macros = regexp.MustCompile(`^define (FEMTO_[A-Z0-9_]+|HANDLER(_TAKES|_GIVES)?|SHARED|GO|STOP(_HERE)?|NEXT|LET_WIDE|IMM|DST|SRC|ACCESS|READABLE|WRITABLE)\b`)

var attribute = regexp.MustCompile(`__attribute__ ?\(\(([^()]*(\([^()]*\))?[^()]*)\)\)`)

var attributes = []string{"__may_alias__", "noinline", "unused"}

// reserved words, of C and of compilers, apart from those of every program.
var reserved = regexp.MustCompile(`\b(__\w+|_[A-Z]\w*|volatile|restrict|asm|typeof|auto|inline\s+extern|extern\s+inline)\b`)

// known may stand in code; asked only behind #if, since the prover has one
// value of each, and builds have others.
var (
	known = []string{"__attribute__", "__asm__", "__may_alias__"}
	asked = []string{
		"__GNUC__", "__clang__", "__cplusplus", "__OPTIMIZE__", "__thumb2__", "__riscv", "__x86_64__",
		"__BYTE_ORDER__", "__ORDER_LITTLE_ENDIAN__",
	}
)

// roots are the functions that package prove executes, on their own or as part
// of one that it does. What the system calls need besides is not among them.
var roots = []string{
	"femto_image_open", "femto_image_verify", "femto_image_ram", "femto_image_entry", "femto_attach", "femto_reset",
	"femto_start", "femto_grant", "femto_resume", "femto_run", "femto_read", "femto_write",
}

var (
	defined = regexp.MustCompile(`^[a-z][\w \*]*?\b(\w+)\(`)
	local   = regexp.MustCompile(`^(static|typedef|register)\b`)
	space   = regexp.MustCompile(`\s+`)
	asm     = regexp.MustCompile(`__asm__ volatile`)
)

// Check reads every file of the core.
func Check(root string) ([]Finding, error) {
	files, err := filepath.Glob(filepath.Join(root, folder, "*.[ch]"))
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("no C files in %s", filepath.Join(root, folder))
	}
	var out []Finding
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			return nil, err
		}
		out = append(out, file(filepath.Base(f), string(b))...)
		out = append(out, registers(filepath.Base(f), string(b))...)
	}
	return out, nil
}

// A branch of a conditional that is open.
type branch struct {
	cond string
	only *regexp.Regexp // what may stand here; nil is anything
}

func file(name, text string) (out []Finding) {
	text, out = plain(name, text)
	var open []branch
	lines := strings.Split(text, "\n")
	for i := 0; i < len(lines); i++ {
		at := i + 1
		line := lines[i]
		for strings.HasSuffix(strings.TrimRight(line, " \t"), "\\") && i+1 < len(lines) {
			i++
			line = strings.TrimSuffix(strings.TrimRight(line, " \t"), "\\") + lines[i]
		}
		bare := strings.TrimSpace(space.ReplaceAllString(line, " "))
		if bare == "" {
			continue
		}
		find := func(format string, args ...any) {
			out = append(out, Finding{fmt.Sprintf("%s:%d", name, at), fmt.Sprintf(format, args...)})
		}
		for _, b := range open {
			if b.only != nil && !b.only.MatchString(bare) && !strings.HasPrefix(bare, "#e") {
				find("no variant that is proved has this line, which is under #%s", b.cond)
			}
		}
		if strings.HasPrefix(bare, "#") {
			open = directive(name, strings.TrimSpace(bare[1:]), open, find)
		} else if m := defined.FindStringSubmatch(line); m != nil && strings.HasSuffix(name, ".c") && name != "femto_sys.c" &&
			!local.MatchString(line) && !slices.Contains(roots, m[1]) {
			find("%s can be called from elsewhere, and no family of goals is about it", m[1])
		}
		in := known
		if strings.HasPrefix(bare, "#if") || strings.HasPrefix(bare, "#elif") {
			in = asked
		}
		words(asm.ReplaceAllString(line, "__asm__"), in, find)
	}
	return out
}

// plain is text without comments, line for line. What would let a compiler and
// the lines below disagree about where a comment or a directive begins is a
// finding: digraphs, trigraphs, and lines that go on within a comment or outside
// a directive.
func plain(name, text string) (string, []Finding) {
	var b strings.Builder
	var out []Finding
	line := 1
	find := func(what string) { out = append(out, Finding{fmt.Sprintf("%s:%d", name, line), what}) }
	directive, begun := false, false // of this line: it is one; it has something
	const code, block, rest = 0, '*', '/'
	in := byte(code) // or a comment, or a quote
	for i := 0; i < len(text); i++ {
		c := text[i]
		two := text[i:min(i+2, len(text))]
		switch {
		case c == '\n':
			before := strings.TrimRight(text[:i], " \t\r")
			goesOn := strings.HasSuffix(before, "\\")
			if goesOn && (!directive || in != code || strings.HasSuffix(before, "/\\") || strings.HasSuffix(before, "*\\")) {
				find("line that goes on in the next")
			}
			if in != block {
				in = code
			}
			if !goesOn {
				directive, begun = false, false
			}
			b.WriteByte(c)
			line++
			continue
		case in == code && two == "/*", in == code && two == "//":
			in = two[1]
			i++
			b.WriteByte(' ')
			continue
		case in == block && two == "*/":
			in = code
			i++
			continue
		case in == block, in == rest:
			continue
		case in == code && (two == "??" || two == "%:"):
			find("another spelling of a character: " + two)
		case in == code && (c == '"' || c == '\''):
			in = c
		case in != code && c == '\\':
			b.WriteByte(c)
			if i++; i < len(text) && text[i] != '\n' {
				b.WriteByte(text[i])
			} else {
				i--
			}
			continue
		case c == in:
			in = code
		}
		if !begun && c != ' ' && c != '\t' {
			begun, directive = true, c == '#'
		}
		b.WriteByte(c)
	}
	if in == block {
		find("comment that does not end")
	}
	return b.String(), out
}

func directive(name, d string, open []branch, find func(string, ...any)) []branch {
	word, rest, _ := strings.Cut(d, " ")
	last := len(open) - 1
	conditional := func() branch {
		switch {
		case guard.MatchString(d), modules.MatchString(d) && slices.Contains(moduleFiles, name):
			return branch{cond: d}
		case slices.Contains(proved[d], name):
			if slices.Contains(registersOnly, d) && !slices.ContainsFunc(open, func(b branch) bool { return b.cond == "ifdef FEMTO_FAST_REGS" }) {
				break
			}
			return branch{cond: d}
		case harmless[d] != nil:
			return branch{d, harmless[d]}
		}
		find("no variant that is proved knows the condition #%s here", d)
		return branch{cond: d}
	}
	switch word {
	case "if", "ifdef", "ifndef":
		return append(open, conditional())
	case "elif":
		open[last] = conditional()
	case "else":
		// Behind #elif defined(__x86_64__) there is nothing but an #error.
		if open[last].cond != "elif defined(__x86_64__)" {
			open[last].only = nil
		}
	case "endif":
		return open[:last]
	case "include":
		if !slices.Contains(headers, rest) {
			find("the prover has no header %s", rest)
		}
		if files := includers[rest]; files != nil && !slices.Contains(files, name) {
			find("%s is for other files: what it says depends on the build", rest)
		}
	case "define":
		if !macros.MatchString(d) {
			find("macro that is not one of the core's: %s", d)
		}
	case "pragma":
		if !pragmas.MatchString(d) {
			find("pragma that the prover does not know: %s", d)
		}
	case "error":
	default:
		find("directive that the prover does not know: #%s", d)
	}
	return open
}

func words(line string, known []string, find func(string, ...any)) {
	for _, m := range attribute.FindAllStringSubmatch(line, -1) {
		for _, a := range strings.Split(m[1], ",") {
			if a = strings.TrimSpace(a); !slices.Contains(attributes, a) {
				find("attribute that the prover does not know: %s", a)
			}
		}
	}
	for _, w := range reserved.FindAllString(attribute.ReplaceAllString(line, ""), -1) {
		if !slices.Contains(known, w) {
			find("word that the prover does not know here: %s", w)
		}
	}
}

var (
	registerName = regexp.MustCompile(`^# *define (FEMTO_REG_[A-Z]+) +("[a-z0-9]+")`)
	registerList = regexp.MustCompile(`^# *define FEMTO_REGS +(.*)`)
)

const changes = "FEMTO_RUN_CHANGES_REGS;"

// registers: those set aside for a run differ from each other, and all are in
// the list of what a run changes. A value of 64 bits takes two on Thumb, of
// which the second is in the list by its own name. The compiler is told of
// them on both sides of a run.
func registers(name, text string) (out []Finding) {
	taken := make(map[string]bool)
	var names []string
	lines := strings.Split(strings.ReplaceAll(text, "\\\n", " "), "\n")
	for i, line := range lines {
		find := func(format string, args ...any) {
			out = append(out, Finding{fmt.Sprintf("%s:%d", name, i+1), fmt.Sprintf(format, args...)})
		}
		if strings.Contains(line, "= femto_run(") && (i == 0 || i+1 == len(lines) ||
			strings.TrimSpace(lines[i-1]) != changes || strings.TrimSpace(lines[i+1]) != changes) {
			find("a run that is not between two %s", changes)
		}
		if strings.HasPrefix(line, "#if") || strings.HasPrefix(line, "#el") {
			clear(taken)
		}
		if m := registerName.FindStringSubmatch(line); m != nil {
			if taken[m[2]] {
				find("register %s is set aside twice", m[2])
			}
			taken[m[2]] = true
			names = append(names, m[1])
		}
		m := registerList.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		for _, n := range names {
			if !strings.Contains(m[1]+",", n+",") {
				find("%s is not in the list of what a run changes", n)
			}
			if n == "FEMTO_REG_WIDE" && !strings.HasSuffix(strings.TrimSpace(m[1]), `, "r11"`) {
				find("the second half of %s is not in the list of what a run changes", n)
			}
		}
		names = nil
	}
	return out
}
