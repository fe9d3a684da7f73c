// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package diag

import (
	"fmt"
	"strings"
)

// A Code is the number of a diagnostic; 0 is none.
type Code uint16

func (c Code) String() string { return fmt.Sprintf("FC%04d", uint16(c)) }

// An Entry documents one code.
type Entry struct {
	Code  Code
	Name  string // C: FEMTO_E_<NAME>
	Short string // one line, lower case, no full stop
	Long  string // what it means, why it is refused, what to do
}

// Lookup finds the entry of a code.
func Lookup(c Code) (Entry, bool) {
	for _, e := range Table {
		if e.Code == c {
			return e, true
		}
	}
	return Entry{}, false
}

// Short is the one-line meaning of c, or "" for an unknown code.
func (c Code) Short() string {
	e, _ := Lookup(c)
	return e.Short
}

// Explain is the long form of c.
func Explain(c Code) (long string, ok bool) {
	e, ok := Lookup(c)
	return e.Long, ok
}

// Parse reads "FC2021", "fc2021" or "2021".
func Parse(s string) (Code, error) {
	var c Code
	digits := strings.TrimPrefix(strings.ToUpper(s), "FC")
	if _, err := fmt.Sscanf(digits+"\n", "%4d\n", &c); err != nil || len(digits) != 4 {
		return 0, fmt.Errorf("%q is not a code such as FC2021", s)
	}
	return c, nil
}

// An Error is one diagnostic.
type Error struct {
	Code Code
	File string // source file, "" when not known
	Line int    // from 1; 0 when not known
	Col  int    // from 1, in bytes; 0 when not known
	PC   int    // slot in the text; negative when it is not about an instruction
	Insn string // disassembled instruction at PC, "" when not known
	Msg  string
	Hint string
}

// NoPC is the PC of an error that is not about an instruction.
const NoPC = -1

// New makes an error that is not about an instruction.
func New(c Code, format string, args ...any) *Error {
	return &Error{Code: c, PC: NoPC, Msg: fmt.Sprintf(format, args...)}
}

// At makes an error about the instruction at pc.
func At(c Code, pc int, format string, args ...any) *Error {
	return &Error{Code: c, PC: pc, Msg: fmt.Sprintf(format, args...)}
}

// WithHint adds what to do about it.
func (e *Error) WithHint(format string, args ...any) *Error {
	e.Hint = fmt.Sprintf(format, args...)
	return e
}

// Error is the first line; Detail has the hint too.
func (e *Error) Error() string {
	var b strings.Builder
	if e.File != "" {
		b.WriteString(e.File + ":")
		if e.Line > 0 {
			fmt.Fprintf(&b, "%d:", e.Line)
			if e.Col > 0 {
				fmt.Fprintf(&b, "%d:", e.Col)
			}
		}
		b.WriteString(" ")
	}
	fmt.Fprintf(&b, "%s: %s", e.Code, e.Msg)
	if e.PC >= 0 {
		fmt.Fprintf(&b, " (pc %d", e.PC)
		if e.Insn != "" {
			b.WriteString(": " + e.Insn)
		}
		b.WriteString(")")
	}
	return b.String()
}

// Detail is Error and, on a line of its own, the hint.
func (e *Error) Detail() string {
	if e.Hint == "" {
		return e.Error()
	}
	return e.Error() + "\n  hint: " + e.Hint
}
