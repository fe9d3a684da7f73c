// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package link

import (
	"path"
	"regexp"
	"strconv"
	"strings"

	"github.com/femtocontainer/femtocontainer/femto/diag"
)

var (
	// blink.c:3:5: error: use of undeclared identifier 'x'
	clangLine = regexp.MustCompile(`^(.+?):(\d+):\d+: (fatal error|error|warning|note): (.*)$`)
	// error: unknown target CPU 'v4'
	clangBare = regexp.MustCompile(`^(?:[\w.-]+: )?(fatal error|error|warning): (.*)$`)
	// Error at line 2: Unsupport signed division ... (clang 14 to 17)
	clangAtLine = regexp.MustCompile(`^Error at line (\d+): (.*)$`)
	// ... i32 = sdiv 0x1, 0x2, blink.c:2:14
	trailingPosition = regexp.MustCompile(`, ([^\s,]+):(\d+):\d+$`)
	// 4.	Running pass '...' on function '@blink'
	crashFunction = regexp.MustCompile(`on function '@([^']+)'`)

	// what the driver adds after a crash
	driverEpilogue = regexp.MustCompile(`command failed (with exit code|due to signal)`)

	builtinCall = regexp.MustCompile(`call to built-in function '([^']+)' is not supported`)
	softFloat   = regexp.MustCompile(`^__\w*(hf|sf|df|xf|tf)\w*$`)
)

// A complaint is something that clang says about C that BPF cannot express, and
// what we say instead, since clang's words are about its own insides.
type complaint struct {
	pattern   *regexp.Regexp
	code      diag.Code
	msg, hint string
}

var complaints = []complaint{
	{
		regexp.MustCompile(`(?i)unsupport(ed)? signed division|Cannot select:.* = (sdiv|srem|sdivrem) `), diag.SignedDivision,
		"signed division or remainder, which this version of BPF does not have",
		"use unsigned operands, or clang 18 or newer with -mcpu=v4",
	},
	{
		regexp.MustCompile(`defined with too many args|stack arguments are not supported`), diag.TooManyArgs,
		"the function has more than five arguments", "pass a pointer to a structure, or make the function static inline",
	},
	{
		regexp.MustCompile(`^too many args to |= GlobalAddress<.*too many arguments`), diag.TooManyArgs,
		"the call has more than five arguments", "pass a pointer to a structure",
	},
	{
		regexp.MustCompile(`BPF stack limit`), diag.StackTooLarge,
		"the function's local variables need more than 512 bytes of stack", "make large arrays static, or take them from the context",
	},
	{
		regexp.MustCompile(`VarArgs or StructRet|variadic functions are not supported|aggregate returns are not supported`), diag.Unsupported,
		"the function takes variable arguments or returns a structure, which BPF cannot", "pass a pointer instead",
	},
	{
		regexp.MustCompile(`unable to allocate function return|only small returns supported`), diag.Unsupported,
		"a function returns a value of more than 64 bits", "use 64-bit integers, or pass a pointer to the result",
	},
	{
		regexp.MustCompile(`(?i)unsupported dynamic stack allocation`), diag.Unsupported,
		"an array whose length is not constant, or alloca", "give the array a constant length",
	},
	{
		regexp.MustCompile(`Cannot select:.*Atomic`), diag.Unsupported,
		"an atomic operation that BPF does not have", "BPF has atomic add, and, or, xor, exchange, and compare and exchange, of 4 and 8 bytes",
	},
	{
		regexp.MustCompile(`Cannot select:`), diag.Unsupported,
		"an operation that this clang cannot compile for BPF", "look for atomic operations, variable arguments, vectors and 128-bit integers",
	},
	{
		regexp.MustCompile(`unknown target CPU`), diag.BadOption,
		"this clang does not know that version of BPF", "-mcpu=v4 needs clang 18 or newer",
	},
}

