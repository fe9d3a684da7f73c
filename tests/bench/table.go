// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package main

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// A section is a titled table with notes, printed for a terminal or as Markdown.
type section struct {
	id    string // names the block in docs/performance.md; "": terminal only
	title string
	head  []string
	rows  [][]string
	notes []string
}

func (s *section) add(cells ...string) { s.rows = append(s.rows, cells) }

// left tells whether a column holds words; the others hold numbers.
func (s *section) left(column int) bool {
	if column == 0 {
		return true
	}
	for _, r := range s.rows {
		if column < len(r) && strings.Trim(r[column], "0123456789.,+-%~x ") != "" {
			return true
		}
	}
	return false
}

func (s *section) print(w io.Writer) {
	if len(s.rows) == 0 {
		return
	}
	fmt.Fprintf(w, "%s\n", s.title)
	width := make([]int, len(s.head))
	for _, r := range append([][]string{s.head}, s.rows...) {
		for i, cell := range r {
			width[i] = max(width[i], utf8.RuneCountInString(cell))
		}
	}
	for _, r := range append([][]string{s.head}, s.rows...) {
		var line strings.Builder
		for i, cell := range r {
			pad := strings.Repeat(" ", width[i]-utf8.RuneCountInString(cell))
			if s.left(i) {
				line.WriteString(cell + pad + "  ")
			} else {
				line.WriteString(pad + cell + "  ")
			}
		}
		fmt.Fprintf(w, "  %s\n", strings.TrimRight(line.String(), " "))
	}
	for _, n := range s.notes {
		fmt.Fprintf(w, "  %s\n", n)
	}
	fmt.Fprintln(w)
}

func (s *section) markdown() string {
	var w strings.Builder
	cells := func(r []string) {
		for _, cell := range r {
			fmt.Fprintf(&w, "| %s ", strings.ReplaceAll(cell, "|", "\\|"))
		}
		w.WriteString("|\n")
	}
	cells(s.head)
	for i := range s.head {
		if s.left(i) {
			w.WriteString("|---")
		} else {
			w.WriteString("|--:")
		}
	}
	w.WriteString("|\n")
	for _, r := range s.rows {
		cells(r)
	}
	for _, n := range s.notes {
		fmt.Fprintf(&w, "\n%s\n", n)
	}
	return w.String()
}
