// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package main

import (
	"fmt"
	"io"
	"os"

	"golang.org/x/term"
)

// A progress tells a person what is being done: one line that is overwritten
// on a terminal, one line a step elsewhere.
type progress struct {
	w        io.Writer
	terminal bool
	open     bool // a line is on the screen without its newline
}

func newProgress(w io.Writer) *progress {
	f, ok := w.(*os.File)
	return &progress{w: w, terminal: ok && term.IsTerminal(int(f.Fd()))}
}

func (p *progress) step(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if !p.terminal {
		fmt.Fprintln(p.w, "bench:", text)
		return
	}
	fmt.Fprintf(p.w, "\r\x1b[Kbench: %s", text)
	p.open = true
}

// say prints a line that stays.
func (p *progress) say(line string) {
	p.done()
	fmt.Fprintln(p.w, line)
}

func (p *progress) done() {
	if p.open {
		fmt.Fprint(p.w, "\r\x1b[K")
		p.open = false
	}
}