// parseClang turns what clang wrote while compiling source into diagnostics.
func parseClang(stderr, source string) (errs []error, warnings []*diag.Error) {
	source = path.Clean(source)
	var list []*diag.Error
	seen := map[diag.Error]bool{}
	function := ""
	if m := crashFunction.FindStringSubmatch(stderr); m != nil {
		function = m[1]
	}
	for line := range strings.Lines(stderr) {
		line = strings.TrimRight(line, "\r\n")
		file, number, severity, msg := source, 0, "", ""
		if m := clangLine.FindStringSubmatch(line); m != nil {
			file, severity, msg = path.Clean(m[1]), m[3], m[4]
			number, _ = strconv.Atoi(m[2])
		} else if m := clangAtLine.FindStringSubmatch(line); m != nil {
			severity, msg = "error", m[2]
			number, _ = strconv.Atoi(m[1])
		} else if m := clangBare.FindStringSubmatch(line); m != nil {
			severity, msg = m[1], strings.TrimPrefix(m[2], "error in backend: ")
			if p := trailingPosition.FindStringSubmatch(msg); p != nil {
				file = path.Clean(p[1])
				number, _ = strconv.Atoi(p[2])
			}
		}
		switch severity {
		case "":
			continue
		case "error":
			if driverEpilogue.MatchString(msg) && len(list) > 0 {
				continue
			}
		case "note":
			if n := len(list); n > 0 && list[n-1].Hint == "" && !strings.HasPrefix(msg, "could not determine") {
				list[n-1].WithHint("%s:%d: %s", file, number, msg)
			}
			continue
		}
		e := explain(msg, severity)
		e.File, e.Line = file, number
		if number == 0 && function != "" && severity != "warning" {
			e.Msg += ", in function " + function
		}
		key := diag.Error{Code: e.Code, File: e.File, Line: e.Line, Msg: e.Msg}
		if e.Code == diag.FloatingPoint {
			key.Msg = "" // one expression needs several library functions
		}
		if !seen[key] {
			seen[key] = true
			list = append(list, e)
		}
	}
	for _, e := range list {
		if e.Code == diag.CompilerWarning {
			warnings = append(warnings, e)
		} else {
			errs = append(errs, e)
		}
	}
	if len(errs) == 0 {
		first, _, _ := strings.Cut(strings.TrimSpace(stderr), "\n")
		e := diag.New(diag.CompileError, "clang failed: %s", first)
		e.File = source
		errs = append(errs, e)
	}
	return errs, warnings
}

// explain finds the code and the words for one message.
func explain(msg, severity string) *diag.Error {
	if m := builtinCall.FindStringSubmatch(msg); m != nil {
		switch {
		case softFloat.MatchString(m[1]):
			return diag.New(diag.FloatingPoint, "floating point (%s), which BPF does not have", m[1]).
				WithHint("use integers, scaled where fractions matter")
		case strings.HasPrefix(m[1], "mem"):
			return diag.New(diag.CompilerLibrary, "the compiler needs %s here, which it cannot call for BPF by itself", m[1]).
				WithHint("call %s of <femto.h>, copy or clear in a loop, or make the structure smaller", m[1])
		}
		return diag.New(diag.CompilerLibrary, "the compiler needs the library function %s here, which a container does not have", m[1]).
			WithHint("rewrite the operation, for instance with 64-bit integers")
	}
	for _, c := range complaints {
		if c.pattern.MatchString(msg) {
			e := diag.New(c.code, "%s", c.msg)
			e.Hint = c.hint
			return e
		}
	}
	if severity == "warning" {
		return diag.New(diag.CompilerWarning, "%s", msg)
	}
	if strings.HasSuffix(msg, "file not found") { // most likely the host's C library
		return diag.New(diag.CompileError, "%s", msg).
			WithHint("there is no C library: <femto.h> declares what a container can call; -I adds a folder of headers")
	}
	return diag.New(diag.CompileError, "%s", msg)
}
