// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package main

// The rules of the interface:
//
//   - What was asked for goes to standard output: text for people or, with
//     -o json, one JSON object; commands that take their time print one a line
//     as they go. Nothing else ever goes there.
//   - Everything else goes to standard error: errors, hints, the summary of a
//     command that wrote a file, traces. With -o json there are no summaries, and
//     errors are part of the object, so that standard error stays empty.
//   - Messages are lower case without a full stop. They begin with the place in
//     the source, as a compiler's do, or else with "femto:". What to do about it
//     follows on a line "  hint: ...".
//   - Colours only when standard error is a terminal and NO_COLOR is not set.
//   - Text that comes from an image, an object or a container is printed with
//     its control characters escaped when it could reach a terminal.
//   - Nothing asks questions, nothing needs a terminal.
//   - Output files appear complete or not at all (files.go).
//   - The exit status is 0, 1 for refused or faulted, 2 for wrong usage.

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync/atomic"
	"unicode"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/femtocontainer/femtocontainer/femto/diag"
	"github.com/femtocontainer/femtocontainer/femto/opt"
)

// ui is the three standard streams.
type ui struct {
	in          io.Reader
	out         *bufio.Writer
	err         io.Writer
	outTerminal bool // standard output is a terminal
	errTerminal bool // standard error is a terminal
	colour      bool // standard error may be coloured
	json        bool // the command was told -o json

	optimiser *opt.Stats // of the image that is written, when they were asked for

	temp atomic.Pointer[string] // file that is being written, to be removed when femto gives up
}

func newUI(in, out, err *os.File) *ui {
	return &ui{
		in:          in,
		out:         bufio.NewWriter(out),
		err:         err,
		outTerminal: term.IsTerminal(int(out.Fd())),
		errTerminal: term.IsTerminal(int(err.Fd())),
		colour:      term.IsTerminal(int(err.Fd())) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb",
	}
}

// flush reports what writes to standard output had to swallow.
func (u *ui) flush() error {
	if err := u.out.Flush(); err != nil {
		return fmt.Errorf("standard output: %w", errors.Unwrap(err))
	}
	return nil
}

// printf writes to standard output; flush reports the error.
func (u *ui) printf(format string, args ...any) { fmt.Fprintf(u.out, format, args...) }

// line is printf for a row of a table, whose last cell may be empty.
func (u *ui) line(format string, args ...any) {
	u.printf("%s\n", strings.TrimRight(fmt.Sprintf(format, args...), " "))
}

// object writes v to standard output as JSON, on one line.
func (u *ui) object(v any) {
	enc := json.NewEncoder(u.out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		panic(err) // only our own types come here, and they encode
	}
}

// say tells people something.
func (u *ui) say(format string, args ...any) {
	fmt.Fprintf(u.err, "femto: %s\n", printable(fmt.Sprintf(format, args...)))
}

// note is say for what a program that reads JSON has no use for.
func (u *ui) note(format string, args ...any) {
	if !u.json {
		u.say(format, args...)
	}
}

const (
	red    = "\x1b[1;31m"
	yellow = "\x1b[33m"
	cyan   = "\x1b[36m"
)

func (u *ui) paint(colour, s string) string {
	if !u.colour || s == "" {
		return s
	}
	return colour + s + "\x1b[m"
}

// diagnose prints one error in full.
func (u *ui) diagnose(err error) {
	var d *diag.Error
	if !errors.As(err, &d) {
		fmt.Fprintf(u.err, "femto: %s %s\n", u.paint(red, "error:"), printableLines(err.Error()))
		return
	}
	u.diagnostic(d, "", red)
}

// warn prints one warning in full.
func (u *ui) warn(d *diag.Error) { u.diagnostic(d, "warning: ", yellow) }

func (u *ui) diagnostic(d *diag.Error, kind, colour string) {
	line := printable(d.Error())
	if d.File == "" {
		line = "femto: " + line
	}
	code := d.Code.String()
	fmt.Fprintln(u.err, strings.Replace(line, code, u.paint(colour, kind+code), 1))
	u.hint(d.Hint)
}

func (u *ui) hint(hint string) {
	if hint != "" {
		fmt.Fprintf(u.err, "  %s %s\n", u.paint(cyan, "hint:"), printable(hint))
	}
}

// refused reports why a command failed, one error or several joined ones.
func (u *ui) refused(err error) {
	if errors.Is(err, errReported) {
		return
	}
	errs := split(err)
	if u.json {
		u.object(struct {
			Errors []jsonError `json:"errors"`
		}{jsonErrors(errs)})
		return
	}
	for _, e := range errs {
		u.diagnose(e)
	}
}

// errReported is the failure of a command that has printed its answer.
var errReported = errors.New("reported")

func split(err error) []error {
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		return many.Unwrap()
	}
	return []error{err}
}

// A usageError is a wrong command line that only the command itself could see.
type usageError struct{ msg string }

func (e *usageError) Error() string { return e.msg }

func usagef(format string, args ...any) error {
	return &usageError{fmt.Sprintf(format, args...)}
}

// usage reports a wrong command line.
func (u *ui) usage(cmd *cobra.Command, err error) {
	msg, _, _ := strings.Cut(err.Error(), "\n") // cobra's suggestions follow in a form of its own
	u.say("%s", msg)
	if cmd.HasParent() && cmd.Name() != "help" {
		u.hint(cmd.CommandPath() + " --help shows how it is used")
	}
}

// jsonError is an error as docs/cli.md has it.
type jsonError struct {
	Code    string `json:"code,omitempty"`
	Message string `json:"message"`
	PC      *int   `json:"pc,omitempty"`
	Insn    string `json:"insn,omitempty"`
	File    string `json:"file,omitempty"`
	Line    int    `json:"line,omitempty"`
	Column  int    `json:"column,omitempty"`
	Hint    string `json:"hint,omitempty"`
}

func jsonErrors(errs []error) []jsonError {
	out := []jsonError{}
	for _, err := range errs {
		var d *diag.Error
		if !errors.As(err, &d) {
			out = append(out, jsonError{Message: err.Error()})
			continue
		}
		e := jsonError{Code: d.Code.String(), Message: d.Msg, Insn: d.Insn, File: d.File, Line: d.Line, Column: d.Col, Hint: d.Hint}
		if d.PC >= 0 {
			e.PC = &d.PC
		}
		out = append(out, e)
	}
	return out
}

// printable escapes what could steer a terminal or pretend to be a line of
// its own: everything that is not a graphic character or a space.
func printable(s string) string { return escape(s, "") }

// printableLines keeps tabs and newlines.
func printableLines(s string) string { return escape(s, "\n\t") }

func escape(s, keep string) string {
	var b strings.Builder
	for i, w := 0, 0; i < len(s); i += w {
		var r rune
		r, w = utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && w == 1:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case unicode.IsPrint(r) || strings.ContainsRune(keep, r):
			b.WriteRune(r)
		case r < 0x80:
			fmt.Fprintf(&b, `\x%02x`, r)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}
